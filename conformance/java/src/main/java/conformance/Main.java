package conformance;

import com.aliyun.oss.common.comm.SignVersion;
import java.util.List;

/**
 * Runs the unmodified OSS SDK for Java against a running server and compares what the SDK reports with what it reports
 * of OSS. The runner passes the server's addresses and keys in the environment.
 */
public final class Main {
    private Main() {}

    /** An argument restricts the run to the cases whose name contains it. */
    public static void main(String[] arguments) throws Exception {
        World.Settings settings;
        try {
            settings = World.Settings.fromEnvironment();
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage());
            System.exit(2);
            return;
        }
        Verifier verifier = new Verifier(List.of(settings.console() + "/", settings.endpoint() + "/"));
        AppServer app = new AppServer(verifier);
        Suite suite = new Suite();
        Verifier.addCaptured(suite);
        StsCases sts = StsCases.add(suite, settings, new People(settings));
        for (SignVersion version : List.of(SignVersion.V1, SignVersion.V2, SignVersion.V4)) {
            World world = new World(settings, app, version);
            BucketCases.add(suite, world);
            ObjectCases.add(suite, world);
            ListingCases.add(suite, world);
            MultipartCases.add(suite, world);
            ErrorCases.add(suite, world);
            CallbackCases.add(suite, world);
            OfficialCallbackCases.add(suite, world);
            FailureCases.add(suite, world);
            PresignCases.add(suite, world);
            FormCases.add(suite, world);
            TemporaryCases.add(suite, world, sts);
            DirectUploadCases.add(suite, world);
            BucketCases.addCleaning(suite, world);
        }
        System.exit(suite.run(arguments.length > 0 ? arguments[0] : ""));
    }
}
