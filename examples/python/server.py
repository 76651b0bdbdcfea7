"""An application server for OSS upload callbacks: verifies them, keeps a row per upload, answers the uploader.

    POST /callback[/...]   callbacks; what it answers is what the uploader gets
    GET  /permission/form  permission to upload one file with a form, see upload_form.py
    GET  /permission/put   permission to PUT one file, see presigned_put.py
    GET  /permission/sts   temporary credentials to upload with an SDK, see sts.py
    POST /upload-form      a form for a file whose type does not matter
    GET  /                 a page that uploads with such permissions
"""

import json
import pathlib
import signal
import sqlite3
import sys
import threading
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, parse_qsl

import permission
import presigned_put
import settings
import sts
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
        """The page, and permissions."""
        self._respond(self._get)

    def do_POST(self):
        """Callbacks and upload forms."""
        self._respond(self._post)

    def _respond(self, route):
        # self.path has been tidied (a leading // is shortened); signed is what was sent.
        target = self.requestline.split(" ")[1]
        try:
            answer = route(target)
        except (verification.Malformed, uploads.NotUnderstood) as error:
            self._answer_json(400, {"error": str(error)})
        except verification.Forged as error:
            self._answer_json(403, {"error": str(error)})
        except verification.KeyUnavailable as error:
            self._answer_json(503, {"error": str(error)})
        except (Refused, permission.NotPermitted) as error:
            self._answer_json(error.status, {"error": str(error)})
        except sts.Unavailable as error:
            self.log_error("%s", error)
            self._answer_json(502, {"error": "there are no temporary credentials now"})
        except sqlite3.Error as error:
            # Not 200, so that the store notes the callback as failed and may send it again.
            self.log_error("the database failed: %s", error)
            self._answer_json(500, {"error": "the upload could not be recorded"})
        else:
            if isinstance(answer, bytes):
                self._answer(200, "text/html; charset=utf-8", answer)
            else:
                self._answer_json(200, answer)

    def _get(self, target):
        path, _, query = target.partition("?")
        query = dict(parse_qsl(query, keep_blank_values=True))
        if path == "/":
            self._upload_target()
            return PAGE.read_bytes()
        if path == "/permission/form":
            return self._permitted_form(query)
        if path == "/permission/put":
            return self._permitted_put(query)
        if path == "/permission/sts":
            return self._temporary_credentials(query)
        raise Refused(404, "not found")

    def _post(self, target):
        body = self._body()
        path = target.partition("?")[0]
        if path == "/upload-form":
            return self._upload_form(body)
        if f"{path}/".startswith(f"{self.server.settings.callback_path}/"):
            return self._callback(target, body)
        raise Refused(404, "not found")

    def _callback(self, target, body):
        header = self.headers.get
        self.server.verifier.verify(target, header("authorization", ""), header("x-oss-pub-key-url", ""), body)
        fields = uploads.fields_of(header("content-type", ""), body)
        self._check_proof(target, fields)
        upload_id = uploads.identity(fields, self.headers)
        self.server.uploads.record(upload_id, fields)
        return {"Status": "OK", "id": upload_id}

    def _check_proof(self, target, fields):
        """A store signs for all its users with one key: each could have it sign a body that names another's object."""
        secret = self.server.settings.callback_secret
        if secret is None:
            return
        given = parse_qs(target.partition("?")[2]).get("proof", [""])[0]
        if not permission.is_proved(secret, given, fields):
            raise Refused(403, "this application did not ask for this callback")

    def _permitted_form(self, query):
        target, version = self._upload_target(), query.get("version", "v4")
        if version not in ("v1", "v4"):
            raise Refused(400, "the version must be v1 or v4")
        return upload_form.signed(target, self._permitted_upload(query), version, _now())

    def _permitted_put(self, query):
        target = self._upload_target()
        return presigned_put.signed(target, self._permitted_upload(query), permission.checked_size(query), _now())

    def _temporary_credentials(self, query):
        target, role = self._upload_target(), self.server.settings.role
        if role is None:
            raise Refused(404, "temporary credentials are not configured: set STS_ROLE_ARN")
        user = permission.user_of(query)
        folder = permission.folder_of(user)
        credentials = sts.assume_role(target, role, user, sts.session_policy(target.bucket, folder))
        proof = permission.proof(self.server.settings.callback_secret, target.bucket, f"{folder}/")
        callback = {
            "callbackUrl": f"{self._callback_url()}?proof={proof}",
            "callbackBody": permission.callback_body(["name"]),
            "callbackBodyType": "application/json",
        }
        place = {
            "endpoint": target.endpoint, "url": target.url, "region": target.region, "bucket": target.bucket,
            "prefix": f"{folder}/",
        }
        return {"StatusCode": 200, **credentials, **place, "callback": callback}

    def _permitted_upload(self, query):
        user = permission.user_of(query)
        name, content_type = permission.checked_name(query.get("name")), permission.checked_type(query)
        return self._upload(permission.folder_of(user), content_type, name=name, user=user)

    def _upload_form(self, body):
        target = self._upload_target()
        try:
            name = json.loads(body)["name"]
        except (ValueError, LookupError, TypeError, RecursionError) as error:
            raise Refused(400, 'the body must be {"name": "what the file is called"}') from error
        upload = self._upload("uploads", name=permission.checked_name(name))
        return upload_form.signed(target, upload, "v4", _now())

    def _upload(self, folder, content_type=None, **variables):
        bucket, secret = self._upload_target().bucket, self.server.settings.callback_secret
        return permission.upload(bucket, self._callback_url(), secret, folder, content_type, **variables)

    def _callback_url(self):
        return self._upload_target().callback_url or self.server.default_callback_url()

    def _upload_target(self):
        if self.server.settings.upload is None:
            raise Refused(404, "upload forms are not configured: set OSS_UPLOAD_URL and the rest")
        return self.server.settings.upload

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
        self.send_header("Cache-Control", "no-store")  # a permission is for whoever asked
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()


def _now():
    return datetime.now(timezone.utc)


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
