package main

import (
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/signer"
	"ossicle.example/conformance/go-harness"
)

func addErrorCases(suite *harness.Suite, w *world) {
	suite.Case(w.name("error_no_such_key"), w.errorNoSuchKey)
	suite.Case(w.name("error_no_such_bucket"), w.errorNoSuchBucket)
	suite.Case(w.name("error_unknown_access_key"), w.errorUnknownAccessKey)
	suite.Case(w.name("error_wrong_secret"), w.errorWrongSecret)
	suite.Case(w.name("error_security_token"), w.errorSecurityToken)
	suite.Case(w.name("error_clock_skew"), w.errorClockSkew)
	suite.Case(w.name("error_anonymous"), w.errorAnonymous)
	suite.Case(w.name("error_bucket_name"), w.errorBucketName)
	if w.version == "v4" {
		suite.Case(w.name("error_signing_region"), w.errorSigningRegion)
	}
}

func (w *world) read(client *oss.Client, bucket, key string) error {
	_, err := client.GetObject(ctx, &oss.GetObjectRequest{Bucket: oss.Ptr(bucket), Key: oss.Ptr(key)})
	return err
}

func (w *world) errorNoSuchKey(t *harness.T) {
	service := refused(t, "GetObject", w.read(w.client, w.bucket, "nowhere"), 404, "NoSuchKey", "0026-00000001")
	t.Equal("message", service.Message, "The specified key does not exist.")
	t.Equal("x-oss-ec", service.Headers.Get("x-oss-ec"), "0026-00000001")
	t.Equal("Content-Type", service.Headers.Get("Content-Type"), "application/xml")
	for _, element := range []string{"<Key>nowhere</Key>", "<HostId>", "<RecommendDoc>https://api.aliyun.com/troubleshoot?q=0026-00000001</RecommendDoc>"} {
		t.True(element+" in the XML", strings.Contains(string(service.Snapshot), element))
	}
	// A HEAD has no body: the SDK reads the XML from x-oss-err.
	_, err := w.client.HeadObject(ctx, &oss.HeadObjectRequest{Bucket: oss.Ptr(w.bucket), Key: oss.Ptr("nowhere")})
	service = refused(t, "HeadObject", err, 404, "NoSuchKey", "0026-00000001")
	t.Equal("message of the HEAD", service.Message, "The specified key does not exist.")
}

func (w *world) errorNoSuchBucket(t *harness.T) {
	nowhere := w.bucket + "-none"
	service := refused(t, "GetObject", w.read(w.client, nowhere, "a"), 404, "NoSuchBucket", "0015-00000101")
	t.Equal("message", service.Message, "The specified bucket does not exist.")
	t.True("BucketName", strings.Contains(string(service.Snapshot), "<BucketName>"+nowhere+"</BucketName>"))
	_, err := w.client.PutObject(ctx, &oss.PutObjectRequest{Bucket: oss.Ptr(nowhere), Key: oss.Ptr("a"),
		Body: strings.NewReader("x")})
	refused(t, "PutObject", err, 404, "NoSuchBucket", "0015-00000101")
	_, err = w.client.DeleteBucket(ctx, &oss.DeleteBucketRequest{Bucket: oss.Ptr(nowhere)})
	refused(t, "DeleteBucket", err, 404, "NoSuchBucket", "0015-00000101")
	// OSS looks for the bucket before it looks at the key.
	err = w.read(w.clientWith("nobody", "nothing"), nowhere, "a")
	refused(t, "an unknown key on no bucket", err, 404, "NoSuchBucket", "")
}

func (w *world) errorUnknownAccessKey(t *harness.T) {
	err := w.read(w.clientWith("LTAI-unknown", w.settings.AccessSecret), w.bucket, "a")
	service := refused(t, "GetObject", err, 403, "InvalidAccessKeyId", "0002-00000902")
	t.Equal("message", service.Message, "The OSS Access Key Id you provided does not exist in our records.")
}

var stringToSign = regexp.MustCompile(`(?s)<StringToSign>.+</StringToSign>`)

func (w *world) errorWrongSecret(t *harness.T) {
	err := w.read(w.clientWith(w.settings.AccessKeyID, "wrong"), w.bucket, "a")
	service := refused(t, "GetObject", err, 403, "SignatureDoesNotMatch", "")
	t.True("EC", service.EC != "")
	t.True("StringToSign", stringToSign.Match(service.Snapshot))
	_, err = w.clientWith(w.settings.AccessKeyID, "wrong").PutObject(ctx, &oss.PutObjectRequest{
		Bucket: oss.Ptr(w.bucket), Key: oss.Ptr("unsigned"), Body: strings.NewReader("x")})
	refused(t, "PutObject", err, 403, "SignatureDoesNotMatch", "")
	t.True("nothing is stored", !w.exists(t, "unsigned"))
}

func (w *world) errorSecurityToken(t *harness.T) {
	client := w.clientWith("", "", func(config *oss.Config) {
		config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider(w.settings.AccessKeyID,
			w.settings.AccessSecret, "bogus-token"))
	})
	refused(t, "a bogus token", w.read(client, w.bucket, "a"), 403, "InvalidAccessKeyId", "")
}

func (w *world) errorClockSkew(t *harness.T) {
	for _, off := range []time.Duration{-20 * time.Minute, 20 * time.Minute} {
		input := &oss.OperationInput{OpName: "GetObject", Method: "GET", Bucket: oss.Ptr(w.bucket), Key: oss.Ptr("a")}
		input.OpMetadata.Set(signer.SignTime, time.Now().Add(off))
		_, err := w.clientWith(w.settings.AccessKeyID, w.settings.AccessSecret).InvokeOperation(ctx, input)
		service := refused(t, off.String(), err, 403, "RequestTimeTooSkewed", "0002-00000504")
		t.Equal("message", service.Message, "The difference between the request time and the current time is too large.")
		t.True("ServerTime", strings.Contains(string(service.Snapshot), "<ServerTime>"))
	}
	input := &oss.OperationInput{OpName: "GetObject", Method: "GET", Bucket: oss.Ptr(w.bucket), Key: oss.Ptr("skew")}
	w.put(t, "skew", []byte("x"))
	input.OpMetadata.Set(signer.SignTime, time.Now().Add(-10*time.Minute))
	_, err := w.client.InvokeOperation(ctx, input)
	t.Must("ten minutes are near enough", err)
}

func (w *world) errorAnonymous(t *harness.T) {
	w.put(t, "private", []byte("x"))
	nobody := w.anonymous()
	refused(t, "GetObject", w.read(nobody, w.bucket, "private"), http.StatusForbidden, "AccessDenied", "")
	_, err := nobody.ListObjectsV2(ctx, &oss.ListObjectsV2Request{Bucket: oss.Ptr(w.bucket)})
	refused(t, "ListObjectsV2", err, http.StatusForbidden, "AccessDenied", "")
	_, err = nobody.ListBuckets(ctx, &oss.ListBucketsRequest{})
	refused(t, "ListBuckets", err, http.StatusForbidden, "AccessDenied", "")
}

func (w *world) errorBucketName(t *harness.T) {
	request, err := http.NewRequest(http.MethodPut, w.settings.Endpoint+"/Not_A_Bucket/", nil)
	t.Must("a request", err)
	response, err := http.DefaultClient.Do(request)
	t.Must("PUT", err)
	body := string(readAll(t, response.Body))
	t.Equal("status", response.StatusCode, 400)
	t.True("InvalidBucketName in "+body, strings.Contains(body, "<Code>InvalidBucketName</Code>"))
}

func (w *world) errorSigningRegion(t *harness.T) {
	client := w.clientWith(w.settings.AccessKeyID, w.settings.AccessSecret, func(config *oss.Config) {
		config.WithRegion("elsewhere-1")
	})
	err := w.read(client, w.bucket, "a")
	service := refused(t, "GetObject", err, 400, "InvalidArgument", "0002-00000226")
	t.Equal("message", service.Message, "Invalid signing region in Authorization header.")
}
