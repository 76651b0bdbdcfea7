package harness

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"
)

// FormType and JSONType are the two body types of a callback.
const (
	FormType = "application/x-www-form-urlencoded"
	JSONType = "application/json"
)

// Fields are the members of a callback parameter.
type Fields map[string]any

// Base64 encodes callback parameters or custom variables as an upload carries them.
func Base64(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return base64.StdEncoding.EncodeToString(text)
}

// Text encodes a text that stands in for the JSON.
func Text(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

// Invalid is a parameter that must be refused before anything is stored. An empty field is not compared.
type Invalid struct {
	Name        string
	Callback    string
	CallbackVar string
	EC          string
	Message     string
	Argument    string
}

// InvalidParameters are the refusals the official suites and the public error pages tell of.
func InvalidParameters(url string) []Invalid {
	long := strings.Repeat("A", 6*1024)
	good := Base64(Fields{"callbackUrl": url, "callbackBody": "b=${bucket}"})
	with := func(fields Fields) string {
		all := Fields{"callbackUrl": url, "callbackBody": "b=${bucket}"}
		for name, value := range fields {
			all[name] = value
		}
		return Base64(all)
	}
	return []Invalid{
		{Name: "url_single_label", Callback: with(Fields{"callbackUrl": "my"}), EC: "0007-00000004"},
		{Name: "url_bad_port", Callback: with(Fields{"callbackUrl": "my.com:test"}), EC: "0007-00000004"},
		{Name: "url_bad_scheme", Callback: with(Fields{"callbackUrl": "ftp://my.com/"}), EC: "0007-00000004"},
		{Name: "url_ipv6", Callback: with(Fields{"callbackUrl": "http://[2001:4860:4860::8888]/"}), EC: "0007-00000004"},
		{Name: "six_urls", Callback: with(Fields{"callbackUrl": "my1.com;my2.com;my3.com;my4.com;my5.com;my6.com;"}),
			EC: "0007-00000005"},
		{Name: "body_empty", Callback: with(Fields{"callbackBody": ""}), EC: "0007-00000011"},
		{Name: "body_not_a_string", Callback: with(Fields{"callbackBody": 5}), EC: "0007-00000010"},
		{Name: "body_parentheses", Callback: with(Fields{"callbackBody": "bucket=${bucket}&object=$(object)"}),
			EC: "0007-00000105", Message: "Left brace must be adjacent to dollar sign.", Argument: "ReplaceKeyPrefix"},
		{Name: "body_unknown_variable", Callback: with(Fields{"callbackBody": "b=${buckett}"})},
		{Name: "body_unclosed_variable", Callback: with(Fields{"callbackBody": "b=${bucket"})},
		{Name: "body_type", Callback: with(Fields{"callbackBodyType": "text/plain"}), EC: "0007-00000012"},
		{Name: "headers_not_a_map", Callback: with(Fields{"additionalHeaders": "a"}), EC: "0007-00000026"},
		{Name: "headers_reserved", Callback: with(Fields{"additionalHeaders": Fields{"x-oss-tag": "a"}}),
			EC: "0007-00000026"},
		{Name: "not_base64", Callback: "error argument", EC: "0007-00000002"},
		{Name: "not_json", Callback: Text("error argument"), EC: "0007-00000003",
			Message: "The callback configuration is not json format."},
		{Name: "too_long", Callback: with(Fields{"callbackBody": long}), EC: "0007-00000001"},
		{Name: "unknown_policy", Callback: Base64(Fields{"callbackPolicy": "nowhere"})},
		{Name: "var_too_long", Callback: good, CallbackVar: Base64(Fields{"x:a": long}), EC: "0007-00000101"},
		{Name: "var_not_base64", Callback: good, CallbackVar: "error argument", EC: "0007-00000102"},
		{Name: "var_not_json", Callback: good, CallbackVar: Text("error argument"), EC: "0007-00000103"},
		{Name: "var_not_an_object", Callback: good, CallbackVar: Text(`["x:a"]`), EC: "0007-00000103"},
		{Name: "var_not_a_string", Callback: good, CallbackVar: Base64(Fields{"x:a": 1}), EC: "0007-00000105"},
	}
}

// Failing is an application server that does not do its part, and what the client must hear of it.
type Failing struct {
	Name string
	// Refused stands for a port nobody listens on; else Reply is what the server answers.
	Refused bool
	Reply   Reply
	// Message is compared in full, unless it ends in "…", which stands for anything.
	Message string
	EC      string
}

// FailingServers are the failures of the specification that a loopback server can play.
func FailingServers() []Failing {
	const failed, late, notJSON = "0007-00000203", "0007-00000202", "0007-00000205"
	const notJSONMessage = "Response body is not valid json format."
	return []Failing{
		{Name: "status_500", Reply: Reply{Status: 500, Body: `{"Status":"broken"}`}, Message: "Error status : 500.",
			EC: failed},
		{Name: "status_204", Reply: Reply{Status: 204}, Message: "Error status : 204.", EC: failed},
		{Name: "status_301", Reply: Reply{Status: 301, Header: map[string]string{"Location": "/elsewhere"}},
			Message: "Error status : 301.", EC: failed},
		{Name: "refused", Refused: true, Message: "Error status : 502.", EC: failed},
		{Name: "hang_up", Reply: Reply{HangUp: true}, Message: "Error status : 502.", EC: failed},
		{Name: "not_json", Reply: Reply{Status: 200, Body: "<html>welcome</html>"}, Message: notJSONMessage, EC: notJSON},
		{Name: "empty", Reply: Reply{Status: 200}, Message: notJSONMessage, EC: notJSON},
		{Name: "bom", Reply: Reply{Status: 200, Body: "\ufeff{}"}, Message: notJSONMessage, EC: notJSON},
		{Name: "no_length", Reply: Reply{Status: 200, Body: "{}", NoLength: true},
			Message: "Error status : 400.User server missing content-length.", EC: failed},
		{Name: "late", Reply: Reply{Status: 200, Body: "{}", Delay: 7 * time.Second},
			Message: "Error status : -1 127.0.0.1:…", EC: late},
	}
}

// URL is the callback URL of a failing server; it prepares the application server to play it.
func (f Failing) URL(app *AppServer, path string) string {
	if f.Refused {
		return "http://" + RefusedAddress() + path
	}
	app.On(path, f.Reply)
	return app.URL(path)
}

// Matches says whether a message is the one that must come.
func (f Failing) Matches(message string) bool {
	if start, cut := strings.CutSuffix(f.Message, "…"); cut {
		return strings.HasPrefix(message, start) && strings.Contains(message, "reply timeout, cost:") &&
			strings.Contains(message, "ms, timeout:5000ms (err -4, errno")
	}
	return message == f.Message
}
