package conformance;

import com.aliyun.oss.OSS;
import com.aliyun.oss.common.auth.DefaultCredentialProvider;
import com.aliyun.oss.model.CannedAccessControlList;
import com.aliyuncs.exceptions.ClientException;
import com.aliyuncs.sts.model.v20150401.AssumeRoleResponse;
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Date;
import java.util.Map;

/** The OSS client with temporary credentials. */
final class TemporaryCases {
    private static final byte[] CONTENT = "temporary".getBytes(StandardCharsets.UTF_8);

    private final World w;
    private final StsCases sts;

    private TemporaryCases(World world, StsCases sts) {
        this.w = world;
        this.sts = sts;
    }

    static void add(Suite suite, World world, StsCases sts) {
        TemporaryCases cases = new TemporaryCases(world, sts);
        suite.add(world.name("temporary_by_role"), cases::byRole);
        suite.add(world.name("temporary_session_policy"), cases::bySessionPolicy);
        suite.add(world.name("temporary_presigned"), cases::presigned);
        suite.add(world.name("temporary_unfitting_token"), cases::unfitting);
    }

    private void byRole(Suite.Check check) throws Exception {
        OSS client = client(sts.assumeRole(null).getCredentials(), null);
        client.putObject(w.bucket, "temporary/a", new ByteArrayInputStream(CONTENT));
        check.equal("content", new String(w.get("temporary/a"), StandardCharsets.UTF_8), "temporary");
        check.equal("size", client.headObject(w.bucket, "temporary/a").getContentLength(), (long) CONTENT.length);
        w.refused(check, "delete", "AccessDenied", null, () -> client.deleteObject(w.bucket, "temporary/a"));
        w.refused(check, "ACL", "AccessDenied", null, () -> {
            client.setObjectAcl(w.bucket, "temporary/a", CannedAccessControlList.PublicRead);
            return null;
        });
    }

    private void bySessionPolicy(Suite.Check check) throws Exception {
        String resource = "\"Resource\":\"acs:oss:*:*:" + w.bucket + "/temporary/*\"";
        String policy = People.allow("oss:GetObject\",\"oss:DeleteObject", resource);
        OSS client = client(sts.assumeRole(policy).getCredentials(), null);
        w.put("temporary/b", CONTENT);
        client.getObject(w.bucket, "temporary/b").close();
        w.refused(check, "delete", "AccessDenied", null, () -> client.deleteObject(w.bucket, "temporary/b"));
        w.refused(check, "put", "AccessDenied", null, () -> client.putObject(
                w.bucket, "temporary/b", new ByteArrayInputStream(CONTENT)));
    }

    private void presigned(Suite.Check check) throws Exception {
        OSS client = client(sts.assumeRole(null).getCredentials(), null);
        w.put("temporary/c", CONTENT);
        Date until = new Date(System.currentTimeMillis() + 600_000);
        URI url = client.generatePresignedUrl(w.bucket, "temporary/c", until).toURI();
        check.that("the token is in " + url, url.toString().contains("security-token="));
        HttpResponse<byte[]> answer = Plain.send("GET", url, Map.of(), new byte[0]);
        check.equal("status", answer.statusCode(), 200);
        check.equal("content", Plain.text(answer), "temporary");
        URI bogus = URI.create(url.toString().replaceAll("security-token=[^&]*", "security-token=bogus"));
        check.equal("bogus", Plain.send("GET", bogus, Map.of(), new byte[0]).statusCode(), 403);
    }

    private void unfitting(Suite.Check check) throws ClientException {
        AssumeRoleResponse.Credentials one = sts.assumeRole(null).getCredentials();
        AssumeRoleResponse.Credentials two = sts.assumeRole(null).getCredentials();
        OSS other = client(one, two.getSecurityToken());
        String ec = "0002-00000006";
        w.refused(check, "another token", "InvalidSecurityToken", ec, () -> other.getObject(w.bucket, "a"));
    }

    private OSS client(AssumeRoleResponse.Credentials keys, String token) {
        DefaultCredentialProvider provider = new DefaultCredentialProvider(
                keys.getAccessKeyId(), keys.getAccessKeySecret(), token == null ? keys.getSecurityToken() : token);
        return w.client(provider, w.settings.region(), unused -> {});
    }
}
