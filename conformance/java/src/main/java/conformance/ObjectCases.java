package conformance;

import com.aliyun.oss.common.comm.SignVersion;
import com.aliyun.oss.model.AppendObjectRequest;
import com.aliyun.oss.model.AppendObjectResult;
import com.aliyun.oss.model.Callback;
import com.aliyun.oss.model.CannedAccessControlList;
import com.aliyun.oss.model.CopyObjectRequest;
import com.aliyun.oss.model.CopyObjectResult;
import com.aliyun.oss.model.DeleteObjectsRequest;
import com.aliyun.oss.model.DownloadFileRequest;
import com.aliyun.oss.model.GetObjectRequest;
import com.aliyun.oss.model.ListObjectsRequest;
import com.aliyun.oss.model.OSSObject;
import com.aliyun.oss.model.OSSObjectSummary;
import com.aliyun.oss.model.ObjectMetadata;
import com.aliyun.oss.model.PutObjectRequest;
import com.aliyun.oss.model.PutObjectResult;
import com.aliyun.oss.model.ResponseHeaderOverrides;
import com.aliyun.oss.model.SimplifiedObjectMeta;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Objects: content, attributes, ranges, conditions, copies, appends, ACLs, deletes, and keys hard to spell. */
final class ObjectCases {
    private final World w;

    private ObjectCases(World world) {
        this.w = world;
    }

    static void add(Suite suite, World world) {
        ObjectCases cases = new ObjectCases(world);
        suite.add(world.name("object_put_get"), cases::putGet);
        suite.add(world.name("object_attributes"), cases::attributes);
        suite.add(world.name("object_ranges"), cases::ranges);
        suite.add(world.name("object_conditions"), cases::conditions);
        suite.add(world.name("object_response_overrides"), cases::overrides);
        suite.add(world.name("object_acl"), cases::acl);
        suite.add(world.name("object_copy"), cases::copy);
        suite.add(world.name("object_append"), cases::append);
        suite.add(world.name("object_refused"), cases::refused);
        suite.add(world.name("object_delete"), cases::delete);
        suite.add(world.name("object_download_file"), cases::downloadFile);
        spellings().forEach((name, key) -> {
            // Version 2 of this SDK signs a question mark for each half of a surrogate pair.
            if (world.version != SignVersion.V2 || key.codePoints().allMatch(Character::isBmpCodePoint)) {
                suite.add(world.name("key_" + name), check -> cases.roundTrip(check, name, key));
            }
        });
    }

    /** Keys that are easily mangled between a client's URL and a server's index. */
    private static Map<String, String> spellings() {
        Map<String, String> keys = new LinkedHashMap<>();
        keys.put("unicode", "中文/文件 名.txt");
        keys.put("emoji", "emoji-😀.txt");
        keys.put("plus_and_space", "a+b c.txt");
        keys.put("double_slash", "a//b///c");
        keys.put("percent", "100%.txt");
        keys.put("percent_encoded", "100%25%2F.txt");
        keys.put("question_and_hash", "what?x=1&y=2#frag.txt");
        keys.put("trailing_slash", "folder/");
        keys.put("dots", "a/../b/./c");
        keys.put("markup", "quote'\"<>&;.xml");
        keys.put("unreserved", "tilde~!*().txt");
        keys.put("sub_resource_name", "acl");
        keys.put("colon_and_at", "a:b@c,d=e;f$g[h]{i}|j^k`l\\m");
        keys.put("longest", "k".repeat(1023));
        return keys;
    }

    private void putGet(Suite.Check check) throws Exception {
        for (int size : List.of(0, 9, 65536, (1 << 20) + 3)) {
            byte[] content = Upload.bytes(size);
            PutObjectResult result = w.put("put-get.txt", content);
            check.equal("ETag", result.getETag(), Upload.etag(content));
            check.equal("crc64", Long.toUnsignedString(result.getServerCRC()), Upload.crc64(content));
            check.equal("content", w.get("put-get.txt"), content);
        }
        try (OSSObject object = w.client.getObject(w.bucket, "put-get.txt")) {
            ObjectMetadata metadata = object.getObjectMetadata();
            check.equal("length", metadata.getContentLength(), (1L << 20) + 3);
            check.equal("type", metadata.getContentType(), "text/plain");
            check.equal("object type", metadata.getObjectType(), "Normal");
            check.equal("Content-MD5", metadata.getContentMD5(), AppServer.md5(object.getObjectContent().readAllBytes()));
            Duration age = Duration.between(metadata.getLastModified().toInstant(), Instant.now());
            check.that("modified now", age.abs().toMinutes() < 2);
        }
        SimplifiedObjectMeta meta = w.client.getSimplifiedObjectMeta(w.bucket, "put-get.txt");
        check.equal("meta: size", meta.getSize(), (1L << 20) + 3);
        check.that("exists", w.client.doesObjectExist(w.bucket, "put-get.txt"));
    }

    private void attributes(Suite.Check check) {
        ObjectMetadata given = new ObjectMetadata();
        given.setCacheControl("no-cache");
        given.setContentDisposition("attachment; filename=\"a.txt\"");
        given.setContentEncoding("identity");
        given.setContentType("text/x-special; charset=utf-8");
        given.setExpirationTime(Date.from(Instant.parse("2030-01-02T03:04:05Z")));
        given.addUserMetadata("author", "ming di");
        w.client.putObject(w.bucket, "attributes", new ByteArrayInputStream(new byte[] {1}), given);
        ObjectMetadata got = w.client.getObjectMetadata(w.bucket, "attributes");
        check.equal("Cache-Control", got.getCacheControl(), "no-cache");
        check.equal("Content-Disposition", got.getContentDisposition(), "attachment; filename=\"a.txt\"");
        check.equal("Content-Encoding", got.getContentEncoding(), "identity");
        check.equal("Content-Type", got.getContentType(), "text/x-special; charset=utf-8");
        check.equal("Expires", got.getRawExpiresValue(), "Wed, 02 Jan 2030 03:04:05 GMT");
        check.equal("metadata", got.getUserMetadata(), Map.of("author", "ming di"));
    }

    private String read(Consumer<GetObjectRequest> change) throws IOException {
        GetObjectRequest request = new GetObjectRequest(w.bucket, "read");
        change.accept(request);
        try (OSSObject object = w.client.getObject(request)) {
            return new String(object.getObjectContent().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private void ranges(Suite.Check check) throws Exception {
        w.put("read", "0123456789".getBytes(StandardCharsets.UTF_8));
        check.equal("2-5", read(request -> request.setRange(2, 5)), "2345");
        check.equal("7-", read(request -> request.setRange(7, -1)), "789");
        check.equal("-3", read(request -> request.setRange(-1, 3)), "789");
        check.equal("5-100", read(request -> request.setRange(5, 100)), "0123456789");
        Consumer<GetObjectRequest> standard = request -> {
            request.setRange(5, 100);
            request.addHeader("x-oss-range-behavior", "standard");
        };
        check.equal("5-100, standard", read(standard), "56789");
        w.refused(check, "behind the end", "InvalidRange", null, () -> read(request -> {
            request.setRange(10, 20);
            request.addHeader("x-oss-range-behavior", "standard");
        }));
    }

    private void conditions(Suite.Check check) throws Exception {
        byte[] content = "0123456789".getBytes(StandardCharsets.UTF_8);
        w.put("read", content);
        Date past = Date.from(Instant.now().minusSeconds(3600));
        Date future = Date.from(Instant.now().plusSeconds(3600));
        String etag = Upload.etag(content);
        check.equal("match", read(request -> request.setMatchingETagConstraints(List.of(etag))), "0123456789");
        check.equal("no match", read(request -> request.setNonmatchingETagConstraints(List.of("x"))), "0123456789");
        check.equal("modified", read(request -> request.setModifiedSinceConstraint(past)), "0123456789");
        check.equal("unmodified", read(request -> request.setUnmodifiedSinceConstraint(future)), "0123456789");
        Map<String, Consumer<GetObjectRequest>> failing = new LinkedHashMap<>();
        failing.put("PreconditionFailed", request -> request.setMatchingETagConstraints(List.of("x")));
        failing.put("PreconditionFailed ", request -> request.setUnmodifiedSinceConstraint(past));
        failing.put("NotModified", request -> request.setNonmatchingETagConstraints(List.of(etag)));
        failing.put("NotModified ", request -> request.setModifiedSinceConstraint(future));
        failing.forEach((code, change) -> w.refused(check, code, code.trim(), null, () -> read(change)));
    }

    private void overrides(Suite.Check check) throws Exception {
        w.put("read", new byte[] {'x'});
        ResponseHeaderOverrides overrides = new ResponseHeaderOverrides();
        overrides.setCacheControl("no-store");
        overrides.setContentDisposition("attachment; filename=\"a b+c\"");
        overrides.setContentEncoding("identity");
        overrides.setContentLangauge("zh-CN");
        overrides.setContentType("text/plain; charset=utf-8");
        overrides.setExpires("Fri, 24 Feb 2012 17:00:00 GMT");
        GetObjectRequest request = new GetObjectRequest(w.bucket, "read");
        request.setResponseHeaders(overrides);
        try (OSSObject object = w.client.getObject(request)) {
            ObjectMetadata got = object.getObjectMetadata();
            check.equal("Cache-Control", got.getCacheControl(), "no-store");
            check.equal("Content-Disposition", got.getContentDisposition(), "attachment; filename=\"a b+c\"");
            check.equal("Content-Type", got.getContentType(), "text/plain; charset=utf-8");
            check.equal("Content-Language", got.getRawMetadata().get("Content-Language"), "zh-CN");
            check.equal("Expires", got.getRawExpiresValue(), "Fri, 24 Feb 2012 17:00:00 GMT");
        }
    }

    private void acl(Suite.Check check) throws Exception {
        w.put("object-acl", new byte[] {1});
        record Row(CannedAccessControlList acl, int status) {}
        for (Row row : List.of(
                new Row(CannedAccessControlList.Default, 403),
                new Row(CannedAccessControlList.PublicRead, 200),
                new Row(CannedAccessControlList.Private, 403),
                new Row(CannedAccessControlList.PublicReadWrite, 200))) {
            w.client.setObjectAcl(w.bucket, "object-acl", row.acl);
            check.equal(
                    "ACL",
                    w.client.getObjectAcl(w.bucket, "object-acl").getPermission().toString(),
                    row.acl.toString());
            check.equal(
                    "anonymous read of " + row.acl,
                    Plain.send("GET", w.url("object-acl"), Map.of(), new byte[0]).statusCode(),
                    row.status);
        }
    }

    private void copy(Suite.Check check) throws Exception {
        ObjectMetadata metadata = new ObjectMetadata();
        metadata.addUserMetadata("a", "1");
        metadata.setContentType("text/x-source");
        byte[] content = {'c', 'o', 'p', 'y'};
        w.client.putObject(w.bucket, "copy 源+", new ByteArrayInputStream(content), metadata);
        CopyObjectResult result = w.client.copyObject(w.bucket, "copy 源+", w.bucket, "copied");
        check.equal("ETag", result.getETag(), Upload.etag(content));
        check.that("LastModified", result.getLastModified() != null);
        ObjectMetadata copied = w.client.getObjectMetadata(w.bucket, "copied");
        check.equal("metadata", copied.getUserMetadata(), Map.of("a", "1"));
        check.equal("type", copied.getContentType(), "text/x-source");

        CopyObjectRequest replace = new CopyObjectRequest(w.bucket, "copied", w.bucket, "copied");
        ObjectMetadata fresh = new ObjectMetadata();
        fresh.addUserMetadata("b", "2");
        fresh.setContentType("text/x-new");
        replace.setNewObjectMetadata(fresh);
        w.client.copyObject(replace);
        copied = w.client.getObjectMetadata(w.bucket, "copied");
        check.equal("new metadata", copied.getUserMetadata(), Map.of("b", "2"));
        check.equal("new type", copied.getContentType(), "text/x-new");
        check.equal("content", w.get("copied"), content);

        CopyObjectRequest match = new CopyObjectRequest(w.bucket, "copied", w.bucket, "copied-2");
        match.setMatchingETagConstraints(List.of("x"));
        w.refused(check, "another ETag", "PreconditionFailed", null, () -> w.client.copyObject(match));
        CopyObjectRequest none = new CopyObjectRequest(w.bucket, "copied", w.bucket, "copied-2");
        none.setNonmatchingETagConstraints(List.of(Upload.etag(content)));
        w.refused(check, "the same ETag", "NotModified", null, () -> w.client.copyObject(none));
        w.refused(
                check,
                "no source",
                "NoSuchKey",
                null,
                () -> w.client.copyObject(w.bucket, "nowhere", w.bucket, "copied-2"));
    }

    private void append(Suite.Check check) throws Exception {
        AppendObjectResult first = append("append", "one,", 0);
        check.equal("next position", first.getNextPosition(), 4L);
        AppendObjectResult second = append("append", "two", 4);
        check.equal("next position", second.getNextPosition(), 7L);
        check.equal("crc64", second.getObjectCRC(), Upload.crc64("one,two".getBytes(StandardCharsets.UTF_8)));
        w.refused(
                check,
                "a wrong position",
                "PositionNotEqualToLength",
                null,
                () -> append("append", "x", 3));
        check.equal("content", new String(w.get("append"), StandardCharsets.UTF_8), "one,two");
        check.equal("type", w.client.getObjectMetadata(w.bucket, "append").getObjectType(), "Appendable");
        w.put("normal", new byte[] {1});
        w.refused(check, "a normal object", "ObjectNotAppendable", null, () -> append("normal", "x", 1));
    }

    private AppendObjectResult append(String key, String text, long position) {
        byte[] content = text.getBytes(StandardCharsets.UTF_8);
        return w.client.appendObject(
                new AppendObjectRequest(w.bucket, key, new ByteArrayInputStream(content)).withPosition(position));
    }

    private void refused(Suite.Check check) throws Exception {
        w.put("kept", new byte[] {'1'});
        ObjectMetadata wrong = new ObjectMetadata();
        wrong.setContentMD5(AppServer.md5(new byte[] {'y'}));
        w.refused(
                check,
                "a wrong Content-MD5",
                "InvalidDigest",
                null,
                () -> w.client.putObject(w.bucket, "kept", new ByteArrayInputStream(new byte[] {'x'}), wrong));
        PutObjectRequest forbidden = w.putRequest("kept", new byte[] {'2'});
        forbidden.addHeader("x-oss-forbid-overwrite", "true");
        w.refused(check, "an overwrite", "FileAlreadyExists", null, () -> w.client.putObject(forbidden));
        check.equal("content", w.get("kept"), new byte[] {'1'});
    }

    private void delete(Suite.Check check) {
        List<String> keys = List.of("multi/一", "multi/a b+c", "multi/<&>\"'", "multi/100%");
        for (boolean quiet : new boolean[] {true, false}) {
            keys.forEach(key -> w.put(key, new byte[0]));
            List<String> asked = new ArrayList<>(keys);
            asked.add("multi/never");
            List<String> told = w.client
                    .deleteObjects(new DeleteObjectsRequest(w.bucket)
                            .withKeys(asked)
                            .withQuiet(quiet)
                            .withEncodingType("url"))
                    .getDeletedObjects();
            check.equal("told, quiet " + quiet, Upload.unescape(told), quiet ? List.of() : asked);
            keys.forEach(key -> check.that("gone: " + key, !w.client.doesObjectExist(w.bucket, key)));
        }
        w.put("one", new byte[0]);
        w.client.deleteObject(w.bucket, "one");
        w.client.deleteObject(w.bucket, "one");
        check.that("gone", !w.client.doesObjectExist(w.bucket, "one"));
    }

    private void downloadFile(Suite.Check check) throws Exception {
        byte[] content = Upload.bytes(3 * Upload.PART_SIZE + 7);
        w.put("download", content);
        Path file = Files.createTempFile("conformance", ".bin");
        DownloadFileRequest request = new DownloadFileRequest(w.bucket, "download");
        request.setDownloadFile(file.toString());
        request.setPartSize(Upload.PART_SIZE);
        request.setTaskNum(3);
        try {
            w.client.downloadFile(request);
        } catch (Throwable e) {
            // The SDK declares that this call may throw anything at all.
            throw new IllegalStateException(e);
        }
        check.equal("content", Files.readAllBytes(file), content);
        Files.deleteIfExists(file);
    }

    /** Puts with a callback, so that the key is seen by the application server as well. */
    private void roundTrip(Suite.Check check, String name, String key) throws Exception {
        String path = "/" + w.name("key/" + name);
        byte[] content = ("content of " + key).getBytes(StandardCharsets.UTF_8);
        Callback callback = w.callback(path, "object=${object}");
        PutObjectRequest request = w.putRequest(key, content);
        request.setCallback(callback);
        PutObjectResult result = w.client.putObject(request);
        check.equal("reply", World.readOnce(result.getCallbackResponseBody()), AppServer.OK_BODY);
        check.equal("callback body", w.app.one(check, path, w.bucket).body(), "object=" + Upload.escape(key));
        check.equal("content", w.get(key), content);
        ListObjectsRequest list = new ListObjectsRequest(w.bucket);
        list.setPrefix(key);
        list.setEncodingType("url");
        // Of the keys that begin with this one, it comes first.
        list.setMaxKeys(1);
        List<String> keys = w.client.listObjects(list).getObjectSummaries().stream()
                .map(OSSObjectSummary::getKey)
                .map(Upload::unescape)
                .toList();
        check.equal("list", keys, List.of(key));
        w.client.copyObject(w.bucket, key, w.bucket, "copies/" + name);
        check.equal("content of the copy", w.get("copies/" + name), content);
        Date soon = Date.from(Instant.now().plusSeconds(600));
        check.equal(
                "content of the presigned URL",
                Plain.send("GET", w.client.generatePresignedUrl(w.bucket, key, soon).toURI(), Map.of(), new byte[0])
                        .body(),
                content);
        w.client.deleteObject(w.bucket, key);
        check.that("it is gone", !w.client.doesObjectExist(w.bucket, key));
    }
}
