package conformance;

import com.aliyun.oss.HttpMethod;
import com.aliyun.oss.internal.OSSUtils;
import com.aliyun.oss.model.Callback;
import com.aliyun.oss.model.Callback.CalbackBodyType;
import com.aliyun.oss.model.CompleteMultipartUploadRequest;
import com.aliyun.oss.model.GeneratePresignedUrlRequest;
import com.aliyun.oss.model.OSSObject;
import com.aliyun.oss.model.PutObjectRequest;
import com.aliyun.oss.model.PutObjectResult;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.time.Instant;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The sixteen cases of the SDK's own CallbackTest, with what its application server could not check: the exact body.
 * The sixteenth, of invalid parameters, is FailureCases.
 */
final class OfficialCallbackCases {
    private static final byte[] CONTENT = Upload.bytes(1024);
    private static final String ETAG = Upload.etag(CONTENT);

    /** One body of the suite; what must arrive depends on the upload's key and ETag. */
    private record Row(
            String name, String template, CalbackBodyType type, String host, boolean sni, Map<String, String> vars) {}

    private final World w;

    private OfficialCallbackCases(World world) {
        this.w = world;
    }

    static void add(Suite suite, World world) {
        OfficialCallbackCases cases = new OfficialCallbackCases(world);
        for (Row row : rows()) {
            suite.add(world.name("callback_official_put_" + row.name), check -> cases.put(check, row));
            suite.add(world.name("callback_complete_official_" + row.name), check -> cases.complete(check, row));
        }
        suite.add(world.name("presign_official_callback"), cases::presigned);
    }

    private static List<Row> rows() {
        String host = "oss-cn-hangzhou.aliyuncs.com";
        String form = "bucket=${bucket}&object=${object}&etag=${etag}&size=${size}&mimeType=${mimeType}"
                + "&imageInfo.height=${imageInfo.height}&imageInfo.width=${imageInfo.width}"
                + "&imageInfo.format=${imageInfo.format}&my_var=${x:my_var}";
        String sni = "bucket=${bucket}&object=${object}&etag=${etag}&size=${size}&mimeType=${mimeType}"
                + "&my_var1=${x:var1}&my_var2=${x:var2}";
        String json = "{\\\"mimeType\\\":${mimeType},\\\"size\\\":${size}}";
        String poem = "{\\\"上片\\\":\\\"夏日好，月色白如雪。\\\" ,\\\"下片\\\":\\\"东山照欢会，西山照离别。 夏日好，花月有清阴。\\\"}";
        Map<String, String> two = Map.of("x:var1", "value1", "x:var2", "value2");
        Map<String, String> words = Map.of("x:键值1", "值1：凌波不过横塘路，但目送，芳尘去。", "x:键值2", "值2：长记曾携手处，千树压、西湖寒碧。");
        return List.of(
                new Row("default", "put-object-callback", null, null, false, Map.of()),
                new Row("body", form, CalbackBodyType.URL, host, false, Map.of()),
                new Row("body_type", json, CalbackBodyType.JSON, host, false, Map.of()),
                new Row("var", json, CalbackBodyType.JSON, host, false, two),
                new Row("url_char", "春水碧于天，画船听雨眠。垆边人似月，皓腕凝霜雪。", CalbackBodyType.JSON, host, false, words),
                new Row("json_char", poem, CalbackBodyType.JSON, host, false, words),
                new Row("sni_url", sni, CalbackBodyType.URL, host, true, two),
                new Row("sni_json", poem, CalbackBodyType.JSON, host, true, words));
    }

    private Callback callback(Row row, String path) {
        Callback callback = w.callback(path, row.template);
        callback.setCallbackHost(row.host);
        if (row.type != null) {
            callback.setCalbackBodyType(row.type);
        }
        callback.setCallbackSNI(row.sni);
        row.vars.forEach(callback::addCallbackVar);
        return callback;
    }

    private String body(Row row, String key, String etag, String type) {
        boolean json = row.type == CalbackBodyType.JSON;
        String quote = json ? "\"" : "";
        String body = row.template
                .replace("\\\"", "\"")
                .replace("${bucket}", w.bucket)
                .replace("${object}", key)
                .replace("${etag}", etag)
                .replace("${size}", String.valueOf(CONTENT.length))
                .replace("${mimeType}", quote + (json ? type : Upload.escape(type)) + quote);
        for (Map.Entry<String, String> variable : row.vars.entrySet()) {
            body = body.replace("${" + variable.getKey() + "}", variable.getValue());
        }
        return body.replaceAll("\\$\\{[^}]*\\}", "");
    }

    private void checkCall(Suite.Check check, Row row, String path, String key, String etag) {
        AppServer.Call call = w.app.one(check, path, w.bucket);
        check.equal("callback body", call.body(), body(row, key, etag, "application/octet-stream"));
        check.equal(
                "callback Content-Type",
                call.header("Content-Type"),
                row.type == CalbackBodyType.JSON ? "application/json" : "application/x-www-form-urlencoded");
        check.equal("callback Host", call.header("Host"), row.host == null ? w.app.address() : row.host);
    }

    private void checkObject(Suite.Check check, String key) throws Exception {
        try (OSSObject object = w.client.getObject(w.bucket, key)) {
            check.equal("key", object.getKey(), key);
            check.equal("length", object.getObjectMetadata().getContentLength(), (long) CONTENT.length);
        }
    }

    private void put(Suite.Check check, Row row) throws Exception {
        String path = "/" + w.name("official/put/" + row.name);
        String key = "put-callback-" + row.name;
        PutObjectRequest request = w.putRequest(key, CONTENT);
        request.setCallback(callback(row, path));
        check.equal(
                "reply",
                World.readOnce(w.client.putObject(request).getCallbackResponseBody()),
                AppServer.OK_BODY);
        checkCall(check, row, path, key, ETAG);
        checkObject(check, key);
    }

    private void complete(Suite.Check check, Row row) throws Exception {
        String path = "/" + w.name("official/complete/" + row.name);
        String key = "multipart-upload-callback-" + row.name;
        String upload = w.initiate(key);
        CompleteMultipartUploadRequest request =
                new CompleteMultipartUploadRequest(w.bucket, key, upload, w.parts(key, upload, CONTENT));
        request.setCallback(callback(row, path));
        InputStream reply = w.client.completeMultipartUpload(request).getCallbackResponseBody();
        check.equal("reply", World.readOnce(reply), AppServer.OK_BODY);
        checkCall(check, row, path, key, Upload.multipartEtag(CONTENT));
        checkObject(check, key);
    }

    private void presigned(Suite.Check check) throws Exception {
        String path = "/" + w.name("official/presigned");
        String key = "generate-presigned-url-callback";
        Callback callback = callback(
                new Row(
                        "presigned",
                        "bucket=${bucket}&object=${object}&etag=${etag}&size=${size}&mimeType=${mimeType}"
                                + "&my_var1=${x:var1}&my_var2=${x:var2}",
                        CalbackBodyType.URL,
                        "oss-cn-hangzhou.aliyuncs.com",
                        false,
                        Map.of("x:var1", "value1", "x:var2", "value2")),
                path);
        Map<String, String> headers = new HashMap<>();
        OSSUtils.populateRequestCallback(headers, callback);
        GeneratePresignedUrlRequest request = new GeneratePresignedUrlRequest(w.bucket, key, HttpMethod.PUT);
        request.setExpiration(Date.from(Instant.now().plusSeconds(3600)));
        request.setContentType("text/plain");
        request.setHeaders(headers);
        request.addHeader("x-oss-meta-author", "mingdi");
        Map<String, String> sent = new HashMap<>(headers);
        sent.put("Content-Type", "text/plain");
        sent.put("x-oss-meta-author", "mingdi");
        PutObjectResult result = w.client.putObject(
                w.client.generatePresignedUrl(request), new ByteArrayInputStream(CONTENT), CONTENT.length, sent);
        check.equal("reply", World.readOnce(result.getCallbackResponseBody()), AppServer.OK_BODY);
        check.equal(
                "callback body",
                w.app.one(check, path, w.bucket).body(),
                "bucket=" + w.bucket + "&object=" + key + "&etag=" + ETAG
                        + "&size=1024&mimeType=text%2Fplain&my_var1=value1&my_var2=value2");
        checkObject(check, key);
        check.equal(
                "metadata",
                w.client.getObjectMetadata(w.bucket, key).getUserMetadata(),
                Map.of("author", "mingdi"));
    }
}
