package conformance;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The example application server in Java, run for one case as its users run it. */
final class ExampleServer implements AutoCloseable {
    private static final Path SCRIPT = Path.of("..", "..", "examples", "java", "run.sh");
    private static final String LISTENING = "listening on ";

    private final Process process;
    private final Path database;
    private final String origin;

    /** Starts it for uploads into the bucket of this run; {@code more} are further settings of it. */
    ExampleServer(World world, Map<String, String> more) throws IOException {
        database = Files.createTempFile("uploads", ".db");
        World.Settings settings = world.settings;
        ProcessBuilder builder = new ProcessBuilder("bash", SCRIPT.toString());
        builder.redirectError(ProcessBuilder.Redirect.DISCARD);
        Map<String, String> environment = builder.environment();
        environment.put("LISTEN", "127.0.0.1:0");
        environment.put("DATABASE", database.toString());
        environment.put("TRUSTED_KEY_URLS", settings.console() + "/ " + settings.endpoint() + "/");
        environment.put("OSS_UPLOAD_URL", settings.endpoint() + "/" + world.bucket);
        environment.put("OSS_BUCKET", world.bucket);
        environment.put("OSS_REGION", settings.region());
        environment.put("OSS_ACCESS_KEY_ID", settings.keyId());
        environment.put("OSS_ACCESS_KEY_SECRET", settings.secret());
        environment.putAll(more);
        process = builder.start();
        BufferedReader lines = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        String first = lines.readLine();
        if (first == null || !first.startsWith(LISTENING)) {
            close();
            throw new IOException("the example server did not start: " + first);
        }
        origin = first.substring(LISTENING.length());
    }

    /** Asks for a permission, as an app does that knows nothing but this server. */
    JsonObject permission(String target) throws Exception {
        HttpResponse<byte[]> answer = Plain.send("GET", URI.create(origin + "/permission/" + target), Map.of(), new byte[0]);
        if (answer.statusCode() != 200) {
            throw new IOException("permission " + target + ": " + answer.statusCode() + " " + Plain.text(answer));
        }
        return JsonParser.parseString(Plain.text(answer)).getAsJsonObject();
    }

    String url(String path) {
        return origin + path;
    }

    @Override
    public void close() throws IOException {
        process.destroy();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IOException("SIGTERM did not stop the example server");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Files.deleteIfExists(database);
    }
}
