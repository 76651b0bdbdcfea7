"""Serves public keys: good ones, and everything that an application server must not fall for."""

import base64
import collections
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class KeyServer:
    """Listens on the loopback interface. What is below `/trusted/` is trusted by the application servers."""

    def __init__(self, genuine_pem: bytes, forger_pem: bytes):
        self.hits = collections.Counter()
        self._pages = {
            "/trusted/callback_pub_key_v1.pem": genuine_pem,
            "/trusted/garbage.pem": b"not a key\n",
            "/trusted/long.pem": genuine_pem + b"\n" * 100_000,
            "/untrusted/forger.pem": forger_pem,
        }
        self._listener = _Listener(("127.0.0.1", 0), _handler_for(self))
        self.origin = f"http://127.0.0.1:{self._listener.server_address[1]}"
        self.prefix = f"{self.origin}/trusted/"
        threading.Thread(target=self._listener.serve_forever, daemon=True).start()

    def header(self, path="/trusted/callback_pub_key_v1.pem") -> str:
        """`x-oss-pub-key-url` for a key of this server."""
        return encoded(self.origin + path)

    def page(self, path: str):
        """Status, body and headers for a path."""
        self.hits[path] += 1
        if path == "/trusted/moved.pem":
            return 302, b"", {"Location": f"{self.origin}/untrusted/forger.pem"}
        if path == "/trusted/slow.pem":
            time.sleep(7)
        if path in self._pages:
            return 200, self._pages[path], {}
        return 404, b"no such key", {}

    def untrusted_hits(self) -> int:
        """How often something was asked for that nobody should have asked for."""
        return sum(count for path, count in self.hits.items() if not path.startswith("/trusted/"))


def encoded(url: str) -> str:
    """A URL as it stands in `x-oss-pub-key-url`."""
    return base64.b64encode(url.encode()).decode()


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request, client_address):
        """A client that gave up on a slow page is part of the game."""


def _handler_for(keys):
    class Handler(BaseHTTPRequestHandler):
        """Answers GET."""

        def do_GET(self):
            status, body, headers = keys.page(self.requestline.split(" ")[1])
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments):
            pass

    return Handler
