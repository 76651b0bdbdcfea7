package harness

import (
	"context"
	"crypto"
	"crypto/md5"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
)

// Verifier checks the signature of callbacks with Go's own RSA. It fetches keys from trusted places only, because
// fetching whatever URL a request names would let anybody sign for it.
type Verifier struct {
	trusted []string
	client  *http.Client

	mutex sync.Mutex
	keys  map[string]*rsa.PublicKey
}

// PublicKeyHost is where OSS serves its own public key, and where receivers in the wild insist that a key be.
const PublicKeyHost = "gosspublic.alicdn.com"

// NewVerifier trusts key URLs of the server itself, or only the URL it was told to advertise.
func NewVerifier(settings Settings) *Verifier {
	trusted := []string{settings.Console + "/", settings.Endpoint + "/"}
	if settings.KeyURL != "" {
		trusted = []string{settings.KeyURL}
	}
	return &Verifier{trusted: trusted, client: KeyClient(settings), keys: map[string]*rsa.PublicKey{}}
}

// KeyClient is an HTTP client that finds PublicKeyHost at the server under test, as a line in a hosts file would
// make it.
func KeyClient(settings Settings) *http.Client {
	server := strings.TrimPrefix(settings.Endpoint, "http://")
	dialer := &net.Dialer{}
	return &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			if address == PublicKeyHost+":80" {
				address = server
			}
			return dialer.DialContext(ctx, network, address)
		},
	}}
}

// Verify checks one request: its target as it stood in the request line, its headers and its body.
func (v *Verifier) Verify(target string, header http.Header, body []byte) error {
	keyURL, err := base64.StdEncoding.DecodeString(header.Get("x-oss-pub-key-url"))
	if err != nil {
		return fmt.Errorf("x-oss-pub-key-url is not base64: %w", err)
	}
	key, err := v.key(string(keyURL))
	if err != nil {
		return err
	}
	return verify(key, target, header, body)
}

func verify(key *rsa.PublicKey, target string, header http.Header, body []byte) error {
	signature, err := base64.StdEncoding.DecodeString(header.Get("Authorization"))
	if err != nil {
		return fmt.Errorf("Authorization is not base64: %w", err)
	}
	path, query, asked := strings.Cut(target, "?")
	decoded, err := url.PathUnescape(path)
	if err != nil {
		return fmt.Errorf("the path %q does not decode: %w", path, err)
	}
	if asked {
		decoded += "?" + query
	}
	sum := md5.Sum([]byte(decoded + "\n" + string(body)))
	if err := rsa.VerifyPKCS1v15(key, crypto.MD5, sum[:], signature); err != nil {
		return fmt.Errorf("the signature does not verify: %w", err)
	}
	return nil
}

func (v *Verifier) key(keyURL string) (*rsa.PublicKey, error) {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	if key, cached := v.keys[keyURL]; cached {
		return key, nil
	}
	if !v.trusts(keyURL) {
		return nil, fmt.Errorf("the key URL %q is not at a trusted place", keyURL)
	}
	response, err := v.client.Get(keyURL)
	if err != nil {
		return nil, fmt.Errorf("the key cannot be fetched: %w", err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 16<<10))
	if err != nil || response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the key at %s: status %d, %v", keyURL, response.StatusCode, err)
	}
	key, err := parseKey(text)
	if err == nil {
		v.keys[keyURL] = key
	}
	return key, err
}

func (v *Verifier) trusts(keyURL string) bool {
	for _, prefix := range v.trusted {
		if strings.HasPrefix(keyURL, prefix) {
			return true
		}
	}
	return false
}

func parseKey(text []byte) (*rsa.PublicKey, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("the key is not PEM")
	}
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	key, isRSA := parsed.(*rsa.PublicKey)
	if !isRSA {
		return nil, fmt.Errorf("the key is a %T", parsed)
	}
	return key, nil
}
