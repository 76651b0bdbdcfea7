package conformance;

import com.aliyuncs.DefaultAcsClient;
import com.aliyuncs.auth.AlibabaCloudCredentials;
import com.aliyuncs.auth.BasicCredentials;
import com.aliyuncs.auth.BasicSessionCredentials;
import com.aliyuncs.auth.StaticCredentialsProvider;
import com.aliyuncs.exceptions.ClientException;
import com.aliyuncs.http.FormatType;
import com.aliyuncs.http.ProtocolType;
import com.aliyuncs.profile.DefaultProfile;
import com.aliyuncs.sts.model.v20150401.AssumeRoleRequest;
import com.aliyuncs.sts.model.v20150401.AssumeRoleResponse;
import com.aliyuncs.sts.model.v20150401.GetCallerIdentityRequest;
import com.aliyuncs.sts.model.v20150401.GetCallerIdentityResponse;
import java.net.URI;
import java.time.Instant;
import java.util.List;

/** Temporary credentials: the Security Token Service by its official client for Java. */
final class StsCases {
    private static final String ACCOUNT = People.ACCOUNT;

    private final World.Settings settings;

    private final People people;

    private StsCases(World.Settings settings, People people) {
        this.settings = settings;
        this.people = people;
    }

    /** Adds the cases, and returns what makes sessions for others. */
    static StsCases add(Suite suite, World.Settings settings, People people) {
        StsCases cases = new StsCases(settings, people);
        suite.add("sts/caller_identity", cases::callerIdentity);
        suite.add("sts/account_assumes_no_role", cases::accountAssumesNoRole);
        suite.add("sts/wrong_keys", cases::wrongKeys);
        suite.add("sts/assume_role", cases::assumesRole);
        return cases;
    }

    /** A session of the role that the run's user may assume. */
    AssumeRoleResponse assumeRole(String policy) throws ClientException {
        return assumeRole(user(), people.role, "alice", policy);
    }

    private void assumesRole(Suite.Check check) throws ClientException {
        AssumeRoleResponse answer = assumeRole(null);
        check.equal("ARN", answer.getAssumedRoleUser().getArn(), people.role + "/alice");
        AssumeRoleResponse.Credentials keys = answer.getCredentials();
        long left = Instant.parse(keys.getExpiration()).getEpochSecond() - Instant.now().getEpochSecond();
        check.that("valid for " + left + " s", left > 3540 && left <= 3600);
        AlibabaCloudCredentials session = new BasicSessionCredentials(
                keys.getAccessKeyId(), keys.getAccessKeySecret(), keys.getSecurityToken());
        GetCallerIdentityResponse caller = callerIdentity(session, FormatType.JSON);
        check.equal("type", caller.getIdentityType(), "AssumedRoleUser");
        check.equal("principal", caller.getPrincipalId(), answer.getAssumedRoleUser().getAssumedRoleId());
        refused(check, "NoPermission", () -> assumeRole(session, people.role, "bob", null));
        refused(check, "EntityNotExist.Role", () -> assumeRole(user(), people.role + "x", "bob", null));
        refused(check, "InvalidParameter.PolicyGrammar", () -> assumeRole("{}"));
    }

    private void callerIdentity(Suite.Check check) throws ClientException {
        for (FormatType format : List.of(FormatType.JSON, FormatType.XML)) {
            GetCallerIdentityResponse caller = callerIdentity(root(), format);
            check.equal("type", caller.getIdentityType(), "Account");
            check.equal("account", caller.getAccountId(), ACCOUNT);
            check.equal("ARN", caller.getArn(), "acs:ram::" + ACCOUNT + ":root");
            check.that("request id", caller.getRequestId() != null);
        }
    }

    private void accountAssumesNoRole(Suite.Check check) {
        String arn = "acs:ram::" + ACCOUNT + ":role/writer";
        ClientException error = refused(check, "NoPermission", () -> assumeRole(root(), arn, "alice", null));
        check.equal("message", error.getErrMsg(), "Roles may not be assumed by root accounts.");
        refused(check, "InvalidParameter.RoleSessionName", () -> assumeRole(root(), arn, "a b*~", null));
    }

    /** The client compares what it signed with what the service says, and then says itself that it is the secret. */
    private void wrongKeys(Suite.Check check) {
        AlibabaCloudCredentials unknown = new BasicCredentials("nobody", settings.secret());
        refused(check, "InvalidAccessKeyId.NotFound", () -> callerIdentity(unknown, FormatType.JSON));
        AlibabaCloudCredentials wrong = new BasicCredentials(settings.keyId(), "wrong");
        refused(check, "SDK.InvalidAccessKeySecret", () -> callerIdentity(wrong, FormatType.JSON));
    }

    private AlibabaCloudCredentials user() {
        return new BasicCredentials(people.keyId, people.secret);
    }

    private AlibabaCloudCredentials root() {
        return new BasicCredentials(settings.keyId(), settings.secret());
    }

    private GetCallerIdentityResponse callerIdentity(AlibabaCloudCredentials keys, FormatType format)
            throws ClientException {
        GetCallerIdentityRequest request = new GetCallerIdentityRequest();
        request.setSysEndpoint(URI.create(settings.sts()).getAuthority());
        request.setSysProtocol(ProtocolType.HTTP);
        request.setAcceptFormat(format);
        return client(keys).getAcsResponse(request);
    }

    private AssumeRoleResponse assumeRole(
            AlibabaCloudCredentials keys, String arn, String session, String policy) throws ClientException {
        AssumeRoleRequest request = new AssumeRoleRequest();
        request.setSysEndpoint(URI.create(settings.sts()).getAuthority());
        request.setSysProtocol(ProtocolType.HTTP);
        request.setRoleArn(arn);
        request.setRoleSessionName(session);
        request.setPolicy(policy);
        return client(keys).getAcsResponse(request);
    }

    private DefaultAcsClient client(AlibabaCloudCredentials keys) {
        DefaultProfile profile = DefaultProfile.getProfile(settings.region());
        return new DefaultAcsClient(profile, new StaticCredentialsProvider(keys));
    }

    private static ClientException refused(Suite.Check check, String code, World.Attempt attempt) {
        try {
            Object result = attempt.run();
            throw check.stop(code + ": no error but " + result);
        } catch (ClientException e) {
            check.equal("code", e.getErrCode(), code);
            return e;
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw check.stop(code + ": " + e);
        }
    }
}
