package main

import (
	"bytes"
	"net/url"
	"strings"
	"time"

	"github.com/aliyun/aliyun-oss-go-sdk/oss"
	"ossicle.example/conformance/go-harness"
)

func addPresignCases(suite *harness.Suite, w *world) {
	suite.Case(w.name("presign_put_get"), w.presignPutGet)
	suite.Case(w.name("presign_callback_in_query"), w.presignCallbackQuery)
	suite.Case(w.name("presign_callback_in_headers"), w.presignCallbackHeaders)
	suite.Case(w.name("presign_refused"), w.presignRefused)
}

func (w *world) presignPutGet(t *harness.T) {
	const key = "presign/名 字+.txt"
	put, err := w.bucket.SignURL(key, oss.HTTPPut, 600, oss.ContentType("text/x-signed"), oss.Meta("a", "1"))
	t.Must("SignURL", err)
	t.Must("PutObjectWithURL", w.bucket.PutObjectWithURL(put, strings.NewReader("presigned"),
		oss.ContentType("text/x-signed"), oss.Meta("a", "1")))
	get, err := w.bucket.SignURL(key, oss.HTTPGet, 600, oss.ResponseContentType("text/x-over"))
	t.Must("SignURL", err)
	body, err := w.bucket.GetObjectWithURL(get)
	t.Must("GetObjectWithURL", err)
	t.Equal("content", string(readAll(t, body)), "presigned")
	got := harness.Send(t, "GET", get, nil, nil)
	t.Equal("Content-Type", got.Header.Get("Content-Type"), "text/x-over")
	t.Equal("metadata", got.Header.Get("x-oss-meta-a"), "1")
	head, err := w.bucket.SignURL(key, oss.HTTPHead, 600)
	t.Must("SignURL", err)
	t.Equal("HEAD", harness.Send(t, "HEAD", head, nil, nil).Status, 200)
}

func (w *world) presignCallbackQuery(t *harness.T) {
	path, key := "/"+w.name("presign/query"), "presign/query.txt"
	content := []byte("presigned with a callback")
	put, err := w.bucket.SignURL(key, oss.HTTPPut, 600,
		oss.AddParam("callback", harness.Base64(harness.Fields{"callbackUrl": w.app.URL(path),
			"callbackBody": harness.JSONTemplate, "callbackBodyType": harness.JSONType})),
		oss.AddParam("callback-var", harness.Base64(harness.CustomVariables)))
	t.Must("SignURL", err)
	got := harness.Send(t, "PUT", put, nil, content)
	got.CalledBack(t)
	w.checkCall(t, path, harness.JSONType, harness.Upload{Bucket: w.bucket.BucketName, Key: key,
		ETag: got.Header.Get("ETag"), MimeType: "text/plain", RequestID: got.Header.Get("x-oss-request-id"),
		Operation: "PutObject", Content: content})

	tampered, err := url.Parse(put)
	t.Must("parsing the URL", err)
	query := tampered.Query()
	query.Set("callback-var", harness.Base64(harness.Fields{"x:first": "forged"}))
	tampered.RawQuery = query.Encode()
	harness.Send(t, "PUT", tampered.String(), nil, content).Refused(t, "other variables", 403, "SignatureDoesNotMatch")

	w.app.On(path, harness.Reply{Status: 500, Body: "{}"})
	err = w.bucket.PutObjectWithURL(put, bytes.NewReader(content), oss.ContentType(""))
	t.Equal("what the SDK reports of a failing callback", unexpected(t, "PutObjectWithURL", err), 203)
	w.app.Take(path)
}

func (w *world) presignCallbackHeaders(t *harness.T) {
	path := "/" + w.name("presign/headers")
	options := []oss.Option{w.callback(path, "a=${x:a}", harness.FormType),
		oss.CallbackVar(harness.Base64(harness.Fields{"x:a": "1 2"})), oss.ContentType("text/plain")}
	put, err := w.bucket.SignURL("presign/headers", oss.HTTPPut, 600, options...)
	t.Must("SignURL", err)
	response, err := w.bucket.DoPutObjectWithURL(put, strings.NewReader("x"), options)
	t.Must("DoPutObjectWithURL", err)
	t.Equal("reply", string(readAll(t, response.Body)), harness.OK.Body)
	t.Equal("body", w.app.One(t, path, w.bucket.BucketName).Body, "a=1%202")
	harness.Send(t, "PUT", put, map[string]string{"Content-Type": "text/plain"}, []byte("x")).
		Refused(t, "without the signed callback", 403, "SignatureDoesNotMatch")
}

func (w *world) presignRefused(t *harness.T) {
	w.put(t, "presign/refused", []byte("x"))
	soon, err := w.bucket.SignURL("presign/refused", oss.HTTPGet, 1)
	t.Must("SignURL", err)
	get, err := w.bucket.SignURL("presign/refused", oss.HTTPGet, 600)
	t.Must("SignURL", err)
	harness.Send(t, "PUT", get, nil, nil).Refused(t, "another method", 403, "SignatureDoesNotMatch")
	harness.Send(t, "GET", strings.Replace(get, "refused", "other", 1), nil, nil).
		Refused(t, "another key", 403, "SignatureDoesNotMatch")
	time.Sleep(2500 * time.Millisecond)
	harness.Send(t, "GET", soon, nil, nil).Refused(t, "expired", 403, "AccessDenied")
	_, err = w.bucket.GetObjectWithURL(soon)
	refused(t, "GetObjectWithURL", err, 403, "AccessDenied", "")
}
