package main

import (
	"bytes"
	"net/url"
	"strings"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"ossicle.example/conformance/go-harness"
)

func addPresignCases(suite *harness.Suite, w *world) {
	suite.Case(w.name("presign_put_get"), w.presignPutGet)
	suite.Case(w.name("presign_refused"), w.presignRefused)
	suite.Case(w.name("presign_callback_in_query"), func(t *harness.T) { w.presignCallback(t, "callback", "callback-var") })
	suite.Case(w.name("presign_callback_in_x_oss_query"), func(t *harness.T) {
		w.presignCallback(t, "x-oss-callback", "x-oss-callback-var")
	})
	suite.Case(w.name("presign_callback_in_headers"), w.presignCallbackHeaders)
	suite.Case(w.name("presign_callback_fails"), w.presignCallbackFails)
	suite.Case(w.name("presign_multipart_callback"), w.presignMultipart)
}

func (w *world) presignPutGet(t *harness.T) {
	bucket, key := oss.Ptr(w.bucket), oss.Ptr("presign/名 字+.txt")
	put, err := w.client.Presign(ctx, &oss.PutObjectRequest{Bucket: bucket, Key: key,
		ContentType: oss.Ptr("text/x-signed"), Metadata: map[string]string{"author": "mingdi"},
		ContentMD5: oss.Ptr(harness.MD5Base64([]byte("presigned")))}, oss.PresignExpires(10*time.Minute))
	t.Must("Presign PutObject", err)
	got := harness.Send(t, put.Method, put.URL, put.SignedHeaders, []byte("presigned"))
	t.Equal("PUT", got.Status, 200)
	t.Equal("PUT: body", got.Body, "")
	t.Equal("PUT: ETag", got.Header.Get("ETag"), harness.ETag([]byte("presigned")))

	get, err := w.client.Presign(ctx, &oss.GetObjectRequest{Bucket: bucket, Key: key,
		ResponseContentDisposition: oss.Ptr("attachment; filename=\"a b+c.txt\"")})
	t.Must("Presign GetObject", err)
	got = harness.Send(t, get.Method, get.URL, get.SignedHeaders, nil)
	t.Equal("GET", got.Status, 200)
	t.Equal("GET: body", got.Body, "presigned")
	t.Equal("GET: Content-Type", got.Header.Get("Content-Type"), "text/x-signed")
	t.Equal("GET: metadata", got.Header.Get("x-oss-meta-author"), "mingdi")
	t.Equal("GET: Content-Disposition", got.Header.Get("Content-Disposition"), "attachment; filename=\"a b+c.txt\"")

	ranged, err := w.client.Presign(ctx, &oss.GetObjectRequest{Bucket: bucket, Key: key, Range: oss.Ptr("bytes=0-2")})
	t.Must("Presign a range", err)
	got = harness.Send(t, ranged.Method, ranged.URL, map[string]string{"Range": "bytes=0-2"}, nil)
	t.Equal("range", got.Status, 206)
	t.Equal("range: body", got.Body, "pre")

	head, err := w.client.Presign(ctx, &oss.HeadObjectRequest{Bucket: bucket, Key: key})
	t.Must("Presign HeadObject", err)
	got = harness.Send(t, head.Method, head.URL, head.SignedHeaders, nil)
	t.Equal("HEAD", got.Status, 200)
	t.Equal("HEAD: length", got.Header.Get("Content-Length"), "9")
}

func (w *world) presignRefused(t *harness.T) {
	w.put(t, "presign/refused", []byte("x"))
	bucket, key := oss.Ptr(w.bucket), oss.Ptr("presign/refused")
	soon, err := w.client.Presign(ctx, &oss.GetObjectRequest{Bucket: bucket, Key: key}, oss.PresignExpires(time.Second))
	t.Must("Presign for a second", err)
	time.Sleep(2500 * time.Millisecond)
	harness.Send(t, "GET", soon.URL, nil, nil).Refused(t, "expired", 403, "AccessDenied")

	get, err := w.client.Presign(ctx, &oss.GetObjectRequest{Bucket: bucket, Key: key})
	t.Must("Presign GetObject", err)
	harness.Send(t, "PUT", get.URL, nil, []byte("y")).Refused(t, "another method", 403, "SignatureDoesNotMatch")
	other := strings.Replace(get.URL, "refused", "another", 1)
	harness.Send(t, "GET", other, nil, nil).Refused(t, "another key", 403, "SignatureDoesNotMatch")
	harness.Send(t, "GET", get.URL+"&response-content-type=text%2Fhtml", nil, nil).
		Refused(t, "a signed parameter added", 403, "SignatureDoesNotMatch")

	put, err := w.client.Presign(ctx, &oss.PutObjectRequest{Bucket: bucket, Key: key,
		ContentType: oss.Ptr("text/plain"), Acl: oss.ObjectACLPrivate})
	t.Must("Presign PutObject", err)
	harness.Send(t, "PUT", put.URL, map[string]string{"Content-Type": "text/plain"}, []byte("y")).
		Refused(t, "a signed header left out", 403, "SignatureDoesNotMatch")
	harness.Send(t, "PUT", put.URL, map[string]string{"Content-Type": "text/html", "x-oss-object-acl": "private"}, []byte("y")).
		Refused(t, "another Content-Type", 403, "SignatureDoesNotMatch")
	t.Equal("content", string(w.get(t, "presign/refused")), "x")
}

func (w *world) presignCallback(t *harness.T, parameter, variables string) {
	path, key := "/"+w.version+"/presign/"+parameter, "presign/"+parameter+".txt"
	content := []byte("presigned with a callback")
	put, err := w.client.Presign(ctx, &oss.PutObjectRequest{Bucket: oss.Ptr(w.bucket), Key: oss.Ptr(key),
		RequestCommon: oss.RequestCommon{Parameters: map[string]string{
			parameter: harness.Base64(harness.Fields{"callbackUrl": w.app.URL(path),
				"callbackBody": harness.FormTemplate, "callbackBodyType": harness.FormType}),
			variables: harness.Base64(harness.CustomVariables)}}})
	t.Must("Presign", err)
	got := harness.Send(t, put.Method, put.URL, put.SignedHeaders, content)
	got.CalledBack(t)
	checkCall(t, w.app.One(t, path, w.bucket), harness.FormType, harness.Upload{Bucket: w.bucket, Key: key,
		ETag: got.Header.Get("ETag"), MimeType: "text/plain", RequestID: got.Header.Get("x-oss-request-id"),
		Operation: "PutObject", Content: content})

	// Whoever got the URL must not send the callback elsewhere.
	tampered, err := url.Parse(put.URL)
	t.Must("parsing the URL", err)
	query := tampered.Query()
	query.Set(parameter, harness.Base64(harness.Fields{"callbackUrl": w.app.URL("/never"), "callbackBody": "b"}))
	tampered.RawQuery = query.Encode()
	harness.Send(t, put.Method, tampered.String(), put.SignedHeaders, content).
		Refused(t, "another callback", 403, "SignatureDoesNotMatch")
}

func (w *world) presignCallbackHeaders(t *harness.T) {
	path := "/" + w.version + "/presign/headers"
	put, err := w.client.Presign(ctx, &oss.PutObjectRequest{Bucket: oss.Ptr(w.bucket), Key: oss.Ptr("presign/headers"),
		ContentType: oss.Ptr("text/plain"),
		Callback: oss.Ptr(harness.Base64(harness.Fields{"callbackUrl": w.app.URL(path),
			"callbackBody": "m=${mimeType}&a=${x:a}"})),
		CallbackVar: oss.Ptr(harness.Base64(harness.Fields{"x:a": "1 2"}))})
	t.Must("Presign", err)
	t.True("the callback is a signed header", put.SignedHeaders["X-Oss-Callback"] != "")
	harness.Send(t, put.Method, put.URL, put.SignedHeaders, []byte("x")).CalledBack(t)
	t.Equal("body", w.app.One(t, path, w.bucket).Body, "m=text%2Fplain&a=1%202")
	harness.Send(t, put.Method, put.URL, map[string]string{"Content-Type": "text/plain"}, []byte("x")).
		Refused(t, "without the signed callback", 403, "SignatureDoesNotMatch")
}

func (w *world) presignCallbackFails(t *harness.T) {
	path := "/" + w.version + "/presign/fails"
	w.app.On(path, harness.Reply{Status: 502, Body: "{}"})
	put, err := w.client.Presign(ctx, &oss.PutObjectRequest{Bucket: oss.Ptr(w.bucket), Key: oss.Ptr("presign/fails"),
		RequestCommon: oss.RequestCommon{Parameters: map[string]string{"callback": harness.Base64(harness.Fields{
			"callbackUrl": w.app.URL(path), "callbackBody": "b=${bucket}"})}}})
	t.Must("Presign", err)
	got := harness.Send(t, put.Method, put.URL, put.SignedHeaders, []byte("x"))
	got.Refused(t, "PUT", 203, "CallbackFailed")
	t.True("message", strings.Contains(got.Body, "<Message>Error status : 502.</Message>"))
	t.True("EC", strings.Contains(got.Body, "<EC>0007-00000203</EC>"))
	t.Equal("Content-Type", got.Header.Get("Content-Type"), "application/xml")
	t.Equal("ETag", got.Header.Get("ETag"), harness.ETag([]byte("x")))
	w.app.One(t, path, w.bucket)
	t.True("stored all the same", w.exists(t, "presign/fails"))

	put, err = w.client.Presign(ctx, &oss.PutObjectRequest{Bucket: oss.Ptr(w.bucket), Key: oss.Ptr("presign/invalid"),
		RequestCommon: oss.RequestCommon{Parameters: map[string]string{"callback": harness.Text("error argument")}}})
	t.Must("Presign", err)
	got = harness.Send(t, put.Method, put.URL, put.SignedHeaders, []byte("x"))
	got.Refused(t, "invalid parameter", 400, "InvalidArgument")
	t.True("EC of the invalid parameter", strings.Contains(got.Body, "<EC>0007-00000003</EC>"))
	t.True("nothing is stored", !w.exists(t, "presign/invalid"))
}

func (w *world) presignMultipart(t *harness.T) {
	path, key := "/"+w.version+"/presign/multipart", oss.Ptr("presign/multipart.bin")
	content := harness.Bytes(harness.PartSize + 9)
	bucket := oss.Ptr(w.bucket)
	upload := w.initiate(t, *key)
	var xml strings.Builder
	xml.WriteString("<CompleteMultipartUpload>")
	for number, piece := range [][]byte{content[:harness.PartSize], content[harness.PartSize:]} {
		part, err := w.client.Presign(ctx, &oss.UploadPartRequest{Bucket: bucket, Key: key, UploadId: upload,
			PartNumber: int32(number + 1)})
		t.Must("Presign UploadPart", err)
		got := harness.Send(t, part.Method, part.URL, part.SignedHeaders, piece)
		t.Equal("UploadPart", got.Status, 200)
		xml.WriteString("<Part><PartNumber>" + string(rune('1'+number)) + "</PartNumber><ETag>" +
			strings.ReplaceAll(got.Header.Get("ETag"), `"`, "&quot;") + "</ETag></Part>")
	}
	xml.WriteString("</CompleteMultipartUpload>")
	complete, err := w.client.Presign(ctx, &oss.CompleteMultipartUploadRequest{Bucket: bucket, Key: key,
		UploadId: upload, RequestCommon: oss.RequestCommon{Parameters: map[string]string{
			"callback": harness.Base64(harness.Fields{"callbackUrl": w.app.URL(path),
				"callbackBody": "s=${size}&o=${operation}"})}}})
	t.Must("Presign CompleteMultipartUpload", err)
	got := harness.Send(t, complete.Method, complete.URL, complete.SignedHeaders, []byte(xml.String()))
	got.CalledBack(t)
	t.Equal("ETag", got.Header.Get("ETag"), harness.MultipartETag(content))
	t.Equal("body", w.app.One(t, path, w.bucket).Body, "s=102409&o=CompleteMultipartUpload")
	t.True("the content comes back", bytes.Equal(w.get(t, *key), content))
}
