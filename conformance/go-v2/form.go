package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"hash"
	"mime/multipart"
	"net/textproto"
	"strings"
	"time"

	"ossicle.example/conformance/go-harness"
)

// The SDK has no call for form uploads: its samples sign a policy by hand, as is done here.

func addFormCases(suite *harness.Suite, w *world) {
	suite.Case(w.name("form_upload"), w.formUpload)
	suite.Case(w.name("form_callback"), w.formCallback)
	suite.Case(w.name("form_callback_fails"), w.formCallbackFails)
	suite.Case(w.name("form_refused"), w.formRefused)
}

// form is one form upload; fields keep their order, as some senders rely on it.
type form struct {
	conditions []any
	expires    time.Duration
	fields     [][2]string
	filename   string
	content    []byte
}

func (w *world) upload(t *harness.T, f form) harness.Answer {
	conditions := append([]any{map[string]string{"bucket": w.bucket}}, f.conditions...)
	if f.expires == 0 {
		f.expires = time.Hour
	}
	fields := f.fields
	now := time.Now().UTC()
	credential := w.settings.AccessKeyID + "/" + now.Format("20060102") + "/" + w.settings.Region + "/oss/aliyun_v4_request"
	if w.version == "v4" {
		extra := [][2]string{{"x-oss-signature-version", "OSS4-HMAC-SHA256"}, {"x-oss-credential", credential},
			{"x-oss-date", now.Format("20060102T150405Z")}}
		for _, field := range extra {
			conditions = append(conditions, map[string]string{field[0]: field[1]})
		}
		fields = append(fields, extra...)
	}
	policy, err := json.Marshal(map[string]any{"conditions": conditions,
		"expiration": now.Add(f.expires).Format("2006-01-02T15:04:05.000Z")})
	t.Must("the policy", err)
	encoded := base64.StdEncoding.EncodeToString(policy)
	fields = append(fields, [2]string{"policy", encoded})
	if w.version == "v4" {
		fields = append(fields, [2]string{"x-oss-signature", w.signV4(now, encoded)})
	} else {
		fields = append(fields, [2]string{"OSSAccessKeyId", w.settings.AccessKeyID},
			[2]string{"Signature", base64.StdEncoding.EncodeToString(mac(sha1.New, w.settings.AccessSecret, encoded))})
	}
	return w.post(t, fields, f.filename, f.content)
}

func (w *world) post(t *harness.T, fields [][2]string, filename string, content []byte) harness.Answer {
	var body bytes.Buffer
	writer := multipart.NewWriter(&body)
	for _, field := range fields {
		t.Must("a field", writer.WriteField(field[0], field[1]))
	}
	header := textproto.MIMEHeader{}
	header.Set("Content-Disposition", `form-data; name="file"; filename="`+filename+`"`)
	header.Set("Content-Type", "application/x-of-the-part")
	part, err := writer.CreatePart(header)
	t.Must("the file's part", err)
	_, err = part.Write(content)
	t.Must("the file", err)
	t.Must("the end", writer.Close())
	return harness.Send(t, "POST", w.settings.Endpoint+"/"+w.bucket+"/",
		map[string]string{"Content-Type": writer.FormDataContentType()}, body.Bytes())
}

func (w *world) signV4(now time.Time, text string) string {
	key := mac(sha256.New, "aliyun_v4"+w.settings.AccessSecret, now.Format("20060102"))
	for _, step := range []string{w.settings.Region, "oss", "aliyun_v4_request"} {
		key = mac(sha256.New, string(key), step)
	}
	return hex.EncodeToString(mac(sha256.New, string(key), text))
}

func mac(algorithm func() hash.Hash, key, text string) []byte {
	m := hmac.New(algorithm, []byte(key))
	m.Write([]byte(text))
	return m.Sum(nil)
}

func (w *world) formUpload(t *harness.T) {
	content := []byte("form content\r\n--not-the-boundary\r\n")
	got := w.upload(t, form{
		conditions: []any{[]any{"starts-with", "$key", "form/"}, []any{"content-length-range", 1, 1000},
			[]any{"eq", "$Content-Type", "text/x-form"}, []any{"in", "$x-oss-meta-a", []string{"1", "2"}}},
		fields: [][2]string{{"key", "form/${filename}"}, {"Content-Type", "text/plain"},
			{"x-oss-content-type", "text/x-form"}, {"x-oss-meta-a", "1"}, {"Content-Disposition", "attachment"}},
		filename: "名 字.txt", content: content})
	t.Equal("status", got.Status, 204)
	t.Equal("body", got.Body, "")
	t.Equal("ETag", got.Header.Get("ETag"), harness.ETag(content))
	t.Equal("content", string(w.get(t, "form/名 字.txt")), string(content))

	got = w.upload(t, form{fields: [][2]string{{"key", "form/created"}, {"success_action_status", "201"}},
		filename: "f", content: content})
	t.Equal("201", got.Status, 201)
	t.True("PostResponse: "+got.Body, strings.Contains(got.Body, "<PostResponse>") &&
		strings.Contains(got.Body, "<Key>form/created</Key>") && strings.Contains(got.Body, "<Bucket>"+w.bucket))
	got = w.upload(t, form{fields: [][2]string{{"key", "form/ok"}, {"success_action_status", "200"}},
		filename: "f", content: content})
	t.Equal("200", got.Status, 200)
	got = w.upload(t, form{filename: "f", content: content, fields: [][2]string{{"key", "form/redirected"},
		{"success_action_redirect", "http://www.example.com/done?a=1"}}})
	t.Equal("303", got.Status, 303)
	location := got.Header.Get("Location")
	t.True("Location "+location, strings.HasPrefix(location, "http://www.example.com/done?a=1&") &&
		strings.Contains(location, "bucket="+w.bucket))
}

func (w *world) formCallback(t *harness.T) {
	path := "/" + w.version + "/form"
	content := []byte("form with a callback")
	callback := harness.Base64(harness.Fields{"callbackUrl": w.app.URL(path), "callbackBody": harness.FormTemplate,
		"callbackBodyType": harness.FormType})
	fields := [][2]string{{"key", "form/callback.txt"}, {"Content-Type", "text/plain"}, {"callback", callback},
		{"success_action_status", "201"}}
	for name, text := range harness.CustomVariables {
		fields = append(fields, [2]string{name, text})
	}
	got := w.upload(t, form{fields: fields, filename: "f", content: content,
		conditions: []any{[]any{"eq", "$callback", callback}}})
	got.CalledBack(t)
	checkCall(t, w.app.One(t, path, w.bucket), harness.FormType, harness.Upload{Bucket: w.bucket,
		Key: "form/callback.txt", ETag: harness.ETag(content), MimeType: "application/x-of-the-part",
		RequestID: got.Header.Get("x-oss-request-id"), Operation: "PostObject", Content: content})

	other := harness.Base64(harness.Fields{"callbackUrl": w.app.URL("/never"), "callbackBody": "b"})
	w.upload(t, form{fields: [][2]string{{"key", "form/other"}, {"callback", other}}, filename: "f", content: content,
		conditions: []any{[]any{"eq", "$callback", callback}}}).Refused(t, "another callback", 403, "AccessDenied")
	t.True("nothing is stored", !w.exists(t, "form/other"))
}

func (w *world) formCallbackFails(t *harness.T) {
	path := "/" + w.version + "/form/fails"
	w.app.On(path, harness.Reply{Status: 200, Body: "not JSON"})
	got := w.upload(t, form{filename: "f", content: []byte("x"), fields: [][2]string{{"key", "form/fails"},
		{"callback", harness.Base64(harness.Fields{"callbackUrl": w.app.URL(path), "callbackBody": "b=${bucket}"})}}})
	got.Refused(t, "PostObject", 203, "CallbackFailed")
	t.True("EC", strings.Contains(got.Body, "<EC>0007-00000205</EC>"))
	t.True("stored all the same", w.exists(t, "form/fails"))
	w.app.One(t, path, w.bucket)

	got = w.upload(t, form{filename: "f", content: []byte("x"), fields: [][2]string{{"key", "form/invalid"},
		{"callback", harness.Base64(harness.Fields{"callbackUrl": w.app.URL(path), "callbackBody": ""})}}})
	got.Refused(t, "invalid callback", 400, "InvalidArgument")
	t.True("nothing is stored", !w.exists(t, "form/invalid"))
}

func (w *world) formRefused(t *harness.T) {
	for _, row := range []struct {
		what   string
		form   form
		status int
		code   string
	}{
		{"an expired policy", form{expires: -time.Minute}, 403, "AccessDenied"},
		{"another prefix", form{conditions: []any{[]any{"starts-with", "$key", "elsewhere/"}}}, 403, "AccessDenied"},
		{"another value", form{conditions: []any{map[string]string{"x-oss-meta-a": "1"}}}, 403, "AccessDenied"},
		{"not in the set", form{conditions: []any{[]any{"not-in", "$key", []string{"form/refused"}}}}, 403, "AccessDenied"},
		{"too long", form{conditions: []any{[]any{"content-length-range", 0, 3}}}, 400, "EntityTooLarge"},
		{"too short", form{conditions: []any{[]any{"content-length-range", 10, 30}}}, 400, "EntityTooSmall"},
	} {
		f := row.form
		f.fields, f.filename, f.content = [][2]string{{"key", "form/refused"}}, "f", []byte("four+")
		w.upload(t, f).Refused(t, row.what, row.status, row.code)
	}
	w.post(t, [][2]string{{"key", "form/refused"}}, "f", []byte("x")).
		Refused(t, "no policy on a private bucket", 403, "AccessDenied")
	t.True("nothing is stored", !w.exists(t, "form/refused"))
}
