package conformance;

import com.aliyun.oss.HttpMethod;
import com.aliyun.oss.OSSException;
import com.aliyun.oss.internal.OSSUtils;
import com.aliyun.oss.model.Callback;
import com.aliyun.oss.model.GeneratePresignedUrlRequest;
import com.aliyun.oss.model.PutObjectResult;
import com.aliyun.oss.model.ResponseHeaderOverrides;
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Date;
import java.util.HashMap;
import java.util.Map;

/** Presigned URLs, used by the SDK and by a client without any. */
final class PresignCases {
    private static final byte[] CONTENT = "presigned".getBytes(StandardCharsets.UTF_8);

    private final World w;

    private PresignCases(World world) {
        this.w = world;
    }

    static void add(Suite suite, World world) {
        PresignCases cases = new PresignCases(world);
        suite.add(world.name("presign_put_get"), cases::putGet);
        suite.add(world.name("presign_callback_in_query"), cases::callbackInQuery);
        suite.add(world.name("presign_callback_fails"), cases::callbackFails);
        suite.add(world.name("presign_refused"), cases::refused);
    }

    private GeneratePresignedUrlRequest request(String key, HttpMethod method, long seconds) {
        GeneratePresignedUrlRequest request = new GeneratePresignedUrlRequest(w.bucket, key, method);
        request.setExpiration(Date.from(Instant.now().plusSeconds(seconds)));
        return request;
    }

    private URI sign(GeneratePresignedUrlRequest request) throws Exception {
        return w.client.generatePresignedUrl(request).toURI();
    }

    private void putGet(Suite.Check check) throws Exception {
        String key = "presign/名 字+.txt";
        GeneratePresignedUrlRequest put = request(key, HttpMethod.PUT, 600);
        put.setContentType("text/x-signed");
        put.addUserMetadata("author", "mingdi");
        HttpResponse<byte[]> answer = Plain.send(
                "PUT",
                sign(put),
                Map.of("Content-Type", "text/x-signed", "x-oss-meta-author", "mingdi"),
                CONTENT);
        check.equal("PUT " + Plain.text(answer), answer.statusCode(), 200);
        check.equal("PUT: ETag", Plain.header(answer, "ETag"), '"' + Upload.etag(CONTENT) + '"');
        check.equal("PUT: body", answer.body().length, 0);

        GeneratePresignedUrlRequest get = request(key, HttpMethod.GET, 600);
        ResponseHeaderOverrides overrides = new ResponseHeaderOverrides();
        overrides.setContentDisposition("attachment; filename=\"a b+c.txt\"");
        overrides.setContentType("text/x-over");
        get.setResponseHeaders(overrides);
        answer = Plain.send("GET", sign(get), Map.of(), new byte[0]);
        check.equal("GET " + Plain.text(answer), answer.statusCode(), 200);
        check.equal("GET: body", Plain.text(answer), "presigned");
        check.equal("GET: Content-Type", Plain.header(answer, "Content-Type"), "text/x-over");
        check.equal(
                "GET: Content-Disposition",
                Plain.header(answer, "Content-Disposition"),
                "attachment; filename=\"a b+c.txt\"");
        check.equal("GET: metadata", Plain.header(answer, "x-oss-meta-author"), "mingdi");
        byte[] got = w.client
                .getObject(sign(request(key, HttpMethod.GET, 600)).toURL(), new HashMap<>())
                .getObjectContent()
                .readAllBytes();
        check.equal("getObject of a URL", got, CONTENT);
    }

    private void callbackInQuery(Suite.Check check) throws Exception {
        String path = "/" + w.name("presign/query");
        String key = "presign/query.txt";
        Callback callback = w.callback(path, Upload.FORM_TEMPLATE);
        callback.addCallbackVar("x:first", Upload.FIRST);
        callback.addCallbackVar("x:键值2", Upload.SECOND);
        GeneratePresignedUrlRequest put = request(key, HttpMethod.PUT, 600);
        put.addQueryParameter("callback", Upload.base64(OSSUtils.jsonizeCallback(callback)));
        put.addQueryParameter("callback-var", Upload.base64(OSSUtils.jsonizeCallbackVar(callback)));
        URI signed = sign(put);
        HttpResponse<byte[]> answer = Plain.send("PUT", signed, Map.of(), CONTENT);
        check.equal("status", answer.statusCode(), 200);
        check.equal("body", Plain.text(answer), AppServer.OK_BODY);
        check.equal("Content-Type", Plain.header(answer, "Content-Type"), "application/json");
        Upload upload = new Upload(
                w.bucket,
                key,
                Upload.etag(CONTENT),
                "text/plain",
                Plain.header(answer, "x-oss-request-id"),
                "PutObject",
                CONTENT,
                0,
                0,
                "");
        check.equal("callback body", w.app.one(check, path, w.bucket).body(), upload.form());

        String other = Upload.base64("{\"x:first\":\"forged\"}");
        URI forged = URI.create(signed.toString().replaceAll("callback-var=[^&]*", "callback-var=" + Upload.escape(other)));
        answer = Plain.send("PUT", forged, Map.of(), CONTENT);
        check.equal("other variables", answer.statusCode(), 403);
        check.equal("calls", w.app.take(path).size(), 0);
    }

    /** With a URL this SDK takes a failing callback for a success, and gives the error's XML as the reply. */
    private void callbackFails(Suite.Check check) throws Exception {
        String path = "/" + w.name("presign/fails");
        w.app.on(path, AppServer.Reply.of(500, "{}"));
        Map<String, String> headers = new HashMap<>();
        OSSUtils.populateRequestCallback(headers, w.callback(path, "b=${bucket}"));
        GeneratePresignedUrlRequest put = request("presign/fails", HttpMethod.PUT, 600);
        put.setHeaders(headers);
        PutObjectResult result = w.client.putObject(
                w.client.generatePresignedUrl(put), new ByteArrayInputStream(CONTENT), CONTENT.length, headers);
        check.equal("status", result.getResponse().getStatusCode(), 203);
        String reply = World.readOnce(result.getCallbackResponseBody());
        check.that("CallbackFailed in " + reply, reply.contains("<Code>CallbackFailed</Code>"));
        check.equal("ETag", result.getETag(), Upload.etag(CONTENT));
        w.app.one(check, path, w.bucket);
        check.equal("stored all the same", w.get("presign/fails"), CONTENT);
    }

    private void refused(Suite.Check check) throws Exception {
        w.put("presign/refused", CONTENT);
        GeneratePresignedUrlRequest get = request("presign/refused", HttpMethod.GET, 600);
        URI signed = sign(get);
        URI soon = sign(request("presign/refused", HttpMethod.GET, 1));
        check.equal("another method", Plain.send("DELETE", signed, Map.of(), new byte[0]).statusCode(), 403);
        URI other = URI.create(signed.toString().replace("refused", "another"));
        check.equal("another key", Plain.send("GET", other, Map.of(), new byte[0]).statusCode(), 403);
        GeneratePresignedUrlRequest put = request("presign/refused", HttpMethod.PUT, 600);
        put.setContentType("text/plain");
        check.equal(
                "another Content-Type",
                Plain.send("PUT", sign(put), Map.of("Content-Type", "text/html"), CONTENT).statusCode(),
                403);
        Thread.sleep(2500);
        check.equal("expired", Plain.send("GET", soon, Map.of(), new byte[0]).statusCode(), 403);
        OSSException error = w.refused(
                check, "expired, in the SDK", "AccessDenied", null, () -> w.client.getObject(soon.toURL(), new HashMap<>()));
        check.that("message", error.getErrorMessage() != null);
    }
}
