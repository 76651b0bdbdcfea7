package application;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Permission for a browser to upload one file straight to the store: a POST policy, signed with version 4. */
final class UploadForm {
    private static final Duration LIFETIME = Duration.ofMinutes(5);
    private static final int LARGEST_FILE = 10 * 1024 * 1024;
    private static final Pattern EXTENSION = Pattern.compile("\\.[A-Za-z0-9]{1,8}$");
    private static final DateTimeFormatter DAY = format("yyyyMMdd");
    private static final DateTimeFormatter MOMENT = format("yyyyMMdd'T'HHmmss'Z'");
    private static final DateTimeFormatter EXPIRATION = format("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'");
    private static final SecureRandom RANDOM = new SecureRandom();

    // String variables bring their own quotes; numbers have none.
    private static final String BODY = """
            {"bucket":${bucket},"object":${object},"size":${size},"etag":${etag},"mimeType":${mimeType},\
            "reqId":${reqId},"name":${x:name}}""";

    private UploadForm() {}

    /** Shows that this application asked for the callback of this object. */
    static String proof(String secret, String bucket, String name) throws GeneralSecurityException {
        return HexFormat.of().formatHex(mac(secret.getBytes(StandardCharsets.UTF_8), bucket + "/" + name));
    }

    /**
     * The URL to post to and the form's fields, in the order to send them; the file comes last.
     *
     * <p>The application names the object; what the file was called travels as a custom variable.
     */
    static Map<String, Object> sign(
            Settings.UploadTarget target, String callbackUrl, Optional<String> secret, String fileName, Instant now)
            throws GeneralSecurityException, JsonProcessingException {
        byte[] random = new byte[16];
        RANDOM.nextBytes(random);
        Matcher extension = EXTENSION.matcher(fileName);
        String key = "uploads/" + HexFormat.of().formatHex(random)
                + (extension.find() ? extension.group().toLowerCase(Locale.ROOT) : "");
        String query = secret.isPresent() ? "?proof=" + proof(secret.get(), target.bucket(), key) : "";
        List<String> scope = List.of(DAY.format(now), target.region(), "oss", "aliyun_v4_request");
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("key", key);
        fields.put("callback", encode(Map.of(
                "callbackUrl", callbackUrl + query, "callbackBody", BODY, "callbackBodyType", "application/json")));
        fields.put("x:name", fileName);
        fields.put("x-oss-signature-version", "OSS4-HMAC-SHA256");
        fields.put("x-oss-credential", target.accessKeyId() + "/" + String.join("/", scope));
        fields.put("x-oss-date", MOMENT.format(now));
        String policy = encode(policy(target.bucket(), fields, now));
        byte[] signingKey = ("aliyun_v4" + target.accessKeySecret()).getBytes(StandardCharsets.UTF_8);
        for (String part : scope) {
            signingKey = mac(signingKey, part);
        }
        fields.put("policy", policy);
        fields.put("x-oss-signature", HexFormat.of().formatHex(mac(signingKey, policy)));
        return Map.of("url", target.url(), "fields", fields);
    }

    /** Pins every field: without its condition the browser could drop the callback or send it elsewhere. */
    private static Map<String, Object> policy(String bucket, Map<String, String> fields, Instant now) {
        List<Object> conditions = new ArrayList<>();
        conditions.add(Map.of("bucket", bucket));
        conditions.add(List.of("content-length-range", 1, LARGEST_FILE));
        fields.forEach((name, value) -> conditions.add(List.of("eq", "$" + name, value.replace("$", "\\$"))));
        return Map.of("expiration", EXPIRATION.format(now.plus(LIFETIME)), "conditions", conditions);
    }

    private static byte[] mac(byte[] key, String text) throws GeneralSecurityException {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(key, "HmacSHA256"));
        return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String encode(Object value) throws JsonProcessingException {
        return Base64.getEncoder().encodeToString(Fields.JSON.writeValueAsBytes(value));
    }

    private static DateTimeFormatter format(String pattern) {
        return DateTimeFormatter.ofPattern(pattern, Locale.ROOT).withZone(ZoneOffset.UTC);
    }
}
