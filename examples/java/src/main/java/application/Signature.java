package application;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Locale;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** The time of a signature of version 4, and what it is good for: a day and a region. */
record Signature(String moment, String scope) {
    static final String VERSION = "OSS4-HMAC-SHA256";

    private static final DateTimeFormatter MOMENT =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);

    static Signature at(Instant now, String region) {
        String moment = MOMENT.format(now);
        return new Signature(moment, moment.substring(0, 8) + "/" + region + "/oss/aliyun_v4_request");
    }

    /** Signs a policy, or the string to sign of a request. */
    String sign(String secret, String text) throws GeneralSecurityException {
        byte[] key = ("aliyun_v4" + secret).getBytes(StandardCharsets.UTF_8);
        for (String part : scope.split("/")) {
            key = mac("HmacSHA256", key, part);
        }
        return HexFormat.of().formatHex(mac("HmacSHA256", key, text));
    }

    /** Signs a canonical request. */
    String signRequest(String secret, String canonicalRequest) throws GeneralSecurityException {
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(canonicalRequest.getBytes(StandardCharsets.UTF_8));
        return sign(secret, String.join("\n", VERSION, moment, scope, HexFormat.of().formatHex(digest)));
    }

    static byte[] mac(String algorithm, byte[] key, String text) throws GeneralSecurityException {
        Mac mac = Mac.getInstance(algorithm);
        mac.init(new SecretKeySpec(key, algorithm));
        return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
    }

    /** JSON in base64, as policies and callbacks travel. */
    static String encode(Object value) throws JsonProcessingException {
        return Base64.getEncoder().encodeToString(Fields.JSON.writeValueAsBytes(value));
    }
}
