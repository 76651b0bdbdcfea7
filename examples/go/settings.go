package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// settings is everything that can be set; ../README.md lists the variables.
type settings struct {
	listen         string
	database       string
	callbackPath   string
	trustedKeyURLs []string
	pinnedKeys     map[string][]byte
	callbackSecret string
	upload         *uploadTarget
	role           *role
}

// uploadTarget is where browsers and apps upload to, and the access key that signs their permissions.
type uploadTarget struct {
	url, bucket, region, accessKeyID, accessKeySecret, callbackURL string
	// What SDKs are told: the URL without the bucket, be that in its path or in its host name.
	endpoint string
	// Of a permission.
	lifetime time.Duration
}

// role is the one whose temporary credentials apps get, and where STS gives them.
type role struct {
	arn, endpoint string
	seconds       uint64
}

var (
	httpURL     = regexp.MustCompile(`^(https?://)([^/?#@\s]+)(/|$)`)
	stsEndpoint = regexp.MustCompile(`^https?://[^/?#@\s]+/?$`)
)

// Without the slash at the end, http://oss.example would trust http://oss.example.attacker.example as well.
var keyURLPrefix = regexp.MustCompile(`^https?://[^/?#@]+/(.*/)?$`)

// settingsFromEnvironment reads and checks every variable, so that a mistake shows at the start and not at the first
// upload.
func settingsFromEnvironment() (settings, error) {
	configured := settings{
		listen:         variable("LISTEN", "127.0.0.1:8080"),
		database:       variable("DATABASE", "uploads.db"),
		callbackPath:   strings.TrimRight(variable("CALLBACK_PATH", "/callback"), "/"),
		trustedKeyURLs: []string{"http://gosspublic.alicdn.com/", "https://gosspublic.alicdn.com/"},
		pinnedKeys:     map[string][]byte{},
		callbackSecret: os.Getenv("CALLBACK_SECRET"),
	}
	if _, _, err := net.SplitHostPort(configured.listen); err != nil {
		return settings{}, fmt.Errorf("LISTEN must be HOST:PORT: %w", err)
	}
	for _, prefix := range strings.Fields(os.Getenv("TRUSTED_KEY_URLS")) {
		if !keyURLPrefix.MatchString(prefix) {
			return settings{}, fmt.Errorf("TRUSTED_KEY_URLS: %s must start with http:// or https:// and end with /", prefix)
		}
		configured.trustedKeyURLs = append(configured.trustedKeyURLs, prefix)
	}
	for _, pinned := range strings.Fields(os.Getenv("PINNED_KEYS")) {
		url, file, _ := strings.Cut(pinned, "=")
		text, err := os.ReadFile(file)
		if err != nil {
			return settings{}, fmt.Errorf("PINNED_KEYS: %s must be URL=FILE: %w", pinned, err)
		}
		configured.pinnedKeys[url] = text
	}
	var err error
	if configured.upload, err = uploadTargetFromEnvironment(); err != nil {
		return settings{}, err
	}
	configured.role, err = roleFromEnvironment(configured)
	return configured, err
}

func uploadTargetFromEnvironment() (*uploadTarget, error) {
	target := uploadTarget{callbackURL: os.Getenv("CALLBACK_URL")}
	given, missing := 0, ""
	for name, value := range map[string]*string{
		"OSS_UPLOAD_URL": &target.url, "OSS_BUCKET": &target.bucket, "OSS_REGION": &target.region,
		"OSS_ACCESS_KEY_ID": &target.accessKeyID, "OSS_ACCESS_KEY_SECRET": &target.accessKeySecret,
	} {
		if *value = os.Getenv(name); *value == "" {
			missing += " " + name
		} else {
			given++
		}
	}
	if given == 0 {
		return nil, nil
	}
	if missing != "" {
		return nil, errors.New("upload forms also need" + missing)
	}
	parts := httpURL.FindStringSubmatch(target.url)
	if parts == nil {
		return nil, fmt.Errorf("OSS_UPLOAD_URL: %s must start with http:// or https://", target.url)
	}
	target.endpoint = parts[1] + strings.TrimPrefix(parts[2], target.bucket+".")
	lifetime, err := secondsFromEnvironment("PERMISSION_SECONDS", 300, 1, 3600)
	target.lifetime = time.Duration(lifetime) * time.Second
	return &target, err
}

func roleFromEnvironment(configured settings) (*role, error) {
	arn := os.Getenv("STS_ROLE_ARN")
	if arn == "" {
		return nil, nil
	}
	// Who has temporary credentials words his callbacks himself; only the proof ties them to his own folder.
	if configured.callbackSecret == "" || configured.upload == nil {
		return nil, errors.New("STS_ROLE_ARN needs CALLBACK_SECRET, OSS_UPLOAD_URL and the rest")
	}
	endpoint := variable("STS_ENDPOINT", "http://127.0.0.1:9003")
	if !stsEndpoint.MatchString(endpoint) {
		return nil, fmt.Errorf("STS_ENDPOINT: %s must start with http:// or https:// and have no path", endpoint)
	}
	seconds, err := secondsFromEnvironment("STS_SECONDS", 3600, 900, 43200)
	return &role{arn, endpoint, seconds}, err
}

func secondsFromEnvironment(name string, otherwise, least, most uint64) (uint64, error) {
	seconds, err := strconv.ParseUint(variable(name, fmt.Sprint(otherwise)), 10, 32)
	if err != nil || seconds < least || seconds > most {
		return 0, fmt.Errorf("%s must be %d to %d", name, least, most)
	}
	return seconds, nil
}

func variable(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}
