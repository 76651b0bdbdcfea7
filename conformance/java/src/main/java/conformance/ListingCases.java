package conformance;

import com.aliyun.oss.model.ListObjectsRequest;
import com.aliyun.oss.model.ListObjectsV2Request;
import com.aliyun.oss.model.ListObjectsV2Result;
import com.aliyun.oss.model.OSSObjectSummary;
import com.aliyun.oss.model.ObjectListing;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/** Listings, versions 1 and 2: prefix, delimiter, pages, encoding. */
final class ListingCases {
    private final World w;

    private ListingCases(World world) {
        this.w = world;
    }

    static void add(Suite suite, World world) {
        ListingCases cases = new ListingCases(world);
        suite.addBase(
                world.name("list_prepare"),
                check -> keys().forEach(key -> world.put(key, key.getBytes(StandardCharsets.UTF_8))));
        suite.add(world.name("list_v1"), cases::first);
        suite.add(world.name("list_v2"), cases::second);
        suite.add(world.name("list_v2_bad_token"), check -> world.refused(
                check,
                "listObjectsV2",
                "InvalidArgument",
                null,
                () -> world.client.listObjectsV2(world.bucket, "list/", "!!not a token!!", null, null, 10, null, false)));
    }

    /** Keys under one prefix, sorted: all are in the basic plane, where Java's order is that of the bytes. */
    private static List<String> keys() {
        List<String> keys = new ArrayList<>(
                List.of("list/", "list/a b+c%", "list/folder/", "list/folder/1", "list/folder/2/3", "list/文件", "list/<&>"));
        for (int number = 0; number < 5; number++) {
            keys.add("list/n" + number);
            keys.add("list/目录" + number + "/x");
        }
        return keys.stream().sorted().toList();
    }

    private static List<String> top() {
        return keys().stream()
                .filter(key -> key.indexOf('/', "list/".length()) < 0)
                .toList();
    }

    private static List<String> folders() {
        TreeSet<String> folders = new TreeSet<>();
        for (String key : keys()) {
            int slash = key.indexOf('/', "list/".length());
            if (slash >= 0) {
                folders.add(key.substring(0, slash + 1));
            }
        }
        return List.copyOf(folders);
    }

    private static List<String> names(List<OSSObjectSummary> summaries) {
        return summaries.stream().map(OSSObjectSummary::getKey).toList();
    }

    private void first(Suite.Check check) {
        ObjectListing whole = w.client.listObjects(w.bucket, "list/");
        check.equal("keys", names(whole.getObjectSummaries()), keys());
        check.equal("MaxKeys", whole.getMaxKeys(), 100);
        OSSObjectSummary summary = whole.getObjectSummaries().get(0);
        check.equal("ETag", summary.getETag(), Upload.etag("list/".getBytes(StandardCharsets.UTF_8)));
        check.equal("size", summary.getSize(), 5L);
        check.equal("type", summary.getType(), "Normal");
        check.equal("storage class", summary.getStorageClass(), "Standard");
        check.that("owner", summary.getOwner() != null && summary.getOwner().getId() != null);

        for (String delimiter : new String[] {null, "/"}) {
            List<String> keys = new ArrayList<>();
            List<String> folders = new ArrayList<>();
            String marker = null;
            do {
                ListObjectsRequest request = new ListObjectsRequest(w.bucket, "list/", marker, delimiter, 3);
                request.setEncodingType("url");
                ObjectListing page = w.client.listObjects(request);
                check.equal("EncodingType", page.getEncodingType(), "url");
                keys.addAll(Upload.unescape(names(page.getObjectSummaries())));
                folders.addAll(Upload.unescape(page.getCommonPrefixes()));
                marker = page.isTruncated() ? Upload.unescape(page.getNextMarker()) : null;
            } while (marker != null);
            check.equal("keys in pages", keys, delimiter == null ? keys() : top());
            check.equal("folders in pages", folders, delimiter == null ? List.of() : folders());
        }
    }

    private void second(Suite.Check check) {
        ListObjectsV2Request request = new ListObjectsV2Request(w.bucket, "list/");
        request.setDelimiter("/");
        request.setFetchOwner(true);
        ListObjectsV2Result grouped = w.client.listObjectsV2(request);
        check.equal("keys at the top", names(grouped.getObjectSummaries()), top());
        check.equal("folders", grouped.getCommonPrefixes(), folders());
        check.equal("KeyCount", grouped.getKeyCount(), top().size() + folders().size());
        check.that("owner when asked", grouped.getObjectSummaries().get(0).getOwner() != null);

        List<String> keys = new ArrayList<>();
        String token = null;
        do {
            ListObjectsV2Request page = new ListObjectsV2Request(w.bucket, "list/");
            page.setMaxKeys(2);
            page.setStartAfter("list/folder/");
            page.setContinuationToken(token);
            page.setEncodingType("url");
            ListObjectsV2Result result = w.client.listObjectsV2(page);
            keys.addAll(Upload.unescape(names(result.getObjectSummaries())));
            token = result.isTruncated() ? result.getNextContinuationToken() : null;
        } while (token != null);
        List<String> wanted =
                keys().stream().filter(key -> key.compareTo("list/folder/") > 0).toList();
        check.equal("keys in pages", keys, wanted);
    }
}
