package main

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	largestFile = 10 << 20
	// String variables bring their own quotes; numbers have none.
	callbackBody = `"bucket":${bucket},"object":${object},"size":${size},"etag":${etag},"mimeType":${mimeType},` +
		`"reqId":${reqId}`
)

var (
	// What a browser would run, such as text/html, is not among them.
	contentTypes = []string{
		"application/pdf", "image/gif", "image/jpeg", "image/png", "image/webp", "text/plain", "video/mp4", "video/quicktime",
	}
	extension = regexp.MustCompile(`\.[A-Za-z0-9]{1,8}$`)
	userName  = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
)

// upload is one upload that the application permits; whatever is signed pins all of it. An empty content type leaves it
// to the uploader.
type upload struct {
	key, contentType    string
	callback, variables map[string]string
}

// customVariable is what a callback brings beyond what the store knows.
type customVariable struct{ name, value string }

// userOf stands for your login: take the user from a session that you have verified, and not from the query.
func userOf(query url.Values) (string, error) {
	user := query.Get("user")
	if !userName.MatchString(user) {
		return "", refused{http.StatusUnauthorized, "nobody is logged in: user must be 1 to 64 letters, digits, - and _"}
	}
	return user, nil
}

// checkName checks what the file is called on the user's machine.
func checkName(name string) error {
	if name == "" || utf8.RuneCountInString(name) > 255 {
		return refused{http.StatusBadRequest, "the name must be a text of 1 to 255 characters"}
	}
	return nil
}

func checkContentType(contentType string) error {
	if !slices.Contains(contentTypes, contentType) {
		return refused{http.StatusBadRequest, "the type must be one of " + strings.Join(contentTypes, ", ")}
	}
	return nil
}

// checkedSize reads the length of the file in bytes.
func checkedSize(query url.Values) (uint64, error) {
	size, err := strconv.ParseUint(query.Get("size"), 10, 64)
	if err != nil || size < 1 || size > largestFile {
		return 0, refused{http.StatusBadRequest, fmt.Sprintf("the size must be 1 to %d bytes", largestFile)}
	}
	return size, nil
}

// proof shows that this application asked for the callback of this object.
func proof(secret, bucket, name string) string {
	return hex.EncodeToString(mac([]byte(secret), bucket+"/"+name))
}

// permittedUpload names the object and asks for a callback. What the file was called travels as a custom variable; so
// does the user, whom nobody can tell from the object's name.
func permittedUpload(
	bucket, callbackURL, callbackSecret, folder, contentType, fileName string, further ...customVariable,
) upload {
	random := make([]byte, 16)
	rand.Read(random) // never fails, says its documentation
	key := folder + "/" + hex.EncodeToString(random) + strings.ToLower(extension.FindString(fileName))
	if callbackSecret != "" {
		callbackURL += "?proof=" + proof(callbackSecret, bucket, key)
	}
	body, variables := callbackBody, map[string]string{}
	for _, custom := range append([]customVariable{{"name", fileName}}, further...) {
		body += fmt.Sprintf(`,"%s":${x:%s}`, custom.name, custom.name)
		variables["x:"+custom.name] = custom.value
	}
	callback := map[string]string{
		"callbackUrl": callbackURL, "callbackBody": "{" + body + "}", "callbackBodyType": "application/json",
	}
	return upload{key, contentType, callback, variables}
}
