package main

import (
	"context"
	"crypto"
	"crypto/md5"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"
)

const (
	keyLifetime = 24 * time.Hour
	// A store that was set up anew has another key under the same URL; a forger must not make us fetch it all the
	// time.
	refetchAfter = 30 * time.Second
	// The sender waits five seconds for the whole answer.
	fetchTimeout = 2 * time.Second
	mostKeys     = 16
	longestKey   = 16 << 10
)

// climbing is what could lead out of a trusted prefix that has a path.
var climbing = regexp.MustCompile(`\.\.|%2[eE]|[\\ ]`)

// refused is an answer other than 200, and why.
type refused struct {
	status int
	reason string
}

func (r refused) Error() string { return r.reason }

// verifier verifies callbacks with keys that it fetches from trusted places and keeps.
type verifier struct {
	trusted []string
	pinned  map[string]*rsa.PublicKey
	client  *http.Client

	mutex   sync.Mutex
	fetched map[string]fetchedKey
}

type fetchedKey struct {
	key *rsa.PublicKey
	at  time.Time
}

func newVerifier(trusted []string, pinned map[string][]byte) (*verifier, error) {
	made := &verifier{
		trusted: trusted,
		pinned:  map[string]*rsa.PublicKey{},
		fetched: map[string]fetchedKey{},
		client: &http.Client{
			Timeout: fetchTimeout,
			// A redirect would lead away from the trusted place.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	for url, text := range pinned {
		key, err := parseKey(text)
		if err != nil {
			return nil, fmt.Errorf("the key pinned for %s: %w", url, err)
		}
		made.pinned[url] = key
	}
	return made, nil
}

// verify returns refused unless a trusted store sent exactly this. The target is what stood in the request line; a
// path that a router or a proxy has tidied does not verify.
func (v *verifier) verify(ctx context.Context, target string, header http.Header, body []byte) error {
	authorization, keyURL := header.Get("Authorization"), header.Get("x-oss-pub-key-url")
	if authorization == "" || keyURL == "" {
		return refused{http.StatusBadRequest, "authorization and x-oss-pub-key-url are required"}
	}
	url, err := v.trustedURL(keyURL)
	if err != nil {
		return err
	}
	signature, err := base64.StdEncoding.DecodeString(authorization)
	if err != nil {
		return refused{http.StatusForbidden, "the signature is not base64"}
	}
	sum := md5.Sum(signedText(target, body))
	for _, lifetime := range []time.Duration{keyLifetime, refetchAfter} {
		key, err := v.key(ctx, url, lifetime)
		if err != nil {
			return refused{http.StatusServiceUnavailable, "the key cannot be had: " + err.Error()}
		}
		if rsa.VerifyPKCS1v15(key, crypto.MD5, sum[:], signature) == nil {
			return nil
		}
	}
	return refused{http.StatusForbidden, "the signature does not verify"}
}

// signedText is percent_decoded(path) + query + "\n" + body: the query keeps its ? and its encoding, a + stays a +.
func signedText(target string, body []byte) []byte {
	path, query, asked := strings.Cut(target, "?")
	text := percentDecoded(path)
	if asked {
		text = append(append(text, '?'), query...)
	}
	return append(append(text, '\n'), body...)
}

// percentDecoded leaves escapes alone that are none, where url.PathUnescape would give up.
func percentDecoded(path string) []byte {
	decoded := make([]byte, 0, len(path))
	for len(path) > 0 {
		if path[0] == '%' && len(path) > 2 {
			if value, err := hex.DecodeString(path[1:3]); err == nil {
				decoded, path = append(decoded, value...), path[3:]
				continue
			}
		}
		decoded, path = append(decoded, path[0]), path[1:]
	}
	return decoded
}

// trustedURL decodes the key's URL. Whoever sends the request chooses it: fetch another's key, and he can sign
// anything.
func (v *verifier) trustedURL(encoded string) (string, error) {
	decoded, err := base64.StdEncoding.DecodeString(encoded)
	url := string(decoded)
	outside := func(letter rune) bool { return letter < ' ' || letter > '~' }
	if err != nil || strings.ContainsFunc(url, outside) {
		return "", refused{http.StatusBadRequest, "x-oss-pub-key-url is not a URL in base64"}
	}
	if _, pinned := v.pinned[url]; pinned {
		return url, nil
	}
	climbs := climbing.MatchString(url)
	for _, prefix := range v.trusted {
		if !climbs && strings.HasPrefix(url, prefix) {
			return url, nil
		}
	}
	return "", refused{http.StatusForbidden, "the key URL is not trusted"}
}

func (v *verifier) key(ctx context.Context, url string, lifetime time.Duration) (*rsa.PublicKey, error) {
	if key, pinned := v.pinned[url]; pinned {
		return key, nil
	}
	v.mutex.Lock()
	known, cached := v.fetched[url]
	v.mutex.Unlock()
	if cached && time.Since(known.at) < lifetime {
		return known.key, nil
	}
	key, err := v.fetch(ctx, url)
	if err != nil {
		if cached {
			return known.key, nil
		}
		return nil, err
	}
	v.remember(url, key)
	return key, nil
}

func (v *verifier) remember(url string, key *rsa.PublicKey) {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	if _, replaced := v.fetched[url]; !replaced && len(v.fetched) >= mostKeys {
		oldest := url
		for other, kept := range v.fetched {
			if oldest == url || kept.at.Before(v.fetched[oldest].at) {
				oldest = other
			}
		}
		delete(v.fetched, oldest)
	}
	v.fetched[url] = fetchedKey{key, time.Now()}
}

func (v *verifier) fetch(ctx context.Context, url string) (*rsa.PublicKey, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	response, err := v.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %d", response.StatusCode)
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, longestKey+1))
	if err != nil {
		return nil, err
	}
	if len(text) > longestKey {
		return nil, errors.New("what is behind its URL is too long for a key")
	}
	return parseKey(text)
}

func parseKey(text []byte) (*rsa.PublicKey, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("it is not PEM")
	}
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	key, isRSA := parsed.(*rsa.PublicKey)
	if !isRSA {
		return nil, fmt.Errorf("it is a %T and not RSA", parsed)
	}
	return key, nil
}
