package harness

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
)

// AdvertisedKeyURL is where a receiver written for OSS wants the public key to be.
const AdvertisedKeyURL = "http://" + PublicKeyHost + "/callback_pub_key_v1.pem"

// StartServer starts another server of the same build that advertises AdvertisedKeyURL. Stop it with the function
// that comes back.
func StartServer(settings Settings) (Settings, func(), error) {
	data, err := os.MkdirTemp("", "conformance-server")
	if err != nil {
		return settings, nil, err
	}
	command := exec.Command(settings.Binary, "serve", "--data-dir", data, "--listen", "127.0.0.1:0", "--console",
		"127.0.0.1:0", "--allow-private-callbacks")
	command.Env = append(os.Environ(), "OSSICLE_ROOT_ACCESS_KEY_ID="+settings.AccessKeyID,
		"OSSICLE_ROOT_ACCESS_KEY_SECRET="+settings.AccessSecret, "OSSICLE_CALLBACK_PUBLIC_KEY_URL="+AdvertisedKeyURL)
	for _, name := range []string{"OSSICLE_ENDPOINT", "OSSICLE_CONSOLE", "OSSICLE_REGION", "OSSICLE_BUCKET_PREFIX"} {
		command.Env = without(command.Env, name)
	}
	output, err := command.StdoutPipe()
	if err != nil {
		return settings, nil, err
	}
	if err := command.Start(); err != nil {
		return settings, nil, err
	}
	stop := func() {
		_ = command.Process.Signal(syscall.SIGTERM)
		_ = command.Wait()
		_ = os.RemoveAll(data)
	}
	reader := bufio.NewReader(output)
	line, err := reader.ReadString('\n')
	var ready struct{ Endpoint, Console string }
	if err == nil {
		err = json.Unmarshal([]byte(strings.TrimPrefix(line, "ready ")), &ready)
	}
	if err != nil {
		stop()
		return settings, nil, fmt.Errorf("the server said %q: %w", line, err)
	}
	go func() { _, _ = io.Copy(io.Discard, reader) }()
	settings.Endpoint, settings.Console, settings.KeyURL = ready.Endpoint, ready.Console, AdvertisedKeyURL
	return settings, stop, nil
}

// without removes what the runner says to the suites: a server takes its settings from names that begin alike.
func without(environment []string, name string) (kept []string) {
	for _, variable := range environment {
		if !strings.HasPrefix(variable, name+"=") {
			kept = append(kept, variable)
		}
	}
	return kept
}
