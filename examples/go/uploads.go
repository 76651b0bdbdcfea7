package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	_ "modernc.org/sqlite" // the driver, registered under the name sqlite
)

const schema = `
CREATE TABLE IF NOT EXISTS uploads (
    id          TEXT PRIMARY KEY,            -- the request id of the upload, the same in every delivery of its callback
    bucket      TEXT,
    object      TEXT,
    size        INTEGER,
    etag        TEXT,
    mime_type   TEXT,
    fields      TEXT NOT NULL,               -- all that the callback said, as a JSON object of texts
    deliveries  INTEGER NOT NULL DEFAULT 1,  -- how often the callback came
    received_at TEXT NOT NULL                -- when it came last, UTC
)`

// A callback may come again: after an answer that was lost, by a replay, or because somebody recorded it.
// An uploader with a key words the body, and so the id: it must not reach the row of another object.
const upsert = `
INSERT INTO uploads (id, bucket, object, size, etag, mime_type, fields, received_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET
    bucket = excluded.bucket, object = excluded.object, size = excluded.size, etag = excluded.etag,
    mime_type = excluded.mime_type, fields = excluded.fields, received_at = excluded.received_at,
    deliveries = deliveries + 1
WHERE uploads.bucket IS excluded.bucket AND uploads.object IS excluded.object`

// fields are the members of a callback's form or JSON object, as texts.
type fields map[string]string

func fieldsOf(contentType string, body []byte) (fields, error) {
	mediaType, _, err := mime.ParseMediaType(contentType)
	var found fields
	switch {
	case err == nil && !utf8.Valid(body):
		err = errors.New("it is not UTF-8")
	case mediaType == "application/json":
		found, err = jsonFields(body)
	case mediaType == "application/x-www-form-urlencoded":
		found, err = formFields(string(body))
	default:
		err = errors.New("nor anything else that is known")
	}
	if err != nil {
		return nil, refused{http.StatusBadRequest, fmt.Sprintf("the body is not %q: %v", mediaType, err)}
	}
	return found, nil
}

func jsonFields(body []byte) (fields, error) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	var members map[string]json.RawMessage
	if err := decoder.Decode(&members); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) || members == nil {
		return nil, errors.New("it is not one object")
	}
	found := fields{}
	for name, member := range members {
		text := string(member)
		if text == "null" {
			continue // a number without a value, such as the width of a text file
		}
		if strings.HasPrefix(text, `"`) {
			if err := json.Unmarshal(member, &text); err != nil {
				return nil, err
			}
		}
		found[name] = text
	}
	return found, nil
}

func formFields(body string) (fields, error) {
	found := fields{}
	for _, pair := range strings.Split(body, "&") {
		name, value, hasValue := strings.Cut(pair, "=")
		plainName, nameErr := url.QueryUnescape(name)
		plainValue, valueErr := url.QueryUnescape(value)
		if !hasValue || nameErr != nil || valueErr != nil {
			return nil, fmt.Errorf("%q is not a field", pair)
		}
		found[plainName] = plainValue
	}
	return found, nil
}

// identity is the same for every delivery of one callback. Only the body is signed, so what it says goes first.
func identity(said fields, header http.Header) (string, error) {
	for _, found := range []string{said["reqId"], header.Get("x-ossicle-delivery-id"), header.Get("x-oss-request-id")} {
		if found != "" {
			return found, nil
		}
	}
	return "", refused{http.StatusBadRequest, "neither reqId in the body nor x-oss-request-id tells which upload this is"}
}

// uploads is the table of the same name in a SQLite database.
type uploads struct {
	database *sql.DB
}

func openUploads(path string) (*uploads, error) {
	// Waits less for another process than the sender does for the answer.
	location := url.URL{Scheme: "file", Opaque: url.PathEscape(path), RawQuery: "_pragma=busy_timeout(2000)"}
	database, err := sql.Open("sqlite", location.String())
	if err != nil {
		return nil, err
	}
	// SQLite has one writer at a time; waiting here costs less than waiting for its lock.
	database.SetMaxOpenConns(1)
	_, err = database.Exec(schema)
	return &uploads{database}, err
}

// record inserts the row of this upload or updates it. It is on disk afterwards: the sender is told 200 after it.
func (u *uploads) record(ctx context.Context, id string, said fields) error {
	size, err := number(said["size"])
	if err != nil {
		return err
	}
	all, err := json.Marshal(said)
	if err != nil {
		return err
	}
	now := time.Now().UTC().Format(time.RFC3339)
	result, err := u.database.ExecContext(ctx, upsert, id, said.column("bucket"), said.column("object"), size,
		said.column("etag"), said.column("mimeType"), string(all), now)
	if err != nil {
		return err
	}
	if rows, err := result.RowsAffected(); err != nil || rows > 0 {
		return err
	}
	return refused{http.StatusBadRequest, "another object's upload has this id"}
}

func (f fields) column(name string) sql.NullString {
	value, present := f[name]
	return sql.NullString{String: value, Valid: present}
}

var digits = regexp.MustCompile(`^[0-9]+$`)

func number(text string) (sql.NullInt64, error) {
	if text == "" {
		return sql.NullInt64{}, nil
	}
	value, err := strconv.ParseInt(text, 10, 64)
	if err != nil || !digits.MatchString(text) {
		return sql.NullInt64{}, refused{http.StatusBadRequest, "size is not a number"}
	}
	return sql.NullInt64{Int64: value, Valid: true}, nil
}
