// An application server for OSS upload callbacks: verifies them, keeps a row per upload, answers the uploader.
//
//	POST /callback[/...]   callbacks; what it answers is what the uploader gets
//	GET  /permission/form  permission to upload one file with a form, see upload_form.go
//	GET  /permission/put   permission to PUT one file, see presigned_put.go
//	GET  /permission/sts   temporary credentials to upload with an SDK, see sts.go
//	POST /upload-form      a form for a file whose type does not matter
//	GET  /                 a page that uploads with such permissions
//
// The key that OSS signs with has 512 bits, and Go refuses less than 1024 unless it is told.
//
//go:debug rsa1024min=0
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

const (
	longestBody = 1 << 20
	// The sender waits five seconds for the whole answer.
	answerWithin = 4500 * time.Millisecond
)

var notConfigured = refused{http.StatusNotFound, "upload forms are not configured: set OSS_UPLOAD_URL and the rest"}

type application struct {
	settings settings
	verifier *verifier
	uploads  *uploads
}

func main() {
	log.SetFlags(log.LstdFlags | log.LUTC)
	if err := serve(); err != nil {
		fmt.Fprintln(os.Stderr, "cannot serve:", err)
		os.Exit(1)
	}
}

func serve() error {
	configured, err := settingsFromEnvironment()
	if err != nil {
		return err
	}
	served := &application{settings: configured}
	if served.verifier, err = newVerifier(configured.trustedKeyURLs, configured.pinnedKeys); err != nil {
		return err
	}
	if served.uploads, err = openUploads(configured.database); err != nil {
		return err
	}
	defer served.uploads.database.Close()
	listener, err := net.Listen("tcp", configured.listen)
	if err != nil {
		return err
	}
	if configured.callbackSecret == "" {
		log.Print("CALLBACK_SECRET is not set: callbacks that any customer of a trusted store asked for count")
	}
	fmt.Printf("listening on http://%s\n", listener.Addr())
	// A client that sends nothing must not stay.
	server := &http.Server{Handler: served, ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second}
	return untilTold(server, listener)
}

// untilTold serves until a signal comes, and finishes what is under way.
func untilTold(server *http.Server, listener net.Listener) error {
	told, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	finished := make(chan error, 1)
	go func() {
		<-told.Done()
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		finished <- server.Shutdown(ctx)
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-finished
}

// ServeHTTP routes by hand: http.ServeMux redirects paths that it finds untidy, and those are signed too.
func (a *application) ServeHTTP(writer http.ResponseWriter, request *http.Request) {
	path, _, _ := strings.Cut(request.RequestURI, "?")
	var answer any
	var err error
	switch {
	case request.Method == http.MethodGet && path == "/":
		err = a.servePage(writer)
		if err == nil {
			return
		}
	case request.Method == http.MethodGet && path == "/permission/form":
		answer, err = a.permittedForm(request)
	case request.Method == http.MethodGet && path == "/permission/put":
		answer, err = a.permittedPut(request)
	case request.Method == http.MethodGet && path == "/permission/sts":
		answer, err = a.temporaryCredentials(request)
	case request.Method == http.MethodPost && path == "/upload-form":
		answer, err = a.uploadForm(writer, request)
	case request.Method == http.MethodPost && strings.HasPrefix(path+"/", a.settings.callbackPath+"/"):
		answer, err = a.callback(writer, request)
	default:
		err = refused{http.StatusNotFound, "not found"}
	}
	var refusal refused
	switch {
	case err == nil:
		answerJSON(writer, http.StatusOK, answer)
	case errors.As(err, &refusal):
		answerJSON(writer, refusal.status, map[string]string{"error": refusal.reason})
	default:
		log.Printf("%s: %v", path, err)
		// Not 200, so that the store notes the callback as failed and may send it again.
		answer := map[string]string{"error": "the upload could not be recorded"}
		answerJSON(writer, http.StatusInternalServerError, answer)
	}
}

func (a *application) callback(writer http.ResponseWriter, request *http.Request) (any, error) {
	ctx, cancel := context.WithTimeout(request.Context(), answerWithin)
	defer cancel()
	body, err := readBody(writer, request)
	if err != nil {
		return nil, err
	}
	// RequestURI is the request line's target untouched; URL.Path is decoded already.
	if err := a.verifier.verify(ctx, request.RequestURI, request.Header, body); err != nil {
		return nil, err
	}
	said, err := fieldsOf(request.Header.Get("Content-Type"), body)
	if err != nil {
		return nil, err
	}
	if err := a.checkProof(request.URL.RawQuery, said); err != nil {
		return nil, err
	}
	id, err := identity(said, request.Header)
	if err != nil {
		return nil, err
	}
	return map[string]string{"Status": "OK", "id": id}, a.uploads.record(ctx, id, said)
}

// checkProof matters because a store signs for all its users with one key: each could have it sign a body that names
// another's object.
func (a *application) checkProof(query string, said fields) error {
	if a.settings.callbackSecret == "" {
		return nil
	}
	parameters, err := url.ParseQuery(query)
	if err != nil || !isProved(a.settings.callbackSecret, parameters.Get("proof"), said) {
		return refused{http.StatusForbidden, "this application did not ask for this callback"}
	}
	return nil
}

func (a *application) permittedForm(request *http.Request) (any, error) {
	query := request.URL.Query()
	permitted, err := a.permittedUpload(request, query)
	if err != nil {
		return nil, err
	}
	version := query.Get("version")
	if version != "" && version != "v1" && version != "v4" {
		return nil, refused{http.StatusBadRequest, "the version must be v1 or v4"}
	}
	return signForm(a.settings.upload, permitted, version, time.Now()), nil
}

func (a *application) permittedPut(request *http.Request) (any, error) {
	query := request.URL.Query()
	permitted, err := a.permittedUpload(request, query)
	if err != nil {
		return nil, err
	}
	size, err := checkedSize(query)
	if err != nil {
		return nil, err
	}
	return signPut(a.settings.upload, permitted, size, time.Now()), nil
}

// permittedSession is temporary credentials, named as the SDKs for apps expect them, and what to use them for.
type permittedSession struct {
	StatusCode      int
	AccessKeyID     string `json:"AccessKeyId"`
	AccessKeySecret string
	SecurityToken   string
	Expiration      string
	Endpoint        string            `json:"endpoint"`
	URL             string            `json:"url"`
	Region          string            `json:"region"`
	Bucket          string            `json:"bucket"`
	Prefix          string            `json:"prefix"`
	Callback        map[string]string `json:"callback"`
}

func (a *application) temporaryCredentials(request *http.Request) (any, error) {
	target, secret := a.settings.upload, a.settings.callbackSecret
	if a.settings.role == nil {
		return nil, refused{http.StatusNotFound, "temporary credentials are not configured: set STS_ROLE_ARN"}
	}
	user, err := userOf(request.URL.Query())
	if err != nil {
		return nil, err
	}
	folder := folderOf(user)
	policy := sessionPolicy(target.bucket, folder)
	given, err := assumeRole(request.Context(), target, a.settings.role, user, policy)
	if err != nil {
		log.Print(err)
		return nil, refused{http.StatusBadGateway, "there are no temporary credentials now"}
	}
	callbackURL := a.callbackURL(request) + "?proof=" + proof(secret, target.bucket, folder+"/")
	return permittedSession{
		http.StatusOK, given.AccessKeyID, given.AccessKeySecret, given.SecurityToken, given.Expiration,
		target.endpoint, target.url, target.region, target.bucket, folder + "/", callbackTo(callbackURL, "name"),
	}, nil
}

func (a *application) permittedUpload(request *http.Request, query url.Values) (upload, error) {
	if a.settings.upload == nil {
		return upload{}, notConfigured
	}
	user, err := userOf(query)
	if err != nil {
		return upload{}, err
	}
	name, contentType := query.Get("name"), query.Get("type")
	if err := checkName(name); err != nil {
		return upload{}, err
	}
	if err := checkContentType(contentType); err != nil {
		return upload{}, err
	}
	return a.upload(request, folderOf(user), contentType, name, customVariable{"user", user}), nil
}

func (a *application) uploadForm(writer http.ResponseWriter, request *http.Request) (any, error) {
	if a.settings.upload == nil {
		return nil, notConfigured
	}
	body, err := readBody(writer, request)
	if err != nil {
		return nil, err
	}
	var asked struct{ Name string }
	if err := json.Unmarshal(body, &asked); err != nil {
		return nil, refused{http.StatusBadRequest, `the body must be {"name": "what the file is called"}`}
	}
	if err := checkName(asked.Name); err != nil {
		return nil, err
	}
	return signForm(a.settings.upload, a.upload(request, "uploads", "", asked.Name), "v4", time.Now()), nil
}

func (a *application) upload(
	request *http.Request, folder, contentType, fileName string, further ...customVariable,
) upload {
	bucket, secret := a.settings.upload.bucket, a.settings.callbackSecret
	return permittedUpload(bucket, a.callbackURL(request), secret, folder, contentType, fileName, further...)
}

func (a *application) callbackURL(request *http.Request) string {
	if configured := a.settings.upload.callbackURL; configured != "" {
		return configured
	}
	// Right when the store runs on this machine.
	address, _ := request.Context().Value(http.LocalAddrContextKey).(net.Addr)
	return fmt.Sprintf("http://%s%s", address, a.settings.callbackPath)
}

func (a *application) servePage(writer http.ResponseWriter) error {
	if a.settings.upload == nil {
		return notConfigured
	}
	page, err := os.ReadFile(variable("UPLOAD_PAGE", "../upload.html"))
	if err != nil {
		return err
	}
	writer.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, err = writer.Write(page)
	return err
}

func readBody(writer http.ResponseWriter, request *http.Request) ([]byte, error) {
	if request.ContentLength > longestBody {
		writer.Header().Set("Connection", "close")
		return nil, refused{http.StatusRequestEntityTooLarge, "the body is too long"}
	}
	if request.ContentLength < 0 {
		writer.Header().Set("Connection", "close")
		return nil, refused{http.StatusLengthRequired, "a Content-Length is required"}
	}
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return nil, refused{http.StatusBadRequest, "the body is shorter than its Content-Length"}
	}
	return body, nil
}

func answerJSON(writer http.ResponseWriter, status int, value any) {
	body, err := json.Marshal(value)
	if err != nil {
		log.Print(err)
		return
	}
	writer.Header().Set("Content-Type", "application/json")
	// A permission is for whoever asked.
	writer.Header().Set("Cache-Control", "no-store")
	// Without it a long answer would be chunked, and a store accepts no chunks.
	writer.Header().Set("Content-Length", fmt.Sprint(len(body)))
	writer.WriteHeader(status)
	if _, err := writer.Write(body); err != nil {
		log.Print(err)
	}
}
