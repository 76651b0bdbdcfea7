package conformance;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Users and roles of the account, made with the API of the console, which knows whoever has the access key. */
final class Identities {
    /** A user who may upload and assume a role, and that role, which may do everything. */
    record Uploader(String keyId, String secret, String roleArn) {}

    private final World.Settings settings;

    private Identities(World.Settings settings) {
        this.settings = settings;
    }

    static Uploader uploader(World world) throws Exception {
        Identities identities = new Identities(world.settings);
        String name = "uploader-" + Long.toHexString(System.nanoTime());
        String account = identities.ask("POST", "users", Map.of("name", name)).get("account").getAsString();
        Map<String, Object> everybody = Map.of("Principal", Map.of("RAM", List.of("acs:ram::" + account + ":root")));
        Map<String, Object> trust = policy("sts:AssumeRole", everybody);
        JsonObject role = identities.ask("POST", "roles", Map.of("name", name, "trust_policy", trust));
        String arn = role.get("arn").getAsString();
        identities.attach("roles/" + name, "everything", policy("oss:*", Map.of("Resource", "*")));
        identities.attach("users/" + name, "hand-out", policy("sts:AssumeRole", Map.of("Resource", arn)));
        String objects = "acs:oss:*:*:" + world.bucket + "/*";
        identities.attach("users/" + name, "upload", policy("oss:PutObject", Map.of("Resource", objects)));
        JsonObject key = identities.ask("POST", "keys?user=" + name, Map.of());
        return new Uploader(key.get("id").getAsString(), key.get("secret").getAsString(), arn);
    }

    private static Map<String, Object> policy(String action, Map<String, Object> more) {
        Map<String, Object> statement = new HashMap<>(more);
        statement.put("Effect", "Allow");
        statement.put("Action", action);
        return Map.of("Version", "1", "Statement", List.of(statement));
    }

    private void attach(String owner, String name, Map<String, Object> document) throws Exception {
        ask("PUT", owner + "/policies/" + name, Map.of("document", document));
    }

    private JsonObject ask(String method, String path, Map<String, Object> document) throws Exception {
        byte[] key = (settings.keyId() + ":" + settings.secret()).getBytes(StandardCharsets.UTF_8);
        Map<String, String> headers = Map.of(
                "Authorization", "Basic " + Base64.getEncoder().encodeToString(key),
                "Content-Type", "application/json");
        byte[] body = new Gson().toJson(document).getBytes(StandardCharsets.UTF_8);
        HttpResponse<byte[]> answer =
                Plain.send(method, URI.create(settings.console() + "/api/access/" + path), headers, body);
        if (answer.statusCode() != 200) {
            throw new IOException(method + " " + path + ": " + answer.statusCode() + " " + Plain.text(answer));
        }
        return JsonParser.parseString(Plain.text(answer)).getAsJsonObject();
    }
}
