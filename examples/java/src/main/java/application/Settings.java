package application;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Everything that can be set; ../README.md lists the variables. */
record Settings(
        InetSocketAddress listen,
        String database,
        String callbackPath,
        List<String> trustedKeyUrls,
        Map<String, String> pinnedKeys,
        Optional<String> callbackSecret,
        Optional<UploadTarget> upload,
        Path page) {

    /** Where browsers and apps upload to, and the access key that signs their permissions, which live this long. */
    record UploadTarget(
            String url, String bucket, String region, String accessKeyId, String accessKeySecret,
            Optional<String> callbackUrl, Duration lifetime) {}

    /** A setting that the server must not start with. */
    static final class Wrong extends Exception {
        private static final long serialVersionUID = 1;

        Wrong(String reason) {
            super(reason);
        }
    }

    /** Reads and checks every variable, so that a mistake shows at the start and not at the first upload. */
    static Settings from(Map<String, String> environment) throws Wrong {
        return new Settings(
                address(environment.getOrDefault("LISTEN", "127.0.0.1:8080")),
                environment.getOrDefault("DATABASE", "uploads.db"),
                environment.getOrDefault("CALLBACK_PATH", "/callback").replaceAll("/+$", ""),
                trustedKeyUrls(words(environment, "TRUSTED_KEY_URLS")),
                pinnedKeys(words(environment, "PINNED_KEYS")),
                text(environment, "CALLBACK_SECRET"),
                uploadTarget(environment),
                Path.of(environment.getOrDefault("UPLOAD_PAGE", "../upload.html")));
    }

    private static InetSocketAddress address(String text) throws Wrong {
        int colon = text.lastIndexOf(':');
        String port = text.substring(colon + 1);
        if (colon < 1 || !port.matches("[0-9]{1,5}") || Integer.parseInt(port) > 65535) {
            throw new Wrong("LISTEN must be HOST:PORT");
        }
        return new InetSocketAddress(text.substring(0, colon), Integer.parseInt(port));
    }

    private static List<String> trustedKeyUrls(List<String> further) throws Wrong {
        List<String> trusted = new ArrayList<>(
                List.of("http://gosspublic.alicdn.com/", "https://gosspublic.alicdn.com/"));
        for (String prefix : further) {
            // Without the slash, http://oss.example would trust http://oss.example.attacker.example as well.
            if (!prefix.matches("https?://[^/?#@]+/(.*/)?")) {
                throw new Wrong("TRUSTED_KEY_URLS: " + prefix + " must start with http:// or https:// and end with /");
            }
            trusted.add(prefix);
        }
        return trusted;
    }

    private static Map<String, String> pinnedKeys(List<String> pairs) throws Wrong {
        Map<String, String> keys = new HashMap<>();
        for (String pair : pairs) {
            int equals = pair.indexOf('=');
            try {
                keys.put(pair.substring(0, Math.max(equals, 0)), Files.readString(Path.of(pair.substring(equals + 1))));
            } catch (IOException | InvalidPathException e) {
                throw new Wrong("PINNED_KEYS: " + pair + " must be URL=FILE: " + e);
            }
        }
        return keys;
    }

    private static Optional<UploadTarget> uploadTarget(Map<String, String> environment) throws Wrong {
        List<String> names = List.of(
                "OSS_UPLOAD_URL", "OSS_BUCKET", "OSS_REGION", "OSS_ACCESS_KEY_ID", "OSS_ACCESS_KEY_SECRET");
        List<String> values = new ArrayList<>();
        for (String name : names) {
            text(environment, name).ifPresent(values::add);
        }
        if (values.isEmpty()) {
            return Optional.empty();
        }
        if (values.size() < names.size()) {
            throw new Wrong("upload forms need all of " + String.join(", ", names));
        }
        return Optional.of(new UploadTarget(
                values.get(0), values.get(1), values.get(2), values.get(3), values.get(4),
                text(environment, "CALLBACK_URL"), lifetime(text(environment, "PERMISSION_SECONDS").orElse("300"))));
    }

    private static Duration lifetime(String seconds) throws Wrong {
        int count = seconds.matches("[0-9]{1,4}") ? Integer.parseInt(seconds) : 0;
        if (count < 1 || count > 3600) {
            throw new Wrong("PERMISSION_SECONDS must be 1 to 3600");
        }
        return Duration.ofSeconds(count);
    }

    private static Optional<String> text(Map<String, String> environment, String name) {
        return Optional.ofNullable(environment.get(name)).filter(value -> !value.isEmpty());
    }

    private static List<String> words(Map<String, String> environment, String name) {
        return text(environment, name).map(value -> List.of(value.strip().split("\\s+"))).orElse(List.of());
    }
}
