"""An application server as users write it: it verifies every request, then answers what the case wants."""

import base64
import hashlib
import itertools
import queue
import socket
import threading
import time
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Optional

import checks
import signature

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
OK = b'{"Status":"OK"}'


@dataclass
class Reply:
    """What the application answers. `raw` replaces it all; `b""` closes the connection without an answer."""

    status: int = 200
    body: bytes = OK
    headers: dict = field(default_factory=dict)
    delay: float = 0.0
    raw: Optional[bytes] = None


@dataclass
class Received:
    """One callback as it arrived."""

    method: str
    target: str
    version: str
    headers: list
    body: bytes
    refused: Optional[str] = None

    def header(self, name):
        """The only value of a header; twice the same header is a failure."""
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        checks.true(len(values) <= 1, f"header {name} came {len(values)} times")
        return values[0] if values else None


class Target:
    """One callback URL of one case."""

    def __init__(self, url, reply):
        self.url = url
        self.reply = reply
        self._arrived = queue.Queue()

    def put(self, received):
        """Hands a request over to the case."""
        self._arrived.put(received)

    def take(self) -> Received:
        """The next callback, which must be verified."""
        try:
            received = self._arrived.get(timeout=10)
        except queue.Empty:
            raise AssertionError(f"no callback arrived at {self.url}") from None
        checks.equal(received.refused, None, "verification by the application server")
        return received

    def nothing_more(self):
        """Fails when another callback arrived."""
        checks.true(self._arrived.empty(), f"an unexpected callback arrived at {self.url}")


class ApplicationServer:
    """Listens on the loopback interface; every case gets URLs of its own."""

    def __init__(self, settings):
        self._keys = signature.Keys(settings.trusted_key_urls)
        self._targets = {}
        self._numbers = itertools.count(1)
        self._server = _Listener(("127.0.0.1", 0), _handler_for(self))
        self.authority = f"127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def target(self, reply=None, rest="") -> Target:
        """A fresh callback URL; `rest` is appended to its path, query included."""
        number = str(next(self._numbers))
        target = Target(f"http://{self.authority}/callback/{number}{rest}", reply or Reply())
        self._targets[number] = target
        return target

    def accept(self, received) -> Optional[Target]:
        """Verifies a request and finds whose it is."""
        pieces = received.target.partition("?")[0].split("/")
        target = self._targets.get(pieces[2]) if len(pieces) > 2 and pieces[1] == "callback" else None
        try:
            pem = self._keys.fetch(received.header("x-oss-pub-key-url") or "")
            signature.verify(pem, received.target, received.body, received.header("authorization") or "")
        except (signature.Refused, OSError, AssertionError) as error:
            received.refused = str(error)
        if target is not None:
            target.put(received)
        return target


def refused_url() -> str:
    """A URL on a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}/"


@dataclass
class Expected:
    """What a callback must look like, but for what the signature already proves."""

    body: Optional[bytes]
    bucket: str
    request_id: str
    content_type: str = FORM
    host: Optional[str] = None
    target: Optional[str] = None
    additional: dict = field(default_factory=dict)


def check(received: Received, expected: Expected, application: ApplicationServer) -> None:
    """Every header of a callback request, and its body to the byte."""
    checks.equal((received.method, received.version), ("POST", "HTTP/1.1"), "request line")
    if expected.target is not None:
        checks.equal(received.target, expected.target, "request target")
    if expected.body is not None:
        checks.equal(received.body, expected.body, "callback body")
    digest = base64.b64encode(hashlib.md5(received.body).digest()).decode()
    exact = {
        "Host": expected.host or application.authority,
        "Content-Type": expected.content_type,
        "Content-Length": str(len(received.body)),
        "Content-MD5": digest,
        "User-Agent": "aliyun-oss-callback",
        "x-oss-bucket": expected.bucket,
        "x-oss-request-id": expected.request_id,
        "x-oss-signature-version": "1.0",
        "x-oss-tag": "CALLBACK",
        **expected.additional,
    }
    for name, value in exact.items():
        checks.equal(received.header(name), value, f"callback header {name}")
    for name in ("x-oss-requester", "x-oss-owner"):
        checks.true(received.header(name), f"callback header {name} is missing or empty")
    sent = parsedate_to_datetime(received.header("Date") or "missing").timestamp()
    checks.true(abs(time.time() - sent) < 120, "callback header Date is not now")


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request, client_address):
        """A client that goes away in the middle of an answer is part of some cases."""


def _handler_for(application):
    class Handler(BaseHTTPRequestHandler):
        """Reads one request, lets the application verify it, answers."""

        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def do_POST(self):  # the name http.server asks for
            length = int(self.headers.get("Content-Length") or 0)
            method, target, version = self.requestline.split(" ")
            received = Received(method, target, version, list(self.headers.items()), self.rfile.read(length))
            found = application.accept(received)
            if found is None:
                self._answer(Reply(status=404, body=b'{"error":"no such target"}'))
            elif received.refused is not None:
                self._answer(Reply(status=403, body=b'{"error":"not verified"}'))
            else:
                self._answer(found.reply)

        def _answer(self, reply):
            time.sleep(reply.delay)
            if reply.raw is not None:
                self.wfile.write(reply.raw)
                self.wfile.flush()
                self.close_connection = True
                return
            self.send_response(reply.status)
            for name, value in {"Content-Type": "application/json; charset=utf-8", **reply.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)
            self.wfile.flush()

        def log_message(self, format, *arguments):  # the signature http.server asks for
            pass

    return Handler
