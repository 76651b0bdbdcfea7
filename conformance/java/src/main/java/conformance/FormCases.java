package conformance;

import com.aliyun.oss.common.comm.SignVersion;
import com.aliyun.oss.model.MatchMode;
import com.aliyun.oss.model.PolicyConditions;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.Map;

/** Form uploads, with policy and signature made by the SDK. */
final class FormCases {
    private static final byte[] CONTENT = "form content\r\n--not-the-boundary".getBytes(StandardCharsets.UTF_8);

    private final World w;

    private FormCases(World world) {
        this.w = world;
    }

    static void add(Suite suite, World world) {
        FormCases cases = new FormCases(world);
        suite.add(world.name("form_upload"), cases::upload);
        suite.add(world.name("form_odd_key"), cases::oddKey);
        suite.add(world.name("form_callback"), cases::callback);
        suite.add(world.name("form_callback_fails"), cases::callbackFails);
        suite.add(world.name("form_refused"), cases::refused);
    }

    private URI target() {
        return URI.create(w.settings.endpoint() + "/" + w.bucket + "/");
    }

    private static Map<String, String> fields(String... pairs) {
        Map<String, String> fields = new LinkedHashMap<>();
        for (int index = 0; index < pairs.length; index += 2) {
            fields.put(pairs[index], pairs[index + 1]);
        }
        return fields;
    }

    private HttpResponse<byte[]> post(PolicyConditions conditions, Map<String, String> given, long seconds)
            throws Exception {
        Map<String, String> fields = new LinkedHashMap<>(given);
        conditions.addConditionItem("bucket", w.bucket);
        Instant now = Instant.now();
        boolean fourth = w.version == SignVersion.V4;
        if (fourth) {
            DateTimeFormatter format =
                    DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);
            String date = format.format(now);
            fields.put("x-oss-signature-version", "OSS4-HMAC-SHA256");
            fields.put(
                    "x-oss-credential",
                    w.settings.keyId() + "/" + date.substring(0, 8) + "/" + w.settings.region()
                            + "/oss/aliyun_v4_request");
            fields.put("x-oss-date", date);
            for (String name : new String[] {"x-oss-signature-version", "x-oss-credential", "x-oss-date"}) {
                conditions.addConditionItem(name, fields.get(name));
            }
        }
        String policy = w.client.generatePostPolicy(Date.from(now.plusSeconds(seconds)), conditions);
        fields.put("policy", Upload.base64(policy));
        if (fourth) {
            fields.put("x-oss-signature", w.client.calculatePostSignature(policy, Date.from(now)));
        } else {
            fields.put("OSSAccessKeyId", w.settings.keyId());
            fields.put("Signature", w.client.calculatePostSignature(policy));
        }
        return Plain.form(target(), fields, "名 字.txt", CONTENT);
    }

    private void upload(Suite.Check check) throws Exception {
        PolicyConditions conditions = new PolicyConditions();
        conditions.addConditionItem(MatchMode.StartWith, PolicyConditions.COND_KEY, "form/");
        conditions.addConditionItem(PolicyConditions.COND_CONTENT_LENGTH_RANGE, 1, 1024);
        conditions.addConditionItem(MatchMode.Exact, PolicyConditions.COND_CONTENT_TYPE, "text/x-form");
        conditions.addConditionItem(MatchMode.In, "x-oss-meta-tag", new String[] {"a", "b"});
        conditions.addConditionItem(MatchMode.NotIn, PolicyConditions.COND_CACHE_CONTROL, new String[] {"no-cache"});
        HttpResponse<byte[]> answer = post(
                conditions,
                fields(
                        "key", "form/${filename}",
                        "Content-Type", "text/plain",
                        "x-oss-content-type", "text/x-form",
                        "Cache-Control", "no-store",
                        "x-oss-meta-tag", "b"),
                600);
        check.equal("status, " + Plain.text(answer), answer.statusCode(), 204);
        check.equal("ETag", Plain.header(answer, "ETag"), '"' + Upload.etag(CONTENT) + '"');
        check.equal("content", w.get("form/名 字.txt"), CONTENT);
        var metadata = w.client.getObjectMetadata(w.bucket, "form/名 字.txt");
        check.equal("type", metadata.getContentType(), "text/x-form");
        check.equal("Cache-Control", metadata.getCacheControl(), "no-store");
        check.equal("metadata", metadata.getUserMetadata(), Map.of("tag", "b"));
        answer = post(new PolicyConditions(), fields("key", "form/created", "success_action_status", "201"), 600);
        check.equal("201", answer.statusCode(), 201);
        check.that("PostResponse", Plain.text(answer).contains("<Key>form/created</Key>"));
    }

    /** The key of the official PostPolicyTest, which would break out of a policy that is not escaped. */
    private void oddKey(Suite.Check check) throws Exception {
        String key = "4.png\"},{\"key\":\"5.png\"}]}//";
        PolicyConditions conditions = new PolicyConditions();
        conditions.addConditionItem("fileName", "1.png\"},{\"key\":\"2.png\"}]}//");
        conditions.addConditionItem(MatchMode.Exact, PolicyConditions.COND_KEY, key);
        HttpResponse<byte[]> answer =
                post(conditions, fields("key", key, "fileName", "1.png\"},{\"key\":\"2.png\"}]}//"), 600);
        check.equal("status, " + Plain.text(answer), answer.statusCode(), 204);
        check.equal("content", w.get(key), CONTENT);
    }

    private void callback(Suite.Check check) throws Exception {
        String path = "/" + w.name("form");
        String parameter = Upload.base64("{\"callbackUrl\":\"" + w.app.url(path) + "\",\"callbackBody\":\""
                + Upload.JSON_TEMPLATE + "\",\"callbackBodyType\":\"application/json\"}");
        PolicyConditions conditions = new PolicyConditions();
        conditions.addConditionItem(MatchMode.Exact, "callback", parameter);
        HttpResponse<byte[]> answer = post(
                conditions,
                fields(
                        "key", "form/callback.txt",
                        "Content-Type", "text/plain",
                        "callback", parameter,
                        "x:first", Upload.FIRST,
                        "x:键值2", Upload.SECOND,
                        "success_action_status", "201"),
                600);
        check.equal("status", answer.statusCode(), 200);
        check.equal("body", Plain.text(answer), AppServer.OK_BODY);
        check.equal("Content-Type", Plain.header(answer, "Content-Type"), "application/json");
        Upload upload = new Upload(
                w.bucket,
                "form/callback.txt",
                Upload.etag(CONTENT),
                "application/x-of-the-part",
                Plain.header(answer, "x-oss-request-id"),
                "PostObject",
                CONTENT,
                0,
                0,
                "");
        check.equal("callback body", w.app.one(check, path, w.bucket).body(), upload.json());
    }

    private void callbackFails(Suite.Check check) throws Exception {
        String path = "/" + w.name("form/fails");
        w.app.on(path, AppServer.Reply.of(500, "{}"));
        String parameter =
                Upload.base64("{\"callbackUrl\":\"" + w.app.url(path) + "\",\"callbackBody\":\"b=${bucket}\"}");
        HttpResponse<byte[]> answer =
                post(new PolicyConditions(), fields("key", "form/fails", "callback", parameter), 600);
        check.equal("status", answer.statusCode(), 203);
        check.that("message", Plain.text(answer).contains("<Message>Error status : 500.</Message>"));
        w.app.one(check, path, w.bucket);
        check.equal("stored all the same", w.get("form/fails"), CONTENT);
    }

    private void refused(Suite.Check check) throws Exception {
        PolicyConditions prefix = new PolicyConditions();
        prefix.addConditionItem(MatchMode.StartWith, PolicyConditions.COND_KEY, "elsewhere/");
        expect(check, "another prefix", post(prefix, fields("key", "form/refused"), 600), 403, "AccessDenied");
        PolicyConditions length = new PolicyConditions();
        length.addConditionItem(PolicyConditions.COND_CONTENT_LENGTH_RANGE, 0, 3);
        expect(check, "too long", post(length, fields("key", "form/refused"), 600), 400, "EntityTooLarge");
        HttpResponse<byte[]> expired = post(new PolicyConditions(), fields("key", "form/refused"), -60);
        expect(check, "an expired policy", expired, 403, "AccessDenied");
        Map<String, String> forged = fields(
                "key", "form/refused",
                "OSSAccessKeyId", w.settings.keyId(),
                "policy", Upload.base64("{\"expiration\":\"2120-01-01T12:00:00.000Z\",\"conditions\":[]}"),
                "Signature", Upload.base64("forged"));
        expect(check, "forged", Plain.form(target(), forged, "f", CONTENT), 403, "SignatureDoesNotMatch");
        check.that("nothing is stored", !w.client.doesObjectExist(w.bucket, "form/refused"));
    }

    private static void expect(
            Suite.Check check, String what, HttpResponse<byte[]> answer, int status, String code) {
        check.equal(what + ": status", answer.statusCode(), status);
        check.that(what + ": " + code, Plain.text(answer).contains("<Code>" + code + "</Code>"));
    }
}
