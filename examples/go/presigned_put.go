package main

import (
	"fmt"
	"net/url"
	"strings"
	"time"
)

// presignedPut is a URL, and the headers to send with exactly these values.
type presignedPut struct {
	Method  string            `json:"method"`
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers"`
	Key     string            `json:"key"`
}

// signPut permits an app or a page to PUT one file straight to the store: a URL that is signed with version 4.
//
// All that the store must hold the uploader to is signed: the callback as a part of the query, the type as a header, the
// length because x-oss-additional-headers names it. A header x-oss-... that somebody adds breaks the signature.
func signPut(target *uploadTarget, permitted upload, size uint64, now time.Time) presignedPut {
	scope := scopeOf(target.region, now)
	// Encode sorts by name, and writes nothing here in another way than OSS does: there are no spaces.
	query := url.Values{
		"callback":                 {encode(permitted.callback)},
		"callback-var":             {encode(permitted.variables)},
		"x-oss-additional-headers": {"content-length"},
		"x-oss-credential":         {target.accessKeyID + "/" + scope.scope},
		"x-oss-date":               {scope.moment},
		"x-oss-expires":            {fmt.Sprint(int(target.lifetime.Seconds()))},
		"x-oss-signature-version":  {signatureVersion},
	}.Encode()
	signature := scope.signRequest(target.accessKeySecret, strings.Join([]string{
		"PUT",
		"/" + target.bucket + "/" + permitted.key,
		query,
		fmt.Sprintf("content-length:%d", size),
		"content-type:" + permitted.contentType,
		"",
		"content-length",
		"UNSIGNED-PAYLOAD",
	}, "\n"))
	return presignedPut{
		Method:  "PUT",
		URL:     strings.TrimSuffix(target.url, "/") + "/" + permitted.key + "?" + query + "&x-oss-signature=" + signature,
		Headers: map[string]string{"Content-Type": permitted.contentType},
		Key:     permitted.key,
	}
}
