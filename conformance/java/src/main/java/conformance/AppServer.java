package conformance;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The user's side of a callback: it receives, verifies and answers. It speaks HTTP over plain sockets, so that it sees
 * a request as it is on the wire and can answer in ways that no HTTP library would.
 */
final class AppServer {
    /** How the callbacks of one path are answered. */
    record Reply(int status, Map<String, String> headers, String body, boolean length, boolean hangUp, long delay) {
        static Reply of(int status, String body) {
            return new Reply(status, Map.of(), body, true, false, 0);
        }

        static Reply typed(String type, String body) {
            return new Reply(200, Map.of("Content-Type", type), body, true, false, 0);
        }
    }

    /** The reply that the official suites compare with. */
    static final String OK_BODY = "{\"Status\":\"OK\"}";

    private static final Reply OK = Reply.typed("application/json", OK_BODY);

    /** One request that came; header names are in lower case. */
    record Call(String target, Map<String, String> headers, String body, List<String> problems) {
        String header(String name) {
            return headers.get(name.toLowerCase(Locale.ROOT));
        }
    }

    private final Verifier verifier;
    private final ServerSocket socket;
    private final Map<String, Reply> replies = new ConcurrentHashMap<>();
    private final Map<String, List<Call>> calls = new HashMap<>();

    AppServer(Verifier verifier) throws IOException {
        this.verifier = verifier;
        this.socket = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
        daemon(this::accept);
    }

    String address() {
        return "127.0.0.1:" + socket.getLocalPort();
    }

    String url(String path) {
        return "http://" + address() + path;
    }

    /** Sets the reply of a decoded path; without one a path answers OK. */
    void on(String path, Reply reply) {
        replies.put(path, reply);
    }

    /** The calls a decoded path has got since the last time it was asked. */
    synchronized List<Call> take(String path) {
        List<Call> taken = calls.remove(path);
        return taken == null ? List.of() : taken;
    }

    /** The only call of a path; notes everything that is wrong with it as a callback of that bucket. */
    Call one(Suite.Check check, String path, String bucket) {
        List<Call> taken = take(path);
        if (taken.size() != 1) {
            throw check.stop("the application server was called " + taken.size() + " times on " + path + ", not once");
        }
        Call call = taken.get(0);
        call.problems.forEach(problem -> check.note("callback: " + problem));
        check.equal("x-oss-bucket", call.header("x-oss-bucket"), bucket);
        return call;
    }

    /** A loopback address where nothing listens. */
    static String refusedAddress() throws IOException {
        try (ServerSocket closed = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            return "127.0.0.1:" + closed.getLocalPort();
        }
    }

    private static void daemon(Runnable work) {
        Thread thread = new Thread(work);
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        while (true) {
            try {
                Socket connection = socket.accept();
                daemon(() -> serve(connection));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void serve(Socket connection) {
        try (connection) {
            InputStream in = new BufferedInputStream(connection.getInputStream());
            while (true) {
                String requestLine = line(in);
                if (requestLine.isEmpty()) {
                    return;
                }
                Reply reply = receive(requestLine, in);
                if (reply.hangUp) {
                    return;
                }
                Thread.sleep(reply.delay);
                answer(connection.getOutputStream(), reply);
                if (!reply.length) {
                    return;
                }
            }
        } catch (IOException | InterruptedException e) {
            // The client hung up, which is its right between two requests; a request cut short fails its case anyway.
        }
    }

    private Reply receive(String requestLine, InputStream in) throws IOException {
        List<String> problems = new ArrayList<>();
        Map<String, String> headers = headers(in, problems);
        byte[] body = in.readNBytes(Integer.parseInt(headers.getOrDefault("content-length", "0")));
        String[] words = requestLine.split(" ");
        if (words.length != 3 || !words[0].equals("POST") || !words[2].equals("HTTP/1.1")) {
            problems.add("the request line is " + requestLine);
        }
        String target = words.length > 1 ? words[1] : "";
        inspect(headers, body, problems);
        try {
            verifier.verify(target, headers, body);
        } catch (Exception e) {
            problems.add(e.getMessage());
        }
        String path = URLDecoder.decode(target.split("\\?", 2)[0].replace("+", "%2B"), StandardCharsets.UTF_8);
        Call call = new Call(target, headers, new String(body, StandardCharsets.UTF_8), problems);
        synchronized (this) {
            calls.computeIfAbsent(path, unused -> new ArrayList<>()).add(call);
        }
        return replies.getOrDefault(path, OK);
    }

    private static Map<String, String> headers(InputStream in, List<String> problems) throws IOException {
        Map<String, String> headers = new TreeMap<>();
        for (String line = line(in); !line.isEmpty(); line = line(in)) {
            int colon = line.indexOf(':');
            String name = line.substring(0, colon).toLowerCase(Locale.ROOT);
            if (headers.put(name, line.substring(colon + 1).trim()) != null) {
                problems.add(name + " came twice");
            }
        }
        return headers;
    }

    /** Compares everything about a callback that does not depend on the upload with the protocol. */
    private static void inspect(Map<String, String> headers, byte[] body, List<String> problems) {
        Map<String, String> wanted = Map.of(
                "content-length", String.valueOf(body.length),
                "content-md5", md5(body),
                "user-agent", "aliyun-oss-callback",
                "x-oss-signature-version", "1.0",
                "x-oss-tag", "CALLBACK");
        wanted.forEach((name, value) -> {
            if (!value.equals(headers.get(name))) {
                problems.add(name + " is " + headers.get(name) + ", not " + value);
            }
        });
        for (String name : List.of("x-oss-requester", "x-oss-owner", "content-type", "host")) {
            if (headers.getOrDefault(name, "").isEmpty()) {
                problems.add(name + " is missing or empty");
            }
        }
        if (!headers.getOrDefault("x-oss-request-id", "").matches("[0-9A-F]{24}")) {
            problems.add("x-oss-request-id is " + headers.get("x-oss-request-id"));
        }
        if (headers.containsKey("transfer-encoding")) {
            problems.add("transfer-encoding is " + headers.get("transfer-encoding"));
        }
        try {
            Instant date = ZonedDateTime.parse(headers.getOrDefault("date", ""), DateTimeFormatter.RFC_1123_DATE_TIME)
                    .toInstant();
            if (Duration.between(date, Instant.now()).abs().toMinutes() > 1) {
                problems.add("Date is " + date);
            }
        } catch (RuntimeException e) {
            problems.add("Date is " + headers.get("date"));
        }
    }

    private static void answer(OutputStream out, Reply reply) throws IOException {
        byte[] body = reply.body.getBytes(StandardCharsets.UTF_8);
        StringBuilder head = new StringBuilder("HTTP/1.1 " + reply.status + " Answer\r\n");
        reply.headers.forEach((name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
        head.append(reply.length ? "Content-Length: " + body.length + "\r\n" : "Connection: close\r\n");
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        whole.writeBytes(head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1));
        whole.writeBytes(body);
        out.write(whole.toByteArray());
        out.flush();
    }

    private static String line(InputStream in) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int next = in.read(); next != '\n'; next = in.read()) {
            if (next < 0) {
                if (line.size() == 0) {
                    return "";
                }
                throw new EOFException("the head ended early");
            }
            line.write(next);
        }
        return line.toString(StandardCharsets.UTF_8).replace("\r", "");
    }

    static String md5(byte[] content) {
        try {
            return Base64.getEncoder().encodeToString(MessageDigest.getInstance("MD5").digest(content));
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
