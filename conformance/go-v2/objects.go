package main

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"ossicle.example/conformance/go-harness"
)

func addObjectCases(suite *harness.Suite, w *world) {
	suite.Case(w.name("object_put_get"), w.objectPutGet)
	suite.Case(w.name("object_attributes"), w.objectAttributes)
	suite.Case(w.name("object_sizes"), w.objectSizes)
	suite.Case(w.name("object_ranges"), w.objectRanges)
	suite.Case(w.name("object_conditions"), w.objectConditions)
	suite.Case(w.name("object_response_overrides"), w.objectResponseOverrides)
	suite.Case(w.name("object_meta"), w.objectMeta)
	suite.Case(w.name("object_acl"), w.objectACL)
	suite.Case(w.name("object_copy"), w.objectCopy)
	suite.Case(w.name("object_copy_conditions"), w.objectCopyConditions)
	suite.Case(w.name("object_forbid_overwrite"), w.objectForbidOverwrite)
	suite.Case(w.name("object_content_md5"), w.objectContentMD5)
	suite.Case(w.name("object_append"), w.objectAppend)
	suite.Case(w.name("object_delete"), w.objectDelete)
	suite.Case(w.name("object_delete_multiple"), w.objectDeleteMultiple)
	suite.Case(w.name("object_download_file"), w.objectDownloadFile)
}

func (w *world) objectPutGet(t *harness.T) {
	content := []byte("Hello OSS")
	result := w.put(t, "put-get.txt", content)
	t.Equal("status", result.StatusCode, 200)
	t.Equal("ETag", value(result.ETag), harness.ETag(content))
	t.Equal("Content-MD5", value(result.ContentMD5), harness.MD5Base64(content))
	t.Equal("crc64", value(result.HashCRC64), harness.CRC64(content))
	t.True("no version id", result.VersionId == nil)
	t.True("x-oss-server-time", result.Headers.Get("x-oss-server-time") != "")
	t.Equal("Content-Length", result.Headers.Get("Content-Length"), "0")

	got, err := w.client.GetObject(ctx, &oss.GetObjectRequest{Bucket: oss.Ptr(w.bucket), Key: oss.Ptr("put-get.txt")})
	t.Must("GetObject", err)
	t.Equal("content", string(readAll(t, got.Body)), string(content))
	t.Equal("get: ETag", value(got.ETag), harness.ETag(content))
	t.Equal("get: Content-Type", value(got.ContentType), "text/plain")
	t.Equal("get: length", got.ContentLength, int64(len(content)))
	t.Equal("get: Content-MD5", value(got.ContentMD5), harness.MD5Base64(content))
	t.Equal("get: crc64", value(got.HashCRC64), harness.CRC64(content))
	t.Equal("get: type", value(got.ObjectType), "Normal")
	t.Equal("get: storage class", value(got.StorageClass), "Standard")
	t.True("get: Last-Modified", got.LastModified != nil && time.Since(*got.LastModified).Abs() < time.Minute)
}

func (w *world) objectAttributes(t *harness.T) {
	bucket, key := oss.Ptr(w.bucket), oss.Ptr("attributes.bin")
	_, err := w.client.PutObject(ctx, &oss.PutObjectRequest{Bucket: bucket, Key: key, Body: strings.NewReader("a"),
		CacheControl: oss.Ptr("no-cache"), ContentDisposition: oss.Ptr("attachment; filename=\"a.txt\""),
		ContentEncoding: oss.Ptr("identity"), ContentType: oss.Ptr("text/x-special; charset=utf-8"),
		Expires:  oss.Ptr("2030-01-02T03:04:05+08:00"),
		Metadata: map[string]string{"Author": "mingdi", "location": "hang zhou"}})
	t.Must("PutObject", err)
	head, err := w.client.HeadObject(ctx, &oss.HeadObjectRequest{Bucket: bucket, Key: key})
	t.Must("HeadObject", err)
	t.Equal("Cache-Control", value(head.CacheControl), "no-cache")
	t.Equal("Content-Disposition", value(head.ContentDisposition), "attachment; filename=\"a.txt\"")
	t.Equal("Content-Encoding", value(head.ContentEncoding), "identity")
	t.Equal("Content-Type", value(head.ContentType), "text/x-special; charset=utf-8")
	t.Equal("Expires", value(head.Expires), "2030-01-02T03:04:05+08:00")
	t.Equal("metadata", head.Metadata, map[string]string{"author": "mingdi", "location": "hang zhou"})

	w.put(t, "attributes.bin", []byte("b"))
	head, err = w.client.HeadObject(ctx, &oss.HeadObjectRequest{Bucket: bucket, Key: key})
	t.Must("HeadObject after an overwrite", err)
	t.Equal("metadata after an overwrite", len(head.Metadata), 0)
	t.Equal("Content-Type after an overwrite", value(head.ContentType), "application/octet-stream")
}

func (w *world) objectSizes(t *harness.T) {
	for _, size := range []int{0, 1, 4095, 65536, 1 << 20, 5<<20 + 3} {
		content := harness.Bytes(size)
		result := w.put(t, "sized", content)
		t.Equal("crc64", value(result.HashCRC64), harness.CRC64(content))
		t.True("the content comes back", bytes.Equal(w.get(t, "sized"), content))

		// A reader of unknown length makes Go send chunks.
		_, err := w.client.PutObject(ctx, &oss.PutObjectRequest{Bucket: oss.Ptr(w.bucket), Key: oss.Ptr("chunked"),
			Body: io.MultiReader(bytes.NewReader(content))})
		t.Must("PutObject in chunks", err)
		t.True("the chunked content comes back", bytes.Equal(w.get(t, "chunked"), content))
	}
}

func (w *world) objectRanges(t *harness.T) {
	w.put(t, "range.txt", []byte("0123456789"))
	for _, row := range []struct {
		asked, behavior, content, contentRange string
		status                                 int
	}{
		{"bytes=0-0", "", "0", "bytes 0-0/10", 206},
		{"bytes=2-5", "", "2345", "bytes 2-5/10", 206},
		{"bytes=7-", "", "789", "bytes 7-9/10", 206},
		{"bytes=-3", "", "789", "bytes 7-9/10", 206},
		{"bytes=0-9", "", "0123456789", "bytes 0-9/10", 206},
		// Without the standard behaviour, OSS answers a range that passes the end with the whole object.
		{"bytes=5-100", "", "0123456789", "", 200},
		{"bytes=5-100", "standard", "56789", "bytes 5-9/10", 206},
	} {
		request := &oss.GetObjectRequest{Bucket: oss.Ptr(w.bucket), Key: oss.Ptr("range.txt"), Range: oss.Ptr(row.asked)}
		if row.behavior != "" {
			request.RangeBehavior = oss.Ptr(row.behavior)
		}
		result, err := w.client.GetObject(ctx, request)
		if err != nil {
			t.Errorf("%s: %v", row.asked, err)
			continue
		}
		what := row.asked + " " + row.behavior
		t.Equal(what, string(readAll(t, result.Body)), row.content)
		t.Equal(what+": status", result.StatusCode, row.status)
		if row.contentRange != "" {
			t.Equal(what+": Content-Range", value(result.ContentRange), row.contentRange)
		}
		t.Equal(what+": crc64 of the whole", value(result.HashCRC64), harness.CRC64([]byte("0123456789")))
	}
	_, err := w.client.GetObject(ctx, &oss.GetObjectRequest{Bucket: oss.Ptr(w.bucket), Key: oss.Ptr("range.txt"),
		Range: oss.Ptr("bytes=10-"), RangeBehavior: oss.Ptr("standard")})
	refused(t, "a range behind the end", err, http.StatusRequestedRangeNotSatisfiable, "InvalidRange", "")
}

func (w *world) objectConditions(t *harness.T) {
	w.put(t, "conditions.txt", []byte("conditions"))
	etag := harness.ETag([]byte("conditions"))
	before := time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat)
	after := time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)
	for _, row := range []struct {
		what    string
		request oss.GetObjectRequest
		status  int
		code    string
	}{
		{"If-Match", oss.GetObjectRequest{IfMatch: oss.Ptr(etag)}, 200, ""},
		{"If-Match without quotes", oss.GetObjectRequest{IfMatch: oss.Ptr(strings.Trim(etag, `"`))}, 200, ""},
		{"If-Match of another", oss.GetObjectRequest{IfMatch: oss.Ptr(`"0"`)}, 412, "PreconditionFailed"},
		{"If-None-Match", oss.GetObjectRequest{IfNoneMatch: oss.Ptr(etag)}, 304, ""},
		{"If-None-Match of another", oss.GetObjectRequest{IfNoneMatch: oss.Ptr(`"0"`)}, 200, ""},
		{"If-Modified-Since", oss.GetObjectRequest{IfModifiedSince: oss.Ptr(before)}, 200, ""},
		{"If-Modified-Since later", oss.GetObjectRequest{IfModifiedSince: oss.Ptr(after)}, 304, ""},
		{"If-Unmodified-Since", oss.GetObjectRequest{IfUnmodifiedSince: oss.Ptr(after)}, 200, ""},
		{"If-Unmodified-Since earlier", oss.GetObjectRequest{IfUnmodifiedSince: oss.Ptr(before)}, 412,
			"PreconditionFailed"},
	} {
		request := row.request
		request.Bucket, request.Key = oss.Ptr(w.bucket), oss.Ptr("conditions.txt")
		result, err := w.client.GetObject(ctx, &request)
		if row.status == 200 {
			t.Must(row.what, err)
			t.Equal(row.what, string(readAll(t, result.Body)), "conditions")
			continue
		}
		service := serviceError(t, row.what, err)
		t.Equal(row.what+": status", service.StatusCode, row.status)
		if row.code != "" {
			t.Equal(row.what+": code", service.Code, row.code)
		}
	}
}

func (w *world) objectResponseOverrides(t *harness.T) {
	w.put(t, "overrides.txt", []byte("overrides"))
	result, err := w.client.GetObject(ctx, &oss.GetObjectRequest{
		Bucket: oss.Ptr(w.bucket), Key: oss.Ptr("overrides.txt"),
		ResponseCacheControl:       oss.Ptr("no-store"),
		ResponseContentDisposition: oss.Ptr("attachment; filename=\"名 字.txt\""),
		ResponseContentEncoding:    oss.Ptr("identity"),
		ResponseContentLanguage:    oss.Ptr("zh-CN"),
		ResponseContentType:        oss.Ptr("text/plain; charset=utf-8"),
		ResponseExpires:            oss.Ptr("Fri, 24 Feb 2012 17:00:00 GMT"),
	})
	t.Must("GetObject", err)
	readAll(t, result.Body)
	for name, wanted := range map[string]string{
		"Cache-Control": "no-store", "Content-Disposition": "attachment; filename=\"名 字.txt\"",
		"Content-Encoding": "identity", "Content-Language": "zh-CN", "Content-Type": "text/plain; charset=utf-8",
		"Expires": "Fri, 24 Feb 2012 17:00:00 GMT",
	} {
		t.Equal(name, result.Headers.Get(name), wanted)
	}
}

func (w *world) objectMeta(t *harness.T) {
	content := []byte("meta")
	w.put(t, "meta.txt", content)
	result, err := w.client.GetObjectMeta(ctx, &oss.GetObjectMetaRequest{Bucket: oss.Ptr(w.bucket),
		Key: oss.Ptr("meta.txt")})
	t.Must("GetObjectMeta", err)
	t.Equal("length", result.ContentLength, int64(4))
	t.Equal("ETag", value(result.ETag), harness.ETag(content))
	t.True("Last-Modified", result.LastModified != nil)
	head, err := w.client.HeadObject(ctx, &oss.HeadObjectRequest{Bucket: oss.Ptr(w.bucket), Key: oss.Ptr("meta.txt")})
	t.Must("HeadObject", err)
	t.Equal("head: length", head.ContentLength, int64(4))
	t.Equal("head: Content-MD5", value(head.ContentMD5), harness.MD5Base64(content))
	t.Equal("head: crc64", value(head.HashCRC64), harness.CRC64(content))
	t.Equal("head: type", value(head.ObjectType), "Normal")
}

func (w *world) objectACL(t *harness.T) {
	bucket, key := oss.Ptr(w.bucket), oss.Ptr("object-acl.txt")
	w.put(t, "object-acl.txt", []byte("acl"))
	nobody := w.anonymous()
	for _, row := range []struct {
		acl      oss.ObjectACLType
		readable bool
	}{
		{oss.ObjectACLDefault, false}, {oss.ObjectACLPublicRead, true}, {oss.ObjectACLPrivate, false},
		{oss.ObjectACLPublicReadWrite, true},
	} {
		_, err := w.client.PutObjectAcl(ctx, &oss.PutObjectAclRequest{Bucket: bucket, Key: key, Acl: row.acl})
		t.Must("PutObjectAcl", err)
		result, err := w.client.GetObjectAcl(ctx, &oss.GetObjectAclRequest{Bucket: bucket, Key: key})
		t.Must("GetObjectAcl", err)
		t.Equal("ACL", value(result.ACL), string(row.acl))
		_, err = nobody.GetObject(ctx, &oss.GetObjectRequest{Bucket: bucket, Key: key})
		if row.readable {
			t.Must("anonymous read of "+string(row.acl), err)
		} else {
			refused(t, "anonymous read of "+string(row.acl), err, http.StatusForbidden, "AccessDenied", "")
		}
	}
	_, err := w.client.PutObject(ctx, &oss.PutObjectRequest{Bucket: bucket, Key: key, Acl: oss.ObjectACLPublicRead,
		Body: strings.NewReader("x")})
	t.Must("PutObject with an ACL", err)
	_, err = nobody.GetObject(ctx, &oss.GetObjectRequest{Bucket: bucket, Key: key})
	t.Must("anonymous read of an object put as public-read", err)
}

func (w *world) objectCopy(t *harness.T) {
	bucket := oss.Ptr(w.bucket)
	const source = "copy 源/a+b%2F?.txt"
	content := []byte("copy me")
	_, err := w.client.PutObject(ctx, &oss.PutObjectRequest{Bucket: bucket, Key: oss.Ptr(source),
		Body: bytes.NewReader(content), ContentType: oss.Ptr("text/x-source"), Metadata: map[string]string{"a": "1"}})
	t.Must("PutObject", err)
	result, err := w.client.CopyObject(ctx, &oss.CopyObjectRequest{Bucket: bucket, Key: oss.Ptr("copy-target"),
		SourceKey: oss.Ptr(source), ContentType: oss.Ptr("text/x-ignored")})
	t.Must("CopyObject", err)
	t.Equal("ETag", value(result.ETag), harness.ETag(content))
	t.True("LastModified", result.LastModified != nil)
	head, err := w.client.HeadObject(ctx, &oss.HeadObjectRequest{Bucket: bucket, Key: oss.Ptr("copy-target")})
	t.Must("HeadObject", err)
	t.Equal("Content-Type is copied", value(head.ContentType), "text/x-source")
	t.Equal("metadata is copied", head.Metadata, map[string]string{"a": "1"})
	t.Equal("content", string(w.get(t, "copy-target")), string(content))

	_, err = w.client.CopyObject(ctx, &oss.CopyObjectRequest{Bucket: bucket, Key: oss.Ptr(source),
		SourceKey: oss.Ptr(source), MetadataDirective: oss.Ptr("REPLACE"), ContentType: oss.Ptr("text/x-new"),
		Metadata: map[string]string{"b": "2"}})
	t.Must("CopyObject onto itself", err)
	head, err = w.client.HeadObject(ctx, &oss.HeadObjectRequest{Bucket: bucket, Key: oss.Ptr(source)})
	t.Must("HeadObject", err)
	t.Equal("Content-Type is replaced", value(head.ContentType), "text/x-new")
	t.Equal("metadata is replaced", head.Metadata, map[string]string{"b": "2"})

	_, err = w.client.CopyObject(ctx, &oss.CopyObjectRequest{Bucket: bucket, Key: oss.Ptr("copy-target"),
		SourceKey: oss.Ptr("no-such-source")})
	refused(t, "CopyObject of nothing", err, http.StatusNotFound, "NoSuchKey", "")

	copied, err := w.client.NewCopier().Copy(ctx, &oss.CopyObjectRequest{Bucket: bucket, Key: oss.Ptr("copier-target"),
		SourceKey: oss.Ptr(source)})
	t.Must("Copier", err)
	t.Equal("Copier: ETag", value(copied.ETag), harness.ETag(content))
}

func (w *world) objectCopyConditions(t *harness.T) {
	w.put(t, "copy-condition", []byte("c"))
	before := time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat)
	after := time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)
	for _, row := range []struct {
		what    string
		request oss.CopyObjectRequest
		status  int
	}{
		{"if-match", oss.CopyObjectRequest{IfMatch: oss.Ptr(harness.ETag([]byte("c")))}, 200},
		{"if-match of another", oss.CopyObjectRequest{IfMatch: oss.Ptr(`"0"`)}, 412},
		{"if-none-match", oss.CopyObjectRequest{IfNoneMatch: oss.Ptr(harness.ETag([]byte("c")))}, 304},
		{"if-modified-since later", oss.CopyObjectRequest{IfModifiedSince: oss.Ptr(after)}, 304},
		{"if-unmodified-since earlier", oss.CopyObjectRequest{IfUnmodifiedSince: oss.Ptr(before)}, 412},
	} {
		request := row.request
		request.Bucket, request.Key = oss.Ptr(w.bucket), oss.Ptr("copy-condition-target")
		request.SourceKey = oss.Ptr("copy-condition")
		_, err := w.client.CopyObject(ctx, &request)
		if row.status == 200 {
			t.Must(row.what, err)
			continue
		}
		t.Equal(row.what+": status", serviceError(t, row.what, err).StatusCode, row.status)
	}
}

func (w *world) objectForbidOverwrite(t *harness.T) {
	w.put(t, "forbid", []byte("first"))
	bucket, key := oss.Ptr(w.bucket), oss.Ptr("forbid")
	_, err := w.client.PutObject(ctx, &oss.PutObjectRequest{Bucket: bucket, Key: key, Body: strings.NewReader("second"),
		ForbidOverwrite: oss.Ptr("true")})
	refused(t, "PutObject", err, http.StatusConflict, "FileAlreadyExists", "")
	_, err = w.client.CopyObject(ctx, &oss.CopyObjectRequest{Bucket: bucket, Key: key, SourceKey: key,
		ForbidOverwrite: oss.Ptr("true")})
	refused(t, "CopyObject", err, http.StatusConflict, "FileAlreadyExists", "")
	t.Equal("content", string(w.get(t, "forbid")), "first")
	_, err = w.client.PutObject(ctx, &oss.PutObjectRequest{Bucket: bucket, Key: key, Body: strings.NewReader("third"),
		ForbidOverwrite: oss.Ptr("false")})
	t.Must("PutObject that may overwrite", err)
	t.Equal("content", string(w.get(t, "forbid")), "third")
}

func (w *world) objectContentMD5(t *harness.T) {
	bucket, key := oss.Ptr(w.bucket), oss.Ptr("md5")
	_, err := w.client.PutObject(ctx, &oss.PutObjectRequest{Bucket: bucket, Key: key, Body: strings.NewReader("right"),
		ContentMD5: oss.Ptr(harness.MD5Base64([]byte("right")))})
	t.Must("the right Content-MD5", err)
	for _, wrong := range []string{harness.MD5Base64([]byte("wrong")), "not an MD5"} {
		_, err = w.client.PutObject(ctx, &oss.PutObjectRequest{Bucket: bucket, Key: key,
			Body: strings.NewReader("other"), ContentMD5: oss.Ptr(wrong)})
		refused(t, "Content-MD5 "+wrong, err, http.StatusBadRequest, "InvalidDigest", "")
	}
	t.Equal("content", string(w.get(t, "md5")), "right")
}

func (w *world) objectAppend(t *harness.T) {
	bucket, key := oss.Ptr(w.bucket), oss.Ptr("append.log")
	appendAt := func(position int64, text string) (*oss.AppendObjectResult, error) {
		return w.client.AppendObject(ctx, &oss.AppendObjectRequest{Bucket: bucket, Key: key,
			Position: oss.Ptr(position), Body: strings.NewReader(text)})
	}
	result, err := appendAt(0, "one,")
	t.Must("AppendObject", err)
	t.Equal("next position", result.NextPosition, int64(4))
	result, err = appendAt(4, "two,")
	t.Must("AppendObject again", err)
	t.Equal("next position", result.NextPosition, int64(8))
	t.Equal("crc64", value(result.HashCRC64), harness.CRC64([]byte("one,two,")))
	_, err = appendAt(4, "late")
	service := refused(t, "a position in the past", err, http.StatusConflict, "PositionNotEqualToLength", "")
	t.Equal("its next position", service.Headers.Get("x-oss-next-append-position"), "8")
	t.Equal("content", string(w.get(t, "append.log")), "one,two,")
	head, err := w.client.HeadObject(ctx, &oss.HeadObjectRequest{Bucket: bucket, Key: key})
	t.Must("HeadObject", err)
	t.Equal("type", value(head.ObjectType), "Appendable")
	t.Equal("head: next position", value(head.NextAppendPosition), "8")

	w.put(t, "not-appendable", []byte("1234"))
	_, err = w.client.AppendObject(ctx, &oss.AppendObjectRequest{Bucket: bucket, Key: oss.Ptr("not-appendable"),
		Position: oss.Ptr(int64(4)), Body: strings.NewReader("5")})
	refused(t, "AppendObject to a normal object", err, http.StatusConflict, "ObjectNotAppendable", "")

	file, err := w.client.AppendFile(ctx, w.bucket, "append-file.log")
	t.Must("AppendFile", err)
	for _, text := range []string{"alpha ", "beta ", "gamma"} {
		_, err = io.WriteString(file, text)
		t.Must("writing to it", err)
	}
	t.Must("closing it", file.Close())
	t.Equal("content of the file", string(w.get(t, "append-file.log")), "alpha beta gamma")
}

func (w *world) objectDelete(t *harness.T) {
	w.put(t, "delete-me", []byte("x"))
	for range [2]int{} {
		result, err := w.client.DeleteObject(ctx, &oss.DeleteObjectRequest{Bucket: oss.Ptr(w.bucket),
			Key: oss.Ptr("delete-me")})
		t.Must("DeleteObject", err)
		t.Equal("status", result.StatusCode, 204)
		t.True("it is gone", !w.exists(t, "delete-me"))
	}
}

func (w *world) objectDeleteMultiple(t *harness.T) {
	keys := []string{"multi/一", "multi/a b+c", "multi/<&>\"'", "multi/\x01\x1f\r\n", "multi/100%"}
	remove := func(quiet bool) *oss.DeleteMultipleObjectsResult {
		var objects []oss.DeleteObject
		for _, key := range keys {
			w.put(t, key, []byte(key))
			objects = append(objects, oss.DeleteObject{Key: oss.Ptr(key)})
		}
		objects = append(objects, oss.DeleteObject{Key: oss.Ptr("multi/never-was")})
		result, err := w.client.DeleteMultipleObjects(ctx, &oss.DeleteMultipleObjectsRequest{
			Bucket: oss.Ptr(w.bucket), Objects: objects, Quiet: quiet})
		t.Must("DeleteMultipleObjects", err)
		for _, key := range keys {
			t.True("gone: "+key, !w.exists(t, key))
		}
		return result
	}
	t.Equal("quiet: how many are told", len(remove(true).DeletedObjects), 0)
	var told []string
	for _, deleted := range remove(false).DeletedObjects {
		told = append(told, value(deleted.Key))
	}
	t.Equal("the deleted keys in the order asked", told, append(keys, "multi/never-was"))
}

func (w *world) objectDownloadFile(t *harness.T) {
	content := harness.Bytes(1<<20 + 17)
	w.put(t, "download.bin", content)
	directory, err := os.MkdirTemp("", "conformance")
	t.Must("a temporary folder", err)
	defer os.RemoveAll(directory)
	path := filepath.Join(directory, "download.bin")
	_, err = w.client.NewDownloader(func(o *oss.DownloaderOptions) { o.PartSize = 200 << 10 }).
		DownloadFile(ctx, &oss.GetObjectRequest{Bucket: oss.Ptr(w.bucket), Key: oss.Ptr("download.bin")}, path)
	t.Must("DownloadFile", err)
	got, err := os.ReadFile(path)
	t.Must("reading the file", err)
	t.True("the file is the object", bytes.Equal(got, content))
}
