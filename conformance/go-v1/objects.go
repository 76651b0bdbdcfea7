package main

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/aliyun/aliyun-oss-go-sdk/oss"
	"ossicle.example/conformance/go-harness"
)

func addObjectCases(suite *harness.Suite, w *world) {
	suite.Case(w.name("object_put_get"), w.objectPutGet)
	suite.Case(w.name("object_attributes"), w.objectAttributes)
	suite.Case(w.name("object_ranges_and_conditions"), w.objectRangesAndConditions)
	suite.Case(w.name("object_copy"), w.objectCopy)
	suite.Case(w.name("object_append"), w.objectAppend)
	suite.Case(w.name("object_acl"), w.objectACL)
	suite.Case(w.name("object_delete"), w.objectDelete)
	for _, row := range harness.KeySpellings {
		row := row
		suite.Case(w.name("key_"+row.Name), func(t *harness.T) { w.keyRoundTrip(t, row.Name, row.Key) })
	}
}

func (w *world) objectPutGet(t *harness.T) {
	for _, size := range []int{0, 9, 1 << 20, 3<<20 + 1} {
		content := harness.Bytes(size)
		header := w.put(t, "put-get.txt", content)
		t.Equal("ETag", header.Get("ETag"), harness.ETag(content))
		t.Equal("Content-MD5", header.Get("Content-MD5"), harness.MD5Base64(content))
		t.Equal("crc64", header.Get("x-oss-hash-crc64ecma"), harness.CRC64(content))
		t.True("the content comes back", bytes.Equal(w.get(t, "put-get.txt"), content))
	}
	detailed, err := w.bucket.GetObjectDetailedMeta("put-get.txt")
	t.Must("GetObjectDetailedMeta", err)
	// The SDK takes the type from the system's table and drops its charset.
	t.Equal("Content-Type", detailed.Get("Content-Type"), "text/plain")
	t.Equal("x-oss-object-type", detailed.Get("x-oss-object-type"), "Normal")
	t.Equal("x-oss-storage-class", detailed.Get("x-oss-storage-class"), "Standard")
	meta, err := w.bucket.GetObjectMeta("put-get.txt")
	t.Must("GetObjectMeta", err)
	t.Equal("Content-Length", meta.Get("Content-Length"), fmt.Sprint(3<<20+1))
	err = w.bucket.PutObject("put-get.txt", strings.NewReader("x"), oss.ContentMD5(harness.MD5Base64([]byte("y"))))
	refused(t, "a wrong Content-MD5", err, 400, "InvalidDigest", "")
	err = w.bucket.PutObject("put-get.txt", strings.NewReader("x"), oss.ForbidOverWrite(true))
	refused(t, "forbidden overwrite", err, 409, "FileAlreadyExists", "")
}

func (w *world) objectAttributes(t *harness.T) {
	expires := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	t.Must("PutObject", w.bucket.PutObject("attributes", strings.NewReader("a"), oss.CacheControl("no-cache"),
		oss.ContentDisposition("attachment"), oss.ContentEncoding("identity"), oss.ContentType("text/x-special"),
		oss.Expires(expires), oss.Meta("Author", "ming di")))
	check := func(wanted map[string]string) {
		header, err := w.bucket.GetObjectDetailedMeta("attributes")
		t.Must("GetObjectDetailedMeta", err)
		for name, text := range wanted {
			t.Equal(name, header.Get(name), text)
		}
	}
	check(map[string]string{"Cache-Control": "no-cache", "Content-Disposition": "attachment",
		"Content-Encoding": "identity", "Content-Type": "text/x-special",
		"Expires": "Wed, 02 Jan 2030 03:04:05 GMT", "x-oss-meta-author": "ming di"})
	t.Must("SetObjectMeta", w.bucket.SetObjectMeta("attributes", oss.Meta("b", "2"), oss.ContentType("text/x-new")))
	check(map[string]string{"Content-Type": "text/x-new", "x-oss-meta-b": "2", "x-oss-meta-author": "",
		"Cache-Control": ""})
}

func (w *world) objectRangesAndConditions(t *harness.T) {
	w.put(t, "range", []byte("0123456789"))
	for asked, content := range map[string]string{"2-5": "2345", "7-": "789", "-3": "789", "0-9": "0123456789"} {
		t.Equal(asked, string(w.get(t, "range", oss.NormalizedRange(asked))), content)
	}
	t.Equal("5-100", string(w.get(t, "range", oss.NormalizedRange("5-100"))), "0123456789")
	t.Equal("5-100 standard", string(w.get(t, "range", oss.NormalizedRange("5-100"), oss.RangeBehavior("standard"))), "56789")
	_, err := w.bucket.GetObject("range", oss.NormalizedRange("10-"), oss.RangeBehavior("standard"))
	refused(t, "behind the end", err, http.StatusRequestedRangeNotSatisfiable, "InvalidRange", "")

	etag := harness.ETag([]byte("0123456789"))
	past, future := time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	for what, option := range map[string]oss.Option{"IfMatch": oss.IfMatch(etag), "IfNoneMatch": oss.IfNoneMatch("x"),
		"IfModifiedSince": oss.IfModifiedSince(past), "IfUnmodifiedSince": oss.IfUnmodifiedSince(future)} {
		t.Equal(what, len(w.get(t, "range", option)), 10)
	}
	for what, option := range map[string]oss.Option{"IfMatch": oss.IfMatch("x"), "IfUnmodifiedSince": oss.IfUnmodifiedSince(past)} {
		_, err := w.bucket.GetObject("range", option)
		refused(t, what, err, 412, "PreconditionFailed", "")
	}
	for what, option := range map[string]oss.Option{"IfNoneMatch": oss.IfNoneMatch(etag), "IfModifiedSince": oss.IfModifiedSince(future)} {
		_, err := w.bucket.GetObject("range", option)
		t.True(what+" answers 304", err != nil && strings.Contains(err.Error(), "304"))
	}
	var header http.Header
	w.get(t, "range", oss.ResponseContentType("text/x-over"), oss.ResponseContentDisposition("attachment; filename=\"a b\""),
		oss.GetResponseHeader(&header))
	t.Equal("response-content-type", header.Get("Content-Type"), "text/x-over")
	t.Equal("response-content-disposition", header.Get("Content-Disposition"), "attachment; filename=\"a b\"")
}

func (w *world) objectCopy(t *harness.T) {
	t.Must("PutObject", w.bucket.PutObject("copy 源+", strings.NewReader("copy"), oss.Meta("a", "1")))
	result, err := w.bucket.CopyObject("copy 源+", "copied")
	t.Must("CopyObject", err)
	t.Equal("ETag", result.ETag, harness.ETag([]byte("copy")))
	header, err := w.bucket.GetObjectDetailedMeta("copied")
	t.Must("GetObjectDetailedMeta", err)
	t.Equal("metadata", header.Get("x-oss-meta-a"), "1")
	_, err = w.bucket.CopyObject("copy 源+", "copied", oss.CopySourceIfMatch("x"))
	refused(t, "CopySourceIfMatch", err, 412, "PreconditionFailed", "")
	_, err = w.bucket.CopyObject("copy 源+", "copied", oss.ForbidOverWrite(true))
	refused(t, "ForbidOverWrite", err, 409, "FileAlreadyExists", "")
	_, err = w.bucket.CopyObject("nowhere", "copied")
	refused(t, "no source", err, 404, "NoSuchKey", "")
	content := harness.Bytes(2*harness.PartSize + 1)
	w.put(t, "copy-file", content)
	t.Must("CopyFile", w.bucket.CopyFile(w.bucket.BucketName, "copy-file", "copied-file", harness.PartSize))
	t.True("CopyFile's content", bytes.Equal(w.get(t, "copied-file"), content))
}

func (w *world) objectAppend(t *harness.T) {
	position, err := w.bucket.AppendObject("append", strings.NewReader("one,"), 0)
	t.Must("AppendObject", err)
	t.Equal("next position", position, int64(4))
	position, err = w.bucket.AppendObject("append", strings.NewReader("two"), position)
	t.Must("AppendObject again", err)
	t.Equal("next position", position, int64(7))
	_, err = w.bucket.AppendObject("append", strings.NewReader("x"), 3)
	refused(t, "a wrong position", err, 409, "PositionNotEqualToLength", "")
	t.Equal("content", string(w.get(t, "append")), "one,two")
	w.put(t, "normal", []byte("1"))
	_, err = w.bucket.AppendObject("normal", strings.NewReader("x"), 1)
	refused(t, "a normal object", err, 409, "ObjectNotAppendable", "")
}

func (w *world) objectACL(t *harness.T) {
	w.put(t, "object-acl", []byte("x"))
	for _, row := range []struct {
		acl    oss.ACLType
		status int
	}{{oss.ACLDefault, 403}, {oss.ACLPublicRead, 200}, {oss.ACLPrivate, 403}, {oss.ACLPublicReadWrite, 200}} {
		t.Must("SetObjectACL", w.bucket.SetObjectACL("object-acl", row.acl))
		result, err := w.bucket.GetObjectACL("object-acl")
		t.Must("GetObjectACL", err)
		t.Equal("ACL", result.ACL, string(row.acl))
		t.Equal("anonymous read of "+string(row.acl), harness.Send(t, "GET", w.url("object-acl"), nil, nil).Status, row.status)
	}
}

func (w *world) objectDelete(t *harness.T) {
	keys := []string{"multi/一", "multi/a b+c", "multi/<&>\"'", "multi/\x01\x1f", "multi/100%"}
	for _, quiet := range []bool{true, false} {
		for _, key := range keys {
			w.put(t, key, nil)
		}
		result, err := w.bucket.DeleteObjects(append(keys, "multi/never"), oss.DeleteObjectsQuiet(quiet))
		t.Must("DeleteObjects", err)
		if !quiet {
			t.Equal("the deleted keys in the order asked", result.DeletedObjects, append(keys, "multi/never"))
		}
		for _, key := range keys {
			t.True("gone: "+key, !w.exists(t, key))
		}
	}
	w.put(t, "one", nil)
	t.Must("DeleteObject", w.bucket.DeleteObject("one"))
	t.Must("DeleteObject of nothing", w.bucket.DeleteObject("one"))
}

// keyRoundTrip puts with a callback, so that the key is seen by the application server as well.
func (w *world) keyRoundTrip(t *harness.T, name, key string) {
	path := "/" + string(w.version) + "/key/" + name
	content := []byte("content of " + key)
	var reply []byte
	t.Must("PutObject", w.bucket.PutObject(key, bytes.NewReader(content), oss.CallbackResult(&reply),
		oss.Callback(harness.Base64(harness.Fields{"callbackUrl": w.app.URL(path), "callbackBody": "o=${object}"}))))
	t.Equal("reply", string(reply), harness.OK.Body)
	t.Equal("callback body", w.app.One(t, path, w.bucket.BucketName).Body, "o="+harness.FormEscape(key))
	t.Equal("content", string(w.get(t, key)), string(content))
	// Of the keys that begin with this one, it comes first.
	list, err := w.bucket.ListObjects(oss.Prefix(key), oss.MaxKeys(1))
	t.Must("ListObjects", err)
	t.Equal("the list", keysOf(list.Objects), []string{key})
	_, err = w.bucket.CopyObject(key, "copies/"+name)
	t.Must("CopyObject", err)
	t.Equal("content of the copy", string(w.get(t, "copies/"+name)), string(content))
	url, err := w.bucket.SignURL(key, oss.HTTPGet, 600)
	t.Must("SignURL", err)
	body, err := w.bucket.GetObjectWithURL(url)
	t.Must("GetObjectWithURL", err)
	t.Equal("content of the signed URL", string(readAll(t, body)), string(content))
	t.Must("DeleteObject", w.bucket.DeleteObject(key))
	t.True("it is gone", !w.exists(t, key))
}

func addErrorCases(suite *harness.Suite, w *world) {
	suite.Case(w.name("error_not_found"), func(t *harness.T) {
		_, err := w.bucket.GetObject("nowhere")
		service := refused(t, "GetObject", err, 404, "NoSuchKey", "0026-00000001")
		t.Equal("message", service.Message, "The specified key does not exist.")
		t.True("HostId", service.HostID != "")
		_, err = w.bucket.GetObjectDetailedMeta("nowhere")
		refused(t, "a HEAD", err, 404, "NoSuchKey", "0026-00000001")
		other, err := w.client.Bucket(w.bucket.BucketName + "-none")
		t.Must("a bucket", err)
		_, err = other.GetObject("a")
		refused(t, "GetObject of no bucket", err, 404, "NoSuchBucket", "0015-00000101")
		refused(t, "PutObject to no bucket", other.PutObject("a", strings.NewReader("x")), 404, "NoSuchBucket", "")
	})
	suite.Case(w.name("error_keys"), func(t *harness.T) {
		_, err := w.bucketWith(t, "nobody", w.settings.AccessSecret).GetObject("a")
		refused(t, "an unknown key", err, 403, "InvalidAccessKeyId", "0002-00000902")
		_, err = w.bucketWith(t, w.settings.AccessKeyID, "wrong").GetObject("a")
		service := refused(t, "a wrong secret", err, 403, "SignatureDoesNotMatch", "")
		t.True("StringToSign", strings.Contains(service.RawMessage, "<StringToSign>"))
		_, err = w.bucketWith(t, w.settings.AccessKeyID, w.settings.AccessSecret, oss.SecurityToken("bogus")).GetObject("a")
		refused(t, "a bogus token", err, 403, "InvalidAccessKeyId", "")
		refused(t, "a key of 1024 bytes", w.bucket.PutObject(strings.Repeat("k", 1024), strings.NewReader("x")), 400,
			"InvalidObjectName", "")
	})
	suite.Case(w.name("error_clock_skew"), func(t *harness.T) {
		for _, off := range []time.Duration{-20 * time.Minute, 20 * time.Minute} {
			_, err := w.bucket.GetObject("a", oss.SetHeader("Date", time.Now().Add(off).UTC().Format(http.TimeFormat)))
			refused(t, off.String(), err, 403, "RequestTimeTooSkewed", "0002-00000504")
		}
	})
	if w.version == oss.AuthV4 {
		suite.Case(w.name("error_signing_region"), func(t *harness.T) {
			_, err := w.bucketWith(t, w.settings.AccessKeyID, w.settings.AccessSecret, oss.Region("elsewhere-1")).GetObject("a")
			refused(t, "GetObject", err, 400, "InvalidArgument", "0002-00000226")
		})
		suite.Case(w.name("object_additional_headers"), func(t *harness.T) {
			bucket := w.bucketWith(t, w.settings.AccessKeyID, w.settings.AccessSecret, oss.AdditionalHeaders([]string{"date", "host"}))
			t.Must("PutObject", bucket.PutObject("additional", strings.NewReader("x")))
			url, err := bucket.SignURL("additional", oss.HTTPGet, 60)
			t.Must("SignURL", err)
			t.Equal("GET", harness.Send(t, "GET", url, nil, nil).Status, 200)
		})
	}
}

// unexpected is the status in this SDK's other kind of error: an answer that is neither right nor an error.
func unexpected(t *harness.T, what string, err error) int {
	var status oss.UnexpectedStatusCodeError
	if !errors.As(err, &status) {
		t.Fatalf("%s: no unexpected status but %v", what, err)
	}
	return status.Got()
}
