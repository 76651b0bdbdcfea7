package application;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Permission for an app or a page to PUT one file straight to the store: a URL that is signed with version 4. */
final class PresignedPut {
    private PresignedPut() {}

    /**
     * The URL, and the headers to send with exactly these values.
     *
     * <p>All that the store must hold the uploader to is signed: the callback as a part of the query, the type as a header,
     * the length because {@code x-oss-additional-headers} names it. A header {@code x-oss-...} that somebody adds breaks the
     * signature.
     */
    static Map<String, Object> sign(Settings.UploadTarget target, Permission.Upload upload, long size, Instant now)
            throws GeneralSecurityException, JsonProcessingException {
        Signature signature = Signature.at(now, target.region());
        String type = upload.contentType().orElse("");
        TreeMap<String, String> parameters = new TreeMap<>(Map.of(
                "callback", Signature.encode(upload.callback()),
                "callback-var", Signature.encode(upload.variables()),
                "x-oss-additional-headers", "content-length",
                "x-oss-credential", target.accessKeyId() + "/" + signature.scope(),
                "x-oss-date", signature.moment(),
                "x-oss-expires", Long.toString(target.lifetime().toSeconds()),
                "x-oss-signature-version", Signature.VERSION));
        // URLEncoder writes nothing here in another way than OSS does: there are no spaces.
        String query = parameters.entrySet().stream()
                .map(pair -> pair.getKey() + "=" + URLEncoder.encode(pair.getValue(), StandardCharsets.UTF_8))
                .collect(Collectors.joining("&"));
        String signed = signature.signRequest(target.accessKeySecret(), String.join("\n",
                "PUT",
                "/" + target.bucket() + "/" + upload.key(),
                query,
                "content-length:" + size,
                "content-type:" + type,
                "",
                "content-length",
                "UNSIGNED-PAYLOAD"));
        String address = target.url().replaceAll("/$", "") + "/" + upload.key();
        return Map.of(
                "method", "PUT",
                "url", address + "?" + query + "&x-oss-signature=" + signed,
                "headers", Map.of("Content-Type", type),
                "key", upload.key());
    }
}
