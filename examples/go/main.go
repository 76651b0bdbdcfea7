// An application server for OSS upload callbacks: verifies them, keeps a row per upload, answers the uploader.
//
//	POST /callback[/...]   callbacks; what it answers is what the uploader gets
//	POST /upload-form      permission for a browser to upload one file, see upload_form.go
//	GET  /                 a page that uploads with such a form
//
// The key that OSS signs with has 512 bits, and Go refuses less than 1024 unless it is told.
//
//go:debug rsa1024min=0
package main

import (
	"context"
	"crypto/subtle"
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
	"unicode/utf8"
)

const (
	longestBody = 1 << 20
	// The sender waits five seconds for the whole answer.
	answerWithin = 4500 * time.Millisecond
)

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

// checkProof matters because OSS signs for all its customers with one key: each could have it sign a body that names
// your bucket.
func (a *application) checkProof(query string, said fields) error {
	if a.settings.callbackSecret == "" {
		return nil
	}
	parameters, err := url.ParseQuery(query)
	expected := proof(a.settings.callbackSecret, said["bucket"], said["object"])
	same := subtle.ConstantTimeCompare([]byte(parameters.Get("proof")), []byte(expected)) == 1
	if err != nil || said["bucket"] == "" || said["object"] == "" || !same {
		return refused{http.StatusForbidden, "this application did not ask for this callback"}
	}
	return nil
}

func (a *application) uploadForm(writer http.ResponseWriter, request *http.Request) (any, error) {
	target := a.settings.upload
	if target == nil {
		return nil, refused{http.StatusNotFound, "upload forms are not configured: set OSS_UPLOAD_URL and the rest"}
	}
	body, err := readBody(writer, request)
	if err != nil {
		return nil, err
	}
	var asked struct{ Name string }
	if err := json.Unmarshal(body, &asked); err != nil || asked.Name == "" || utf8.RuneCountInString(asked.Name) > 255 {
		const expected = `the body must be {"name": "what the file is called"}, 1 to 255 characters`
		return nil, refused{http.StatusBadRequest, expected}
	}
	callbackURL := target.callbackURL
	if callbackURL == "" {
		// Right when the store runs on this machine.
		address, _ := request.Context().Value(http.LocalAddrContextKey).(net.Addr)
		callbackURL = fmt.Sprintf("http://%s%s", address, a.settings.callbackPath)
	}
	return signForm(target, callbackURL, a.settings.callbackSecret, asked.Name, time.Now()), nil
}

func (a *application) servePage(writer http.ResponseWriter) error {
	if a.settings.upload == nil {
		return refused{http.StatusNotFound, "upload forms are not configured: set OSS_UPLOAD_URL and the rest"}
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
	// Without it a long answer would be chunked, and a store accepts no chunks.
	writer.Header().Set("Content-Length", fmt.Sprint(len(body)))
	writer.WriteHeader(status)
	if _, err := writer.Write(body); err != nil {
		log.Print(err)
	}
}
