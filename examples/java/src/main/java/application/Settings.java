package application;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
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
        Optional<Role> role,
        Path page) {

    /** Where browsers and apps upload to, and the access key that signs their permissions, which live this long. */
    record UploadTarget(
            String url, String bucket, String region, String accessKeyId, String accessKeySecret,
            Optional<String> callbackUrl, Duration lifetime) {

        /** What SDKs are told: the URL without the bucket, be that in its path or in its host name. */
        String endpoint() {
            URI address = URI.create(url);
            String authority = address.getRawAuthority();
            boolean named = authority.startsWith(bucket + ".");
            return address.getScheme() + "://" + (named ? authority.substring(bucket.length() + 1) : authority);
        }
    }

    /** The role whose temporary credentials apps get, where STS gives them, and for how long. */
    record Role(String arn, URI endpoint, Duration lifetime) {}

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
                role(environment),
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
        if (!values.get(0).matches("https?://[^/?#@\\s]+(/\\S*)?")) {
            throw new Wrong("OSS_UPLOAD_URL: " + values.get(0) + " must start with http:// or https://");
        }
        return Optional.of(new UploadTarget(
                values.get(0), values.get(1), values.get(2), values.get(3), values.get(4),
                text(environment, "CALLBACK_URL"), seconds(environment, "PERMISSION_SECONDS", 300, 1, 3600)));
    }

    private static Optional<Role> role(Map<String, String> environment) throws Wrong {
        Optional<String> arn = text(environment, "STS_ROLE_ARN");
        if (arn.isEmpty()) {
            return Optional.empty();
        }
        // Who has temporary credentials words his callbacks himself; only the proof ties them to his own folder.
        if (text(environment, "CALLBACK_SECRET").isEmpty() || text(environment, "OSS_UPLOAD_URL").isEmpty()) {
            throw new Wrong("STS_ROLE_ARN needs CALLBACK_SECRET, OSS_UPLOAD_URL and the rest");
        }
        String endpoint = text(environment, "STS_ENDPOINT").orElse("http://127.0.0.1:9003");
        if (!endpoint.matches("https?://[^/?#@\\s]+/?")) {
            throw new Wrong("STS_ENDPOINT: " + endpoint + " must start with http:// or https:// and have no path");
        }
        Duration lifetime = seconds(environment, "STS_SECONDS", 3600, 900, 43200);
        return Optional.of(new Role(arn.get(), URI.create(endpoint), lifetime));
    }

    private static Duration seconds(Map<String, String> environment, String name, int otherwise, int least, int most)
            throws Wrong {
        String text = text(environment, name).orElse(Integer.toString(otherwise));
        int count = text.matches("[0-9]{1,5}") ? Integer.parseInt(text) : 0;
        if (count < least || count > most) {
            throw new Wrong(name + " must be " + least + " to " + most);
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
