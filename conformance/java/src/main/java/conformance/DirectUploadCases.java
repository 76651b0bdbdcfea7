package conformance;

import com.aliyun.oss.OSSException;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.net.URL;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashMap;
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
