package harness

import (
	"crypto/md5"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Reply is how the application server answers the callbacks of one path.
type Reply struct {
	Status int
	Header map[string]string
	Body   string
	// Delay is slept before anything is answered.
	Delay time.Duration
	// NoLength sends the body in chunks, hence without a Content-Length.
	NoLength bool
	// Hang up without an answer.
	HangUp bool
}

// OK is the reply the official suites want.
var OK = Reply{Status: 200, Header: map[string]string{"Content-Type": "application/json"}, Body: `{"Status":"OK"}`}

// Call is one request the application server received.
type Call struct {
	Target   string
	Host     string
	Header   http.Header
	Body     string
	Problems []string
}

// AppServer is the user's side of a callback: it receives, verifies and answers.
type AppServer struct {
	address  string
	verifier *Verifier

	mutex   sync.Mutex
	replies map[string]Reply
	calls   map[string][]Call
}

// StartAppServer listens on a free loopback port.
func StartAppServer(verifier *Verifier) (*AppServer, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	server := &AppServer{
		address:  listener.Addr().String(),
		verifier: verifier,
		replies:  map[string]Reply{},
		calls:    map[string][]Call{},
	}
	go func() {
		_ = (&http.Server{Handler: http.HandlerFunc(server.serve)}).Serve(listener)
	}()
	return server, nil
}

// Address is the host and port it listens on.
func (s *AppServer) Address() string { return s.address }

// URL is the address of a path (which may carry a query).
func (s *AppServer) URL(path string) string { return "http://" + s.address + path }

// On sets the reply of a decoded path; without one a path answers OK.
func (s *AppServer) On(path string, reply Reply) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.replies[path] = reply
}

// Take returns the calls a decoded path has got since the last Take.
func (s *AppServer) Take(path string) []Call {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	calls := s.calls[path]
	delete(s.calls, path)
	return calls
}

// One returns the only call of a path and notes everything that is wrong with it as a callback of that bucket.
func (s *AppServer) One(t *T, path, bucket string) Call {
	calls := s.Take(path)
	if len(calls) != 1 {
		t.Fatalf("the application server was called %d times on %s, not once", len(calls), path)
	}
	call := calls[0]
	for _, problem := range call.Problems {
		t.Errorf("callback: %s", problem)
	}
	t.Equal("x-oss-bucket", call.Header.Get("x-oss-bucket"), bucket)
	return call
}

// RefusedAddress is a loopback address where nothing listens.
func RefusedAddress() string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "127.0.0.1:1"
	}
	defer listener.Close()
	return listener.Addr().String()
}

func (s *AppServer) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	call := Call{Target: r.RequestURI, Host: r.Host, Header: r.Header.Clone(), Body: string(body)}
	if err != nil {
		call.Problems = append(call.Problems, "the body ended early: "+err.Error())
	}
	call.Problems = append(call.Problems, checkRequest(r, body)...)
	if err := s.verifier.Verify(r.RequestURI, r.Header, body); err != nil {
		call.Problems = append(call.Problems, err.Error())
	}
	s.mutex.Lock()
	s.calls[r.URL.Path] = append(s.calls[r.URL.Path], call)
	reply, known := s.replies[r.URL.Path]
	s.mutex.Unlock()
	if !known {
		reply = OK
	}
	answer(w, reply)
}

func answer(w http.ResponseWriter, reply Reply) {
	time.Sleep(reply.Delay)
	if reply.HangUp {
		panic(http.ErrAbortHandler)
	}
	for name, value := range reply.Header {
		w.Header().Set(name, value)
	}
	if !reply.NoLength {
		w.Header().Set("Content-Length", strconv.Itoa(len(reply.Body)))
	}
	w.WriteHeader(reply.Status)
	if reply.NoLength {
		// A flush before the body makes net/http choose chunks.
		w.(http.Flusher).Flush()
	}
	_, _ = io.WriteString(w, reply.Body)
}

var requestID = regexp.MustCompile(`^[0-9A-F]{24}$`)

// checkRequest compares everything about a callback that does not depend on the upload with the protocol.
func checkRequest(r *http.Request, body []byte) []string {
	var problems []string
	want := func(what, got, wanted string) {
		if got != wanted {
			problems = append(problems, fmt.Sprintf("%s is %q, not %q", what, got, wanted))
		}
	}
	want("the method", r.Method, "POST")
	want("the protocol", r.Proto, "HTTP/1.1")
	want("Content-Length", r.Header.Get("Content-Length"), strconv.Itoa(len(body)))
	sum := md5.Sum(body)
	want("Content-MD5", r.Header.Get("Content-MD5"), base64.StdEncoding.EncodeToString(sum[:]))
	want("User-Agent", r.Header.Get("User-Agent"), "aliyun-oss-callback")
	want("x-oss-signature-version", r.Header.Get("x-oss-signature-version"), "1.0")
	want("x-oss-tag", r.Header.Get("x-oss-tag"), "CALLBACK")
	if !requestID.MatchString(r.Header.Get("x-oss-request-id")) {
		problems = append(problems, "x-oss-request-id is "+r.Header.Get("x-oss-request-id"))
	}
	date, err := time.Parse(http.TimeFormat, r.Header.Get("Date"))
	if err != nil || time.Since(date).Abs() > time.Minute {
		problems = append(problems, "Date is "+r.Header.Get("Date"))
	}
	for _, name := range []string{"x-oss-requester", "x-oss-owner", "Content-Type"} {
		if r.Header.Get(name) == "" {
			problems = append(problems, name+" is missing or empty")
		}
	}
	for name, values := range r.Header {
		if len(values) != 1 {
			problems = append(problems, fmt.Sprintf("%s came %d times", name, len(values)))
		}
	}
	if len(r.TransferEncoding) > 0 {
		problems = append(problems, "Transfer-Encoding is "+strings.Join(r.TransferEncoding, ","))
	}
	return problems
}

// FormEscape encodes as the callback's form type does: everything but unreserved characters.
func FormEscape(value string) string {
	return strings.ReplaceAll(url.QueryEscape(value), "+", "%20")
}
