package conformance;

import java.net.URI;
import java.net.URLDecoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Checks the signature of callbacks with Java's own RSA. It fetches keys from trusted places only, because fetching
 * whatever URL a request names would let anybody sign for it.
 */
final class Verifier {
    /** The public key of OSS itself. */
    private static final String OSS_KEY =
            "MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAKs/JBGzwUB2aVht4crBx3oIPBLNsjGsC0fTXv+nvlmklvkcolvpvXLTjaxUHR3W9LXxQ2EHXAJf"
                    + "CB+6H2YF1k8CAwEAAQ==";

    private final List<String> trusted;
    private final Map<String, PublicKey> keys = new ConcurrentHashMap<>();

    /** Trusts key URLs that start with one of the prefixes. */
    Verifier(List<String> trusted) {
        this.trusted = trusted;
    }

    /** Throws when the request is not signed: its target as it stood in the request line, its headers, its body. */
    void verify(String target, Map<String, String> headers, byte[] body) throws Exception {
        byte[] keyUrl = Base64.getDecoder().decode(headers.getOrDefault("x-oss-pub-key-url", ""));
        PublicKey key = key(new String(keyUrl, StandardCharsets.US_ASCII));
        verify(key, target, headers.getOrDefault("authorization", ""), body);
    }

    private static void verify(PublicKey key, String target, String authorization, byte[] body) throws Exception {
        int question = target.indexOf('?');
        String path = question < 0 ? target : target.substring(0, question);
        String query = question < 0 ? "" : target.substring(question);
        // URLDecoder is for forms: it would make a space of the plus that stands for itself in a path.
        String decoded = URLDecoder.decode(path.replace("+", "%2B"), StandardCharsets.UTF_8);
        Signature signature = Signature.getInstance("MD5withRSA");
        signature.initVerify(key);
        signature.update((decoded + query + "\n").getBytes(StandardCharsets.UTF_8));
        signature.update(body);
        if (!signature.verify(Base64.getDecoder().decode(authorization))) {
            throw new IllegalStateException("the signature does not verify");
        }
    }

    private PublicKey key(String url) throws Exception {
        PublicKey cached = keys.get(url);
        if (cached != null) {
            return cached;
        }
        if (trusted.stream().noneMatch(url::startsWith)) {
            throw new IllegalStateException("the key URL " + url + " is not at a trusted place");
        }
        HttpResponse<byte[]> answer = Plain.send("GET", URI.create(url), Map.of(), new byte[0]);
        if (answer.statusCode() != 200) {
            throw new IllegalStateException("the key at " + url + ": status " + answer.statusCode());
        }
        PublicKey key = parse(new String(answer.body(), StandardCharsets.US_ASCII));
        keys.put(url, key);
        return key;
    }

    private static PublicKey parse(String pem) throws Exception {
        String text = pem.replace("-----BEGIN PUBLIC KEY-----", "").replace("-----END PUBLIC KEY-----", "");
        byte[] encoded = Base64.getMimeDecoder().decode(text);
        return KeyFactory.getInstance("RSA").generatePublic(new X509EncodedKeySpec(encoded));
    }

    /** Holds the verification itself against requests that OSS has sent, and forgeries of them. */
    static void addCaptured(Suite suite) {
        String form = "kKQeGTRccDKyHB3H9vF+xYMSrmhMZjzzl2/kdD1ktNVgbWEfYTQG0G2SU/RaHBovRCE8OkQDjC3uG33esH2txA==";
        String json = "e5LwzwTkP9AFAItT4YzvdJOHd0Y0wqTMWhsV/h5SG90JYGAmMd+8LQyj96R+9qUfJWjMt6suuUh7LaOryR87Dw==";
        String path = "/api/v3/callback/oss/TnXx5E5VyfJUyM1UdkdDu1rtnJ34EbmH";
        String body = "{\"name\":\"2f7b2ccf30e9270ea920f1ab8a4037a546a2f0d5.jpg\",\"source_name\":"
                + "\"1/1_hFRtDLgM_2f7b2ccf30e9270ea920f1ab8a4037a546a2f0d5.jpg\",\"size\":114020,\"pic_info\":\"810,539\"}";
        suite.add("application/verification/requests captured from OSS", check -> {
            PublicKey key = parse(OSS_KEY);
            check.that("a form", genuine(key, "/index.php?id=1&index=2", form, "bucket=yonghu-test"));
            check.that("another query", !genuine(key, "/index.php?id=1&index=3", form, "bucket=yonghu-test"));
            check.that("another body", !genuine(key, "/index.php?id=1&index=2", form, "bucket=yonghu-test2"));
            check.that("JSON", genuine(key, path, json, body));
            check.that("another path", !genuine(key, path + "x", json, body));
        });
    }

    private static boolean genuine(PublicKey key, String target, String authorization, String body) throws Exception {
        try {
            verify(key, target, authorization, body.getBytes(StandardCharsets.UTF_8));
            return true;
        } catch (IllegalStateException e) {
            return false;
        }
    }
}
