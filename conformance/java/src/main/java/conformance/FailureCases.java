package conformance;

import com.aliyun.oss.OSSException;
import com.aliyun.oss.model.Callback;
import com.aliyun.oss.model.CompleteMultipartUploadRequest;
import com.aliyun.oss.model.PartETag;
import com.aliyun.oss.model.PutObjectRequest;
import com.aliyun.oss.model.UploadFileRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Callbacks that fail after the upload, and callback parameters that are refused before it. */
final class FailureCases {
    /** An application server that does not do its part; a null reply is a port where nobody listens. */
    private record Failing(String name, AppServer.Reply reply, String message, String ec) {}

    /** A parameter that must be refused. */
    private record Invalid(String name, String ec, Consumer<Callback> change) {}

    private static final String FAILED = "0007-00000203";
    private static final String NOT_JSON = "0007-00000205";
    private static final String NOT_JSON_MESSAGE = "Response body is not valid json format\\.";

    private final World w;

    private FailureCases(World world) {
        this.w = world;
    }

    static void add(Suite suite, World world) {
        FailureCases cases = new FailureCases(world);
        for (Failing failing : failing()) {
            suite.add(world.name("callback_fails_" + failing.name), check -> cases.fails(check, failing));
        }
        suite.add(world.name("callback_fails_upload_file"), cases::uploadFile);
        for (Invalid invalid : invalid()) {
            suite.add(world.name("callback_invalid_" + invalid.name), check -> cases.refused(check, invalid));
        }
        suite.add(world.name("callback_invalid_raw"), cases::raw);
    }

    private static List<Failing> failing() {
        AppServer.Reply noLength = new AppServer.Reply(200, Map.of(), "{}", false, false, 0);
        AppServer.Reply hangUp = new AppServer.Reply(200, Map.of(), "{}", true, true, 0);
        AppServer.Reply moved = new AppServer.Reply(301, Map.of("Location", "/elsewhere"), "", true, false, 0);
        AppServer.Reply badLength = new AppServer.Reply(200, Map.of("Content-Length", "-5"), "{}", false, false, 0);
        AppServer.Reply tooLong = new AppServer.Reply(200, Map.of("Content-Length", "9000000"), "{}", false, false, 0);
        String start = "Error status : 400\\.User server ";
        return List.of(
                new Failing("status_500", AppServer.Reply.of(500, "{}"), "Error status : 500\\.", FAILED),
                new Failing("status_404", AppServer.Reply.of(404, "{}"), "Error status : 404\\.", FAILED),
                new Failing("status_301", moved, "Error status : 301\\.", FAILED),
                new Failing("refused", null, "Error status : 502\\.", FAILED),
                new Failing("hang_up", hangUp, "Error status : 502\\.", FAILED),
                new Failing("not_json", AppServer.Reply.of(200, "<html>welcome</html>"), NOT_JSON_MESSAGE, NOT_JSON),
                new Failing("empty", AppServer.Reply.of(200, ""), NOT_JSON_MESSAGE, NOT_JSON),
                new Failing("bom", AppServer.Reply.of(200, "\ufeff{}"), NOT_JSON_MESSAGE, NOT_JSON),
                new Failing("no_length", noLength, start + "missing content-length\\.", FAILED),
                new Failing("bad_length", badLength, start + "return invalid content-length value\\.", FAILED),
                new Failing("too_long", tooLong, start + "return too long content-length value\\.", FAILED));
    }

    private static List<Invalid> invalid() {
        return List.of(
                new Invalid("url_single_label", "0007-00000004", callback -> callback.setCallbackUrl("my")),
                new Invalid("url_bad_port", "0007-00000004", callback -> callback.setCallbackUrl("my.com:test")),
                new Invalid(
                        "six_urls",
                        "0007-00000005",
                        callback ->
                                callback.setCallbackUrl("my1.com;my2.com;my3.com;my4.com;my5.com;my6.com;")),
                new Invalid("body_empty", "0007-00000011", callback -> callback.setCallbackBody("")),
                new Invalid(
                        "body_parentheses",
                        "0007-00000105",
                        callback -> callback.setCallbackBody("bucket=${bucket}&object=$(object)")),
                new Invalid("var_too_long", "0007-00000101", callback -> {
                    for (int number = 0; number < 10; number++) {
                        callback.addCallbackVar("x:var" + number, "A".repeat(1024));
                    }
                }));
    }

    private void fails(Suite.Check check, Failing failing) throws Exception {
        String path = "/" + w.name("fails/" + failing.name);
        String key = "callback/fails-" + failing.name;
        Callback callback = w.callback(path, "b=${bucket}");
        if (failing.reply == null) {
            callback.setCallbackUrl("http://" + AppServer.refusedAddress() + path);
        } else {
            w.app.on(path, failing.reply);
        }
        byte[] content = "content".getBytes(StandardCharsets.UTF_8);
        PutObjectRequest request = w.putRequest(key, content);
        request.setCallback(callback);
        checkFailure(check, failing, w.refused(check, "putObject", "CallbackFailed", failing.ec, () -> w.client.putObject(request)));
        check.equal("stored all the same", w.get(key), content);
        if (failing.reply != null) {
            w.app.one(check, path, w.bucket);
        }

        String upload = w.initiate(key);
        List<PartETag> parts = w.parts(key, upload, new byte[] {7});
        CompleteMultipartUploadRequest complete = new CompleteMultipartUploadRequest(w.bucket, key, upload, parts);
        complete.setCallback(callback);
        checkFailure(
                check,
                failing,
                w.refused(
                        check,
                        "completeMultipartUpload",
                        "CallbackFailed",
                        failing.ec,
                        () -> w.client.completeMultipartUpload(complete)));
        check.equal("completed all the same", w.get(key), new byte[] {7});
        w.app.take(path);
    }

    private static void checkFailure(Suite.Check check, Failing failing, OSSException error) {
        check.that(
                "the message " + error.getErrorMessage() + " is " + failing.message,
                error.getErrorMessage().matches(failing.message));
        check.that("HostId", error.getHostId() != null && !error.getHostId().isEmpty());
    }

    private void uploadFile(Suite.Check check) throws Exception {
        String path = "/" + w.name("fails/upload-file");
        w.app.on(path, AppServer.Reply.of(500, "{}"));
        byte[] content = Upload.bytes(2 * Upload.PART_SIZE + 1);
        Path file = Files.createTempFile("conformance", ".bin");
        Files.write(file, content);
        UploadFileRequest request = new UploadFileRequest(w.bucket, "callback/fails-upload-file");
        request.setUploadFile(file.toString());
        request.setPartSize(Upload.PART_SIZE);
        request.setCallback(w.callback(path, "b=${bucket}"));
        w.refused(check, "uploadFile", "CallbackFailed", FAILED, () -> {
            try {
                return w.client.uploadFile(request);
            } catch (Exception e) {
                throw e;
            } catch (Throwable e) {
                // The SDK declares that this call may throw anything at all.
                throw new IllegalStateException(e);
            }
        });
        w.app.one(check, path, w.bucket);
        check.equal("stored all the same", w.get("callback/fails-upload-file"), content);
        Files.deleteIfExists(file);
    }

    private void refused(Suite.Check check, Invalid invalid) {
        String key = "callback/invalid-" + invalid.name;
        Callback callback = w.callback("/never", "put-object-callback");
        invalid.change.accept(callback);
        PutObjectRequest request = w.putRequest(key, new byte[] {1});
        request.setCallback(callback);
        OSSException error =
                w.refused(check, "putObject", "InvalidArgument", invalid.ec, () -> w.client.putObject(request));
        if (invalid.name.equals("body_parentheses")) {
            check.equal("message", error.getErrorMessage(), "Left brace must be adjacent to dollar sign.");
            check.that(
                    "ArgumentName", error.getRawResponseError().contains("<ArgumentName>ReplaceKeyPrefix</ArgumentName>"));
            check.that(
                    "ArgumentValue",
                    error.getRawResponseError()
                            .contains("<ArgumentValue>bucket=${bucket}&amp;object=$(object)</ArgumentValue>"));
        }
        check.that("nothing is stored", !w.client.doesObjectExist(w.bucket, key));
        check.equal("calls", w.app.take("/never").size(), 0);
    }

    /** What a Callback object cannot say. */
    private void raw(Suite.Check check) {
        Map<String, String> parameters = Map.of(
                "error argument", "0007-00000002",
                Upload.base64("error argument"), "0007-00000003",
                Upload.base64("{\"callbackUrl\":\"" + w.app.url("/never") + "\",\"callbackBody\":\"b\","
                        + "\"callbackBodyType\":\"text/plain\"}"), "0007-00000012",
                Upload.base64("{\"callbackUrl\":\"" + w.app.url("/never") + "\",\"callbackBody\":\""
                        + "A".repeat(6000) + "\"}"), "0007-00000001");
        parameters.forEach((parameter, ec) -> {
            PutObjectRequest request = w.putRequest("callback/invalid-raw", new byte[] {1});
            request.addHeader("x-oss-callback", parameter);
            w.refused(check, ec, "InvalidArgument", ec, () -> w.client.putObject(request));
        });
        check.that("nothing is stored", !w.client.doesObjectExist(w.bucket, "callback/invalid-raw"));
    }
}
