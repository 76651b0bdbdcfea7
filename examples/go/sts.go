package main

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	stsTimeout       = 5 * time.Second
	longestSTSAnswer = 64 << 10
)

// Whole files and parts; no reading, listing or deleting.
var uploadActions = []string{"oss:PutObject", "oss:ListParts", "oss:AbortMultipartUpload"}

// credentials are temporary, and good for one user's folder only.
type credentials struct{ AccessKeyID, AccessKeySecret, SecurityToken, Expiration string }

// sessionPolicy is what is left of the role's permissions: uploads below this folder.
func sessionPolicy(bucket, folder string) map[string]any {
	statement := map[string]any{
		"Effect": "Allow", "Action": uploadActions, "Resource": []string{"acs:oss:*:*:" + bucket + "/" + folder + "/*"},
	}
	return map[string]any{"Version": "1", "Statement": []any{statement}}
}

// assumeRole asks STS for credentials.
func assumeRole(
	ctx context.Context, target *uploadTarget, assumed *role, sessionName string, policy map[string]any,
) (credentials, error) {
	document, err := json.Marshal(policy)
	if err != nil {
		return credentials{}, err
	}
	parameters := url.Values{
		"AccessKeyId":      {target.accessKeyID},
		"Action":           {"AssumeRole"},
		"DurationSeconds":  {strconv.FormatUint(assumed.seconds, 10)},
		"Format":           {"JSON"},
		"Policy":           {string(document)},
		"RoleArn":          {assumed.arn},
		"RoleSessionName":  {sessionName},
		"SignatureMethod":  {"HMAC-SHA1"},
		"SignatureNonce":   {rand.Text()},
		"SignatureVersion": {"1.0"},
		"Timestamp":        {time.Now().UTC().Format("2006-01-02T15:04:05Z")},
		"Version":          {"2015-04-01"},
	}
	hash := hmac.New(sha1.New, []byte(target.accessKeySecret+"&"))
	hash.Write([]byte("POST&%2F&" + escape(rpcForm(parameters))))
	parameters.Set("Signature", base64.StdEncoding.EncodeToString(hash.Sum(nil)))
	answer, err := askSTS(ctx, assumed.endpoint, rpcForm(parameters))
	if err != nil {
		return credentials{}, err
	}
	var said struct{ Credentials credentials }
	if err := json.Unmarshal(answer, &said); err != nil {
		return credentials{}, fmt.Errorf("STS answered no JSON: %w", err)
	}
	if given := said.Credentials; given.AccessKeyID == "" || given.AccessKeySecret == "" || given.SecurityToken == "" {
		return credentials{}, errors.New("STS answered something else than credentials")
	}
	return said.Credentials, nil
}

func askSTS(ctx context.Context, endpoint, form string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, stsTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader(form))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, longestSTSAnswer))
	if err == nil && response.StatusCode != http.StatusOK {
		// Such as NoPermission: for whoever runs this server, not for its users.
		err = fmt.Errorf("STS refused: %s %s", response.Status, answer)
	}
	return answer, err
}

// rpcForm sorts by name, as the signature wants.
func rpcForm(parameters url.Values) string {
	return strings.ReplaceAll(parameters.Encode(), "+", "%20")
}

// escape writes a space in the way that STS does.
func escape(text string) string {
	return strings.ReplaceAll(url.QueryEscape(text), "+", "%20")
}
