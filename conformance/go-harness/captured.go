package harness

import "net/http"

// ossKey is the public key of OSS itself. Its 512 bits need the settings of the Go version in go.mod.
const ossKey = `-----BEGIN PUBLIC KEY-----
MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAKs/JBGzwUB2aVht4crBx3oIPBLNsjGs
C0fTXv+nvlmklvkcolvpvXLTjaxUHR3W9LXxQ2EHXAJfCB+6H2YF1k8CAwEAAQ==
-----END PUBLIC KEY-----
`

// AddCaptured adds a case that holds the application server itself against requests that OSS has sent: what it
// accepts is genuine, and what it would say of a forgery.
func AddCaptured(suite *Suite) {
	suite.Case("application/verification/requests captured from OSS", func(t *T) {
		key, err := parseKey([]byte(ossKey))
		t.Must("the key", err)
		for _, row := range []struct {
			target, body, signature string
			genuine                 bool
		}{
			{"/index.php?id=1&index=2", "bucket=yonghu-test", capturedForm, true},
			{"/index.php?id=1&index=3", "bucket=yonghu-test", capturedForm, false},
			{"/index.php?id=1&index=2", "bucket=yonghu-test2", capturedForm, false},
			{"/api/v3/callback/oss/TnXx5E5VyfJUyM1UdkdDu1rtnJ34EbmH", capturedBody, capturedJSON, true},
			{"/api/v3/callback/oss/TnXx5E5VyfJUyM1UdkdDu1rtnJ34EbmI", capturedBody, capturedJSON, false},
		} {
			err := verify(key, row.target, http.Header{"Authorization": {row.signature}}, []byte(row.body))
			t.True(row.target+" is judged rightly", (err == nil) == row.genuine)
		}
	})
}

const (
	capturedForm = "kKQeGTRccDKyHB3H9vF+xYMSrmhMZjzzl2/kdD1ktNVgbWEfYTQG0G2SU/RaHBovRCE8OkQDjC3uG33esH2txA=="
	capturedJSON = "e5LwzwTkP9AFAItT4YzvdJOHd0Y0wqTMWhsV/h5SG90JYGAmMd+8LQyj96R+9qUfJWjMt6suuUh7LaOryR87Dw=="
	capturedBody = `{"name":"2f7b2ccf30e9270ea920f1ab8a4037a546a2f0d5.jpg",` +
		`"source_name":"1/1_hFRtDLgM_2f7b2ccf30e9270ea920f1ab8a4037a546a2f0d5.jpg","size":114020,"pic_info":"810,539"}`
)
