package main

import (
	"bytes"
	"crypto"
	"crypto/md5"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"ossicle.example/conformance/go-harness"
)

// These cases play Cloudreve, a self-hosted drive that keeps its files in OSS and learns of uploads by callbacks:
// the requests of its server, those of its web page, and the checks of its callback handler.

func addCloudreveCases(suite *harness.Suite, w *world) {
	suite.Case(w.name("cloudreve_file"), func(t *harness.T) {
		w.cloudreve(t, "uploads/1/report 报告+.docx", harness.Bytes(2*harness.PartSize+77), ",")
	})
	suite.Case(w.name("cloudreve_picture"), func(t *harness.T) {
		w.cloudreve(t, "uploads/1/picture.png", harness.Picture(810, 539), "810,539")
	})
	suite.Case(w.name("cloudreve_advertised_key"), w.cloudreveAdvertisedKey)
	suite.Case(w.name("cloudreve_broken_site"), w.cloudreveBroken)
}

// cloudreveSession is what Cloudreve's server hands to the web page.
type cloudreveSession struct {
	parts    []string
	complete string
	path     string
}

func (w *world) cloudreveBegin(t *harness.T, key string, size int) cloudreveSession {
	bucket := oss.Ptr(w.bucket)
	_, err := w.client.PutBucketCors(ctx, &oss.PutBucketCorsRequest{Bucket: bucket,
		CORSConfiguration: &oss.CORSConfiguration{CORSRules: []oss.CORSRule{{AllowedOrigins: []string{"*"},
			AllowedMethods: []string{"GET", "POST", "PUT", "DELETE", "HEAD"}, AllowedHeaders: []string{"*"},
			MaxAgeSeconds: oss.Ptr(int64(3600))}}}})
	t.Must("PutBucketCors", err)
	ends := time.Now().Add(time.Hour)
	upload, err := w.client.InitiateMultipartUpload(ctx, &oss.InitiateMultipartUploadRequest{Bucket: bucket,
		Key: oss.Ptr(key), ForbidOverwrite: oss.Ptr("true"), Expires: oss.Ptr(ends.Format(time.RFC3339)),
		ContentType: oss.Ptr("application/octet-stream")})
	t.Must("InitiateMultipartUpload", err)
	session := cloudreveSession{path: "/" + w.version + "/api/v4/callback/oss/" + strconv.Itoa(size) + "/c0ffee%2Bsecret"}
	for start, number := 0, int32(1); start < size; start, number = start+harness.PartSize, number+1 {
		part, err := w.client.Presign(ctx, &oss.UploadPartRequest{Bucket: bucket, Key: oss.Ptr(key),
			UploadId: upload.UploadId, PartNumber: number, RequestCommon: oss.RequestCommon{
				Headers: map[string]string{"Content-Type": "application/octet-stream"}}}, oss.PresignExpiration(ends))
		t.Must("Presign UploadPart", err)
		session.parts = append(session.parts, part.URL)
	}
	complete, err := w.client.Presign(ctx, &oss.CompleteMultipartUploadRequest{Bucket: bucket, Key: oss.Ptr(key),
		UploadId: upload.UploadId, CompleteAll: oss.Ptr("yes"), ForbidOverwrite: oss.Ptr("true"),
		RequestCommon: oss.RequestCommon{
			Parameters: map[string]string{"callback": harness.Base64(harness.Fields{
				"callbackUrl": w.app.URL(session.path),
				"callbackBody": `{"name":${x:fname},"source_name":${object},"size":${size},` +
					`"pic_info":"${imageInfo.width},${imageInfo.height}"}`,
				"callbackBodyType": "application/json", "callbackSNI": true})},
			Headers: map[string]string{"Content-Type": "application/octet-stream"}}}, oss.PresignExpiration(ends))
	t.Must("Presign CompleteMultipartUpload", err)
	session.complete = complete.URL
	return session
}

// cloudrevePage is the web page: a preflight and a PUT for each part, then an empty POST.
func (w *world) cloudrevePage(t *harness.T, session cloudreveSession, content []byte) harness.Answer {
	const origin = "http://drive.example.com"
	preflight := func(target, method, headers string) {
		got := harness.Send(t, "OPTIONS", target, map[string]string{"Origin": origin, "Access-Control-Request-Method": method,
			"Access-Control-Request-Headers": headers}, nil)
		t.Equal("preflight of "+method, got.Status, 200)
		t.True("it allows the origin", strings.Contains(" * "+origin, " "+got.Header.Get("Access-Control-Allow-Origin")))
		allowed := strings.ToLower(got.Header.Get("Access-Control-Allow-Headers"))
		for _, name := range strings.Split(headers, ",") {
			t.True("it allows "+name+": "+allowed, allowed == "*" || strings.Contains(allowed, name))
		}
	}
	for number, target := range session.parts {
		preflight(target, "PUT", "content-type")
		piece := content[number*harness.PartSize : min((number+1)*harness.PartSize, len(content))]
		got := harness.Send(t, "PUT", target, map[string]string{"Origin": origin, "Content-Type": "application/octet-stream"}, piece)
		t.Equal("UploadPart", got.Status, 200)
		t.True("the page may read it", got.Header.Get("Access-Control-Allow-Origin") != "")
	}
	preflight(session.complete, "POST", "content-type,x-oss-complete-all,x-oss-forbid-overwrite")
	return harness.Send(t, "POST", session.complete, map[string]string{"Origin": origin,
		"Content-Type": "application/octet-stream", "x-oss-complete-all": "yes", "x-oss-forbid-overwrite": "true"}, nil)
}

func (w *world) cloudreve(t *harness.T, key string, content []byte, picture string) {
	session := w.cloudreveBegin(t, key, len(content))
	decoded, err := url.PathUnescape(session.path)
	t.Must("the path", err)
	reply := `{"code":0,"data":{"name":"文件"},"msg":""}`
	w.app.On(decoded, harness.Reply{Status: 200, Body: reply,
		Header: map[string]string{"Content-Type": "application/json; charset=utf-8"}})
	got := w.cloudrevePage(t, session, content)
	t.Equal("status", got.Status, 200)
	t.Equal("body", got.Body, reply)
	t.Equal("Content-Type", got.Header.Get("Content-Type"), "application/json")
	t.True("the page may read it", got.Header.Get("Access-Control-Allow-Origin") != "")

	call := w.app.One(t, decoded, w.bucket)
	t.Must("Cloudreve's verification", w.cloudreveVerifies(call))
	quoted, err := json.Marshal(key)
	t.Must("the key", err)
	t.Equal("callback body", call.Body, fmt.Sprintf(`{"name":"","source_name":%s,"size":%d,"pic_info":"%s"}`, quoted,
		len(content), picture))
	var bound struct {
		Name       string `json:"name"`
		SourceName string `json:"source_name"`
		PicInfo    string `json:"pic_info"`
		Size       int64  `json:"size"`
	}
	t.Must("binding the body", json.Unmarshal([]byte(call.Body), &bound))
	t.Equal("size", bound.Size, int64(len(content)))
	t.True("the content comes back", bytes.Equal(w.get(t, key), content))

	head, err := w.client.HeadObject(ctx, &oss.HeadObjectRequest{Bucket: oss.Ptr(w.bucket), Key: oss.Ptr(key)})
	t.Must("HeadObject", err)
	_, err = time.Parse(time.RFC3339, value(head.Expires))
	t.Must("Expires comes back as it was given", err)
	w.cloudreveDownload(t, key, content)
}

// cloudreveAdvertisedKey plays it all against a server that advertises OSS's own key host, whose name the receiver's
// hosts file points at the server: then the checks of an unmodified Cloudreve hold.
func (w *world) cloudreveAdvertisedKey(t *harness.T) {
	if w.settings.Binary == "" {
		t.Skip("set OSSICLE_BINARY to the server's program")
	}
	settings, stop, err := harness.StartServer(w.settings)
	t.Must("starting a server", err)
	defer stop()
	app, err := harness.StartAppServer(harness.NewVerifier(settings))
	t.Must("an application server", err)
	version := oss.SignatureVersionV1
	if w.version == "v4" {
		version = oss.SignatureVersionV4
	}
	other := newWorld(settings, app, version)
	_, err = other.client.PutBucket(ctx, &oss.PutBucketRequest{Bucket: oss.Ptr(other.bucket)})
	t.Must("PutBucket", err)
	other.cloudreve(t, "uploads/1/picture.png", harness.Picture(810, 539), "810,539")
	other.cloudreveKeyHost(t)
}

// cloudreveDownload is how a file is handed out: a presigned URL with a file name and a speed limit.
func (w *world) cloudreveDownload(t *harness.T, key string, content []byte) {
	name := url.PathEscape("报告 1.docx")
	disposition := fmt.Sprintf(`attachment; filename="%s"; filename*=UTF-8''%s`, name, name)
	get, err := w.client.Presign(ctx, &oss.GetObjectRequest{Bucket: oss.Ptr(w.bucket), Key: oss.Ptr(key),
		ResponseContentDisposition: oss.Ptr(disposition), RequestCommon: oss.RequestCommon{
			Parameters: map[string]string{"x-oss-traffic-limit": "838860800"}}}, oss.PresignExpires(time.Hour))
	t.Must("Presign GetObject", err)
	got := harness.Send(t, "GET", get.URL, nil, nil)
	t.Equal("download", got.Status, 200)
	t.Equal("Content-Disposition", got.Header.Get("Content-Disposition"), disposition)
	t.True("the download is the file", got.Body == string(content))
	deleted, err := w.client.DeleteMultipleObjects(ctx, &oss.DeleteMultipleObjectsRequest{Bucket: oss.Ptr(w.bucket),
		Objects: []oss.DeleteObject{{Key: oss.Ptr(key)}}})
	t.Must("DeleteMultipleObjects", err)
	t.True("it tells the deleted key", len(deleted.DeletedObjects) == 1 && value(deleted.DeletedObjects[0].Key) == key)
}

// cloudreveVerifies checks as Cloudreve does: the path without the query, and a key from the public key host only,
// unless the server was not told to advertise that host.
func (w *world) cloudreveVerifies(call harness.Call) error {
	keyURL, err := base64.StdEncoding.DecodeString(call.Header.Get("x-oss-pub-key-url"))
	if err != nil {
		return err
	}
	prefixes := []string{"http://" + harness.PublicKeyHost + "/", "https://" + harness.PublicKeyHost + "/"}
	if w.settings.KeyURL == "" {
		prefixes = []string{w.settings.Console + "/", w.settings.Endpoint + "/"}
	}
	if !strings.HasPrefix(string(keyURL), prefixes[0]) && !strings.HasPrefix(string(keyURL), prefixes[1]) {
		return fmt.Errorf("the key URL is %s", keyURL)
	}
	response, err := harness.KeyClient(w.settings).Get(string(keyURL))
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != 200 {
		return fmt.Errorf("status %d, %v", response.StatusCode, err)
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return fmt.Errorf("not PEM: %s", text)
	}
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return err
	}
	path, _, _ := strings.Cut(call.Target, "?")
	unescaped, err := url.PathUnescape(path)
	if err != nil {
		return err
	}
	signature, err := base64.StdEncoding.DecodeString(call.Header.Get("authorization"))
	if err != nil {
		return err
	}
	sum := md5.Sum([]byte(unescaped + "\n" + call.Body))
	return rsa.VerifyPKCS1v15(parsed.(*rsa.PublicKey), crypto.MD5, sum[:], signature)
}

// cloudreveBroken: the site answers 401, as it does when it cannot verify; the page gets a 203 and the file is there.
func (w *world) cloudreveBroken(t *harness.T) {
	const key = "uploads/1/broken.bin"
	content := harness.Bytes(1234)
	session := w.cloudreveBegin(t, key, len(content))
	decoded, err := url.PathUnescape(session.path)
	t.Must("the path", err)
	w.app.On(decoded, harness.Reply{Status: 401, Body: `{"code":401}`})
	got := w.cloudrevePage(t, session, content)
	got.Refused(t, "Complete", 203, "CallbackFailed")
	t.True("message", strings.Contains(got.Body, "<Message>Error status : 401.</Message>"))
	w.app.One(t, decoded, w.bucket)
	// The page tries again; the upload is gone, because the file is there.
	again := harness.Send(t, "POST", session.complete, map[string]string{"Content-Type": "application/octet-stream",
		"x-oss-complete-all": "yes", "x-oss-forbid-overwrite": "true"}, nil)
	t.True(fmt.Sprintf("the second Complete is refused: %d %s", again.Status, again.Body), again.Status == 404 ||
		again.Status == 409)
	t.True("the content is there", bytes.Equal(w.get(t, key), content))
	_, err = w.client.InitiateMultipartUpload(ctx, &oss.InitiateMultipartUploadRequest{Bucket: oss.Ptr(w.bucket),
		Key: oss.Ptr(key), ForbidOverwrite: oss.Ptr("true")})
	refused(t, "the next upload of that name", err, http.StatusConflict, "FileAlreadyExists", "")
}

// cloudreveKeyHost: with the key host's name pointing at a server that advertises it, the key is found there.
func (w *world) cloudreveKeyHost(t *harness.T) {
	response, err := harness.KeyClient(w.settings).Get(harness.AdvertisedKeyURL)
	t.Must("GET", err)
	there := readAll(t, response.Body)
	t.Equal("status", response.StatusCode, 200)
	block, _ := pem.Decode(there)
	t.True("it is a public key in PEM", block != nil && block.Type == "PUBLIC KEY")
	response, err = http.Get(w.settings.Console + "/callback_pub_key_v1.pem")
	t.Must("GET from the console", err)
	t.Equal("the console's key", string(readAll(t, response.Body)), string(there))
}
