package application;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Collection;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** What one user may upload: the checks before anything is signed, and the object and the callback that it is signed for. */
final class Permission {
    static final int LARGEST_FILE = 10 * 1024 * 1024;

    // What a browser would run, such as text/html, is not among them.
    private static final List<String> CONTENT_TYPES = List.of(
            "application/pdf", "image/gif", "image/jpeg", "image/png", "image/webp", "text/plain", "video/mp4",
            "video/quicktime");
    // String variables bring their own quotes; numbers have none.
    private static final String BODY = "\"bucket\":${bucket},\"object\":${object},\"size\":${size},\"etag\":${etag},"
            + "\"mimeType\":${mimeType},\"reqId\":${reqId}";
    private static final Pattern EXTENSION = Pattern.compile("\\.[A-Za-z0-9]{1,8}$");
    private static final Pattern USER_FOLDER = Pattern.compile("^users/([A-Za-z0-9_-]+)/");
    private static final SecureRandom RANDOM = new SecureRandom();

    /**
     * One upload that the application permits; whatever is signed pins all of it. Without a content type, that is left to
     * the uploader.
     */
    record Upload(
            String key, Optional<String> contentType, Map<String, String> callback, Map<String, String> variables) {}

    private Permission() {}

    /** Stands for your login: take the user from a session that you have verified, and not from the query. */
    static String user(Map<String, String> query) throws Refused {
        String user = query.getOrDefault("user", "");
        if (!user.matches("[A-Za-z0-9_-]{2,64}")) {
            throw new Refused(401, "nobody is logged in: user must be 2 to 64 letters, digits, - and _");
        }
        return user;
    }

    /** What the file is called on the user's machine. */
    static String checkedName(String name) throws Refused {
        if (name == null || name.isEmpty() || name.length() > 255) {
            throw new Refused(400, "the name must be a text of 1 to 255 characters");
        }
        return name;
    }

    /** A content type that this application takes. */
    static String checkedType(Map<String, String> query) throws Refused {
        String type = query.getOrDefault("type", "");
        if (!CONTENT_TYPES.contains(type)) {
            throw new Refused(400, "the type must be one of " + String.join(", ", CONTENT_TYPES));
        }
        return type;
    }

    /** The length of the file in bytes. */
    static long checkedSize(Map<String, String> query) throws Refused {
        String text = query.getOrDefault("size", "");
        long size = text.matches("[0-9]{1,12}") ? Long.parseLong(text) : 0;
        if (size < 1 || size > LARGEST_FILE) {
            throw new Refused(400, "the size must be 1 to " + LARGEST_FILE + " bytes");
        }
        return size;
    }

    /** Where a user's uploads are; who has temporary credentials can upload nowhere else. */
    static String folder(String user) {
        return "users/" + user;
    }

    /** Shows that this application asked for the callback of this object, or of all objects of a folder users/.../. */
    static String proof(String secret, String bucket, String name) throws GeneralSecurityException {
        byte[] key = secret.getBytes(StandardCharsets.UTF_8);
        return HexFormat.of().formatHex(Signature.mac("HmacSHA256", key, bucket + "/" + name));
    }

    /** Whether the proof that came with a callback is that of the object that it names, or of its user's folder. */
    static boolean isProved(String secret, String given, Fields said) throws GeneralSecurityException {
        Optional<String> bucket = said.get("bucket");
        Optional<String> name = said.get("object");
        if (bucket.isEmpty() || name.isEmpty()) {
            return false;
        }
        Matcher folder = USER_FOLDER.matcher(name.get());
        if (!folder.find()) {
            return isSame(given, proof(secret, bucket.get(), name.get()));
        }
        // Who has temporary credentials words his callbacks himself.
        if (!said.members().getOrDefault("user", folder.group(1)).equals(folder.group(1))) {
            return false;
        }
        return isSame(given, proof(secret, bucket.get(), name.get()))
                || isSame(given, proof(secret, bucket.get(), folder.group()));
    }

    private static boolean isSame(String given, String expected) {
        return MessageDigest.isEqual(given.getBytes(StandardCharsets.UTF_8), expected.getBytes(StandardCharsets.UTF_8));
    }

    /** A callback that says all about the object, and these custom variables. */
    static Map<String, String> callback(String url, Collection<String> names) {
        String custom = names.stream()
                .map(name -> ",\"" + name + "\":${x:" + name + "}")
                .collect(Collectors.joining());
        return Map.of(
                "callbackUrl", url, "callbackBody", "{" + BODY + custom + "}", "callbackBodyType", "application/json");
    }

    /**
     * Names the object, and asks for a callback that brings the variables.
     *
     * <p>What the file was called travels as a custom variable; so does the user, whom nobody can tell from the object's
     * name.
     */
    static Upload upload(
            String bucket, String callbackUrl, Optional<String> secret, String folder, Optional<String> contentType,
            Map<String, String> variables)
            throws GeneralSecurityException {
        byte[] random = new byte[16];
        RANDOM.nextBytes(random);
        Matcher extension = EXTENSION.matcher(variables.get("name"));
        String key = folder + "/" + HexFormat.of().formatHex(random)
                + (extension.find() ? extension.group().toLowerCase(Locale.ROOT) : "");
        String query = secret.isPresent() ? "?proof=" + proof(secret.get(), bucket, key) : "";
        Map<String, String> custom = new LinkedHashMap<>();
        variables.forEach((name, value) -> custom.put("x:" + name, value));
        Map<String, String> callback = callback(callbackUrl + query, variables.keySet());
        return new Upload(key, contentType, callback, custom);
    }
}
