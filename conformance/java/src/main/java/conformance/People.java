package conformance;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;

/** A user of this run who may assume a role that reads and writes objects. */
final class People {
    static final String ACCOUNT = "1000000000000001";

    final String keyId;
    final String secret;
    final String role;

    private final World.Settings settings;

    /** Makes them over the console's API, as an administrator's script does. */
    People(World.Settings settings) throws Exception {
        this.settings = settings;
        String mark = Long.toHexString(System.nanoTime() & 0xffffffL);
        String user = "app-" + mark;
        String name = "writer-" + mark;
        administer("POST", "users", "{\"name\":\"" + user + "\"}");
        String who = "\"Principal\":{\"RAM\":[\"acs:ram::" + ACCOUNT + ":user/" + user + "\"]}";
        String trust = allow("sts:AssumeRole", who);
        administer("POST", "roles", "{\"name\":\"" + name + "\",\"trust_policy\":" + trust + "}");
        String assume = allow("sts:AssumeRole", "\"Resource\":\"*\"");
        administer("PUT", "users/" + user + "/policies/assume", "{\"document\":" + assume + "}");
        String buckets = "\"Resource\":\"acs:oss:*:*:" + settings.bucketPrefix() + "-*\"";
        String objects = allow("oss:GetObject\",\"oss:PutObject", buckets);
        administer("PUT", "roles/" + name + "/policies/objects", "{\"document\":" + objects + "}");
        JsonObject key = administer("POST", "keys?user=" + user, "");
        this.keyId = key.get("id").getAsString();
        this.secret = key.get("secret").getAsString();
        this.role = "acs:ram::" + ACCOUNT + ":role/" + name;
    }

    /** A policy with one statement. */
    static String allow(String actions, String rest) {
        return "{\"Version\":\"1\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":[\"" + actions + "\"]," + rest + "}]}";
    }

    private JsonObject administer(String method, String path, String document)
            throws Exception {
        String key = settings.keyId() + ":" + settings.secret();
        String basic = Base64.getEncoder().encodeToString(key.getBytes(StandardCharsets.UTF_8));
        Map<String, String> headers =
                Map.of("Authorization", "Basic " + basic, "Content-Type", "application/json");
        URI target = URI.create(settings.console() + "/api/access/" + path);
        HttpResponse<byte[]> answer =
                Plain.send(method, target, headers, document.getBytes(StandardCharsets.UTF_8));
        if (answer.statusCode() != 200) {
            throw new IOException(path + ": " + answer.statusCode() + " " + Plain.text(answer));
        }
        return JsonParser.parseString(Plain.text(answer)).getAsJsonObject();
    }
}
