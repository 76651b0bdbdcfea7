package main

import (
	"crypto/rand"
	"crypto/subtle"
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
	// Of an object.
	userFolder = regexp.MustCompile(`^users/([A-Za-z0-9_-]+)/`)
	userName   = regexp.MustCompile(`^[A-Za-z0-9_-]{2,64}$`)
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
		return "", refused{http.StatusUnauthorized, "nobody is logged in: user must be 2 to 64 letters, digits, - and _"}
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

// folderOf says where a user's uploads are; who has temporary credentials can upload nowhere else.
func folderOf(user string) string { return "users/" + user }

// proof shows that this application asked for the callback of this object, or of all objects of a folder users/.../.
func proof(secret, bucket, name string) string {
	return hex.EncodeToString(mac([]byte(secret), bucket+"/"+name))
}

// isProved tells whether the proof that came with a callback is that of the object that the callback names, or of its
// user's folder.
func isProved(secret, given string, said fields) bool {
	bucket, name := said["bucket"], said["object"]
	if bucket == "" || name == "" {
		return false
	}
	is := func(expected string) bool { return subtle.ConstantTimeCompare([]byte(given), []byte(expected)) == 1 }
	folder := userFolder.FindStringSubmatch(name)
	if folder == nil {
		return is(proof(secret, bucket, name))
	}
	// Who has temporary credentials words his callbacks himself.
	if user, isSaid := said["user"]; isSaid && user != folder[1] {
		return false
	}
	return is(proof(secret, bucket, name)) || is(proof(secret, bucket, folder[0]))
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
	names, variables := []string{"name"}, map[string]string{"x:name": fileName}
	for _, custom := range further {
		names = append(names, custom.name)
		variables["x:"+custom.name] = custom.value
	}
	return upload{key, contentType, callbackTo(callbackURL, names...), variables}
}

// callbackTo asks for a callback that says all about the object, and these custom variables.
func callbackTo(url string, names ...string) map[string]string {
	body := callbackBody
	for _, name := range names {
		body += fmt.Sprintf(`,"%s":${x:%s}`, name, name)
	}
	return map[string]string{"callbackUrl": url, "callbackBody": "{" + body + "}", "callbackBodyType": "application/json"}
}
