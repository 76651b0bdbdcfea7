package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/signer"
	"ossicle.example/conformance/go-harness"
)

func addCallbackCases(suite *harness.Suite, w *world) {
	suite.Case(w.name("callback_put_form"), func(t *harness.T) { w.callbackPut(t, "form", harness.FormType) })
	suite.Case(w.name("callback_put_json"), func(t *harness.T) { w.callbackPut(t, "json", harness.JSONType) })
	suite.Case(w.name("callback_put_image"), w.callbackImage)
	suite.Case(w.name("callback_complete_form"), func(t *harness.T) { w.callbackComplete(t, "form", harness.FormType) })
	suite.Case(w.name("callback_complete_json"), func(t *harness.T) { w.callbackComplete(t, "json", harness.JSONType) })
	suite.Case(w.name("callback_uploader"), w.callbackUploader)
	suite.Case(w.name("callback_request_target"), w.callbackTarget)
	suite.Case(w.name("callback_host_and_headers"), w.callbackHostAndHeaders)
	suite.Case(w.name("callback_several_urls"), w.callbackSeveralURLs)
	suite.Case(w.name("callback_json_noise"), w.callbackNoise)
	suite.Case(w.name("callback_literal_bodies"), w.callbackLiterals)
	suite.Case(w.name("callback_reply_not_an_object"), w.callbackArrayReply)
	suite.Case(w.name("callback_ignored_elsewhere"), w.callbackIgnored)
	suite.Case(w.name("callback_header_and_query"), w.callbackConflict)
	suite.Case(w.name("callback_policy"), w.callbackPolicy)
	suite.Case(w.name("callback_trigger"), w.callbackTrigger)
	for _, failing := range harness.FailingServers() {
		failing := failing
		if failing.Name == "late" && w.version != "v4" {
			continue // Five seconds of waiting prove nothing new under another signature.
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

// checkCall compares what the application server got with what the upload was.
func checkCall(t *harness.T, call harness.Call, bodyType string, upload harness.Upload) {
	wanted := upload.Form()
	if bodyType == harness.JSONType {
		wanted = upload.JSON()
	}
	t.Equal("callback body", call.Body, wanted)
	t.Equal("callback Content-Type", call.Header.Get("Content-Type"), bodyType)
	t.Equal("callback x-oss-request-id", call.Header.Get("x-oss-request-id"), upload.RequestID)
}

// checkAnswer checks what the SDK reports of an answered callback.
func checkAnswer(t *harness.T, result map[string]any, headers map[string][]string, status int) {
	t.Equal("status", status, 200)
	t.Equal("CallbackResult", result, map[string]any{"Status": "OK"})
	t.Equal("Content-Type", strings.Join(headers["Content-Type"], ","), "application/json")
	t.Equal("Content-Length", strings.Join(headers["Content-Length"], ","), fmt.Sprint(len(harness.OK.Body)))
}

func (w *world) callbackPut(t *harness.T, name, bodyType string) {
	path, key := "/"+w.version+"/put/"+name, "callback/名 字+&="+name+".txt"
	content := []byte("Hello OSS, " + name)
	w.app.On(path, harness.OK)
	result, err := w.client.PutObject(ctx, &oss.PutObjectRequest{Bucket: oss.Ptr(w.bucket), Key: oss.Ptr(key),
		Body: bytes.NewReader(content),
		Callback: oss.Ptr(harness.Base64(harness.Fields{"callbackUrl": w.app.URL(path),
			"callbackBody": template(bodyType), "callbackBodyType": bodyType})),
		CallbackVar: oss.Ptr(harness.Base64(harness.CustomVariables))})
	t.Must("PutObject", err)
	checkAnswer(t, result.CallbackResult, result.Headers, result.StatusCode)
	t.Equal("ETag", value(result.ETag), harness.ETag(content))
	t.Equal("crc64", value(result.HashCRC64), harness.CRC64(content))
	t.Equal("Content-MD5", value(result.ContentMD5), harness.MD5Base64(content))
	call := w.app.One(t, path, w.bucket)
	t.Equal("callback target", call.Target, path)
	t.Equal("callback Host", call.Host, w.app.Address())
	checkCall(t, call, bodyType, harness.Upload{Bucket: w.bucket, Key: key, ETag: value(result.ETag),
		MimeType: "text/plain", RequestID: result.Headers.Get("x-oss-request-id"), Operation: "PutObject",
		Content: content})
	t.Equal("content", string(w.get(t, key)), string(content))
}

func (w *world) callbackImage(t *harness.T) {
	content := harness.Picture(810, 539)
	for _, bodyType := range []string{harness.FormType, harness.JSONType} {
		path := "/" + w.version + "/image"
		result, err := w.client.PutObject(ctx, &oss.PutObjectRequest{Bucket: oss.Ptr(w.bucket),
			Key: oss.Ptr("callback/picture.png"), Body: bytes.NewReader(content),
			Callback: oss.Ptr(harness.Base64(harness.Fields{"callbackUrl": w.app.URL(path),
				"callbackBody": template(bodyType), "callbackBodyType": bodyType})),
			CallbackVar: oss.Ptr(harness.Base64(harness.CustomVariables))})
		t.Must("PutObject", err)
		checkCall(t, w.app.One(t, path, w.bucket), bodyType, harness.Upload{Bucket: w.bucket,
			Key: "callback/picture.png", ETag: value(result.ETag), MimeType: "image/png",
			RequestID: result.Headers.Get("x-oss-request-id"), Operation: "PutObject", Content: content,
			Width: 810, Height: 539, Format: "png"})
	}
}

func (w *world) callbackComplete(t *harness.T, name, bodyType string) {
	path, key := "/"+w.version+"/complete/"+name, "callback/multipart-"+name+".txt"
	content := harness.Bytes(harness.PartSize + 100)
	upload := w.initiate(t, key)
	first := w.part(t, key, upload, 1, content[:harness.PartSize])
	second := w.part(t, key, upload, 2, content[harness.PartSize:])
	result, err := w.client.CompleteMultipartUpload(ctx, &oss.CompleteMultipartUploadRequest{
		Bucket: oss.Ptr(w.bucket), Key: oss.Ptr(key), UploadId: upload,
		CompleteMultipartUpload: &oss.CompleteMultipartUpload{Parts: []oss.UploadPart{first, second}},
		Callback: oss.Ptr(harness.Base64(harness.Fields{"callbackUrl": w.app.URL(path),
			"callbackBody": template(bodyType), "callbackBodyType": bodyType})),
		CallbackVar: oss.Ptr(harness.Base64(harness.CustomVariables))})
	t.Must("CompleteMultipartUpload", err)
	checkAnswer(t, result.CallbackResult, result.Headers, result.StatusCode)
	t.Equal("crc64", value(result.HashCRC64), harness.CRC64(content))
	checkCall(t, w.app.One(t, path, w.bucket), bodyType, harness.Upload{Bucket: w.bucket, Key: key,
		ETag: result.Headers.Get("ETag"), MimeType: "text/plain",
		RequestID: result.Headers.Get("x-oss-request-id"), Operation: "CompleteMultipartUpload", Content: content})
	t.Equal("ETag", result.Headers.Get("ETag"), harness.MultipartETag(content))
	t.True("the content comes back", bytes.Equal(w.get(t, key), content))
}

// callbackUploader lets the SDK choose between one piece and parts. Its result has no room for the reply, so the
// application server is the witness; a failing callback must surface as an error all the same.
func (w *world) callbackUploader(t *harness.T) {
	directory, err := os.MkdirTemp("", "conformance")
	t.Must("a temporary folder", err)
	defer os.RemoveAll(directory)
	uploader := w.client.NewUploader(func(o *oss.UploaderOptions) { o.PartSize = harness.PartSize })
	for name, content := range map[string][]byte{"one": harness.Bytes(1000), "many": harness.Bytes(3*harness.PartSize + 1)} {
		file := filepath.Join(directory, name)
		t.Must("writing the file", os.WriteFile(file, content, 0o600))
		path, key := "/"+w.version+"/uploader/"+name, "callback/uploader-"+name
		request := func() *oss.PutObjectRequest {
			return &oss.PutObjectRequest{Bucket: oss.Ptr(w.bucket), Key: oss.Ptr(key),
				Callback: oss.Ptr(harness.Base64(harness.Fields{"callbackUrl": w.app.URL(path),
					"callbackBody": "size=${size}&v=${x:first}"})),
				CallbackVar: oss.Ptr(harness.Base64(harness.CustomVariables))}
		}
		w.app.On(path, harness.OK)
		result, err := uploader.UploadFile(ctx, request(), file)
		t.Must("UploadFile "+name, err)
		t.Equal("crc64", value(result.HashCRC64), harness.CRC64(content))
		t.Equal("body", w.app.One(t, path, w.bucket).Body,
			fmt.Sprintf("size=%d&v=value%%2F1%%20%%26%%20more%%2B", len(content)))

		w.app.On(path, harness.Reply{Status: 500, Body: "{}"})
		_, err = uploader.UploadFile(ctx, request(), file)
		refused(t, "UploadFile "+name+" with a failing callback", err, 203, "CallbackFailed", "0007-00000203")
		w.app.One(t, path, w.bucket)
		t.True("stored all the same", bytes.Equal(w.get(t, key), content))
	}
}

// putWith stores an object with callback parameters given as JSON members.
func (w *world) putWith(key string, fields harness.Fields) (*oss.PutObjectResult, error) {
	return w.client.PutObject(ctx, &oss.PutObjectRequest{Bucket: oss.Ptr(w.bucket), Key: oss.Ptr(key),
		Body: strings.NewReader("content"), Callback: oss.Ptr(harness.Base64(fields))})
}

func (w *world) callbackTarget(t *harness.T) {
	start := "/" + w.version + "/target"
	for _, target := range []string{
		"/plain?user=put&empty=&flag&x=%2F%20", "/a%20b/c+d%2Be", "/%E4%B8%AD%E6%96%87?q=%E4%B8%AD+x", "/dots/../up/./x",
		"/double//slash",
	} {
		_, err := w.putWith("callback/target", harness.Fields{"callbackUrl": w.app.URL(start + target),
			"callbackBody": "b=${bucket}"})
		t.Must(target, err)
		decoded, _, _ := strings.Cut(start+target, "?")
		decoded, err = url.PathUnescape(decoded)
		t.Must(target, err)
		t.Equal("target", w.app.One(t, decoded, w.bucket).Target, start+target)
	}
}

func (w *world) callbackHostAndHeaders(t *harness.T) {
	path := "/" + w.version + "/host"
	_, err := w.putWith("callback/host", harness.Fields{
		// Without a scheme it is http; a trailing semicolon is tolerated.
		"callbackUrl": strings.TrimPrefix(w.app.URL(path), "http://") + ";", "callbackHost": "app.example.com",
		"callbackBody": "b=${bucket}", "callbackSNI": true,
		"additionalHeaders": harness.Fields{"X-Token": "secret", "x-trace": "1"}})
	t.Must("PutObject", err)
	call := w.app.One(t, path, w.bucket)
	t.Equal("Host", call.Host, "app.example.com")
	t.Equal("X-Token", call.Header.Get("X-Token"), "secret")
	t.Equal("x-trace", call.Header.Get("x-trace"), "1")
	t.Equal("Content-Type", call.Header.Get("Content-Type"), harness.FormType)
}

func (w *world) callbackSeveralURLs(t *harness.T) {
	start := "/" + w.version + "/several/"
	w.app.On(start+"broken", harness.Reply{Status: 500, Body: "{}"})
	w.app.On(start+"also", harness.Reply{Status: 404, Body: "{}"})
	urls := strings.Join([]string{"http://" + harness.RefusedAddress() + "/", w.app.URL(start + "broken"),
		w.app.URL(start + "good"), w.app.URL(start + "unused")}, ";")
	result, err := w.putWith("callback/several", harness.Fields{"callbackUrl": urls, "callbackBody": "b=${bucket}"})
	t.Must("PutObject", err)
	checkAnswer(t, result.CallbackResult, result.Headers, result.StatusCode)
	w.app.One(t, start+"broken", w.bucket)
	w.app.One(t, start+"good", w.bucket)
	t.Equal("calls after a success", len(w.app.Take(start+"unused")), 0)

	_, err = w.putWith("callback/several", harness.Fields{"callbackBody": "b=${bucket}",
		"callbackUrl": w.app.URL(start+"broken") + ";" + w.app.URL(start+"also")})
	service := refused(t, "all broken", err, 203, "CallbackFailed", "0007-00000203")
	t.Equal("the last one's message", service.Message, "Error status : 404.")
	w.app.Take(start + "broken")
	w.app.Take(start + "also")
}

func (w *world) callbackNoise(t *harness.T) {
	path := "/" + w.version + "/noise"
	target := w.app.URL(path)
	escaped := strings.ReplaceAll(target, "/", `\/`)
	for what, text := range map[string]string{
		"a line feed at the end":    `{"callbackUrl":"` + target + `","callbackBody":"b=${bucket}"}` + "\n",
		"spaces inside":             `{ "callbackUrl" : "` + target + `" , "callbackBody" : "b=${bucket}" } `,
		"escaped slashes":           `{"callbackUrl":"` + escaped + `","callbackBody":"b=${bucket}"}`,
		"escaped letters":           `{"callbackUrl":"` + target + `","callbackBody":"b=$\u007bbucket}"}`,
		"members nobody knows":      `{"callbackUrl":"` + target + `","callbackBody":"b=${bucket}","callbackBodyTyp":1}`,
		"a single trailing newline": "\n" + `{"callbackUrl":"` + target + `","callbackBody":"b=${bucket}"}`,
	} {
		result, err := w.client.PutObject(ctx, &oss.PutObjectRequest{Bucket: oss.Ptr(w.bucket),
			Key: oss.Ptr("callback/noise"), Body: strings.NewReader("x"), Callback: oss.Ptr(harness.Text(text)),
			CallbackVar: oss.Ptr(harness.Text(`{"x:a":"1" , "no-prefix":"2" }` + "\n"))})
		t.Must(what, err)
		checkAnswer(t, result.CallbackResult, result.Headers, result.StatusCode)
		t.Equal(what, w.app.One(t, path, w.bucket).Body, "b="+w.bucket)
	}
	for _, text := range []string{`{"callbackUrl":"","callbackBody":"b=${bucket}"}`, `{"callbackBody":"b=${bucket}"}`} {
		result, err := w.client.PutObject(ctx, &oss.PutObjectRequest{Bucket: oss.Ptr(w.bucket),
			Key: oss.Ptr("callback/noise"), Body: strings.NewReader("x"), Callback: oss.Ptr(harness.Text(text))})
		t.Must("no URL", err)
		t.Equal("an ordinary upload's body", len(result.CallbackResult), 0)
	}
	result, err := w.client.PutObject(ctx, &oss.PutObjectRequest{Bucket: oss.Ptr(w.bucket),
		Key: oss.Ptr("callback/noise"), Body: strings.NewReader("x"), CallbackVar: oss.Ptr(""),
		Callback: oss.Ptr(harness.Base64(harness.Fields{"callbackUrl": target, "callbackBody": "v=${x:a}"}))})
	t.Must("empty variables", err)
	checkAnswer(t, result.CallbackResult, result.Headers, result.StatusCode)
	t.Equal("empty variables", w.app.One(t, path, w.bucket).Body, "v=")
}

func (w *world) callbackLiterals(t *harness.T) {
	path := "/" + w.version + "/literal"
	for _, row := range []struct{ bodyType, template, body string }{
		{harness.FormType, "put-object-callback", "put-object-callback"},
		{harness.JSONType, "春水碧于天，画船听雨眠。", "春水碧于天，画船听雨眠。"},
		{harness.JSONType, `{"上片":"夏日好，月色白如雪。" ,"下片":"东山照欢会"}`, `{"上片":"夏日好，月色白如雪。" ,"下片":"东山照欢会"}`},
		{harness.JSONType, "bucket=${bucket}", `bucket="` + w.bucket + `"`},
		{harness.JSONType, `{"name":"${bucket}"}`, `{"name":""` + w.bucket + `""}`},
		{harness.FormType, "b=%24%7Bbucket%7D", "b=%24%7Bbucket%7D"},
	} {
		result, err := w.putWith("callback/literal", harness.Fields{"callbackUrl": w.app.URL(path),
			"callbackBody": row.template, "callbackBodyType": row.bodyType})
		t.Must(row.template, err)
		checkAnswer(t, result.CallbackResult, result.Headers, result.StatusCode)
		t.Equal(row.template, w.app.One(t, path, w.bucket).Body, row.body)
	}
}

// callbackArrayReply: any JSON is a success for OSS, but this SDK reads the reply as an object and fails.
func (w *world) callbackArrayReply(t *harness.T) {
	path := "/" + w.version + "/array"
	w.app.On(path, harness.Reply{Status: 200, Body: `[1,2]`})
	_, err := w.putWith("callback/array", harness.Fields{"callbackUrl": w.app.URL(path), "callbackBody": "b"})
	var wrong *json.UnmarshalTypeError
	t.True(fmt.Sprintf("the SDK cannot read an array as an object: %v", err), errors.As(err, &wrong))
	w.app.One(t, path, w.bucket)
	t.True("the object is stored", w.exists(t, "callback/array"))
}

// callbackIgnored: only PutObject, CompleteMultipartUpload and PostObject call back.
func (w *world) callbackIgnored(t *harness.T) {
	path := "/" + w.version + "/ignored"
	common := oss.RequestCommon{Headers: map[string]string{"x-oss-callback": harness.Base64(harness.Fields{
		"callbackUrl": w.app.URL(path), "callbackBody": "b=${bucket}"})}}
	_, err := w.client.AppendObject(ctx, &oss.AppendObjectRequest{Bucket: oss.Ptr(w.bucket),
		Key: oss.Ptr("callback/appended"), Position: oss.Ptr(int64(0)), Body: strings.NewReader("x"),
		RequestCommon: common})
	t.Must("AppendObject", err)
	_, err = w.client.CopyObject(ctx, &oss.CopyObjectRequest{Bucket: oss.Ptr(w.bucket),
		Key: oss.Ptr("callback/copied"), SourceKey: oss.Ptr("callback/appended"), RequestCommon: common})
	t.Must("CopyObject", err)
	result, err := w.client.InitiateMultipartUpload(ctx, &oss.InitiateMultipartUploadRequest{
		Bucket: oss.Ptr(w.bucket), Key: oss.Ptr("callback/initiated"), RequestCommon: common})
	t.Must("InitiateMultipartUpload", err)
	_, err = w.client.UploadPart(ctx, &oss.UploadPartRequest{Bucket: oss.Ptr(w.bucket), PartNumber: 1,
		Key: oss.Ptr("callback/initiated"), UploadId: result.UploadId, Body: strings.NewReader("x"),
		RequestCommon: common})
	t.Must("UploadPart", err)
	w.abort(t, "callback/initiated", result.UploadId)
	t.Equal("calls", len(w.app.Take(path)), 0)
}

func (w *world) callbackConflict(t *harness.T) {
	parameter := harness.Base64(harness.Fields{"callbackUrl": w.app.URL("/never"), "callbackBody": "b=${bucket}"})
	variables := harness.Base64(harness.Fields{"x:a": "1"})
	for _, row := range []struct {
		query map[string]string
		ec    string
	}{
		{map[string]string{"callback": parameter}, "0007-00000027"},
		{map[string]string{"callback-var": variables}, "0007-00000028"},
	} {
		_, err := w.client.PutObject(ctx, &oss.PutObjectRequest{Bucket: oss.Ptr(w.bucket),
			Key: oss.Ptr("callback/conflict"), Body: strings.NewReader("x"), Callback: oss.Ptr(parameter),
			CallbackVar: oss.Ptr(variables), RequestCommon: oss.RequestCommon{Parameters: row.query}})
		refused(t, "PutObject", err, 400, "InvalidArgument", row.ec)
	}
	t.True("nothing is stored", !w.exists(t, "callback/conflict"))
}

// callbackPolicy keeps a policy in the bucket and names it in an upload. The SDK has no call for it, only the
// general one.
func (w *world) callbackPolicy(t *harness.T) {
	path := "/" + w.version + "/policy"
	operation := func(method, body string) (*oss.OperationOutput, error) {
		input := &oss.OperationInput{OpName: "BucketCallbackPolicy", Method: method, Bucket: oss.Ptr(w.bucket),
			Parameters: map[string]string{"policy": "", "comp": "callback"}}
		if body != "" {
			input.Body = strings.NewReader(body)
			input.Headers = map[string]string{"Content-MD5": harness.MD5Base64([]byte(body))}
		}
		input.OpMetadata.Set(signer.SubResource, []string{"policy", "comp"})
		return w.client.InvokeOperation(ctx, input)
	}
	_, err := operation("GET", "")
	refused(t, "GET of none", err, 404, "BucketCallbackPolicyNotExist", "")
	document := `<?xml version="1.0" encoding="UTF-8"?><BucketCallbackPolicy><PolicyItem><PolicyName>first</PolicyName>` +
		`<Callback>` + harness.Base64(harness.Fields{"callbackUrl": w.app.URL(path),
		"callbackBody": "a=${x:a}&b=${x:b}&object=${object}"}) + `</Callback><CallbackVar>` +
		harness.Base64(harness.Fields{"x:a": "policy", "x:b": "policy"}) + `</CallbackVar></PolicyItem>` +
		`<PolicyItem><PolicyName>second</PolicyName><Callback>` + harness.Base64(harness.Fields{
		"callbackUrl": "www.example.com/callback", "callbackBody": "b"}) +
		`</Callback><CallbackVar></CallbackVar></PolicyItem></BucketCallbackPolicy>`
	_, err = operation("PUT", document)
	t.Must("PUT", err)
	output, err := operation("GET", "")
	t.Must("GET", err)
	got := string(readAll(t, output.Body))
	for _, element := range []string{"<PolicyName>first</PolicyName>", "<PolicyName>second</PolicyName>"} {
		t.True(element+" comes back", strings.Contains(got, element))
	}
	result, err := w.client.PutObject(ctx, &oss.PutObjectRequest{Bucket: oss.Ptr(w.bucket),
		Key: oss.Ptr("callback/policy"), Body: strings.NewReader("x"),
		Callback:    oss.Ptr(harness.Text(`{"callbackPolicy":"first"} `)),
		CallbackVar: oss.Ptr(harness.Base64(harness.Fields{"x:b": "request"}))})
	t.Must("PutObject", err)
	checkAnswer(t, result.CallbackResult, result.Headers, result.StatusCode)
	t.Equal("body", w.app.One(t, path, w.bucket).Body, "a=policy&b=request&object=callback%2Fpolicy")
	for range [2]int{} {
		output, err = operation("DELETE", "")
		t.Must("DELETE", err)
		t.Equal("status of DELETE", output.StatusCode, 204)
	}
	_, err = operation("GET", "")
	refused(t, "GET after DELETE", err, 404, "BucketCallbackPolicyNotExist", "")
}

// callbackTrigger calls back for an object that exists, as the mobile SDKs do.
func (w *world) callbackTrigger(t *harness.T) {
	path := "/" + w.version + "/trigger"
	content := []byte("triggered")
	w.put(t, "callback/trigger.txt", content)
	trigger := func(callback string) (*oss.OperationOutput, error) {
		body := "x-oss-process=trigger/callback,callback_" + callback + ",callback-var_" +
			harness.Base64(harness.Fields{"x:a": "1"})
		input := &oss.OperationInput{OpName: "ProcessObject", Method: "POST", Bucket: oss.Ptr(w.bucket),
			Key: oss.Ptr("callback/trigger.txt"), Parameters: map[string]string{"x-oss-process": ""},
			Headers: map[string]string{"Content-MD5": harness.MD5Base64([]byte(body))}, Body: strings.NewReader(body)}
		return w.client.InvokeOperation(ctx, input)
	}
	output, err := trigger(harness.Base64(harness.Fields{"callbackUrl": w.app.URL(path),
		"callbackBody": "o=${object}&e=${etag}&s=${size}&m=${mimeType}&op=${operation}&md5=${contentMd5}&a=${x:a}"}))
	t.Must("trigger", err)
	t.Equal("status", output.StatusCode, 200)
	t.Equal("reply", string(readAll(t, output.Body)), harness.OK.Body)
	t.Equal("body", w.app.One(t, path, w.bucket).Body, "o=callback%2Ftrigger.txt&e="+
		strings.Trim(harness.ETag(content), `"`)+"&s=9&m=text%2Fplain&op=PostProcess&md5=&a=1")
	_, err = trigger("")
	t.Equal("an empty parameter: status", serviceError(t, "an empty parameter", err).StatusCode, 400)
}

// callbackFails plays a broken application server for a put and for a complete.
func (w *world) callbackFails(t *harness.T, failing harness.Failing) {
	path, key := "/"+w.version+"/fails/"+failing.Name, "callback/fails-"+failing.Name
	content := "content"
	fields := harness.Fields{"callbackUrl": failing.URL(w.app, path), "callbackBody": "b=${bucket}"}
	_, err := w.putWith(key, fields)
	w.checkFailure(t, failing, "PutObject", err, harness.ETag([]byte(content)))
	t.Equal("stored all the same", string(w.get(t, key)), content)
	if !failing.Refused {
		w.app.One(t, path, w.bucket)
	}
	if failing.Name == "late" {
		return
	}
	upload := w.initiate(t, key)
	part := w.part(t, key, upload, 1, []byte("multipart"))
	_, err = w.client.CompleteMultipartUpload(ctx, &oss.CompleteMultipartUploadRequest{Bucket: oss.Ptr(w.bucket),
		Key: oss.Ptr(key), UploadId: upload, Callback: oss.Ptr(harness.Base64(fields)),
		CompleteMultipartUpload: &oss.CompleteMultipartUpload{Parts: []oss.UploadPart{part}}})
	w.checkFailure(t, failing, "CompleteMultipartUpload", err, harness.MultipartETag([]byte("multipart")))
	t.Equal("completed all the same", string(w.get(t, key)), "multipart")
	w.app.Take(path)
}

func (w *world) checkFailure(t *harness.T, failing harness.Failing, what string, err error, etag string) {
	service := refused(t, what, err, 203, "CallbackFailed", failing.EC)
	t.True(fmt.Sprintf("%s: %q is the message, not %q", what, failing.Message, service.Message),
		failing.Matches(service.Message))
	t.Equal(what+": Content-Type", service.Headers.Get("Content-Type"), "application/xml")
	t.Equal(what+": ETag", service.Headers.Get("ETag"), etag)
	t.True(what+": crc64", service.Headers.Get("x-oss-hash-crc64ecma") != "")
	t.True(what+": HostId", strings.Contains(string(service.Snapshot), "<HostId>"))
}

func (w *world) callbackInvalid(t *harness.T, invalid harness.Invalid) {
	key := "callback/invalid-" + invalid.Name
	request := &oss.PutObjectRequest{Bucket: oss.Ptr(w.bucket), Key: oss.Ptr(key), Body: strings.NewReader("x"),
		Callback: oss.Ptr(invalid.Callback)}
	if invalid.CallbackVar != "" {
		request.CallbackVar = oss.Ptr(invalid.CallbackVar)
	}
	_, err := w.client.PutObject(ctx, request)
	service := refused(t, "PutObject", err, 400, "InvalidArgument", invalid.EC)
	if invalid.Message != "" {
		t.Equal("message", service.Message, invalid.Message)
	}
	if invalid.Argument != "" {
		t.True("ArgumentName", strings.Contains(string(service.Snapshot),
			"<ArgumentName>"+invalid.Argument+"</ArgumentName>"))
	}
	t.True("ArgumentName and ArgumentValue", strings.Contains(string(service.Snapshot), "<ArgumentName>") &&
		strings.Contains(string(service.Snapshot), "<ArgumentValue>"))
	t.True("nothing is stored", !w.exists(t, key))
	t.Equal("calls", len(w.app.Take("/never")), 0)
}
