package conformance;

import com.aliyun.oss.model.BucketInfo;
import com.aliyun.oss.model.Callback;
import com.aliyun.oss.model.CompleteMultipartUploadRequest;
import com.aliyun.oss.model.CompleteMultipartUploadResult;
import com.aliyun.oss.model.GenericRequest;
import com.aliyun.oss.model.ObjectMetadata;
import com.aliyun.oss.model.PartETag;
import com.aliyun.oss.model.PolicyCallbackItem;
import com.aliyun.oss.model.PutObjectRequest;
import com.aliyun.oss.model.PutObjectResult;
import com.aliyun.oss.model.SetBucketCallbackPolicyRequest;
import com.aliyun.oss.model.UploadFileRequest;
import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Callbacks that succeed: every variable, both body types, each way of uploading, bucket callback policies. */
final class CallbackCases {
    private final World w;

    private CallbackCases(World world) {
        this.w = world;
    }

    static void add(Suite suite, World world) {
        CallbackCases cases = new CallbackCases(world);
        suite.add(world.name("callback_put_form"), check -> cases.put(check, "form"));
        suite.add(world.name("callback_put_json"), check -> cases.put(check, "json"));
        suite.add(world.name("callback_put_picture_form"), check -> cases.picture(check, "form"));
        suite.add(world.name("callback_put_picture_json"), check -> cases.picture(check, "json"));
        suite.add(world.name("callback_complete_form"), check -> cases.complete(check, "form"));
        suite.add(world.name("callback_complete_json"), check -> cases.complete(check, "json"));
        suite.add(world.name("callback_documentation"), cases::documentation);
        suite.add(world.name("callback_upload_file"), cases::uploadFile);
        suite.add(world.name("callback_host"), cases::host);
        suite.add(world.name("callback_raw_header"), cases::rawHeader);
        suite.add(world.name("callback_policy"), cases::policy);
        suite.add(world.name("callback_none"), check -> {
            PutObjectResult result = world.put("callback/none", new byte[] {1});
            check.that("an ordinary upload has no reply", result.getCallbackResponseBody() == null);
        });
    }

    private Callback full(String path, String kind) {
        Callback callback = w.callback(path, kind.equals("json") ? Upload.JSON_TEMPLATE : Upload.FORM_TEMPLATE);
        callback.setCalbackBodyType(
                kind.equals("json") ? Callback.CalbackBodyType.JSON : Callback.CalbackBodyType.URL);
        callback.addCallbackVar("x:first", Upload.FIRST);
        callback.addCallbackVar("x:键值2", Upload.SECOND);
        return callback;
    }

    private void checkCall(Suite.Check check, String path, String kind, Upload upload) {
        AppServer.Call call = w.app.one(check, path, w.bucket);
        boolean json = kind.equals("json");
        check.equal("callback body", call.body(), json ? upload.json() : upload.form());
        check.equal(
                "callback Content-Type",
                call.header("Content-Type"),
                json ? "application/json" : "application/x-www-form-urlencoded");
        check.equal("callback target", call.target(), path);
        check.equal("callback Host", call.header("Host"), w.app.address());
        check.equal("callback x-oss-request-id", call.header("x-oss-request-id"), upload.requestId());
    }

    private void put(Suite.Check check, String kind) throws Exception {
        upload(check, "put/" + kind, kind, "callback/名 字+&=.txt", Upload.bytes(1024), "text/plain", 0, 0, "");
    }

    private void picture(Suite.Check check, String kind) throws Exception {
        byte[] content = Upload.picture(810, 539);
        upload(check, "picture/" + kind, kind, "callback/picture.png", content, "image/png", 810, 539, "png");
    }

    private void upload(
            Suite.Check check,
            String place,
            String kind,
            String key,
            byte[] content,
            String type,
            int width,
            int height,
            String format)
            throws Exception {
        String path = "/" + w.name(place);
        PutObjectRequest request = w.putRequest(key, content);
        request.setCallback(full(path, kind));
        PutObjectResult result = w.client.putObject(request);
        check.equal("status", result.getResponse().getStatusCode(), 200);
        check.equal("reply", World.readOnce(result.getCallbackResponseBody()), AppServer.OK_BODY);
        check.equal("Content-Type", World.header(result.getResponse(), "Content-Type"), "application/json");
        check.equal("Content-MD5", World.header(result.getResponse(), "Content-MD5"), AppServer.md5(content));
        check.equal("ETag", result.getETag(), Upload.etag(content));
        // With a callback the SDK leaves the checksum in the header.
        check.equal("crc64", World.header(result.getResponse(), "x-oss-hash-crc64ecma"), Upload.crc64(content));
        checkCall(
                check,
                path,
                kind,
                new Upload(
                        w.bucket,
                        key,
                        result.getETag(),
                        type,
                        result.getRequestId(),
                        "PutObject",
                        content,
                        width,
                        height,
                        format));
        check.equal("content", w.get(key), content);
    }

    private void complete(Suite.Check check, String kind) throws Exception {
        String path = "/" + w.name("complete/" + kind);
        String key = "callback/complete.bin";
        byte[] content = Upload.bytes(Upload.PART_SIZE + 100);
        String upload = w.initiate(key);
        List<PartETag> parts = w.parts(key, upload, content);
        CompleteMultipartUploadRequest request = new CompleteMultipartUploadRequest(w.bucket, key, upload, parts);
        request.setCallback(full(path, kind));
        CompleteMultipartUploadResult result = w.client.completeMultipartUpload(request);
        check.equal("reply", World.readOnce(result.getCallbackResponseBody()), AppServer.OK_BODY);
        check.equal("crc64", World.header(result.getResponse(), "x-oss-hash-crc64ecma"), Upload.crc64(content));
        String etag = World.header(result.getResponse(), "ETag");
        check.equal("ETag", etag, '"' + Upload.multipartEtag(content) + '"');
        String type = w.client.getObjectMetadata(w.bucket, key).getContentType();
        checkCall(
                check,
                path,
                kind,
                new Upload(
                        w.bucket,
                        key,
                        etag,
                        type,
                        result.getRequestId(),
                        "CompleteMultipartUpload",
                        content,
                        0,
                        0,
                        ""));
        check.equal("content", w.get(key), content);
    }

    /** The sample of the manual, word for word: variables that the body does not use, quotes escaped by hand. */
    private void documentation(Suite.Check check) throws Exception {
        String path = "/" + w.name("documentation");
        PutObjectRequest request = w.putRequest("exampleobject.txt", "Hello OSS".getBytes());
        Callback callback = w.callback(path, "{\\\"mimeType\\\":${mimeType},\\\"size\\\":${size}}");
        callback.setCalbackBodyType(Callback.CalbackBodyType.JSON);
        callback.addCallbackVar("x:var1", "value1");
        callback.addCallbackVar("x:var2", "value2");
        request.setCallback(callback);
        PutObjectResult result = w.client.putObject(request);
        check.equal("reply", World.readOnce(result.getResponse().getContent()), AppServer.OK_BODY);
        check.equal(
                "callback body",
                w.app.one(check, path, w.bucket).body(),
                "{\"mimeType\":\"text/plain\",\"size\":9}");
    }

    private void uploadFile(Suite.Check check) throws Exception {
        String path = "/" + w.name("upload-file");
        byte[] content = Upload.bytes(2 * Upload.PART_SIZE + 1);
        Path file = Files.createTempFile("conformance", ".bin");
        Files.write(file, content);
        UploadFileRequest request = new UploadFileRequest(w.bucket, "callback/upload-file");
        request.setUploadFile(file.toString());
        request.setPartSize(Upload.PART_SIZE);
        request.setTaskNum(2);
        request.setCallback(w.callback(path, "s=${size}&o=${operation}"));
        try {
            CompleteMultipartUploadResult result =
                    w.client.uploadFile(request).getMultipartUploadResult();
            check.equal("reply", World.readOnce(result.getCallbackResponseBody()), AppServer.OK_BODY);
        } catch (Throwable e) {
            // The SDK declares that this call may throw anything at all.
            throw new IllegalStateException(e);
        }
        check.equal(
                "callback body",
                w.app.one(check, path, w.bucket).body(),
                "s=" + content.length + "&o=CompleteMultipartUpload");
        check.equal("content", w.get("callback/upload-file"), content);
        Files.deleteIfExists(file);
    }

    private void host(Suite.Check check) throws Exception {
        String path = "/" + w.name("host/a%20b+c");
        Callback callback = w.callback(path + "?user=put&x=%2F", "b=${bucket}");
        callback.setCallbackHost("oss-cn-hangzhou.aliyuncs.com");
        callback.setCallbackSNI(true);
        PutObjectRequest request = w.putRequest("callback/host", new byte[] {1});
        request.setCallback(callback);
        check.equal(
                "reply",
                World.readOnce(w.client.putObject(request).getCallbackResponseBody()),
                AppServer.OK_BODY);
        AppServer.Call call = w.app.one(check, "/" + w.name("host/a b+c"), w.bucket);
        check.equal("Host", call.header("Host"), "oss-cn-hangzhou.aliyuncs.com");
        check.equal("target", call.target(), path + "?user=put&x=%2F");
    }

    /** Without a Callback object this SDK takes a failing callback for a success, and throws the reply away. */
    private void rawHeader(Suite.Check check) throws Exception {
        String path = "/" + w.name("raw");
        String parameter = Upload.base64("{\"callbackUrl\":\"" + w.app.url(path) + "\",\"callbackBody\":\"b=${bucket}\"}");
        for (AppServer.Reply reply : List.of(
                AppServer.Reply.typed("application/json", AppServer.OK_BODY), AppServer.Reply.of(500, "{}"))) {
            w.app.on(path, reply);
            ObjectMetadata metadata = new ObjectMetadata();
            metadata.setHeader("x-oss-callback", parameter);
            PutObjectResult result = w.client.putObject(
                    w.bucket, "callback/raw", new ByteArrayInputStream(new byte[] {1}), metadata);
            check.equal("ETag", result.getETag(), Upload.etag(new byte[] {1}));
            check.equal("callback body", w.app.one(check, path, w.bucket).body(), "b=" + w.bucket);
        }
    }

    /** As in the official BucketCallbackPolicyTest, and then the policy is used. */
    private void policy(Suite.Check check) throws Exception {
        String path = "/" + w.name("policy");
        String used = Upload.base64("{\"callbackUrl\":\"" + w.app.url(path)
                + "\",\"callbackBody\":\"a=${x:a}&b=${x:b}&o=${object}\"}");
        String other = Upload.base64("{\"callbackUrl\":\"www.abc.com/callback\", \"callbackBody\":\"${etag}\"}");
        String variables = Upload.base64("{\"x:a\":\"policy\", \"x:b\":\"policy\"}");
        w.refused(
                check,
                "no policy",
                "BucketCallbackPolicyNotExist",
                null,
                () -> w.client.getBucketCallbackPolicy(new GenericRequest(w.bucket)));
        PolicyCallbackItem first = new PolicyCallbackItem("test1", used);
        first.setCallbackVar(variables);
        List<PolicyCallbackItem> items = new ArrayList<>(List.of(first, new PolicyCallbackItem("test_2", other)));
        w.client.setBucketCallbackPolicy(new SetBucketCallbackPolicyRequest(w.bucket, items));
        List<PolicyCallbackItem> got = w.client
                .getBucketCallbackPolicy(new GenericRequest(w.bucket))
                .getPolicyCallbackItems();
        check.equal("names", got.stream().map(PolicyCallbackItem::getPolicyName).toList(), List.of("test1", "test_2"));
        check.equal("callback", got.get(0).getCallback(), used);
        check.equal("variables", got.get(0).getCallbackVar(), variables);
        check.equal("second callback", got.get(1).getCallback(), other);

        ObjectMetadata metadata = new ObjectMetadata();
        metadata.setHeader("x-oss-callback", Upload.base64("{\"callbackPolicy\":\"test1\"} "));
        metadata.setHeader("x-oss-callback-var", Upload.base64("{\"x:b\":\"request\" }"));
        w.client.putObject(w.bucket, "callback/policy", new ByteArrayInputStream(new byte[] {1}), metadata);
        check.equal(
                "callback body",
                w.app.one(check, path, w.bucket).body(),
                "a=policy&b=request&o=callback%2Fpolicy");
        w.client.deleteBucketCallbackPolicy(new GenericRequest(w.bucket));
        w.refused(
                check,
                "deleted",
                "BucketCallbackPolicyNotExist",
                null,
                () -> w.client.getBucketCallbackPolicy(new GenericRequest(w.bucket)));
        BucketInfo info = w.client.getBucketInfo(w.bucket);
        check.equal("the bucket is still there", info.getBucket().getName(), w.bucket);
    }
}
