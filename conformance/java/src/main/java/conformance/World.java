package conformance;

import com.aliyun.oss.ClientBuilderConfiguration;
import com.aliyun.oss.OSS;
import com.aliyun.oss.OSSClientBuilder;
import com.aliyun.oss.OSSException;
import com.aliyun.oss.common.auth.CredentialsProvider;
import com.aliyun.oss.common.auth.DefaultCredentialProvider;
import com.aliyun.oss.common.comm.ResponseMessage;
import com.aliyun.oss.common.comm.SignVersion;
import com.aliyun.oss.model.Callback;
import com.aliyun.oss.model.InitiateMultipartUploadRequest;
import com.aliyun.oss.model.OSSObject;
import com.aliyun.oss.model.PartETag;
import com.aliyun.oss.model.PutObjectRequest;
import com.aliyun.oss.model.PutObjectResult;
import com.aliyun.oss.model.UploadPartRequest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/** What the cases of one signature version share. */
final class World {
    /** A call of the SDK that must fail. */
    interface Attempt {
        Object run() throws Exception;
    }

    /** What the runner tells through the environment. */
    record Settings(
            String endpoint,
            String console,
            String sts,
            String keyId,
            String secret,
            String region,
            String bucketPrefix) {
        static Settings fromEnvironment() {
            return new Settings(
                    variable("OSSICLE_ENDPOINT").replaceAll("/$", ""),
                    variable("OSSICLE_CONSOLE").replaceAll("/$", ""),
                    variable("OSSICLE_STS").replaceAll("/$", ""),
                    variable("OSSICLE_ACCESS_KEY_ID"),
                    variable("OSSICLE_ACCESS_KEY_SECRET"),
                    variable("OSSICLE_REGION"),
                    variable("OSSICLE_BUCKET_PREFIX").replaceAll("-$", ""));
        }

        private static String variable(String name) {
            String value = System.getenv(name);
            if (value == null || value.isEmpty()) {
                throw new IllegalArgumentException("set " + name);
            }
            return value;
        }
    }

    final Settings settings;
    final AppServer app;
    final SignVersion version;
    final OSS client;
    final String bucket;

    World(Settings settings, AppServer app, SignVersion version) {
        this.settings = settings;
        this.app = app;
        this.version = version;
        this.client = client(settings.keyId, settings.secret, settings.region, unused -> {});
        this.bucket = settings.bucketPrefix + "-java-" + name("") + Long.toHexString(System.nanoTime() & 0xffffffffffL);
    }

    /** The name of a case, with the signature version in front; its slash becomes a dash in a bucket's name. */
    String name(String name) {
        String start = version.name().toLowerCase(Locale.ROOT);
        return name.isEmpty() ? start + "-" : start + "/" + name;
    }

    /** A client for an endpoint that is an IP address: the bucket goes into the path. */
    OSS client(String keyId, String secret, String region, Consumer<ClientBuilderConfiguration> change) {
        return client(new DefaultCredentialProvider(keyId, secret), region, change);
    }

    OSS client(CredentialsProvider keys, String region, Consumer<ClientBuilderConfiguration> change) {
        ClientBuilderConfiguration configuration = new ClientBuilderConfiguration();
        configuration.setSLDEnabled(true);
        configuration.setSignatureVersion(version);
        configuration.setMaxErrorRetry(0);
        change.accept(configuration);
        return OSSClientBuilder.create()
                .endpoint(settings.endpoint)
                .credentialsProvider(keys)
                .clientConfiguration(configuration)
                .region(region)
                .build();
    }

    URI url(String key) {
        return URI.create(settings.endpoint + "/" + bucket + "/" + key);
    }

    PutObjectResult put(String key, byte[] content) {
        return client.putObject(bucket, key, new ByteArrayInputStream(content));
    }

    PutObjectRequest putRequest(String key, byte[] content) {
        return new PutObjectRequest(bucket, key, new ByteArrayInputStream(content));
    }

    byte[] get(String key) throws IOException {
        try (OSSObject object = client.getObject(bucket, key)) {
            return object.getObjectContent().readAllBytes();
        }
    }

    String initiate(String key) {
        return client.initiateMultipartUpload(new InitiateMultipartUploadRequest(bucket, key))
                .getUploadId();
    }

    PartETag part(String key, String upload, int number, byte[] content) {
        UploadPartRequest request = new UploadPartRequest(
                bucket, key, upload, number, new ByteArrayInputStream(content), content.length);
        return client.uploadPart(request).getPartETag();
    }

    /** Uploads content in parts of the usual size. */
    List<PartETag> parts(String key, String upload, byte[] content) {
        List<PartETag> parts = new ArrayList<>();
        for (int start = 0; start < content.length; start += Upload.PART_SIZE) {
            byte[] piece = Arrays.copyOfRange(content, start, Math.min(start + Upload.PART_SIZE, content.length));
            parts.add(part(key, upload, parts.size() + 1, piece));
        }
        return parts;
    }

    /** A callback to a path of the application server. */
    Callback callback(String path, String body) {
        Callback callback = new Callback();
        callback.setCallbackUrl(app.url(path));
        callback.setCallbackBody(body);
        return callback;
    }

    /** What the SDK reports of a refusal: code and, unless null, EC. */
    OSSException refused(Suite.Check check, String what, String code, String ec, Attempt attempt) {
        try {
            Object result = attempt.run();
            throw check.stop(what + ": no error but " + result);
        } catch (OSSException e) {
            check.equal(what + ": code", e.getErrorCode(), code);
            if (ec != null) {
                check.equal(what + ": EC", e.getEC(), ec);
            }
            check.that(what + ": request id " + e.getRequestId(), e.getRequestId().matches("[0-9A-F]{24}"));
            return e;
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw check.stop(what + ": " + e);
        }
    }

    /** Reads the reply as the SDK's own samples do: a single read, then close. */
    static String readOnce(InputStream body) throws IOException {
        byte[] buffer = new byte[1024];
        try (body) {
            int length = body.read(buffer);
            return new String(buffer, 0, Math.max(length, 0), StandardCharsets.UTF_8);
        }
    }

    static String header(ResponseMessage response, String name) {
        return response.getHeaders().entrySet().stream()
                .filter(entry -> name.equalsIgnoreCase(entry.getKey()))
                .map(java.util.Map.Entry::getValue)
                .findFirst()
                .orElse(null);
    }
}
