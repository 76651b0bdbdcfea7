// Command go-v2 runs the unmodified OSS SDK for Go V2 against a running server and compares what the SDK reports
// with what it reports of OSS. The runner passes the server's addresses and keys in the environment.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/retry"
	"ossicle.example/conformance/go-harness"
)

func main() {
	settings, err := harness.SettingsFromEnvironment()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	verifier := harness.NewVerifier(settings)
	app, err := harness.StartAppServer(verifier)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	suite := &harness.Suite{}
	harness.AddCaptured(suite)
	for _, version := range []oss.SignatureVersionType{oss.SignatureVersionV4, oss.SignatureVersionV1} {
		addCases(suite, newWorld(settings, app, version))
	}
	filter := ""
	if len(os.Args) > 1 {
		filter = os.Args[1]
	}
	os.Exit(suite.Run(filter))
}

func addCases(suite *harness.Suite, w *world) {
	addBucketCases(suite, w)
	addObjectCases(suite, w)
	addKeyCases(suite, w)
	addListingCases(suite, w)
	addMultipartCases(suite, w)
	addErrorCases(suite, w)
	addCallbackCases(suite, w)
	addPresignCases(suite, w)
	addFormCases(suite, w)
	addCloudreveCases(suite, w)
	addCleaningCases(suite, w)
}

// world is what the cases of one signature version share.
type world struct {
	settings harness.Settings
	app      *harness.AppServer
	version  string
	client   *oss.Client
	bucket   string
}

func newWorld(settings harness.Settings, app *harness.AppServer, version oss.SignatureVersionType) *world {
	w := &world{settings: settings, app: app, version: "v1"}
	if version == oss.SignatureVersionV4 {
		w.version = "v4"
	}
	w.client = w.clientWith(settings.AccessKeyID, settings.AccessSecret)
	w.bucket = settings.BucketName("go2-" + w.version)
	return w
}

// name is the name of a case, with the signature version in front.
func (w *world) name(name string) string { return w.version + "/" + name }

// clientWith is a client as the manual makes one for an endpoint of one's own, with other keys or settings.
func (w *world) clientWith(id, secret string, changes ...func(*oss.Config)) *oss.Client {
	version := oss.SignatureVersionV1
	if w.version == "v4" {
		version = oss.SignatureVersionV4
	}
	config := oss.LoadDefaultConfig().
		WithCredentialsProvider(credentials.NewStaticCredentialsProvider(id, secret)).
		WithRegion(w.settings.Region).
		WithEndpoint(w.settings.Endpoint).
		WithSignatureVersion(version).
		WithRetryer(retry.NewStandard(func(o *retry.RetryOptions) { o.MaxAttempts = 1 }))
	for _, change := range changes {
		change(config)
	}
	return oss.NewClient(config)
}

// anonymous is a client without keys.
func (w *world) anonymous() *oss.Client {
	return w.clientWith("", "", func(config *oss.Config) {
		config.WithCredentialsProvider(credentials.NewAnonymousCredentialsProvider())
	})
}

var ctx = context.Background()

// put stores an object and ends the case when it cannot.
func (w *world) put(t *harness.T, key string, content []byte) *oss.PutObjectResult {
	result, err := w.client.PutObject(ctx, &oss.PutObjectRequest{
		Bucket: oss.Ptr(w.bucket), Key: oss.Ptr(key), Body: strings.NewReader(string(content)),
	})
	t.Must("PutObject "+key, err)
	return result
}

// get returns an object's content and ends the case when it cannot.
func (w *world) get(t *harness.T, key string) []byte {
	result, err := w.client.GetObject(ctx, &oss.GetObjectRequest{Bucket: oss.Ptr(w.bucket), Key: oss.Ptr(key)})
	t.Must("GetObject "+key, err)
	return readAll(t, result.Body)
}

// exists asks whether an object is there.
func (w *world) exists(t *harness.T, key string) bool {
	there, err := w.client.IsObjectExist(ctx, w.bucket, key)
	t.Must("IsObjectExist "+key, err)
	return there
}

func readAll(t *harness.T, body io.ReadCloser) []byte {
	defer body.Close()
	content, err := io.ReadAll(body)
	t.Must("reading the body", err)
	return content
}

// serviceError is the error the service answered, which must be there.
func serviceError(t *harness.T, what string, err error) *oss.ServiceError {
	var service *oss.ServiceError
	if !errors.As(err, &service) {
		t.Fatalf("%s: no error of the service but %v", what, err)
	}
	return service
}

// refused checks status, code and, unless empty, EC of an error of the service.
func refused(t *harness.T, what string, err error, status int, code, ec string) *oss.ServiceError {
	service := serviceError(t, what, err)
	t.Equal(what+": status", service.StatusCode, status)
	t.Equal(what+": code", service.Code, code)
	if ec != "" {
		t.Equal(what+": EC", service.EC, ec)
	}
	t.Equal(what+": request id", service.RequestID, service.Headers.Get("x-oss-request-id"))
	t.Equal(what+": length of the request id", len(service.RequestID), 24)
	return service
}

func value(text *string) string {
	if text == nil {
		return "(absent)"
	}
	return *text
}
