package main

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"maps"
	"strings"
	"time"
)

// form is the URL to post to and the fields to send before the file.
type form struct {
	URL    string            `json:"url"`
	Fields map[string]string `json:"fields"`
}

// signForm permits a browser to upload one file straight to the store: a signed POST policy.
func signForm(target *uploadTarget, permitted upload, version string, now time.Time) form {
	fields := map[string]string{"key": permitted.key, "callback": encode(permitted.callback)}
	maps.Copy(fields, permitted.variables)
	if permitted.contentType != "" {
		fields["content-type"] = permitted.contentType
	}
	if version == "v1" {
		signFormV1(target, fields, now)
	} else {
		signFormV4(target, fields, now)
	}
	return form{target.url, fields}
}

func signFormV4(target *uploadTarget, fields map[string]string, now time.Time) {
	scope := scopeOf(target.region, now)
	fields["x-oss-signature-version"] = signatureVersion
	fields["x-oss-credential"] = target.accessKeyID + "/" + scope.scope
	fields["x-oss-date"] = scope.moment
	fields["policy"] = policy(target, fields, now)
	fields["x-oss-signature"] = scope.sign(target.accessKeySecret, fields["policy"])
}

func signFormV1(target *uploadTarget, fields map[string]string, now time.Time) {
	fields["policy"] = policy(target, fields, now)
	hash := hmac.New(sha1.New, []byte(target.accessKeySecret))
	hash.Write([]byte(fields["policy"]))
	fields["OSSAccessKeyId"] = target.accessKeyID
	fields["Signature"] = base64.StdEncoding.EncodeToString(hash.Sum(nil))
}

// policy pins every field: without its condition the browser could drop the callback or send it elsewhere.
func policy(target *uploadTarget, fields map[string]string, now time.Time) string {
	conditions := []any{
		map[string]string{"bucket": target.bucket},
		[]any{"content-length-range", 1, largestFile},
	}
	for name, value := range fields {
		conditions = append(conditions, []string{"eq", "$" + name, strings.ReplaceAll(value, "$", `\$`)})
	}
	expiration := now.Add(target.lifetime).UTC().Format("2006-01-02T15:04:05.000Z")
	return encode(map[string]any{"expiration": expiration, "conditions": conditions})
}
