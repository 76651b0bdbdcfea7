package main

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/aliyun/aliyun-oss-go-sdk/oss"
	"ossicle.example/conformance/go-harness"
)

func addMultipartCases(suite *harness.Suite, w *world) {
	suite.Case(w.name("multipart"), w.multipart)
	suite.Case(w.name("multipart_errors"), w.multipartErrors)
	suite.Case(w.name("multipart_lists"), w.multipartLists)
	suite.Case(w.name("multipart_part_copy"), w.multipartPartCopy)
	suite.Case(w.name("multipart_upload_file"), w.multipartUploadFile)
}

// parts uploads content in parts of the usual size and ends the case when it cannot.
func (w *world) parts(t *harness.T, upload oss.InitiateMultipartUploadResult, content []byte) (parts []oss.UploadPart) {
	for start := 0; start < len(content); start += harness.PartSize {
		piece := content[start:min(start+harness.PartSize, len(content))]
		part, err := w.bucket.UploadPart(upload, bytes.NewReader(piece), int64(len(piece)), len(parts)+1)
		t.Must("UploadPart", err)
		t.Equal("part ETag", part.ETag, harness.ETag(piece))
		parts = append(parts, part)
	}
	return parts
}

func (w *world) initiate(t *harness.T, key string) oss.InitiateMultipartUploadResult {
	upload, err := w.bucket.InitiateMultipartUpload(key)
	t.Must("InitiateMultipartUpload", err)
	t.Equal("Key", upload.Key, key)
	return upload
}

func (w *world) multipart(t *harness.T) {
	const key = "multipart/一 二+3.bin"
	content := harness.Bytes(3*harness.PartSize - 7)
	upload := w.initiate(t, key)
	result, err := w.bucket.CompleteMultipartUpload(upload, w.parts(t, upload, content))
	t.Must("CompleteMultipartUpload", err)
	t.Equal("Bucket", result.Bucket, w.bucket.BucketName)
	t.Equal("Key", result.Key, key)
	t.Equal("ETag", result.ETag, harness.MultipartETag(content))
	t.True("Location", result.Location != "")
	t.True("the content comes back", bytes.Equal(w.get(t, key), content))
	header, err := w.bucket.GetObjectDetailedMeta(key)
	t.Must("GetObjectDetailedMeta", err)
	t.Equal("type", header.Get("x-oss-object-type"), "Multipart")
	t.Equal("crc64", header.Get("x-oss-hash-crc64ecma"), harness.CRC64(content))
}

func (w *world) multipartErrors(t *harness.T) {
	upload := w.initiate(t, "errors")
	parts := w.parts(t, upload, harness.Bytes(harness.PartSize+1))
	third, err := w.bucket.UploadPart(upload, strings.NewReader("3"), 1, 3)
	t.Must("UploadPart", err)
	_, err = w.bucket.CompleteMultipartUpload(upload, append(parts, third))
	refused(t, "a small part in the middle", err, http.StatusBadRequest, "EntityTooSmall", "")
	_, err = w.bucket.CompleteMultipartUpload(upload, []oss.UploadPart{{PartNumber: 1, ETag: third.ETag}})
	refused(t, "another ETag", err, http.StatusBadRequest, "InvalidPart", "")
	t.Must("AbortMultipartUpload", w.bucket.AbortMultipartUpload(upload))
	refused(t, "AbortMultipartUpload again", w.bucket.AbortMultipartUpload(upload), 404, "NoSuchUpload", "0042-00000002")
	_, err = w.bucket.CompleteMultipartUpload(upload, parts)
	refused(t, "CompleteMultipartUpload", err, 404, "NoSuchUpload", "")
	_, err = w.bucket.UploadPart(upload, strings.NewReader("x"), 1, 1)
	refused(t, "UploadPart", err, 404, "NoSuchUpload", "0042-00000104")
	t.True("nothing is stored", !w.exists(t, "errors"))
}

func (w *world) multipartLists(t *harness.T) {
	var wanted []string
	var uploads []oss.InitiateMultipartUploadResult
	for _, key := range []string{"uploads/a", "uploads/b b", "uploads/dir/1", "uploads/文"} {
		uploads, wanted = append(uploads, w.initiate(t, key)), append(wanted, key)
	}
	var keys []string
	keyMarker, uploadMarker := "", ""
	for {
		page, err := w.bucket.ListMultipartUploads(oss.Prefix("uploads/"), oss.MaxUploads(2), oss.KeyMarker(keyMarker),
			oss.UploadIDMarker(uploadMarker))
		t.Must("ListMultipartUploads", err)
		for _, upload := range page.Uploads {
			keys = append(keys, upload.Key)
		}
		if keyMarker, uploadMarker = page.NextKeyMarker, page.NextUploadIDMarker; !page.IsTruncated {
			break
		}
	}
	t.Equal("keys in pages", keys, wanted)
	page, err := w.bucket.ListMultipartUploads(oss.Prefix("uploads/"), oss.Delimiter("/"))
	t.Must("ListMultipartUploads with a delimiter", err)
	t.Equal("folders", page.CommonPrefixes, []string{"uploads/dir/"})
	t.Equal("at the top", len(page.Uploads), 3)

	w.parts(t, uploads[0], harness.Bytes(2*harness.PartSize+5))
	parts, err := w.bucket.ListUploadedParts(uploads[0])
	t.Must("ListUploadedParts", err)
	t.Equal("parts", len(parts.UploadedParts), 3)
	t.Equal("size of the last", parts.UploadedParts[2].Size, 5)
	parts, err = w.bucket.ListUploadedParts(uploads[0], oss.MaxParts(1), oss.PartNumberMarker(1))
	t.Must("ListUploadedParts in pages", err)
	t.True("only the second", len(parts.UploadedParts) == 1 && parts.UploadedParts[0].PartNumber == 2 &&
		parts.IsTruncated && parts.NextPartNumberMarker == "2")
	for _, upload := range uploads {
		t.Must("AbortMultipartUpload", w.bucket.AbortMultipartUpload(upload))
	}
}

func (w *world) multipartPartCopy(t *harness.T) {
	content := harness.Bytes(harness.PartSize + 10)
	w.put(t, "part-copy 源", content)
	upload := w.initiate(t, "part-copied")
	first, err := w.bucket.UploadPartCopy(upload, w.bucket.BucketName, "part-copy 源", 0, harness.PartSize, 1)
	t.Must("UploadPartCopy", err)
	second, err := w.bucket.UploadPartCopy(upload, w.bucket.BucketName, "part-copy 源", harness.PartSize, 10, 2)
	t.Must("UploadPartCopy of the rest", err)
	result, err := w.bucket.CompleteMultipartUpload(upload, []oss.UploadPart{first, second})
	t.Must("CompleteMultipartUpload", err)
	t.Equal("ETag", result.ETag, harness.MultipartETag(content))
	t.True("the content comes back", bytes.Equal(w.get(t, "part-copied"), content))
}

func (w *world) multipartUploadFile(t *harness.T) {
	content := harness.Bytes(4*harness.PartSize + 3)
	directory, err := os.MkdirTemp("", "conformance")
	t.Must("a temporary folder", err)
	defer os.RemoveAll(directory)
	path := filepath.Join(directory, "upload.bin")
	t.Must("writing the file", os.WriteFile(path, content, 0o600))
	t.Must("UploadFile", w.bucket.UploadFile("upload-file", path, harness.PartSize, oss.Routines(3),
		oss.CheckpointDir(true, directory)))
	t.Must("DownloadFile", w.bucket.DownloadFile("upload-file", path+".down", harness.PartSize, oss.Routines(3)))
	got, err := os.ReadFile(path + ".down")
	t.Must("reading the file", err)
	t.True("the content comes back", bytes.Equal(got, content))
}
