package main

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/aliyun/aliyun-oss-go-sdk/oss"
	"ossicle.example/conformance/go-harness"
)

func addCallbackCases(suite *harness.Suite, w *world) {
	for _, row := range [][2]string{{"form", harness.FormType}, {"json", harness.JSONType}} {
		name, bodyType := row[0], row[1]
		suite.Case(w.name("callback_put_"+name), func(t *harness.T) { w.callbackPut(t, name, bodyType) })
		suite.Case(w.name("callback_complete_"+name), func(t *harness.T) { w.callbackComplete(t, name, bodyType) })
	}
	suite.Case(w.name("callback_upload_file"), w.callbackUploadFile)
	suite.Case(w.name("callback_any_json"), w.callbackAnyJSON)
	suite.Case(w.name("callback_line_feed"), w.callbackLineFeed)
	suite.Case(w.name("callback_without_result"), w.callbackWithoutResult)
	for _, failing := range harness.FailingServers() {
		failing := failing
		if failing.Name == "late" {
			continue // The Go V2 program waits for it; the five seconds prove nothing new here.
		}
		suite.Case(w.name("callback_fails_"+failing.Name), func(t *harness.T) { w.callbackFails(t, failing) })
	}
	for _, invalid := range harness.InvalidParameters(w.app.URL("/never")) {
		invalid := invalid
		suite.Case(w.name("callback_invalid_"+invalid.Name), func(t *harness.T) { w.callbackInvalid(t, invalid) })
	}
}

func template(bodyType string) string {
	if bodyType == harness.JSONType {
		return harness.JSONTemplate
	}
	return harness.FormTemplate
}

// callback is the option a case passes, and path is where the application server is called.
func (w *world) callback(path, body, bodyType string) oss.Option {
	return oss.Callback(harness.Base64(harness.Fields{"callbackUrl": w.app.URL(path), "callbackBody": body,
		"callbackBodyType": bodyType}))
}

func (w *world) checkCall(t *harness.T, path, bodyType string, upload harness.Upload) {
	call := w.app.One(t, path, w.bucket.BucketName)
	wanted := upload.Form()
	if bodyType == harness.JSONType {
		wanted = upload.JSON()
	}
	t.Equal("callback body", call.Body, wanted)
	t.Equal("callback target", call.Target, path)
	t.Equal("callback Host", call.Host, w.app.Address())
	t.Equal("callback Content-Type", call.Header.Get("Content-Type"), bodyType)
	t.Equal("callback x-oss-request-id", call.Header.Get("x-oss-request-id"), upload.RequestID)
}

func (w *world) callbackPut(t *harness.T, name, bodyType string) {
	path, key := "/"+w.name("put/"+name), "callback/名 字+&="+name+".png"
	content := harness.Picture(33, 44)
	var reply []byte
	var header http.Header
	t.Must("PutObject", w.bucket.PutObject(key, bytes.NewReader(content), w.callback(path, template(bodyType), bodyType),
		oss.CallbackVar(harness.Base64(harness.CustomVariables)), oss.CallbackResult(&reply),
		oss.GetResponseHeader(&header)))
	t.Equal("CallbackResult", string(reply), harness.OK.Body)
	t.Equal("Content-Type", header.Get("Content-Type"), "application/json")
	t.Equal("Content-MD5", header.Get("Content-MD5"), harness.MD5Base64(content))
	t.Equal("crc64", header.Get("x-oss-hash-crc64ecma"), harness.CRC64(content))
	w.checkCall(t, path, bodyType, harness.Upload{Bucket: w.bucket.BucketName, Key: key, ETag: header.Get("ETag"),
		MimeType: "image/png", RequestID: header.Get("x-oss-request-id"), Operation: "PutObject", Content: content,
		Width: 33, Height: 44, Format: "png"})
	t.True("the content comes back", bytes.Equal(w.get(t, key), content))
}

func (w *world) callbackComplete(t *harness.T, name, bodyType string) {
	path, key := "/"+w.name("complete/"+name), "callback/multipart-"+name
	content := harness.Bytes(harness.PartSize + 100)
	upload := w.initiate(t, key)
	parts := w.parts(t, upload, content)
	var reply []byte
	var header http.Header
	_, err := w.bucket.CompleteMultipartUpload(upload, parts, w.callback(path, template(bodyType), bodyType),
		oss.CallbackVar(harness.Base64(harness.CustomVariables)), oss.CallbackResult(&reply),
		oss.GetResponseHeader(&header))
	t.Must("CompleteMultipartUpload", err)
	t.Equal("CallbackResult", string(reply), harness.OK.Body)
	t.Equal("ETag", header.Get("ETag"), harness.MultipartETag(content))
	w.checkCall(t, path, bodyType, harness.Upload{Bucket: w.bucket.BucketName, Key: key, ETag: header.Get("ETag"),
		MimeType: "application/octet-stream", RequestID: header.Get("x-oss-request-id"),
		Operation: "CompleteMultipartUpload", Content: content})
	t.True("the content comes back", bytes.Equal(w.get(t, key), content))
}

func (w *world) callbackUploadFile(t *harness.T) {
	path, key := "/"+w.name("upload-file"), "callback/upload-file"
	content := harness.Bytes(2*harness.PartSize + 1)
	directory, err := os.MkdirTemp("", "conformance")
	t.Must("a temporary folder", err)
	defer os.RemoveAll(directory)
	file := filepath.Join(directory, "upload.bin")
	t.Must("writing the file", os.WriteFile(file, content, 0o600))
	var reply []byte
	t.Must("UploadFile", w.bucket.UploadFile(key, file, harness.PartSize, oss.CallbackResult(&reply),
		w.callback(path, "s=${size}&o=${operation}", harness.FormType)))
	// UploadFile hands the callback on to its Complete, but not the place for the reply.
	t.Equal("CallbackResult", string(reply), "")
	t.Equal("body", w.app.One(t, path, w.bucket.BucketName).Body,
		fmt.Sprintf("s=%d&o=CompleteMultipartUpload", len(content)))

	w.app.On(path, harness.Reply{Status: 500, Body: "{}"})
	err = w.bucket.UploadFile(key, file, harness.PartSize, w.callback(path, "b=${bucket}", harness.FormType))
	refused(t, "UploadFile with a failing callback", err, 203, "CallbackFailed", "0007-00000203")
	w.app.One(t, path, w.bucket.BucketName)
	t.True("stored all the same", bytes.Equal(w.get(t, key), content))
}

// callbackAnyJSON: the reply is passed on byte for byte, whatever JSON it is and whatever its type.
func (w *world) callbackAnyJSON(t *harness.T) {
	path := "/" + w.name("any")
	for _, body := range []string{`[1, 2]`, `"text"`, `7`, `null`, "\n{ \"a\" : \"中\" }\n", strings.Repeat(" ", 70000) + "{}"} {
		w.app.On(path, harness.Reply{Status: 200, Body: body, Header: map[string]string{"Content-Type": "text/html"}})
		var reply []byte
		var header http.Header
		t.Must("PutObject", w.bucket.PutObject("callback/any", strings.NewReader("x"), oss.CallbackResult(&reply),
			oss.GetResponseHeader(&header), w.callback(path, "b=${bucket}", harness.FormType)))
		t.Equal("CallbackResult", string(reply), body)
		t.Equal("Content-Type", header.Get("Content-Type"), "application/json")
		w.app.One(t, path, w.bucket.BucketName)
	}
}

// callbackLineFeed: this SDK's samples encode with json.Encoder, which ends the JSON with a line feed.
func (w *world) callbackLineFeed(t *harness.T) {
	path := "/" + w.name("line-feed")
	var reply []byte
	t.Must("PutObject", w.bucket.PutObject("callback/line-feed", strings.NewReader("x"), oss.CallbackResult(&reply),
		oss.Callback(harness.Text(`{"callbackUrl":"`+strings.TrimPrefix(w.app.URL(path), "http://")+
			`","callbackBody":"a=${x:a}","callbackBodyType":"application/x-www-form-urlencoded"}`+"\n")),
		oss.CallbackVar(harness.Text(`{"x:a":"1"}`+"\n"))))
	t.Equal("CallbackResult", string(reply), harness.OK.Body)
	t.Equal("body", w.app.One(t, path, w.bucket.BucketName).Body, "a=1")
}

func (w *world) callbackWithoutResult(t *harness.T) {
	var reply []byte
	t.Must("PutObject", w.bucket.PutObject("callback/none", strings.NewReader("x"), oss.CallbackResult(&reply)))
	t.Equal("an ordinary upload's body", len(reply), 0)
	path := "/" + w.name("no-result")
	t.Must("PutObject", w.bucket.PutObject("callback/none", strings.NewReader("x"),
		w.callback(path, "b=${bucket}", harness.FormType)))
	w.app.One(t, path, w.bucket.BucketName)
}

func (w *world) callbackFails(t *harness.T, failing harness.Failing) {
	path, key := "/"+w.name("fails/"+failing.Name), "callback/fails-"+failing.Name
	option := oss.Callback(harness.Base64(harness.Fields{"callbackUrl": failing.URL(w.app, path), "callbackBody": "b"}))
	check := func(what string, err error, header http.Header, etag string) {
		service := refused(t, what, err, 203, "CallbackFailed", failing.EC)
		t.True(fmt.Sprintf("%s: %q is the message, not %q", what, failing.Message, service.Message),
			failing.Matches(service.Message))
		t.True(what+": HostId", service.HostID != "")
		t.Equal(what+": request id", service.RequestID, header.Get("x-oss-request-id"))
		t.Equal(what+": ETag", header.Get("ETag"), etag)
		t.True(what+": crc64", header.Get("x-oss-hash-crc64ecma") != "")
		t.Equal(what+": Content-Type", header.Get("Content-Type"), "application/xml")
	}
	var reply []byte
	var header http.Header
	err := w.bucket.PutObject(key, strings.NewReader("put"), option, oss.CallbackResult(&reply),
		oss.GetResponseHeader(&header))
	check("PutObject", err, header, harness.ETag([]byte("put")))
	t.Equal("CallbackResult", len(reply), 0)
	t.Equal("stored all the same", string(w.get(t, key)), "put")

	upload := w.initiate(t, key)
	parts := w.parts(t, upload, []byte("multipart"))
	_, err = w.bucket.CompleteMultipartUpload(upload, parts, option, oss.GetResponseHeader(&header))
	check("CompleteMultipartUpload", err, header, harness.MultipartETag([]byte("multipart")))
	t.Equal("completed all the same", string(w.get(t, key)), "multipart")
	w.app.Take(path)
}

func (w *world) callbackInvalid(t *harness.T, invalid harness.Invalid) {
	key := "callback/invalid-" + invalid.Name
	options := []oss.Option{oss.Callback(invalid.Callback)}
	if invalid.CallbackVar != "" {
		options = append(options, oss.CallbackVar(invalid.CallbackVar))
	}
	service := refused(t, "PutObject", w.bucket.PutObject(key, strings.NewReader("x"), options...), 400,
		"InvalidArgument", invalid.EC)
	if invalid.Message != "" {
		t.Equal("message", service.Message, invalid.Message)
	}
	t.True("nothing is stored", !w.exists(t, key))

	upload := w.initiate(t, key)
	parts := w.parts(t, upload, []byte("x"))
	_, err := w.bucket.CompleteMultipartUpload(upload, parts, options...)
	refused(t, "CompleteMultipartUpload", err, 400, "InvalidArgument", invalid.EC)
	t.True("nothing is completed", !w.exists(t, key))
	t.Must("the upload is still there: AbortMultipartUpload", w.bucket.AbortMultipartUpload(upload))
	t.Equal("calls", len(w.app.Take("/never")), 0)
}
