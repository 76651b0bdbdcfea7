// Command go-v1 runs the unmodified OSS SDK for Go V1 against a running server and compares what the SDK reports
// with what it reports of OSS. The runner passes the server's addresses and keys in the environment.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"

	"github.com/aliyun/aliyun-oss-go-sdk/oss"
	"ossicle.example/conformance/go-harness"
)

func main() {
	settings, err := harness.SettingsFromEnvironment()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	app, err := harness.StartAppServer(harness.NewVerifier(settings))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	suite := &harness.Suite{}
	harness.AddCaptured(suite)
	for _, version := range []oss.AuthVersionType{oss.AuthV1, oss.AuthV2, oss.AuthV4} {
		w, err := newWorld(settings, app, version)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		addBucketCases(suite, w)
		addObjectCases(suite, w)
		addListingCases(suite, w)
		addMultipartCases(suite, w)
		addErrorCases(suite, w)
		addCallbackCases(suite, w)
		addPresignCases(suite, w)
		addCloudreveCases(suite, w)
		addCleaningCases(suite, w)
	}
	filter := ""
	if len(os.Args) > 1 {
		filter = os.Args[1]
	}
	os.Exit(suite.Run(filter))
}

// world is what the cases of one signature version share.
type world struct {
	settings harness.Settings
	app      *harness.AppServer
	version  oss.AuthVersionType
	client   *oss.Client
	bucket   *oss.Bucket
}

func newWorld(settings harness.Settings, app *harness.AppServer, version oss.AuthVersionType) (*world, error) {
	w := &world{settings: settings, app: app, version: version}
	var err error
	if w.client, err = w.clientWith(settings.AccessKeyID, settings.AccessSecret); err != nil {
		return nil, err
	}
	w.bucket, err = w.client.Bucket(settings.BucketName("go1-" + string(version)))
	return w, err
}

// name is the name of a case, with the signature version in front.
func (w *world) name(name string) string { return string(w.version) + "/" + name }

func (w *world) clientWith(id, secret string, options ...oss.ClientOption) (*oss.Client, error) {
	options = append([]oss.ClientOption{oss.AuthVersion(w.version), oss.Region(w.settings.Region)}, options...)
	return oss.New(w.settings.Endpoint, id, secret, options...)
}

// bucketWith is the same bucket under other keys or options.
func (w *world) bucketWith(t *harness.T, id, secret string, options ...oss.ClientOption) *oss.Bucket {
	client, err := w.clientWith(id, secret, options...)
	t.Must("a client", err)
	bucket, err := client.Bucket(w.bucket.BucketName)
	t.Must("a bucket", err)
	return bucket
}

// url is where a client without any SDK finds an object.
func (w *world) url(key string) string {
	return w.settings.Endpoint + "/" + w.bucket.BucketName + "/" + key
}

// put stores an object and ends the case when it cannot.
func (w *world) put(t *harness.T, key string, content []byte) http.Header {
	var header http.Header
	t.Must("PutObject "+key, w.bucket.PutObject(key, bytes.NewReader(content), oss.GetResponseHeader(&header)))
	return header
}

// get returns an object's content and ends the case when it cannot.
func (w *world) get(t *harness.T, key string, options ...oss.Option) []byte {
	body, err := w.bucket.GetObject(key, options...)
	t.Must("GetObject "+key, err)
	return readAll(t, body)
}

// exists asks whether an object is there.
func (w *world) exists(t *harness.T, key string) bool {
	there, err := w.bucket.IsObjectExist(key)
	t.Must("IsObjectExist "+key, err)
	return there
}

func readAll(t *harness.T, body io.ReadCloser) []byte {
	defer body.Close()
	content, err := io.ReadAll(body)
	t.Must("reading the body", err)
	return content
}

// refused checks status, code and, unless empty, EC of an error of the service.
func refused(t *harness.T, what string, err error, status int, code, ec string) oss.ServiceError {
	var service oss.ServiceError
	if !errors.As(err, &service) {
		t.Fatalf("%s: no error of the service but %v", what, err)
	}
	t.Equal(what+": status", service.StatusCode, status)
	t.Equal(what+": code", service.Code, code)
	if ec != "" {
		t.Equal(what+": EC", service.Ec, ec)
	}
	t.Equal(what+": length of the request id", len(service.RequestID), 24)
	return service
}
