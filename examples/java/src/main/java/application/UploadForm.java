package application;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Permission for a browser to upload one file straight to the store: a signed POST policy. */
final class UploadForm {
    private static final DateTimeFormatter EXPIRATION =
            DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);

    private UploadForm() {}

    /** The URL to post to and the form's fields, in the order to send them; the file comes last. */
    static Map<String, Object> sign(
            Settings.UploadTarget target, Permission.Upload upload, String version, Instant now)
            throws GeneralSecurityException, JsonProcessingException {
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("key", upload.key());
        fields.put("callback", Signature.encode(upload.callback()));
        fields.putAll(upload.variables());
        upload.contentType().ifPresent(type -> fields.put("content-type", type));
        if (version.equals("v1")) {
            signV1(target, fields, now);
        } else {
            signV4(target, fields, now);
        }
        return Map.of("url", target.url(), "fields", fields);
    }

    private static void signV4(Settings.UploadTarget target, Map<String, String> fields, Instant now)
            throws GeneralSecurityException, JsonProcessingException {
        Signature signature = Signature.at(now, target.region());
        fields.put("x-oss-signature-version", Signature.VERSION);
        fields.put("x-oss-credential", target.accessKeyId() + "/" + signature.scope());
        fields.put("x-oss-date", signature.moment());
        String policy = policy(target, fields, now);
        fields.put("policy", policy);
        fields.put("x-oss-signature", signature.sign(target.accessKeySecret(), policy));
    }

    private static void signV1(Settings.UploadTarget target, Map<String, String> fields, Instant now)
            throws GeneralSecurityException, JsonProcessingException {
        String policy = policy(target, fields, now);
        byte[] key = target.accessKeySecret().getBytes(StandardCharsets.UTF_8);
        fields.put("policy", policy);
        fields.put("OSSAccessKeyId", target.accessKeyId());
        fields.put("Signature", Base64.getEncoder().encodeToString(Signature.mac("HmacSHA1", key, policy)));
    }

    /** Pins every field: without its condition the browser could drop the callback or send it elsewhere. */
    private static String policy(Settings.UploadTarget target, Map<String, String> fields, Instant now)
            throws JsonProcessingException {
        List<Object> conditions = new ArrayList<>();
        conditions.add(Map.of("bucket", target.bucket()));
        conditions.add(List.of("content-length-range", 1, Permission.LARGEST_FILE));
        fields.forEach((name, value) -> conditions.add(List.of("eq", "$" + name, value.replace("$", "\\$"))));
        String expiration = EXPIRATION.format(now.plus(target.lifetime()));
        return Signature.encode(Map.of("expiration", expiration, "conditions", conditions));
    }
}
