package application;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;

/** Permission for an app to upload by itself: temporary credentials from STS, good for one user's folder only. */
final class Sts {
    private static final Duration TIMEOUT = Duration.ofSeconds(5);
    private static final int LONGEST_ANSWER = 64 * 1024;
    // Whole files and parts; no reading, listing or deleting.
    private static final List<String> ACTIONS = List.of("oss:PutObject", "oss:ListParts", "oss:AbortMultipartUpload");
    private static final List<String> CREDENTIALS =
            List.of("AccessKeyId", "AccessKeySecret", "SecurityToken", "Expiration");
    // Follows no redirects.
    private static final HttpClient CLIENT =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(TIMEOUT).build();

    /** STS gave no credentials. */
    static final class Unavailable extends Exception {
        private static final long serialVersionUID = 1;

        Unavailable(String reason) {
            super(reason);
        }
    }

    private Sts() {}

    /** What is left of the role's permissions: uploads below this folder. */
    static Map<String, Object> sessionPolicy(String bucket, String folder) {
        List<String> resources = List.of("acs:oss:*:*:" + bucket + "/" + folder + "/*");
        Map<String, Object> statement = Map.of("Effect", "Allow", "Action", ACTIONS, "Resource", resources);
        return Map.of("Version", "1", "Statement", List.of(statement));
    }

    /** AssumeRole: the members AccessKeyId, AccessKeySecret, SecurityToken and Expiration. */
    static Map<String, String> assumeRole(
            Settings.UploadTarget target, Settings.Role role, String sessionName, Map<String, Object> policy)
            throws Unavailable, GeneralSecurityException, JsonProcessingException {
        TreeMap<String, String> parameters = new TreeMap<>();
        parameters.put("AccessKeyId", target.accessKeyId());
        parameters.put("Action", "AssumeRole");
        parameters.put("DurationSeconds", Long.toString(role.lifetime().toSeconds()));
        parameters.put("Format", "JSON");
        parameters.put("Policy", Fields.JSON.writeValueAsString(policy));
        parameters.put("RoleArn", role.arn());
        parameters.put("RoleSessionName", sessionName);
        parameters.put("SignatureMethod", "HMAC-SHA1");
        parameters.put("SignatureNonce", UUID.randomUUID().toString());
        parameters.put("SignatureVersion", "1.0");
        parameters.put("Timestamp", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
        parameters.put("Version", "2015-04-01");
        byte[] key = (target.accessKeySecret() + "&").getBytes(StandardCharsets.UTF_8);
        byte[] signature = Signature.mac("HmacSHA1", key, "POST&%2F&" + escape(form(parameters)));
        parameters.put("Signature", Base64.getEncoder().encodeToString(signature));
        return credentials(post(role.endpoint(), form(parameters)));
    }

    private static Map<String, String> credentials(byte[] answer) throws Unavailable {
        Map<String, String> found = new LinkedHashMap<>();
        try {
            JsonNode said = Fields.JSON.readTree(answer);
            for (String name : CREDENTIALS) {
                found.put(name, said.path("Credentials").path(name).textValue());
            }
        } catch (IOException e) {
            throw new Unavailable("STS answered no JSON: " + e.getMessage());
        }
        if (found.containsValue(null)) {
            throw new Unavailable("STS answered something else than credentials");
        }
        return found;
    }

    private static byte[] post(URI endpoint, String form) throws Unavailable {
        HttpRequest request = HttpRequest.newBuilder(endpoint)
                .header("Content-Type", "application/x-www-form-urlencoded")
                .timeout(TIMEOUT)
                .POST(HttpRequest.BodyPublishers.ofString(form))
                .build();
        try {
            HttpResponse<InputStream> response = CLIENT.sendAsync(request, HttpResponse.BodyHandlers.ofInputStream())
                    .get(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
            try (InputStream body = response.body()) {
                byte[] answer = body.readNBytes(LONGEST_ANSWER);
                if (response.statusCode() != 200) {
                    // Such as NoPermission: for whoever runs this server, not for its users.
                    String said = new String(answer, StandardCharsets.UTF_8);
                    throw new Unavailable("STS refused: " + response.statusCode() + " " + said);
                }
                return answer;
            }
        } catch (IOException | ExecutionException | TimeoutException e) {
            throw new Unavailable("STS cannot be reached: " + e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Unavailable("the server is stopping");
        }
    }

    private static String form(TreeMap<String, String> parameters) {
        return parameters.entrySet().stream()
                .map(pair -> pair.getKey() + "=" + escape(pair.getValue()))
                .collect(Collectors.joining("&"));
    }

    /** As URLEncoder, which writes three characters in another way than STS. */
    private static String escape(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8)
                .replace("+", "%20")
                .replace("*", "%2A")
                .replace("%7E", "~");
    }
}
