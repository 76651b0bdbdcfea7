package main

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"regexp"
	"strings"
	"time"
)

const (
	formLifetime = 5 * time.Minute
	largestFile  = 10 << 20
	// String variables bring their own quotes; numbers have none.
	formBody = `{"bucket":${bucket},"object":${object},"size":${size},"etag":${etag},"mimeType":${mimeType},` +
		`"reqId":${reqId},"name":${x:name}}`
)

var extension = regexp.MustCompile(`\.[A-Za-z0-9]{1,8}$`)

// form is the URL to post to and the fields to send before the file.
type form struct {
	URL    string            `json:"url"`
	Fields map[string]string `json:"fields"`
}

// proof shows that this application asked for the callback of this object.
func proof(secret, bucket, name string) string {
	return hex.EncodeToString(mac([]byte(secret), bucket+"/"+name))
}

// signForm permits a browser to upload one file straight to the store: a POST policy, signed with version 4. The
// application names the object; what the file was called travels as a custom variable.
func signForm(target *uploadTarget, callbackURL, callbackSecret, fileName string, now time.Time) form {
	random := make([]byte, 16)
	rand.Read(random) // never fails, says its documentation
	key := "uploads/" + hex.EncodeToString(random) + strings.ToLower(extension.FindString(fileName))
	if callbackSecret != "" {
		callbackURL += "?proof=" + proof(callbackSecret, target.bucket, key)
	}
	now = now.UTC()
	scope := []string{now.Format("20060102"), target.region, "oss", "aliyun_v4_request"}
	fields := map[string]string{
		"key": key,
		"callback": encode(map[string]string{
			"callbackUrl": callbackURL, "callbackBody": formBody, "callbackBodyType": "application/json",
		}),
		"x:name":                  fileName,
		"x-oss-signature-version": "OSS4-HMAC-SHA256",
		"x-oss-credential":        target.accessKeyID + "/" + strings.Join(scope, "/"),
		"x-oss-date":              now.Format("20060102T150405Z"),
	}
	conditions := []any{
		map[string]string{"bucket": target.bucket},
		[]any{"content-length-range", 1, largestFile},
	}
	// Every field is pinned: without its condition the browser could drop the callback or send it elsewhere.
	for name, value := range fields {
		conditions = append(conditions, []string{"eq", "$" + name, strings.ReplaceAll(value, "$", `\$`)})
	}
	expiration := now.Add(formLifetime).Format("2006-01-02T15:04:05.000Z")
	fields["policy"] = encode(map[string]any{"expiration": expiration, "conditions": conditions})
	key4 := []byte("aliyun_v4" + target.accessKeySecret)
	for _, part := range scope {
		key4 = mac(key4, part)
	}
	fields["x-oss-signature"] = hex.EncodeToString(mac(key4, fields["policy"]))
	return form{target.url, fields}
}

func mac(key []byte, text string) []byte {
	hash := hmac.New(sha256.New, key)
	hash.Write([]byte(text))
	return hash.Sum(nil)
}

func encode(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // only texts and lists of them come here
	}
	return base64.StdEncoding.EncodeToString(text)
}
