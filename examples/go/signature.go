package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"
)

const signatureVersion = "OSS4-HMAC-SHA256"

// signingScope is the time of a signature of version 4, and what it is good for: a day and a region.
type signingScope struct{ moment, scope string }

func scopeOf(region string, now time.Time) signingScope {
	now = now.UTC()
	return signingScope{now.Format("20060102T150405Z"), now.Format("20060102") + "/" + region + "/oss/aliyun_v4_request"}
}

// sign signs a policy, or the string to sign of a request.
func (s signingScope) sign(secret, text string) string {
	key := []byte("aliyun_v4" + secret)
	for _, part := range strings.Split(s.scope, "/") {
		key = mac(key, part)
	}
	return hex.EncodeToString(mac(key, text))
}

// signRequest signs a canonical request.
func (s signingScope) signRequest(secret, canonicalRequest string) string {
	digest := sha256.Sum256([]byte(canonicalRequest))
	return s.sign(secret, strings.Join([]string{signatureVersion, s.moment, s.scope, hex.EncodeToString(digest[:])}, "\n"))
}

func mac(key []byte, text string) []byte {
	hash := hmac.New(sha256.New, key)
	hash.Write([]byte(text))
	return hash.Sum(nil)
}

// encode gives JSON in base64, as policies and callbacks travel.
func encode(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // only texts and lists of them come here
	}
	return base64.StdEncoding.EncodeToString(text)
}
