package main

import (
	"net/http"
	"strings"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"ossicle.example/conformance/go-harness"
)

func addKeyCases(suite *harness.Suite, w *world) {
	for _, row := range harness.KeySpellings {
		row := row
		suite.Case(w.name("key_"+row.Name), func(t *harness.T) { w.keyRoundTrip(t, row.Name, row.Key) })
	}
	suite.Case(w.name("key_invalid"), func(t *harness.T) {
		for what, key := range map[string]string{"1024 bytes": strings.Repeat("k", 1024), "a backslash": "\\a"} {
			_, err := w.client.PutObject(ctx, &oss.PutObjectRequest{Bucket: oss.Ptr(w.bucket), Key: oss.Ptr(key),
				Body: strings.NewReader("x")})
			refused(t, what, err, http.StatusBadRequest, "InvalidObjectName", "")
		}
	})
}

// keyRoundTrip puts with a callback, so that the key is seen by the application server as well.
func (w *world) keyRoundTrip(t *harness.T, name, key string) {
	path := "/" + w.version + "/key/" + name
	content := []byte("content of " + key)
	_, err := w.client.PutObject(ctx, &oss.PutObjectRequest{Bucket: oss.Ptr(w.bucket), Key: oss.Ptr(key),
		Body: strings.NewReader(string(content)), Callback: oss.Ptr(harness.Base64(harness.Fields{
			"callbackUrl": w.app.URL(path), "callbackBody": "object=${object}"}))})
	t.Must("PutObject", err)
	call := w.app.One(t, path, w.bucket)
	t.Equal("callback body", call.Body, "object="+harness.FormEscape(key))

	t.Equal("content", string(w.get(t, key)), string(content))
	t.True("it exists", w.exists(t, key))
	list, err := w.client.ListObjectsV2(ctx, &oss.ListObjectsV2Request{Bucket: oss.Ptr(w.bucket), Prefix: oss.Ptr(key), MaxKeys: 1})
	t.Must("ListObjectsV2", err)
	// Of the keys that begin with this one, it comes first.
	t.True("the list begins with it", len(list.Contents) == 1 && value(list.Contents[0].Key) == key)

	copied := "copies/" + name
	_, err = w.client.CopyObject(ctx, &oss.CopyObjectRequest{Bucket: oss.Ptr(w.bucket), Key: oss.Ptr(copied),
		SourceBucket: oss.Ptr(w.bucket), SourceKey: oss.Ptr(key)})
	t.Must("CopyObject", err)
	t.Equal("content of the copy", string(w.get(t, copied)), string(content))

	url, err := w.client.Presign(ctx, &oss.GetObjectRequest{Bucket: oss.Ptr(w.bucket), Key: oss.Ptr(key)})
	t.Must("Presign", err)
	response, err := http.Get(url.URL)
	t.Must("GET of the presigned URL", err)
	t.Equal("status of the presigned URL", response.StatusCode, 200)
	t.Equal("content of the presigned URL", string(readAll(t, response.Body)), string(content))

	_, err = w.client.DeleteObject(ctx, &oss.DeleteObjectRequest{Bucket: oss.Ptr(w.bucket), Key: oss.Ptr(key)})
	t.Must("DeleteObject", err)
	t.True("it is gone", !w.exists(t, key))
}
