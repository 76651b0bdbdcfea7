package harness

import (
	"bytes"
	"io"
	"net/http"
	"strings"
)

// Answer is what a client without any SDK gets.
type Answer struct {
	Status int
	Header http.Header
	Body   string
}

// Send plays a client without any SDK, such as a browser. It follows no redirect.
func Send(t *T, method, target string, headers map[string]string, body []byte) Answer {
	request, err := http.NewRequest(method, target, bytes.NewReader(body))
	t.Must("a request", err)
	for name, text := range headers {
		request.Header.Set(name, text)
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	t.Must(method, err)
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	t.Must("reading the body", err)
	return Answer{Status: response.StatusCode, Header: response.Header, Body: string(content)}
}

// Refused checks that the answer is an error with this status and code.
func (a Answer) Refused(t *T, what string, status int, code string) {
	t.Equal(what+": status", a.Status, status)
	t.True(what+": "+code+" in "+a.Body, strings.Contains(a.Body, "<Code>"+code+"</Code>"))
}

// CalledBack checks that the answer is the application server's.
func (a Answer) CalledBack(t *T) {
	t.Equal("status", a.Status, 200)
	t.Equal("body", a.Body, OK.Body)
	t.Equal("Content-Type", a.Header.Get("Content-Type"), "application/json")
}
