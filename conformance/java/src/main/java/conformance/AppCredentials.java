package conformance;

import com.aliyun.oss.common.auth.Credentials;
import com.aliyun.oss.common.auth.CredentialsProvider;
import com.aliyun.oss.common.auth.DefaultCredentials;
import com.google.gson.JsonObject;
import java.time.Duration;
import java.time.Instant;

/** Temporary credentials as an app has them: from its application server, and anew before they end. */
final class AppCredentials implements CredentialsProvider {
    private static final Duration MARGIN = Duration.ofMinutes(5);

    private final ExampleServer server;
    private final String user;
    private Credentials current;
    private Instant end = Instant.MIN;
    private int fetched;

    AppCredentials(ExampleServer server, String user) {
        this.server = server;
        this.user = user;
    }

    @Override
    public void setCredentials(Credentials credentials) {
        current = credentials;
    }

    @Override
    public synchronized Credentials getCredentials() {
        if (Instant.now().plus(MARGIN).isAfter(end)) {
            JsonObject permission;
            try {
                permission = server.permission("sts?user=" + user);
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
            end = Instant.parse(permission.get("Expiration").getAsString());
            current = new DefaultCredentials(
                    permission.get("AccessKeyId").getAsString(),
                    permission.get("AccessKeySecret").getAsString(),
                    permission.get("SecurityToken").getAsString());
            fetched++;
        }
        return current;
    }

    /** How often the application server was asked. */
    synchronized int fetched() {
        return fetched;
    }
}
