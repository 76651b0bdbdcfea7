package main

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"ossicle.example/conformance/go-harness"
)

func addMultipartCases(suite *harness.Suite, w *world) {
	suite.Case(w.name("multipart"), w.multipart)
	suite.Case(w.name("multipart_without_xml"), w.multipartCompleteAll)
	suite.Case(w.name("multipart_subset"), w.multipartSubset)
	suite.Case(w.name("multipart_errors"), w.multipartErrors)
	suite.Case(w.name("multipart_list_parts"), w.multipartListParts)
	suite.Case(w.name("multipart_list_uploads"), w.multipartListUploads)
	suite.Case(w.name("multipart_abort"), w.multipartAbort)
	suite.Case(w.name("multipart_part_copy"), w.multipartPartCopy)
	suite.Case(w.name("multipart_forbid_overwrite"), w.multipartForbidOverwrite)
	suite.Case(w.name("multipart_uploader"), w.multipartUploader)
}

// initiate starts an upload and ends the case when it cannot.
func (w *world) initiate(t *harness.T, key string) *string {
	result, err := w.client.InitiateMultipartUpload(ctx, &oss.InitiateMultipartUploadRequest{
		Bucket: oss.Ptr(w.bucket), Key: oss.Ptr(key)})
	t.Must("InitiateMultipartUpload", err)
	t.Equal("Bucket", value(result.Bucket), w.bucket)
	t.Equal("Key", value(result.Key), key)
	return result.UploadId
}

// part uploads one part and ends the case when it cannot.
func (w *world) part(t *harness.T, key string, upload *string, number int32, content []byte) oss.UploadPart {
	result, err := w.client.UploadPart(ctx, &oss.UploadPartRequest{Bucket: oss.Ptr(w.bucket), Key: oss.Ptr(key),
		UploadId: upload, PartNumber: number, Body: bytes.NewReader(content)})
	t.Must("UploadPart", err)
	t.Equal("part ETag", value(result.ETag), harness.ETag(content))
	t.Equal("part Content-MD5", value(result.ContentMD5), harness.MD5Base64(content))
	t.Equal("part crc64", value(result.HashCRC64), harness.CRC64(content))
	return oss.UploadPart{PartNumber: number, ETag: result.ETag}
}

func (w *world) complete(key string, upload *string, parts ...oss.UploadPart) (*oss.CompleteMultipartUploadResult, error) {
	return w.client.CompleteMultipartUpload(ctx, &oss.CompleteMultipartUploadRequest{Bucket: oss.Ptr(w.bucket),
		Key: oss.Ptr(key), UploadId: upload, CompleteMultipartUpload: &oss.CompleteMultipartUpload{Parts: parts}})
}

func (w *world) multipart(t *harness.T) {
	const key = "multipart/一 二+3.bin"
	content := harness.Bytes(3*harness.PartSize - 7)
	upload := w.initiate(t, key)
	t.Equal("length of the upload id", len(*upload), 32)
	var parts []oss.UploadPart
	for number := int32(3); number >= 1; number-- {
		start := int(number-1) * harness.PartSize
		piece := content[start:min(start+harness.PartSize, len(content))]
		parts = append([]oss.UploadPart{w.part(t, key, upload, number, piece)}, parts...)
	}
	t.True("not there before Complete", !w.exists(t, key))
	result, err := w.complete(key, upload, parts...)
	t.Must("CompleteMultipartUpload", err)
	t.Equal("Bucket", value(result.Bucket), w.bucket)
	t.Equal("Key", value(result.Key), key)
	t.True("Location", strings.HasPrefix(value(result.Location), "http"))
	t.Equal("crc64", value(result.HashCRC64), harness.CRC64(content))
	t.Equal("ETag", value(result.ETag), harness.MultipartETag(content))
	t.Equal("Content-Type", result.Headers.Get("Content-Type"), "application/xml")

	head, err := w.client.HeadObject(ctx, &oss.HeadObjectRequest{Bucket: oss.Ptr(w.bucket), Key: oss.Ptr(key)})
	t.Must("HeadObject", err)
	t.Equal("type", value(head.ObjectType), "Multipart")
	t.Equal("length", head.ContentLength, int64(len(content)))
	t.Equal("head: crc64", value(head.HashCRC64), harness.CRC64(content))
	t.True("no Content-MD5", head.ContentMD5 == nil)
	t.True("the content comes back", bytes.Equal(w.get(t, key), content))

	ranged, err := w.client.GetObject(ctx, &oss.GetObjectRequest{Bucket: oss.Ptr(w.bucket), Key: oss.Ptr(key),
		Range: oss.Ptr(fmt.Sprintf("bytes=%d-%d", harness.PartSize-2, harness.PartSize+2))})
	t.Must("a range over two parts", err)
	t.True("its content", bytes.Equal(readAll(t, ranged.Body), content[harness.PartSize-2:harness.PartSize+3]))
}

func (w *world) multipartCompleteAll(t *harness.T) {
	const key = "complete-all"
	content := harness.Bytes(harness.PartSize + 5)
	upload := w.initiate(t, key)
	first := w.part(t, key, upload, 1, content[:harness.PartSize])
	w.part(t, key, upload, 2, content[harness.PartSize:])
	_, err := w.client.CompleteMultipartUpload(ctx, &oss.CompleteMultipartUploadRequest{Bucket: oss.Ptr(w.bucket),
		Key: oss.Ptr(key), UploadId: upload, CompleteAll: oss.Ptr("yes"),
		CompleteMultipartUpload: &oss.CompleteMultipartUpload{Parts: []oss.UploadPart{first}}})
	refused(t, "complete-all with a body", err, http.StatusBadRequest, "InvalidArgument", "0042-00000216")
	result, err := w.client.CompleteMultipartUpload(ctx, &oss.CompleteMultipartUploadRequest{Bucket: oss.Ptr(w.bucket),
		Key: oss.Ptr(key), UploadId: upload, CompleteAll: oss.Ptr("yes")})
	t.Must("complete-all", err)
	t.Equal("crc64", value(result.HashCRC64), harness.CRC64(content))
	t.True("the content comes back", bytes.Equal(w.get(t, key), content))
}

func (w *world) multipartSubset(t *harness.T) {
	const key = "subset"
	upload := w.initiate(t, key)
	w.part(t, key, upload, 1, harness.Bytes(harness.PartSize))
	old := w.part(t, key, upload, 2, harness.Bytes(harness.PartSize))
	replaced := harness.Bytes(harness.PartSize + 1)
	again := w.part(t, key, upload, 2, replaced)
	last := w.part(t, key, upload, 7, []byte("tail"))
	_, err := w.complete(key, upload, old, last)
	refused(t, "the ETag of a replaced part", err, http.StatusBadRequest, "InvalidPart", "")
	_, err = w.complete(key, upload, again, last)
	t.Must("CompleteMultipartUpload of two of three parts", err)
	t.True("the content comes back", bytes.Equal(w.get(t, key), append(replaced, "tail"...)))
}

func (w *world) multipartErrors(t *harness.T) {
	const key = "multipart-errors"
	upload := w.initiate(t, key)
	first := w.part(t, key, upload, 1, harness.Bytes(harness.PartSize))
	small := w.part(t, key, upload, 2, []byte("small"))
	third := w.part(t, key, upload, 3, []byte("third"))
	// The SDK sorts the parts, so this document is written by hand.
	signed, err := w.client.Presign(ctx, &oss.CompleteMultipartUploadRequest{Bucket: oss.Ptr(w.bucket), Key: oss.Ptr(key),
		UploadId: upload})
	t.Must("Presign", err)
	part := func(number int32, etag *string) string {
		return fmt.Sprintf("<Part><PartNumber>%d</PartNumber><ETag>%s</ETag></Part>", number, *etag)
	}
	document := "<CompleteMultipartUpload>" + part(2, small.ETag) + part(1, first.ETag) + "</CompleteMultipartUpload>"
	harness.Send(t, signed.Method, signed.URL, signed.SignedHeaders, []byte(document)).
		Refused(t, "parts out of order", http.StatusBadRequest, "InvalidPartOrder")
	_, err = w.complete(key, upload, first, small, third)
	service := refused(t, "a small part in the middle", err, http.StatusBadRequest, "EntityTooSmall", "")
	t.Equal("its message", service.Message, "Your proposed upload smaller than the minimum allowed size.")
	_, err = w.complete(key, upload, oss.UploadPart{PartNumber: 9, ETag: first.ETag})
	refused(t, "a part that is not there", err, http.StatusBadRequest, "InvalidPart", "")
	t.True("nothing is stored", !w.exists(t, key))

	nowhere := oss.Ptr(strings.Repeat("0", 32))
	_, err = w.client.UploadPart(ctx, &oss.UploadPartRequest{Bucket: oss.Ptr(w.bucket), Key: oss.Ptr(key),
		UploadId: nowhere, PartNumber: 1, Body: strings.NewReader("x")})
	refused(t, "UploadPart to no upload", err, http.StatusNotFound, "NoSuchUpload", "0042-00000104")
	_, err = w.client.AbortMultipartUpload(ctx, &oss.AbortMultipartUploadRequest{Bucket: oss.Ptr(w.bucket),
		Key: oss.Ptr(key), UploadId: nowhere})
	refused(t, "AbortMultipartUpload of none", err, http.StatusNotFound, "NoSuchUpload", "0042-00000002")
	_, err = w.complete(key, nowhere, first)
	refused(t, "CompleteMultipartUpload of none", err, http.StatusNotFound, "NoSuchUpload", "")
	_, err = w.client.UploadPart(ctx, &oss.UploadPartRequest{Bucket: oss.Ptr(w.bucket), Key: oss.Ptr(key),
		UploadId: upload, PartNumber: 10001, Body: strings.NewReader("x")})
	refused(t, "part 10001", err, http.StatusBadRequest, "InvalidArgument", "")
	_, err = w.client.UploadPart(ctx, &oss.UploadPartRequest{Bucket: oss.Ptr(w.bucket), Key: oss.Ptr(key),
		UploadId: upload, PartNumber: 1, Body: strings.NewReader("x"), ContentMD5: oss.Ptr(harness.MD5Base64(nil))})
	refused(t, "a part's wrong Content-MD5", err, http.StatusBadRequest, "InvalidDigest", "")
	w.abort(t, key, upload)
}

func (w *world) abort(t *harness.T, key string, upload *string) {
	_, err := w.client.AbortMultipartUpload(ctx, &oss.AbortMultipartUploadRequest{Bucket: oss.Ptr(w.bucket),
		Key: oss.Ptr(key), UploadId: upload})
	t.Must("AbortMultipartUpload", err)
}

func (w *world) multipartListParts(t *harness.T) {
	const key = "list-parts/一"
	upload := w.initiate(t, key)
	for _, number := range []int32{5, 1, 3} {
		w.part(t, key, upload, number, []byte(fmt.Sprintf("part %d", number)))
	}
	result, err := w.client.ListParts(ctx, &oss.ListPartsRequest{Bucket: oss.Ptr(w.bucket), Key: oss.Ptr(key),
		UploadId: upload})
	t.Must("ListParts", err)
	t.Equal("Key", value(result.Key), key)
	t.Equal("UploadId", value(result.UploadId), *upload)
	t.Equal("MaxParts", result.MaxParts, int32(1000))
	t.Equal("NextPartNumberMarker", result.NextPartNumberMarker, int32(5))
	t.Equal("StorageClass", value(result.StorageClass), "Standard")
	var numbers []int32
	for _, part := range result.Parts {
		content := []byte(fmt.Sprintf("part %d", part.PartNumber))
		numbers = append(numbers, part.PartNumber)
		t.Equal("ETag", value(part.ETag), harness.ETag(content))
		t.Equal("Size", part.Size, int64(len(content)))
		t.Equal("HashCrc64ecma", value(part.HashCRC64), harness.CRC64(content))
		t.True("LastModified", part.LastModified != nil)
	}
	t.Equal("numbers", numbers, []int32{1, 3, 5})

	numbers = nil
	pages := w.client.NewListPartsPaginator(&oss.ListPartsRequest{Bucket: oss.Ptr(w.bucket), Key: oss.Ptr(key),
		UploadId: upload, MaxParts: 2})
	for pages.HasNext() {
		page, err := pages.NextPage(ctx)
		t.Must("a page", err)
		for _, part := range page.Parts {
			numbers = append(numbers, part.PartNumber)
		}
	}
	t.Equal("numbers in pages", numbers, []int32{1, 3, 5})
	w.abort(t, key, upload)
	_, err = w.client.ListParts(ctx, &oss.ListPartsRequest{Bucket: oss.Ptr(w.bucket), Key: oss.Ptr(key), UploadId: upload})
	refused(t, "ListParts of an aborted upload", err, http.StatusNotFound, "NoSuchUpload", "")
}

func (w *world) multipartListUploads(t *harness.T) {
	wanted := []string{"uploads/a", "uploads/b b", "uploads/dir/1", "uploads/dir/2", "uploads/文"}
	started := map[string]*string{}
	for _, key := range wanted {
		started[key] = w.initiate(t, key)
	}
	second := w.initiate(t, "uploads/a")
	list := func(request oss.ListMultipartUploadsRequest) (keys []string) {
		request.Bucket, request.Prefix = oss.Ptr(w.bucket), oss.Ptr("uploads/")
		pages := w.client.NewListMultipartUploadsPaginator(&request)
		for pages.HasNext() {
			page, err := pages.NextPage(ctx)
			t.Must("ListMultipartUploads", err)
			for _, upload := range page.Uploads {
				keys = append(keys, value(upload.Key))
				t.True("Initiated", upload.Initiated != nil)
			}
		}
		return keys
	}
	all := append([]string{"uploads/a"}, wanted...)
	keys := list(oss.ListMultipartUploadsRequest{})
	t.Equal("keys", keys, all)
	keys = list(oss.ListMultipartUploadsRequest{MaxUploads: 1})
	t.Equal("keys in pages", keys, all)
	// This SDK's result has no room for the folders.
	keys = list(oss.ListMultipartUploadsRequest{Delimiter: oss.Ptr("/")})
	t.Equal("keys at the top", keys, []string{"uploads/a", "uploads/a", "uploads/b b", "uploads/文"})
	keys = list(oss.ListMultipartUploadsRequest{KeyMarker: oss.Ptr("uploads/b b")})
	t.Equal("keys after a marker", keys, []string{"uploads/dir/1", "uploads/dir/2", "uploads/文"})
	w.abort(t, "uploads/a", second)
	for key, upload := range started {
		w.abort(t, key, upload)
	}
	keys = list(oss.ListMultipartUploadsRequest{})
	t.Equal("how many are left", len(keys), 0)
}

func (w *world) multipartAbort(t *harness.T) {
	const key = "aborted"
	upload := w.initiate(t, key)
	part := w.part(t, key, upload, 1, []byte("x"))
	w.abort(t, key, upload)
	_, err := w.complete(key, upload, part)
	refused(t, "CompleteMultipartUpload of an aborted upload", err, http.StatusNotFound, "NoSuchUpload", "")
	t.True("nothing is stored", !w.exists(t, key))
}

func (w *world) multipartPartCopy(t *harness.T) {
	const source, key = "part-copy/源 +.bin", "part-copy/target"
	content := harness.Bytes(2*harness.PartSize + 11)
	w.put(t, source, content)
	upload := w.initiate(t, key)
	var parts []oss.UploadPart
	for number, span := range []string{"bytes=0-102399", "bytes=102400-204810"} {
		result, err := w.client.UploadPartCopy(ctx, &oss.UploadPartCopyRequest{Bucket: oss.Ptr(w.bucket),
			Key: oss.Ptr(key), UploadId: upload, PartNumber: int32(number + 1), SourceKey: oss.Ptr(source),
			Range: oss.Ptr(span)})
		t.Must("UploadPartCopy", err)
		t.True("LastModified", result.LastModified != nil)
		parts = append(parts, oss.UploadPart{PartNumber: int32(number + 1), ETag: result.ETag})
	}
	t.Equal("ETag of the first part", value(parts[0].ETag), harness.ETag(content[:harness.PartSize]))
	result, err := w.complete(key, upload, parts...)
	t.Must("CompleteMultipartUpload", err)
	t.Equal("crc64", value(result.HashCRC64), harness.CRC64(content))
	t.True("the content comes back", bytes.Equal(w.get(t, key), content))

	_, err = w.client.UploadPartCopy(ctx, &oss.UploadPartCopyRequest{Bucket: oss.Ptr(w.bucket), Key: oss.Ptr(key),
		UploadId: upload, PartNumber: 1, SourceKey: oss.Ptr(source)})
	refused(t, "UploadPartCopy to a completed upload", err, http.StatusNotFound, "NoSuchUpload", "0042-00000311")
}

func (w *world) multipartForbidOverwrite(t *harness.T) {
	const key = "multipart-forbid"
	upload := w.initiate(t, key)
	part := w.part(t, key, upload, 1, []byte("late"))
	w.put(t, key, []byte("first"))
	_, err := w.client.CompleteMultipartUpload(ctx, &oss.CompleteMultipartUploadRequest{Bucket: oss.Ptr(w.bucket),
		Key: oss.Ptr(key), UploadId: upload, ForbidOverwrite: oss.Ptr("true"),
		CompleteMultipartUpload: &oss.CompleteMultipartUpload{Parts: []oss.UploadPart{part}}})
	refused(t, "CompleteMultipartUpload", err, http.StatusConflict, "FileAlreadyExists", "")
	_, err = w.client.InitiateMultipartUpload(ctx, &oss.InitiateMultipartUploadRequest{Bucket: oss.Ptr(w.bucket),
		Key: oss.Ptr(key), ForbidOverwrite: oss.Ptr("true")})
	refused(t, "InitiateMultipartUpload", err, http.StatusConflict, "FileAlreadyExists", "")
	t.Equal("content", string(w.get(t, key)), "first")
	w.abort(t, key, upload)
}

func (w *world) multipartUploader(t *harness.T) {
	content := harness.Bytes(5*harness.PartSize + 1)
	directory, err := os.MkdirTemp("", "conformance")
	t.Must("a temporary folder", err)
	defer os.RemoveAll(directory)
	path := filepath.Join(directory, "upload.bin")
	t.Must("writing the file", os.WriteFile(path, content, 0o600))
	uploader := w.client.NewUploader(func(o *oss.UploaderOptions) { o.PartSize, o.ParallelNum = harness.PartSize, 3 })
	result, err := uploader.UploadFile(ctx, &oss.PutObjectRequest{Bucket: oss.Ptr(w.bucket),
		Key: oss.Ptr("uploader.bin")}, path)
	t.Must("UploadFile", err)
	t.Equal("ETag", value(result.ETag), harness.MultipartETag(content))
	t.Equal("crc64", value(result.HashCRC64), harness.CRC64(content))
	t.True("the content comes back", bytes.Equal(w.get(t, "uploader.bin"), content))
}
