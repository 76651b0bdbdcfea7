package conformance;

import com.aliyun.oss.OSS;
import com.aliyun.oss.OSSException;
import com.aliyun.oss.common.auth.DefaultCredentialProvider;
import com.aliyun.oss.common.comm.SignVersion;
import java.net.http.HttpResponse;
import java.util.Map;

/** What the SDK reports when the service refuses. */
final class ErrorCases {
    private final World w;

    private ErrorCases(World world) {
        this.w = world;
    }

    static void add(Suite suite, World world) {
        ErrorCases cases = new ErrorCases(world);
        suite.add(world.name("error_not_found"), cases::notFound);
        suite.add(world.name("error_keys"), cases::keys);
        suite.add(world.name("error_clock_skew"), cases::clockSkew);
        suite.add(world.name("error_anonymous"), cases::anonymous);
        if (world.version == SignVersion.V4) {
            suite.add(world.name("error_signing_region"), check -> {
                OSS elsewhere =
                        world.client(world.settings.keyId(), world.settings.secret(), "elsewhere-1", unused -> {});
                OSSException error = world.refused(
                        check,
                        "getObject",
                        "InvalidArgument",
                        "0002-00000226",
                        () -> elsewhere.getObject(world.bucket, "a"));
                check.equal("message", error.getErrorMessage(), "Invalid signing region in Authorization header.");
            });
        }
    }

    private void notFound(Suite.Check check) {
        OSSException error = w.refused(
                check,
                "getObject",
                "NoSuchKey",
                "0026-00000001",
                () -> w.client.getObject(w.bucket, "nowhere"));
        check.equal("message", error.getErrorMessage(), "The specified key does not exist.");
        check.that("HostId", error.getHostId() != null && !error.getHostId().isEmpty());
        check.that("Key in the XML", error.getRawResponseError().contains("<Key>nowhere</Key>"));
        w.refused(
                check,
                "a HEAD",
                "NoSuchKey",
                "0026-00000001",
                () -> w.client.headObject(w.bucket, "nowhere"));
        String none = w.bucket + "-none";
        error = w.refused(
                check,
                "no bucket",
                "NoSuchBucket",
                "0015-00000101",
                () -> w.client.getObject(none, "a"));
        check.equal("message", error.getErrorMessage(), "The specified bucket does not exist.");
        w.refused(check, "deleteBucket", "NoSuchBucket", "0015-00000101", () -> w.client.deleteBucket(none));
    }

    private void keys(Suite.Check check) {
        OSS unknown = w.client("nobody", w.settings.secret(), w.settings.region(), unused -> {});
        w.refused(
                check,
                "an unknown key",
                "InvalidAccessKeyId",
                "0002-00000902",
                () -> unknown.getObject(w.bucket, "a"));
        OSS wrong = w.client(w.settings.keyId(), "wrong", w.settings.region(), unused -> {});
        OSSException error = w.refused(
                check,
                "a wrong secret",
                "SignatureDoesNotMatch",
                null,
                () -> wrong.getObject(w.bucket, "a"));
        check.that("StringToSign", error.getRawResponseError().contains("<StringToSign>"));
        OSS token = w.client(
                new DefaultCredentialProvider(w.settings.keyId(), w.settings.secret(), "bogus"),
                w.settings.region(),
                unused -> {});
        w.refused(check, "a bogus token", "InvalidAccessKeyId", null, () -> token.getObject(w.bucket, "a"));
    }

    private void clockSkew(Suite.Check check) {
        for (int minutes : new int[] {-20, 20}) {
            OSS skewed = w.client(w.settings.keyId(), w.settings.secret(), w.settings.region(), configuration -> {
                configuration.setEnableAutoCorrectClockSkew(false);
                configuration.setTickOffset(System.currentTimeMillis() + minutes * 60_000L);
            });
            OSSException error = w.refused(
                    check,
                    minutes + " minutes",
                    "RequestTimeTooSkewed",
                    "0002-00000504",
                    () -> skewed.getObject(w.bucket, "a"));
            check.equal(
                    "message",
                    error.getErrorMessage(),
                    "The difference between the request time and the current time is too large.");
        }
    }

    private void anonymous(Suite.Check check) throws Exception {
        w.put("private", new byte[] {1});
        HttpResponse<byte[]> answer = Plain.send("GET", w.url("private"), Map.of(), new byte[0]);
        check.equal("status", answer.statusCode(), 403);
        check.that("AccessDenied", Plain.text(answer).contains("<Code>AccessDenied</Code>"));
    }
}
