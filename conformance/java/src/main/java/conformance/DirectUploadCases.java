package conformance;

import com.aliyun.oss.OSS;
import com.aliyun.oss.OSSException;
import com.aliyun.oss.common.auth.Credentials;
import com.aliyun.oss.common.auth.DefaultCredentials;
import com.aliyun.oss.model.AbortMultipartUploadRequest;
import com.aliyun.oss.model.Callback;
import com.aliyun.oss.model.CompleteMultipartUploadRequest;
import com.aliyun.oss.model.InitiateMultipartUploadRequest;
import com.aliyun.oss.model.ListPartsRequest;
import com.aliyun.oss.model.PartETag;
import com.aliyun.oss.model.PutObjectRequest;
import com.aliyun.oss.model.PutObjectResult;
import com.aliyun.oss.model.UploadPartRequest;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.net.URL;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * An app on a phone that has no key: it asks an example application server for permission, uploads straight to the store and
 * gets the application's answer.
 */
final class DirectUploadCases {
    private static final byte[] CONTENT = "a picture of a phone".getBytes(StandardCharsets.UTF_8);
    private static final String ASKED = "user=carol&name=IMG%20%C3%BC.png&type=image/png&size=" + CONTENT.length;

    private final World w;

    private DirectUploadCases(World world) {
        this.w = world;
    }

    static void add(Suite suite, World world) {
        DirectUploadCases cases = new DirectUploadCases(world);
        suite.add(world.name("direct_upload_form"), cases::form);
        suite.add(world.name("direct_upload_presigned_put"), cases::presignedPut);
        suite.add(world.name("direct_upload_temporary_credentials"), cases::temporaryCredentials);
    }

    private void form(Suite.Check check) throws Exception {
        try (ExampleServer server = new ExampleServer(w, Map.of())) {
            for (String version : new String[] {"v1", "v4"}) {
                JsonObject permission = server.permission("form?version=" + version + "&" + ASKED);
                URI url = URI.create(permission.get("url").getAsString());
                Map<String, String> fields = texts(permission.getAsJsonObject("fields"));
                HttpResponse<byte[]> answer = Plain.form(url, fields, "IMG.png", "image/png", CONTENT);
                check.equal(version + ": status", answer.statusCode(), 200);
                isTheApplications(check, Plain.text(answer), Plain.header(answer, "x-oss-request-id"));
                check.equal(version + ": content", w.get(fields.get("key")), CONTENT);

                fields.put("key", fields.get("key").replace("carol", "dave"));
                answer = Plain.form(url, fields, "IMG.png", "image/png", CONTENT);
                check.equal(version + ": another user's folder", answer.statusCode(), 403);
                check.that(version + ": not stored", !w.client.doesObjectExist(w.bucket, fields.get("key")));
            }
        }
    }

    private void presignedPut(Suite.Check check) throws Exception {
        try (ExampleServer server = new ExampleServer(w, Map.of())) {
            JsonObject permission = server.permission("put?" + ASKED);
            String url = permission.get("url").getAsString();
            Map<String, String> headers = texts(permission.getAsJsonObject("headers"));
            HttpResponse<byte[]> answer = Plain.send("PUT", URI.create(url), headers, CONTENT);
            check.equal("status", answer.statusCode(), 200);
            isTheApplications(check, Plain.text(answer), Plain.header(answer, "x-oss-request-id"));
            String key = permission.get("key").getAsString();
            check.equal("content", w.get(key), CONTENT);
            check.equal("type", w.client.getObjectMetadata(w.bucket, key).getContentType(), "image/png");

            // The SDK uploads with such a URL, too.
            JsonObject again = server.permission("put?" + ASKED);
            w.client.putObject(new URL(again.get("url").getAsString()), stream(), CONTENT.length, headers);
            check.equal("content by the SDK", w.get(again.get("key").getAsString()), CONTENT);

            URL other = new URL(url.replace("carol", "dave"));
            w.refused(check, "another user's folder", "SignatureDoesNotMatch", null,
                    () -> w.client.putObject(other, stream(), CONTENT.length, headers));
            Map<String, String> html = new HashMap<>(Map.of("Content-Type", "text/html")); // the SDK adds to it
            w.refused(check, "another type", "SignatureDoesNotMatch", null,
                    () -> w.client.putObject(new URL(url), stream(), CONTENT.length, html));
            OSSException longer = w.refused(check, "a longer file", "SignatureDoesNotMatch", null,
                    () -> w.client.putObject(
                            new URL(url), new ByteArrayInputStream(new byte[100]), 100, headers));
            check.that("message", longer.getErrorMessage() != null);
        }
    }

    /** The app has temporary credentials, which its SDK asks the application server for. */
    private void temporaryCredentials(Suite.Check check) throws Exception {
        Identities.Uploader uploader = Identities.uploader(w);
        Map<String, String> settings = Map.of(
                "OSS_ACCESS_KEY_ID", uploader.keyId(),
                "OSS_ACCESS_KEY_SECRET", uploader.secret(),
                "STS_ENDPOINT", w.settings.sts(),
                "STS_ROLE_ARN", uploader.roleArn(),
                "CALLBACK_SECRET", "a secret of the application");
        try (ExampleServer server = new ExampleServer(w, settings)) {
            JsonObject permission = server.permission("sts?user=carol");
            String prefix = permission.get("prefix").getAsString();
            AppCredentials credentials = new AppCredentials(server, "carol");
            OSS app = w.client(credentials, w.settings.region(), unused -> {});
            PutObjectRequest request = new PutObjectRequest(w.bucket, prefix + "whole ü.png", stream());
            request.setCallback(callback(permission.getAsJsonObject("callback")));
            PutObjectResult whole = app.putObject(request);
            isTheApplications(check, World.readOnce(whole.getCallbackResponseBody()), whole.getRequestId());
            check.equal("content", w.get(prefix + "whole ü.png"), CONTENT);

            inParts(check, app, prefix + "parts.bin");
            check.equal("the application server was asked", credentials.fetched(), 1);

            w.refused(check, "another user's folder", "AccessDenied", null,
                    () -> app.putObject(w.bucket, "users/dave/a.png", stream()));
            String other = w.bucket + "-o";
            w.client.createBucket(other);
            w.refused(check, "another bucket", "AccessDenied", null,
                    () -> app.putObject(other, prefix + "a.png", stream()));
            w.client.deleteBucket(other);
            w.refused(check, "reading", "AccessDenied", null, () -> app.getObject(w.bucket, prefix + "parts.bin"));
            w.refused(check, "listing", "AccessDenied", null, () -> app.listObjects(w.bucket, prefix));
            w.refused(check, "deleting", "AccessDenied", null, () -> app.deleteObject(w.bucket, prefix + "parts.bin"));
            credentials.setCredentials(tampered(credentials.getCredentials()));
            w.refused(check, "a token with a letter changed", "InvalidSecurityToken", null,
                    () -> app.putObject(w.bucket, prefix + "a.png", stream()));
        }
    }

    /** Uploads in parts, and aborts an upload in parts. */
    private void inParts(Suite.Check check, OSS app, String key) throws Exception {
        byte[] content = new byte[3 * Upload.PART_SIZE];
        String upload = app.initiateMultipartUpload(new InitiateMultipartUploadRequest(w.bucket, key)).getUploadId();
        List<PartETag> parts = new ArrayList<>();
        for (int number = 1; number <= 3; number++) {
            byte[] piece = Arrays.copyOfRange(content, 0, Upload.PART_SIZE);
            parts.add(app.uploadPart(new UploadPartRequest(
                            w.bucket, key, upload, number, new ByteArrayInputStream(piece), piece.length))
                    .getPartETag());
        }
        check.equal("parts", app.listParts(new ListPartsRequest(w.bucket, key, upload)).getParts().size(), 3);
        app.completeMultipartUpload(new CompleteMultipartUploadRequest(w.bucket, key, upload, parts));
        check.equal("content of the parts", w.get(key), content);
        String abandoned = app.initiateMultipartUpload(new InitiateMultipartUploadRequest(w.bucket, key)).getUploadId();
        app.abortMultipartUpload(new AbortMultipartUploadRequest(w.bucket, key, abandoned));
    }

    private static Callback callback(JsonObject asked) {
        Callback callback = new Callback();
        callback.setCallbackUrl(asked.get("callbackUrl").getAsString());
        // This SDK escapes nothing.
        callback.setCallbackBody(asked.get("callbackBody").getAsString().replace("\"", "\\\""));
        callback.setCalbackBodyType(Callback.CalbackBodyType.JSON);
        callback.addCallbackVar("x:name", "whole.png");
        return callback;
    }

    private static Credentials tampered(Credentials credentials) {
        StringBuilder token = new StringBuilder(credentials.getSecurityToken());
        int middle = token.length() / 2;
        token.setCharAt(middle, token.charAt(middle) == 'A' ? 'B' : 'A');
        return new DefaultCredentials(credentials.getAccessKeyId(), credentials.getSecretAccessKey(), token.toString());
    }

    private static void isTheApplications(Suite.Check check, String answer, String requestId) {
        Map<String, String> wanted = Map.of("Status", "OK", "id", requestId);
        check.equal("the application's answer", texts(JsonParser.parseString(answer).getAsJsonObject()), wanted);
    }

    private static ByteArrayInputStream stream() {
        return new ByteArrayInputStream(CONTENT);
    }

    private static Map<String, String> texts(JsonObject object) {
        Map<String, String> texts = new LinkedHashMap<>();
        for (Map.Entry<String, JsonElement> member : object.entrySet()) {
            texts.put(member.getKey(), member.getValue().getAsString());
        }
        return texts;
    }
}
