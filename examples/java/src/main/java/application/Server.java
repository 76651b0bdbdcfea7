package application;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.security.GeneralSecurityException;
import java.sql.SQLException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * An application server for OSS upload callbacks: verifies them, keeps a row per upload, answers the uploader.
 *
 * <pre>
 * POST /callback[/...]   callbacks; what it answers is what the uploader gets
 * GET  /permission/form  permission to upload one file with a form, see UploadForm
 * GET  /permission/put   permission to PUT one file, see PresignedPut
 * GET  /permission/sts   temporary credentials to upload with an SDK, see Sts
 * POST /upload-form      a form for a file whose type does not matter
 * GET  /                 a page that uploads with such permissions
 * </pre>
 */
public final class Server {
    private static final int LONGEST_BODY = 1024 * 1024;
    private static final int THREADS = 32;

    private final Settings settings;
    private final Verifier verifier;
    private final Uploads uploads;

    private Server(Settings settings) throws Settings.Wrong, SQLException {
        this.settings = settings;
        this.verifier = new Verifier(settings.trustedKeyUrls(), settings.pinnedKeys());
        this.uploads = new Uploads(settings.database());
    }

    /** Serves until it is told to stop. */
    public static void main(String[] arguments) {
        // A client that sends nothing must not keep a thread. Seconds; the JDK's server reads them when it is loaded.
        System.setProperty("sun.net.httpserver.maxReqTime", "10");
        System.setProperty("sun.net.httpserver.maxRspTime", "10");
        // Without it every answer waits for the acknowledgement of its head.
        System.setProperty("sun.net.httpserver.nodelay", "true");
        try {
            new Server(Settings.from(System.getenv())).serve();
        } catch (Settings.Wrong | SQLException | IOException | IllegalArgumentException e) {
            System.err.println("cannot start: " + e.getMessage());
            System.exit(1);
        }
    }

    private void serve() throws IOException {
        HttpServer server = HttpServer.create(settings.listen(), 128);
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(server, threads)));
        if (settings.callbackSecret().isEmpty()) {
            System.err.println(
                    "CALLBACK_SECRET is not set: callbacks that any customer of a trusted store asked for count");
        }
        server.start();
        InetSocketAddress address = server.getAddress();
        System.out.println("listening on http://" + authority(address));
    }

    private void stop(HttpServer server, ExecutorService threads) {
        server.stop(0);
        threads.shutdown();
        try {
            uploads.close();
        } catch (SQLException e) {
            System.err.println("the database did not close: " + e.getMessage());
        }
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            try {
                if (exchange.getRequestMethod().equals("GET") && target(exchange).equals("/")) {
                    uploadTarget();
                    answer(exchange, 200, "text/html; charset=utf-8", Files.readAllBytes(settings.page()));
                } else {
                    boolean isGet = exchange.getRequestMethod().equals("GET");
                    answerJson(exchange, 200, isGet ? get(exchange) : post(exchange));
                }
            } catch (Refused e) {
                answerJson(exchange, e.status, Map.of("error", e.getMessage()));
            } catch (SQLException | GeneralSecurityException | JsonProcessingException | RuntimeException e) {
                System.err.println(target(exchange) + ": " + e);
                // Not 200, so that the store notes the callback as failed and may send it again.
                answerJson(exchange, 500, Map.of("error", "the upload could not be recorded"));
            }
        }
    }

    private Map<String, ?> get(HttpExchange exchange)
            throws Refused, GeneralSecurityException, JsonProcessingException {
        String[] parts = target(exchange).split("\\?", 2);
        Map<String, String> query = Fields.ofQuery(parts.length > 1 ? parts[1] : "");
        return switch (parts[0]) {
            case "/permission/form" -> permittedForm(exchange, query);
            case "/permission/put" -> permittedPut(exchange, query);
            case "/permission/sts" -> temporaryCredentials(exchange, query);
            default -> throw new Refused(404, "not found");
        };
    }

    private Map<String, ?> post(HttpExchange exchange)
            throws Refused, IOException, SQLException, GeneralSecurityException {
        String path = target(exchange).split("\\?", 2)[0];
        boolean isPost = exchange.getRequestMethod().equals("POST");
        if (isPost && path.equals("/upload-form")) {
            return uploadForm(exchange);
        }
        if (isPost && (path + "/").startsWith(settings.callbackPath() + "/")) {
            return callback(exchange);
        }
        throw new Refused(404, "not found");
    }

    private Map<String, ?> callback(HttpExchange exchange)
            throws Refused, IOException, SQLException, GeneralSecurityException {
        byte[] body = body(exchange);
        String target = target(exchange);
        verifier.verify(target, header(exchange, "Authorization"), header(exchange, "x-oss-pub-key-url"), body);
        Fields said = Fields.of(Optional.ofNullable(header(exchange, "Content-Type")).orElse(""), body);
        checkProof(target, said);
        String id = identity(said, exchange);
        uploads.record(id, said);
        return Map.of("Status", "OK", "id", id);
    }

    /** A store signs for all its users with one key: each could have it sign a body that names another's object. */
    private void checkProof(String target, Fields said) throws Refused, GeneralSecurityException {
        if (settings.callbackSecret().isEmpty()) {
            return;
        }
        String given = "";
        int question = target.indexOf('?');
        for (String pair : target.substring(question + 1).split("&")) {
            if (question >= 0 && pair.startsWith("proof=")) {
                given = pair.substring("proof=".length());
            }
        }
        if (!Permission.isProved(settings.callbackSecret().get(), given, said)) {
            throw new Refused(403, "this application did not ask for this callback");
        }
    }

    /** The same for every delivery of one callback. Only the body is signed, so what it says goes first. */
    private static String identity(Fields said, HttpExchange exchange) throws Refused {
        return said.get("reqId")
                .or(() -> Optional.ofNullable(header(exchange, "x-ossicle-delivery-id")))
                .or(() -> Optional.ofNullable(header(exchange, "x-oss-request-id")))
                .orElseThrow(() ->
                        new Refused(400, "neither reqId in the body nor x-oss-request-id tells which upload this is"));
    }

    private Map<String, ?> permittedForm(HttpExchange exchange, Map<String, String> query)
            throws Refused, GeneralSecurityException, JsonProcessingException {
        Settings.UploadTarget target = uploadTarget();
        String version = query.getOrDefault("version", "v4");
        if (!version.equals("v1") && !version.equals("v4")) {
            throw new Refused(400, "the version must be v1 or v4");
        }
        return UploadForm.sign(target, permittedUpload(exchange, query), version, Instant.now());
    }

    private Map<String, ?> permittedPut(HttpExchange exchange, Map<String, String> query)
            throws Refused, GeneralSecurityException, JsonProcessingException {
        Settings.UploadTarget target = uploadTarget();
        Permission.Upload upload = permittedUpload(exchange, query);
        return PresignedPut.sign(target, upload, Permission.checkedSize(query), Instant.now());
    }

    private Map<String, ?> temporaryCredentials(HttpExchange exchange, Map<String, String> query)
            throws Refused, GeneralSecurityException, JsonProcessingException {
        Settings.Role role = settings.role().orElseThrow(() ->
                new Refused(404, "temporary credentials are not configured: set STS_ROLE_ARN"));
        Settings.UploadTarget target = uploadTarget();
        String user = Permission.user(query);
        String folder = Permission.folder(user);
        Map<String, Object> permission = new LinkedHashMap<>();
        permission.put("StatusCode", 200);
        try {
            permission.putAll(Sts.assumeRole(target, role, user, Sts.sessionPolicy(target.bucket(), folder)));
        } catch (Sts.Unavailable e) {
            System.err.println(e.getMessage());
            throw new Refused(502, "there are no temporary credentials now");
        }
        permission.put("endpoint", target.endpoint());
        permission.put("url", target.url());
        permission.put("region", target.region());
        permission.put("bucket", target.bucket());
        permission.put("prefix", folder + "/");
        String proof = Permission.proof(settings.callbackSecret().orElseThrow(), target.bucket(), folder + "/");
        String callbackUrl = callbackUrl(exchange) + "?proof=" + proof;
        permission.put("callback", Permission.callback(callbackUrl, List.of("name")));
        return permission;
    }

    private Permission.Upload permittedUpload(HttpExchange exchange, Map<String, String> query)
            throws Refused, GeneralSecurityException {
        String user = Permission.user(query);
        String name = Permission.checkedName(query.get("name"));
        String type = Permission.checkedType(query);
        return upload(exchange, Permission.folder(user), Optional.of(type), Map.of("name", name, "user", user));
    }

    private Map<String, ?> uploadForm(HttpExchange exchange)
            throws Refused, IOException, GeneralSecurityException {
        Settings.UploadTarget target = uploadTarget();
        JsonNode asked;
        try {
            asked = Fields.JSON.readTree(body(exchange));
        } catch (JsonProcessingException e) {
            throw new Refused(400, "the body must be {\"name\": \"what the file is called\"}");
        }
        String name = Permission.checkedName(asked == null ? null : asked.path("name").textValue());
        Permission.Upload upload = upload(exchange, "uploads", Optional.empty(), Map.of("name", name));
        return UploadForm.sign(target, upload, "v4", Instant.now());
    }

    private Permission.Upload upload(
            HttpExchange exchange, String folder, Optional<String> contentType, Map<String, String> variables)
            throws Refused, GeneralSecurityException {
        return Permission.upload(
                uploadTarget().bucket(), callbackUrl(exchange), settings.callbackSecret(), folder, contentType, variables);
    }

    private String callbackUrl(HttpExchange exchange) throws Refused {
        // Right when the store runs on this machine.
        String ownUrl = "http://" + authority(exchange.getLocalAddress()) + settings.callbackPath();
        return uploadTarget().callbackUrl().orElse(ownUrl);
    }

    private Settings.UploadTarget uploadTarget() throws Refused {
        return settings.upload().orElseThrow(() ->
                new Refused(404, "upload forms are not configured: set OSS_UPLOAD_URL and the rest"));
    }

    private static byte[] body(HttpExchange exchange) throws Refused, IOException {
        String length = header(exchange, "Content-Length");
        if (length == null || !length.matches("[0-9]{1,18}")) {
            throw new Refused(411, "a Content-Length is required");
        }
        if (Long.parseLong(length) > LONGEST_BODY) {
            throw new Refused(413, "the body is too long");
        }
        try {
            return exchange.getRequestBody().readAllBytes();
        } catch (IOException e) {
            throw new Refused(400, "the body is shorter than its Content-Length");
        }
    }

    /** What stood in the request line; getPath decodes, and getRawPath takes what follows two slashes for a host. */
    private static String target(HttpExchange exchange) {
        return exchange.getRequestURI().toString();
    }

    private static String header(HttpExchange exchange, String name) {
        return exchange.getRequestHeaders().getFirst(name);
    }

    private static String authority(InetSocketAddress address) {
        return address.getAddress().getHostAddress() + ":" + address.getPort();
    }

    private static void answerJson(HttpExchange exchange, int status, Map<String, ?> value) throws IOException {
        answer(exchange, status, "application/json", Fields.JSON.writeValueAsBytes(value));
    }

    private static void answer(HttpExchange exchange, int status, String contentType, byte[] body) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", contentType);
        // A permission is for whoever asked.
        exchange.getResponseHeaders().set("Cache-Control", "no-store");
        exchange.sendResponseHeaders(status, body.length);
        exchange.getResponseBody().write(body);
    }
}
