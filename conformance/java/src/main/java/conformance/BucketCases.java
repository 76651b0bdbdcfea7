package conformance;

import com.aliyun.oss.HttpMethod;
import com.aliyun.oss.common.comm.ResponseMessage;
import com.aliyun.oss.model.Bucket;
import com.aliyun.oss.model.BucketInfo;
import com.aliyun.oss.model.BucketList;
import com.aliyun.oss.model.CannedAccessControlList;
import com.aliyun.oss.model.CreateBucketRequest;
import com.aliyun.oss.model.DataRedundancyType;
import com.aliyun.oss.model.DeleteObjectsRequest;
import com.aliyun.oss.model.ListBucketsRequest;
import com.aliyun.oss.model.ListObjectsV2Request;
import com.aliyun.oss.model.ListObjectsV2Result;
import com.aliyun.oss.model.OSSObjectSummary;
import com.aliyun.oss.model.OptionsRequest;
import com.aliyun.oss.model.SetBucketCORSRequest;
import com.aliyun.oss.model.StorageClass;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** Buckets: create, list, information, ACL and its effect, CORS and preflight, delete. */
final class BucketCases {
    private final World w;

    private BucketCases(World world) {
        this.w = world;
    }

    static void add(Suite suite, World world) {
        BucketCases cases = new BucketCases(world);
        suite.addBase(world.name("bucket_create"), cases::create);
        suite.add(world.name("bucket_info"), cases::info);
        suite.add(world.name("bucket_acl"), cases::acl);
        suite.add(world.name("bucket_cors"), cases::cors);
        suite.add(world.name("bucket_delete_not_empty"), check -> {
            world.put("in-the-way", new byte[0]);
            world.refused(check, "deleteBucket", "BucketNotEmpty", null, () -> world.client.deleteBucket(world.bucket));
        });
    }

    /** Comes last: deletes everything that the other cases left. */
    static void addCleaning(Suite suite, World world) {
        suite.addBase(world.name("bucket_delete"), new BucketCases(world)::delete);
    }

    private void create(Suite.Check check) {
        w.client.createBucket(w.bucket);
        w.client.createBucket(w.bucket);
        check.that("the bucket exists", w.client.doesBucketExist(w.bucket));
        check.that("another does not", !w.client.doesBucketExist(w.bucket + "-none"));
        w.refused(check, "another storage class", "BucketAlreadyExists", null, () -> {
            CreateBucketRequest request = new CreateBucketRequest(w.bucket);
            request.setStorageClass(StorageClass.IA);
            return w.client.createBucket(request);
        });
    }

    private void info(Suite.Check check) {
        BucketInfo info = w.client.getBucketInfo(w.bucket);
        Bucket bucket = info.getBucket();
        check.equal("name", bucket.getName(), w.bucket);
        check.equal("location", bucket.getLocation(), "oss-" + w.settings.region());
        check.equal("ACL", info.getCannedACL(), CannedAccessControlList.Private);
        check.equal("redundancy", info.getDataRedundancyType(), DataRedundancyType.LRS);
        check.equal("storage class", bucket.getStorageClass(), StorageClass.Standard);
        check.equal("owner", bucket.getOwner().getId(), bucket.getOwner().getDisplayName());
        check.that("endpoints", bucket.getExtranetEndpoint() != null && bucket.getIntranetEndpoint() != null);
        Duration age = Duration.between(bucket.getCreationDate().toInstant(), Instant.now());
        check.that("created now", age.abs().toMinutes() < 60);
        check.equal("getBucketLocation", w.client.getBucketLocation(w.bucket), "oss-" + w.settings.region());
        check.equal("stat: objects", w.client.getBucketStat(w.bucket).getObjectCount(), 0L);
        BucketList list = w.client.listBuckets(new ListBucketsRequest(w.bucket, null, 10));
        check.equal("list", list.getBucketList().stream().map(Bucket::getName).toList(), List.of(w.bucket));
        check.equal("list: region", list.getBucketList().get(0).getRegion(), w.settings.region());
    }

    private void acl(Suite.Check check) throws Exception {
        w.put("acl.txt", new byte[] {1});
        record Row(CannedAccessControlList acl, int read, int write) {}
        for (Row row : List.of(
                new Row(CannedAccessControlList.PublicReadWrite, 200, 200),
                new Row(CannedAccessControlList.PublicRead, 200, 403),
                new Row(CannedAccessControlList.Private, 403, 403))) {
            w.client.setBucketAcl(w.bucket, row.acl);
            check.equal("ACL", w.client.getBucketAcl(w.bucket).getCannedACL(), row.acl);
            check.equal(
                    "anonymous read of " + row.acl,
                    Plain.send("GET", w.url("acl.txt"), Map.of(), new byte[0]).statusCode(),
                    row.read);
            check.equal(
                    "anonymous write of " + row.acl,
                    Plain.send("PUT", w.url("acl-2.txt"), Map.of(), new byte[] {1}).statusCode(),
                    row.write);
        }
    }

    private void cors(Suite.Check check) {
        w.refused(
                check,
                "no CORS",
                "NoSuchCORSConfiguration",
                null,
                () -> w.client.getBucketCORSRules(w.bucket));
        SetBucketCORSRequest.CORSRule rule = new SetBucketCORSRequest.CORSRule();
        rule.setAllowedOrigins(List.of("http://www.example.com", "http://*.test"));
        rule.setAllowedMethods(List.of("PUT", "POST"));
        rule.setAllowedHeaders(List.of("x-oss-meta-a", "content-type"));
        rule.setExposeHeaders(List.of("ETag"));
        rule.setMaxAgeSeconds(3600);
        SetBucketCORSRequest request = new SetBucketCORSRequest(w.bucket);
        request.addCorsRule(rule);
        w.client.setBucketCORS(request);
        List<SetBucketCORSRequest.CORSRule> rules = w.client.getBucketCORSRules(w.bucket);
        check.equal("rules", rules.size(), 1);
        check.equal("origins", rules.get(0).getAllowedOrigins(), List.of("http://www.example.com", "http://*.test"));
        check.equal("methods", rules.get(0).getAllowedMethods(), List.of("PUT", "POST"));
        check.equal("headers", rules.get(0).getAllowedHeaders(), List.of("x-oss-meta-a", "content-type"));
        check.equal("exposed", rules.get(0).getExposeHeaders(), List.of("ETag"));
        check.equal("age", rules.get(0).getMaxAgeSeconds(), 3600);

        OptionsRequest options = new OptionsRequest(w.bucket, "any");
        options.setOrigin("http://a.test");
        options.setRequestMethod(HttpMethod.PUT);
        options.setRequestHeaders("x-oss-meta-a");
        ResponseMessage preflight = w.client.optionsObject(options);
        check.equal("Allow-Origin", World.header(preflight, "Access-Control-Allow-Origin"), "http://a.test");
        check.that("Allow-Methods", World.header(preflight, "Access-Control-Allow-Methods").contains("PUT"));
        check.equal("Max-Age", World.header(preflight, "Access-Control-Max-Age"), "3600");
        options.setOrigin("http://elsewhere.example.com");
        w.refused(check, "a foreign origin", "AccessForbidden", null, () -> w.client.optionsObject(options));
        w.client.deleteBucketCORSRules(w.bucket);
        w.client.deleteBucketCORSRules(w.bucket);
    }

    private void delete(Suite.Check check) {
        while (true) {
            ListObjectsV2Request request = new ListObjectsV2Request(w.bucket);
            request.setMaxKeys(1000);
            request.setEncodingType("url");
            ListObjectsV2Result page = w.client.listObjectsV2(request);
            List<String> keys =
                    page.getObjectSummaries().stream()
                            .map(OSSObjectSummary::getKey)
                            .map(Upload::unescape)
                            .toList();
            if (keys.isEmpty()) {
                break;
            }
            w.client.deleteObjects(new DeleteObjectsRequest(w.bucket).withKeys(keys).withQuiet(true));
        }
        w.client.deleteBucket(w.bucket);
        w.refused(check, "afterwards", "NoSuchBucket", "0015-00000101", () -> w.client.getBucketInfo(w.bucket));
    }
}
