package conformance;

import com.aliyun.oss.model.AbortMultipartUploadRequest;
import com.aliyun.oss.model.CompleteMultipartUploadRequest;
import com.aliyun.oss.model.CompleteMultipartUploadResult;
import com.aliyun.oss.model.ListMultipartUploadsRequest;
import com.aliyun.oss.model.ListPartsRequest;
import com.aliyun.oss.model.MultipartUpload;
import com.aliyun.oss.model.MultipartUploadListing;
import com.aliyun.oss.model.ObjectMetadata;
import com.aliyun.oss.model.PartETag;
import com.aliyun.oss.model.PartListing;
import com.aliyun.oss.model.PartSummary;
import com.aliyun.oss.model.UploadFileRequest;
import com.aliyun.oss.model.UploadPartCopyRequest;
import com.aliyun.oss.model.UploadPartCopyResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Multipart uploads: complete in its ways, abort, lists, part copies, the SDK's file upload. */
final class MultipartCases {
    private final World w;

    private MultipartCases(World world) {
        this.w = world;
    }

    static void add(Suite suite, World world) {
        MultipartCases cases = new MultipartCases(world);
        suite.add(world.name("multipart"), cases::whole);
        suite.add(world.name("multipart_complete_all"), cases::completeAll);
        suite.add(world.name("multipart_errors"), cases::errors);
        suite.add(world.name("multipart_list_parts"), cases::listParts);
        suite.add(world.name("multipart_list_uploads"), cases::listUploads);
        suite.add(world.name("multipart_part_copy"), cases::partCopy);
        suite.add(world.name("multipart_upload_file"), cases::uploadFile);
    }

    private CompleteMultipartUploadResult complete(String key, String upload, List<PartETag> parts) {
        return w.client.completeMultipartUpload(new CompleteMultipartUploadRequest(w.bucket, key, upload, parts));
    }

    private void abort(String key, String upload) {
        w.client.abortMultipartUpload(new AbortMultipartUploadRequest(w.bucket, key, upload));
    }

    private void whole(Suite.Check check) throws Exception {
        String key = "multipart/一 二+3.bin";
        byte[] content = Upload.bytes(3 * Upload.PART_SIZE - 7);
        String upload = w.initiate(key);
        check.that("the upload id " + upload, upload.matches("[0-9A-F]{32}"));
        List<PartETag> parts = w.parts(key, upload, content);
        check.equal(
                "part ETag",
                parts.get(0).getETag(),
                Upload.etag(Arrays.copyOf(content, Upload.PART_SIZE)));
        CompleteMultipartUploadResult result = complete(key, upload, parts);
        check.equal("bucket", result.getBucketName(), w.bucket);
        check.equal("key", result.getKey(), key);
        check.equal("ETag", result.getETag(), Upload.multipartEtag(content));
        check.that("location", result.getLocation() != null);
        check.equal("crc64", Long.toUnsignedString(result.getServerCRC()), Upload.crc64(content));
        check.equal("content", w.get(key), content);
        ObjectMetadata metadata = w.client.getObjectMetadata(w.bucket, key);
        check.equal("type", metadata.getObjectType(), "Multipart");
        check.equal("ETag of the object", metadata.getETag(), Upload.multipartEtag(content));
    }

    private void completeAll(Suite.Check check) throws Exception {
        byte[] content = Upload.bytes(Upload.PART_SIZE + 5);
        String upload = w.initiate("complete-all");
        List<PartETag> parts = w.parts("complete-all", upload, content);
        CompleteMultipartUploadRequest both =
                new CompleteMultipartUploadRequest(w.bucket, "complete-all", upload, parts);
        both.addHeader("x-oss-complete-all", "yes");
        w.refused(
                check,
                "with a body",
                "InvalidArgument",
                "0042-00000216",
                () -> w.client.completeMultipartUpload(both));
        CompleteMultipartUploadRequest all =
                new CompleteMultipartUploadRequest(w.bucket, "complete-all", upload, null);
        all.addHeader("x-oss-complete-all", "yes");
        w.client.completeMultipartUpload(all);
        check.equal("content", w.get("complete-all"), content);
    }

    private void errors(Suite.Check check) {
        String key = "multipart-errors";
        String upload = w.initiate(key);
        List<PartETag> parts = w.parts(key, upload, Upload.bytes(Upload.PART_SIZE + 1));
        List<PartETag> three = new ArrayList<>(parts);
        three.add(w.part(key, upload, 3, new byte[] {3}));
        w.refused(check, "a small part inside", "EntityTooSmall", null, () -> complete(key, upload, three));
        w.refused(
                check,
                "another ETag",
                "InvalidPart",
                null,
                () -> complete(key, upload, new ArrayList<>(List.of(new PartETag(1, three.get(2).getETag())))));
        abort(key, upload);
        w.refused(check, "complete", "NoSuchUpload", null, () -> complete(key, upload, parts));
        w.refused(check, "abort", "NoSuchUpload", "0042-00000002", () -> {
            abort(key, upload);
            return null;
        });
        w.refused(
                check,
                "part",
                "NoSuchUpload",
                "0042-00000104",
                () -> w.part(key, upload, 1, new byte[] {1}));
        check.that("nothing is stored", !w.client.doesObjectExist(w.bucket, key));
    }

    private void listParts(Suite.Check check) {
        String key = "list-parts";
        String upload = w.initiate(key);
        w.parts(key, upload, Upload.bytes(2 * Upload.PART_SIZE + 5));
        PartListing whole = w.client.listParts(new ListPartsRequest(w.bucket, key, upload));
        check.equal("parts", whole.getParts().stream().map(PartSummary::getPartNumber).toList(), List.of(1, 2, 3));
        check.equal("size of the last", whole.getParts().get(2).getSize(), 5L);
        check.equal("MaxParts", whole.getMaxParts(), 1000);
        check.equal("next", whole.getNextPartNumberMarker(), 3);
        check.equal("storage class", whole.getStorageClass(), "Standard");
        ListPartsRequest request = new ListPartsRequest(w.bucket, key, upload);
        request.setMaxParts(1);
        request.setPartNumberMarker(1);
        PartListing page = w.client.listParts(request);
        check.equal("a page", page.getParts().stream().map(PartSummary::getPartNumber).toList(), List.of(2));
        check.that("truncated", page.isTruncated());
        abort(key, upload);
    }

    private void listUploads(Suite.Check check) {
        List<String> keys = List.of("uploads/a", "uploads/b b", "uploads/dir/1", "uploads/文");
        List<String> uploads = keys.stream().map(w::initiate).toList();
        List<String> got = new ArrayList<>();
        ListMultipartUploadsRequest request = new ListMultipartUploadsRequest(w.bucket);
        request.setPrefix("uploads/");
        request.setMaxUploads(3);
        request.setEncodingType("url");
        MultipartUploadListing page;
        do {
            page = w.client.listMultipartUploads(request);
            page.getMultipartUploads().stream()
                    .map(MultipartUpload::getKey)
                    .map(Upload::unescape)
                    .forEach(got::add);
            request.setKeyMarker(Upload.unescape(page.getNextKeyMarker()));
            request.setUploadIdMarker(page.getNextUploadIdMarker());
        } while (page.isTruncated());
        check.equal("keys in pages", got, keys);
        ListMultipartUploadsRequest grouped = new ListMultipartUploadsRequest(w.bucket);
        grouped.setPrefix("uploads/");
        grouped.setDelimiter("/");
        MultipartUploadListing top = w.client.listMultipartUploads(grouped);
        check.equal("folders", top.getCommonPrefixes(), List.of("uploads/dir/"));
        check.equal("at the top", top.getMultipartUploads().size(), 3);
        for (int index = 0; index < keys.size(); index++) {
            abort(keys.get(index), uploads.get(index));
        }
    }

    private void partCopy(Suite.Check check) throws Exception {
        byte[] content = Upload.bytes(Upload.PART_SIZE + 10);
        w.put("part-copy 源", content);
        String upload = w.initiate("part-copied");
        List<PartETag> parts = new ArrayList<>();
        long[][] spans = {{0, Upload.PART_SIZE}, {Upload.PART_SIZE, 10}};
        for (long[] span : spans) {
            UploadPartCopyRequest request =
                    new UploadPartCopyRequest(w.bucket, "part-copy 源", w.bucket, "part-copied");
            request.setUploadId(upload);
            request.setBeginIndex(span[0]);
            request.setPartSize(span[1]);
            request.setPartNumber(parts.size() + 1);
            UploadPartCopyResult result = w.client.uploadPartCopy(request);
            parts.add(result.getPartETag());
        }
        CompleteMultipartUploadResult result = complete("part-copied", upload, parts);
        check.equal("ETag", result.getETag(), Upload.multipartEtag(content));
        check.equal("content", w.get("part-copied"), content);
    }

    private void uploadFile(Suite.Check check) throws Exception {
        byte[] content = Upload.bytes(4 * Upload.PART_SIZE + 3);
        Path file = Files.createTempFile("conformance", ".bin");
        Files.write(file, content);
        UploadFileRequest request = new UploadFileRequest(w.bucket, "upload-file");
        request.setUploadFile(file.toString());
        request.setPartSize(Upload.PART_SIZE);
        request.setTaskNum(3);
        request.setEnableCheckpoint(true);
        try {
            CompleteMultipartUploadResult result =
                    w.client.uploadFile(request).getMultipartUploadResult();
            check.equal("ETag", result.getETag(), Upload.multipartEtag(content));
        } catch (Throwable e) {
            // The SDK declares that this call may throw anything at all.
            throw new IllegalStateException(e);
        }
        check.equal("content", w.get("upload-file"), content);
        Files.deleteIfExists(file);
    }
}
