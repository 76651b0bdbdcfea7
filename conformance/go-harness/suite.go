// Package harness is what both Go conformance programs stand on: a list of cases with one result line each, and an
// application server that receives and verifies upload callbacks. It knows nothing of any OSS SDK.
package harness

import (
	"fmt"
	"os"
	"reflect"
	"strings"
	"time"
)

// Suite is an ordered list of cases.
type Suite struct {
	cases []suiteCase
}

type suiteCase struct {
	name string
	run  func(*T)
	// base says that other cases rest on this one.
	base bool
}

// T collects what is wrong in one case.
type T struct {
	problems []string
	skipped  string
}

// Skip ends the case without a verdict.
func (t *T) Skip(reason string) {
	t.skipped = reason
	panic(stop{})
}

// stop unwinds a case that cannot go on; Run recovers it.
type stop struct{}

// Case adds a case. Names are unique and never change their meaning: they are what the compatibility table cites.
func (s *Suite) Case(name string, run func(*T)) {
	s.cases = append(s.cases, suiteCase{name: name, run: run})
}

// Base adds a case that others rest on, such as making the bucket: no filter leaves it out.
func (s *Suite) Base(name string, run func(*T)) {
	s.cases = append(s.cases, suiteCase{name: name, run: run, base: true})
}

// Run runs every case whose name contains the filter (all of them when it is empty) and those they rest on, prints one
// line per case and the totals, and returns the exit code.
func (s *Suite) Run(filter string) int {
	passed, failed, skipped := 0, 0, 0
	for _, c := range s.cases {
		if !c.base && !strings.Contains(c.name, filter) {
			continue
		}
		switch t := runCase(c); {
		case len(t.problems) > 0:
			failed++
			fmt.Printf("FAILED %s: %s\n", c.name, oneLine(strings.Join(t.problems, "; ")))
		case t.skipped != "":
			skipped++
			fmt.Printf("skipped %s: %s\n", c.name, t.skipped)
		default:
			passed++
			fmt.Printf("ok %s\n", c.name)
		}
	}
	totals := fmt.Sprintf("%d passed, %d failed", passed, failed)
	if skipped > 0 {
		totals += fmt.Sprintf(", %d skipped", skipped)
	}
	fmt.Println(totals)
	if failed > 0 || passed == 0 {
		return 1
	}
	return 0
}

// Equal notes a difference between what came and what must come.
func (t *T) Equal(what string, got, want any) {
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s is %s, not %s", what, show(got), show(want))
	}
}

// True notes that a condition does not hold.
func (t *T) True(what string, condition bool) {
	if !condition {
		t.Errorf("not true: %s", what)
	}
}

// Errorf notes a problem and lets the case go on.
func (t *T) Errorf(format string, arguments ...any) {
	t.problems = append(t.problems, fmt.Sprintf(format, arguments...))
}

// Fatalf notes a problem and ends the case.
func (t *T) Fatalf(format string, arguments ...any) {
	t.Errorf(format, arguments...)
	panic(stop{})
}

// Must ends the case when an error came.
func (t *T) Must(what string, err error) {
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

// Settings is what the runner tells a conformance program through the environment.
type Settings struct {
	Endpoint     string
	Console      string
	AccessKeyID  string
	AccessSecret string
	Region       string
	BucketPrefix string
	// KeyURL is what the server was told to advertise as its public key's URL; empty when it advertises itself.
	KeyURL string
	// Binary is the server's program, for the cases that need a server with other settings.
	Binary string
}

// SettingsFromEnvironment reads the settings, or says which one is missing.
func SettingsFromEnvironment() (Settings, error) {
	var missing []string
	read := func(name string) string {
		value := os.Getenv(name)
		if value == "" {
			missing = append(missing, name)
		}
		return value
	}
	settings := Settings{
		Endpoint:     strings.TrimSuffix(read("OSSICLE_ENDPOINT"), "/"),
		Console:      strings.TrimSuffix(read("OSSICLE_CONSOLE"), "/"),
		AccessKeyID:  read("OSSICLE_ACCESS_KEY_ID"),
		AccessSecret: read("OSSICLE_ACCESS_KEY_SECRET"),
		Region:       read("OSSICLE_REGION"),
		BucketPrefix: read("OSSICLE_BUCKET_PREFIX"),
		Binary:       os.Getenv("OSSICLE_BINARY"),
	}
	if len(missing) > 0 {
		return settings, fmt.Errorf("set %s", strings.Join(missing, ", "))
	}
	return settings, nil
}

// BucketName makes a name no earlier run has used, so that a run can follow another on one server.
func (s Settings) BucketName(purpose string) string {
	return fmt.Sprintf("%s-%s-%x", strings.TrimSuffix(s.BucketPrefix, "-"), purpose, time.Now().UnixNano()&0xffffffffff)
}

func runCase(c suiteCase) (t *T) {
	t = &T{}
	defer func() {
		if caught := recover(); caught != nil {
			if _, expected := caught.(stop); !expected {
				t.Errorf("panic: %v", caught)
			}
		}
	}()
	c.run(t)
	return t
}

func show(value any) string {
	switch v := value.(type) {
	case string:
		return fmt.Sprintf("%q", v)
	case []byte:
		if len(v) > 200 {
			return fmt.Sprintf("%d bytes", len(v))
		}
		return fmt.Sprintf("%q", v)
	default:
		return fmt.Sprintf("%v", v)
	}
}

func oneLine(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > 900 {
		text = text[:900] + "…"
	}
	return text
}
