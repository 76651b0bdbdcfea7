"""An application server for OSS upload callbacks: verifies them, keeps a row per upload, answers the uploader.

    POST /callback[/...]   callbacks; what it answers is what the uploader gets
    POST /upload-form      permission for a browser to upload one file, see upload_form.py
    GET  /                 a page that uploads with such a form
"""

import hmac
import json
import pathlib
import signal
import sqlite3
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import settings
import upload_form
import uploads
import verification

LONGEST_BODY = 1024 * 1024
PAGE = pathlib.Path(__file__).resolve().parent.parent / "upload.html"


class Refused(Exception):
    """An answer other than 200."""

    def __init__(self, status: int, reason: str):
        super().__init__(reason)
        self.status = status


class Application(ThreadingHTTPServer):
    """What all requests share."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, configured):
        self.settings = configured
        self.verifier = verification.Verifier(configured.trusted_key_urls, configured.pinned_keys)
        self.uploads = uploads.Uploads(configured.database)
        super().__init__((configured.host, configured.port), Handler)

    def default_callback_url(self):
        """Right when the store runs on this machine."""
        return "http://%s:%d%s" % (*self.server_address[:2], self.settings.callback_path)


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"  # a sender may reuse its connection
    timeout = 10  # a client that sends nothing must not keep a thread
    wbufsize = -1  # head and body leave in one write
    server: Application

    def do_GET(self):
        """The page."""
        if self.path != "/":
            self._answer_json(404, {"error": "not found"})
        elif self.server.settings.upload is None:
            self._answer_json(404, {"error": "upload forms are not configured: set OSS_UPLOAD_URL and the rest"})
        else:
            self._answer(200, "text/html; charset=utf-8", PAGE.read_bytes())

    def do_POST(self):
        """Callbacks and upload forms."""
        # self.path has been tidied (a leading // is shortened); signed is what was sent.
        target = self.requestline.split(" ")[1]
        path = target.partition("?")[0]
        try:
            body = self._body()
            if path == "/upload-form":
                answer = self._upload_form(body)
            elif f"{path}/".startswith(f"{self.server.settings.callback_path}/"):
                answer = self._callback(target, body)
            else:
                raise Refused(404, "not found")
        except (verification.Malformed, uploads.NotUnderstood) as error:
            self._answer_json(400, {"error": str(error)})
        except verification.Forged as error:
            self._answer_json(403, {"error": str(error)})
        except verification.KeyUnavailable as error:
            self._answer_json(503, {"error": str(error)})
        except Refused as error:
            self._answer_json(error.status, {"error": str(error)})
        except sqlite3.Error as error:
            # Not 200, so that the store notes the callback as failed and may send it again.
            self.log_error("the database failed: %s", error)
            self._answer_json(500, {"error": "the upload could not be recorded"})
        else:
            self._answer_json(200, answer)

    def _callback(self, target, body):
        header = self.headers.get
        self.server.verifier.verify(target, header("authorization", ""), header("x-oss-pub-key-url", ""), body)
        fields = uploads.fields_of(header("content-type", ""), body)
        self._check_proof(target, fields)
        upload_id = uploads.identity(fields, self.headers)
        self.server.uploads.record(upload_id, fields)
        return {"Status": "OK", "id": upload_id}

    def _check_proof(self, target, fields):
        """OSS signs for all its customers with one key: each could have it sign a body that names your bucket."""
        secret = self.server.settings.callback_secret
        if secret is None:
            return
        given = parse_qs(target.partition("?")[2]).get("proof", [""])[0]
        bucket, name = fields.get("bucket"), fields.get("object")
        asked_for = bucket and name and upload_form.proof(secret, bucket, name)
        if not asked_for or not hmac.compare_digest(given.encode(), asked_for.encode()):
            raise Refused(403, "this application did not ask for this callback")

    def _upload_form(self, body):
        target = self.server.settings.upload
        if target is None:
            raise Refused(404, "upload forms are not configured")
        try:
            name = json.loads(body)["name"]
        except (ValueError, LookupError, TypeError, RecursionError) as error:
            raise Refused(400, 'the body must be {"name": "what the file is called"}') from error
        if not isinstance(name, str) or not 0 < len(name) <= 255:
            raise Refused(400, "the name must be a text of 1 to 255 characters")
        callback_url = target.callback_url or self.server.default_callback_url()
        return upload_form.sign(target, callback_url, self.server.settings.callback_secret, name)

    def _body(self):
        length = self.headers.get("content-length", "")
        if not (length.isascii() and length.isdigit()) or "transfer-encoding" in self.headers:
            self.close_connection = True
            raise Refused(411, "a Content-Length is required")
        if int(length[:20]) > LONGEST_BODY:
            self.close_connection = True
            raise Refused(413, "the body is too long")
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            raise Refused(400, "the body is shorter than its Content-Length")
        return body

    def _answer_json(self, status, value):
        self._answer(status, "application/json", json.dumps(value).encode())

    def _answer(self, status, content_type, body):
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()


def main():
    """Serves until it is told to stop."""
    try:
        application = Application(settings.from_environment())
    except (settings.Wrong, verification.KeyUnavailable, OSError, sqlite3.Error) as error:
        sys.exit(f"cannot start: {error}")
    if application.settings.callback_secret is None:
        print("CALLBACK_SECRET is not set: callbacks that any customer of a trusted store asked for count",
              file=sys.stderr)
    # shutdown() waits for the loop below, which a signal handler interrupts.
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=application.shutdown).start())
    print("listening on http://%s:%d" % application.server_address[:2], flush=True)
    application.serve_forever()


if __name__ == "__main__":
    main()
