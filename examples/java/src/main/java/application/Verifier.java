package application;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Verifies callbacks with keys that it fetches from trusted places and keeps. */
final class Verifier {
    private static final long KEY_LIFETIME = 24 * 3600;
    // A store that was set up anew has another key under the same URL; a forger must not make us fetch it all the time.
    private static final long REFETCH_AFTER = 30;
    // The sender waits five seconds for the whole answer: half of it to connect, half to read.
    private static final int FETCH_TIMEOUT_MILLIS = 2000;
    private static final int MOST_KEYS = 16;
    private static final int LONGEST_KEY = 16 * 1024;

    private record Fetched(PublicKey key, long at) {
        boolean isYoungerThan(long seconds) {
            return System.nanoTime() - at < seconds * 1_000_000_000L;
        }
    }

    private final List<String> trusted;
    private final Map<String, PublicKey> pinned = new HashMap<>();
    private final Map<String, Fetched> fetched = new LinkedHashMap<>();

    Verifier(List<String> trusted, Map<String, String> pinned) throws Settings.Wrong {
        this.trusted = trusted;
        for (Map.Entry<String, String> entry : pinned.entrySet()) {
            try {
                this.pinned.put(entry.getKey(), parse(entry.getValue()));
            } catch (IOException e) {
                throw new Settings.Wrong("PINNED_KEYS: " + entry.getKey() + ": " + e.getMessage());
            }
        }
    }

    /** Throws unless a trusted store sent exactly this. */
    void verify(String target, String authorization, String keyUrl, byte[] body)
            throws Refused, GeneralSecurityException {
        if (authorization == null || keyUrl == null) {
            throw new Refused(400, "authorization and x-oss-pub-key-url are required");
        }
        String url = trustedUrl(keyUrl);
        byte[] signature;
        try {
            signature = Base64.getDecoder().decode(authorization);
        } catch (IllegalArgumentException e) {
            throw new Refused(403, "the signature is not base64");
        }
        byte[] text = signedText(target, body);
        if (!matches(key(url, KEY_LIFETIME), text, signature) && !matches(key(url, REFETCH_AFTER), text, signature)) {
            throw new Refused(403, "the signature does not verify");
        }
    }

    /**
     * {@code percent_decoded(path) + query + "\n" + body}: the query keeps its question mark and its encoding.
     *
     * <p>The target is what stood in the request line; a path that a framework or a proxy has tidied does not verify.
     */
    static byte[] signedText(String target, byte[] body) {
        int question = target.indexOf('?');
        String path = question < 0 ? target : target.substring(0, question);
        String query = question < 0 ? "" : target.substring(question);
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        // By hand, because URLDecoder is for forms: it would make a space of the plus that stands for itself in a path.
        for (int at = 0; at < path.length(); at++) {
            char letter = path.charAt(at);
            if (letter == '%' && at + 2 < path.length() && isHex(path.charAt(at + 1)) && isHex(path.charAt(at + 2))) {
                text.write(Integer.parseInt(path.substring(at + 1, at + 3), 16));
                at += 2;
            } else {
                text.write(letter);
            }
        }
        text.writeBytes((query + "\n").getBytes(StandardCharsets.ISO_8859_1));
        text.writeBytes(body);
        return text.toByteArray();
    }

    private static boolean isHex(char letter) {
        return letter < 128 && Character.digit(letter, 16) >= 0;
    }

    private static boolean matches(PublicKey key, byte[] text, byte[] signature) throws GeneralSecurityException {
        Signature verification = Signature.getInstance("MD5withRSA");
        verification.initVerify(key);
        verification.update(text);
        try {
            return verification.verify(signature);
        } catch (SignatureException e) {
            return false; // a signature of the wrong length, for example
        }
    }

    /** Whoever sends the request chooses this URL: fetch another's key, and he can sign anything. */
    private String trustedUrl(String encoded) throws Refused {
        String url;
        try {
            url = new String(Base64.getDecoder().decode(encoded), StandardCharsets.ISO_8859_1);
        } catch (IllegalArgumentException e) {
            url = "";
        }
        if (!url.matches("[\\x20-\\x7e]+")) {
            throw new Refused(400, "x-oss-pub-key-url is not a URL in base64");
        }
        if (pinned.containsKey(url)) {
            return url;
        }
        boolean climbs = url.contains("..") || url.toLowerCase().contains("%2e") || url.matches(".*[\\\\ ].*");
        if (climbs || trusted.stream().noneMatch(url::startsWith)) {
            throw new Refused(403, "the key URL is not trusted");
        }
        return url;
    }

    private PublicKey key(String url, long lifetime) throws Refused {
        PublicKey given = pinned.get(url);
        if (given != null) {
            return given;
        }
        Fetched known;
        synchronized (fetched) {
            known = fetched.get(url);
        }
        if (known != null && known.isYoungerThan(lifetime)) {
            return known.key();
        }
        try {
            PublicKey key = parse(fetch(url));
            remember(url, key);
            return key;
        } catch (IOException | IllegalArgumentException e) {
            if (known != null) {
                return known.key();
            }
            throw new Refused(503, "the key cannot be had: " + e.getMessage());
        }
    }

    private void remember(String url, PublicKey key) {
        synchronized (fetched) {
            fetched.remove(url);
            while (fetched.size() >= MOST_KEYS) {
                fetched.remove(fetched.keySet().iterator().next());
            }
            fetched.put(url, new Fetched(key, System.nanoTime()));
        }
    }

    private static String fetch(String url) throws IOException {
        HttpURLConnection connection =
                (HttpURLConnection) URI.create(url).toURL().openConnection(Proxy.NO_PROXY);
        // A redirect would lead away from the trusted place.
        connection.setInstanceFollowRedirects(false);
        connection.setConnectTimeout(FETCH_TIMEOUT_MILLIS);
        connection.setReadTimeout(FETCH_TIMEOUT_MILLIS);
        try {
            if (connection.getResponseCode() != 200) {
                throw new IOException("status " + connection.getResponseCode());
            }
            try (InputStream stream = connection.getInputStream()) {
                byte[] pem = stream.readNBytes(LONGEST_KEY + 1);
                if (pem.length > LONGEST_KEY) {
                    throw new IOException("what is behind its URL is too long for a key");
                }
                return new String(pem, StandardCharsets.ISO_8859_1);
            }
        } finally {
            connection.disconnect();
        }
    }

    private static PublicKey parse(String pem) throws IOException {
        String text = pem.replace("-----BEGIN PUBLIC KEY-----", "").replace("-----END PUBLIC KEY-----", "");
        try {
            byte[] encoded = Base64.getMimeDecoder().decode(text);
            return KeyFactory.getInstance("RSA").generatePublic(new X509EncodedKeySpec(encoded));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new IOException("it is not an RSA key", e);
        }
    }
}
