"""Cases with a store: real uploads whose callbacks the store signs and sends."""

import base64
import hashlib
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from xml.etree import ElementTree

from application import exchange
from cases import FORM, JSON, accepted, case, equal, says
from store import callback_headers

JSON_BODY = (
    '{"bucket":${bucket},"object":${object},"size":${size},"etag":${etag},"mimeType":${mimeType},'
    '"width":${imageInfo.width},"reqId":${reqId},"user":${x:user}}'
)
FORM_BODY = (
    "bucket=${bucket}&object=${object}&size=${size}&etag=${etag}&mimeType=${mimeType}&reqId=${reqId}&user=${x:user}"
)
USER = {"x:user": "Jörg & \"Söhne\""}


def _uploaded(world, version, key, body, content_type, target="/callback"):
    """Uploads, and holds the uploader's answer and the row against each other."""
    data = f"the content of {key}".encode()
    url = world.application.url(target)
    answer = world.store.put(version, key, data, callback_headers(url, body, content_type, USER))
    equal(answer.status, 200, f"status of the upload {answer.body}")
    request_id = answer.headers["x-oss-request-id"]
    accepted(answer, request_id)
    expected = {
        "bucket": world.store.bucket,
        "object": key,
        "size": str(len(data)),
        "etag": hashlib.md5(data).hexdigest().upper(),
        "mimeType": "text/plain",
        "reqId": request_id,
        "user": USER["x:user"],
    }
    says(world.application.rows()[request_id], expected)
    return request_id


@case("an upload signed with V1: form callback, row, answer", needs_store=True)
def put_v1(world):
    _uploaded(world, 1, f"{world.language}/Grüße, Welt +1%.txt", FORM_BODY, FORM)


@case("an upload signed with V4: JSON callback, row, answer", needs_store=True)
def put_v4(world):
    target = "/callback/a%20b+c/%C3%A9?tenant=%20x+y&z"
    _uploaded(world, 4, f"{world.language}/Grüße, \"Welt\".txt", JSON_BODY, JSON, target)


@case("a callback that the application refuses: the uploader gets 203, the object stays, no row", needs_store=True)
def refused(world):
    key = f"{world.language}/refused.txt"
    before = world.application.rows()
    # The variable stands inside quotes, so the body is no JSON.
    headers = callback_headers(world.application.url(), '{"object":"${object}"}', JSON)
    answer = world.store.put(4, key, b"kept", headers)
    equal(answer.status, 203, f"status of the upload {answer.body}")
    error = ElementTree.fromstring(answer.body)
    equal(error.findtext("Code"), "CallbackFailed", "code")
    equal(error.findtext("Message"), "Error status : 400.", "message")
    equal(world.store.get(key).body, b"kept", "object")
    equal(world.application.rows(), before, "the table")


@case("a genuine callback, recorded: altered it is refused, repeated it updates its row", needs_store=True)
def recorded(world):
    application = world.application
    with _tap(application) as tap:
        url = f"http://{tap.authority}/callback?through=tap"
        headers = callback_headers(url, JSON_BODY, JSON, USER)
        answer = world.store.put(4, f"{world.language}/recorded.txt", b"recorded", headers)
    request_id = answer.headers["x-oss-request-id"]
    accepted(answer, request_id)
    (target, sent, body), = tap.requests
    rows = application.rows()
    alterations = (
        (target, sent, body.replace(b"recorded.txt", b"another1.txt")),
        (target + "1", sent, body),
        (target.replace("through", "%74hrough"), sent, body),
        (target, {**sent, "x-oss-pub-key-url": base64.b64encode(b"http://127.0.0.1:1/k.pem").decode()}, body),
        (target, {**sent, "x-oss-pub-key-url": world.keys.header()}, body),
    )
    for other in alterations:
        equal(application.post(*other).status, 403, f"status for {other}")
    equal(application.rows(), rows, "the table")
    accepted(application.post(target, sent, body), request_id)
    equal(application.rows()[request_id]["deliveries"], 2, "deliveries")


@case("a form for browsers: signed by the application, uploaded with, recorded", needs_store=True)
def upload_form(world):
    for application in (world.application, world.guarded):
        name = "Kosten $5 {${filename}} \"ü\".TXT"
        form = _form(application, name)
        fields = form["fields"]
        assert fields["key"].startswith("uploads/") and fields["key"].endswith(".txt"), fields["key"]
        data = b"from a browser"
        answer = world.store.post_form(form["url"], fields, data)
        request_id = answer.headers["x-oss-request-id"]
        accepted(answer, request_id)
        etag = hashlib.md5(data).hexdigest().upper()
        expected = {"bucket": world.store.bucket, "object": fields["key"], "size": str(len(data)), "etag": etag}
        expected |= {"mimeType": "text/plain", "reqId": request_id, "name": name}
        says(application.rows()[request_id], expected)


@case("a form for browsers cannot be bent", needs_store=True)
def bent_form(world):
    fields = _form(world.application, "cat.txt")["fields"]
    callback = json.loads(base64.b64decode(fields["callback"]))
    elsewhere = {**callback, "callbackUrl": world.application.url("/callback/else")}
    without = {name: value for name, value in fields.items() if name != "callback"}
    bent = (
        {**fields, "key": "uploads/mine.txt"},
        {**fields, "callback": base64.b64encode(json.dumps(elsewhere).encode()).decode()},
        {**fields, "x:name": "dog.txt"},
        without,
    )
    url = _form(world.application, "cat.txt")["url"]
    for number, form in enumerate(bent):
        equal(world.store.post_form(url, form, b"bent").status, 403, f"status of bent form {number}")
    equal(world.store.post_form(url, fields, b"").status, 400, "status of an empty file")


@case("a form for browsers needs a file name")
def form_without_name(world):
    for body in (b"", b"{}", b"[]", b"x", b'{"name":7}', b'{"name":""}', json.dumps({"name": "x" * 300}).encode()):
        answer = world.application.post("/upload-form", {"content-type": JSON}, body)
        expected = 400 if world.store else 404
        equal(answer.status, expected, f"status for {body}")


@case("the page that uploads is there")
def page(world):
    answer = exchange(world.application.authority, "GET", "/", {})
    if world.store is None:
        equal(answer.status, 404, "status without upload forms")
        return
    equal((answer.status, answer.headers.get_content_type()), (200, "text/html"), "status and type")
    assert b"/permission/" in answer.body, "it does not ask for a permission"


def _form(application, name) -> dict:
    body = json.dumps({"name": name}).encode()
    answer = application.post("/upload-form", {"content-type": JSON}, body)
    equal(answer.status, 200, f"status of the form {answer.body}")
    return answer.json()


class _Tap:
    """Stands between store and application, passes requests on unchanged, and remembers them."""

    def __init__(self, application):
        self.requests = []
        tap = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                target = self.requestline.split(" ")[1]
                tap.requests.append((target, headers, body))
                answer = application.post(target, headers, body)
                self.send_response(answer.status)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            def log_message(self, *_arguments):
                pass

        self._listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.authority = f"127.0.0.1:{self._listener.server_address[1]}"
        threading.Thread(target=self._listener.serve_forever, daemon=True).start()

    def close(self):
        self._listener.shutdown()
        self._listener.server_close()


@contextmanager
def _tap(application):
    tap = _Tap(application)
    try:
        yield tap
    finally:
        tap.close()
