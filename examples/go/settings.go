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
}

// uploadTarget is where browsers and apps upload to, and the access key that signs their permissions.
type uploadTarget struct {
	url, bucket, region, accessKeyID, accessKeySecret, callbackURL string
	// Of a permission.
	lifetime time.Duration
}

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
	configured.upload, err = uploadTargetFromEnvironment()
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
	seconds, err := strconv.ParseUint(variable("PERMISSION_SECONDS", "300"), 10, 16)
	if err != nil || seconds < 1 || seconds > 3600 {
		return nil, errors.New("PERMISSION_SECONDS must be 1 to 3600")
	}
	target.lifetime = time.Duration(seconds) * time.Second
	return &target, nil
}

func variable(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}
