"""An STS that knows one access key and one role. What it does is in the name of the session."""

import base64
import hmac
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, quote

ROLE = "acs:ram::1000000000000001:role/uploader"
CREDENTIALS = {
    "AccessKeyId": "STS.of-the-fake",
    "AccessKeySecret": "its secret",
    "SecurityToken": "its/token+==",
    "Expiration": "2030-01-01T00:00:00Z",
}
# Longer than the application servers wait.
SLOW = 7


class StsServer:
    """AssumeRole on a port of its own; remembers the parameters of requests that are signed as they must be."""

    def __init__(self, access_key_id: str, access_key_secret: str):
        self.requests = []
        self.redirected = 0
        sts = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                form = self.rfile.read(int(self.headers["Content-Length"])).decode()
                pairs = parse_qsl(form, keep_blank_values=True, strict_parsing=True)
                given = dict(pairs)
                session = given.get("RoleSessionName", "")
                if self.path == "/elsewhere":
                    sts.redirected += 1
                if not sts.is_signed(pairs):
                    self._answer(400, {"Code": "SignatureDoesNotMatch"})
                elif session == "refused-user":
                    self._answer(403, {"Code": "NoPermission", "Message": "for the log only"})
                elif session == "moved-user":
                    self._answer(307, {}, Location="/elsewhere")
                elif session == "garbage-user":
                    self._answer(200, "[" * 1000)
                elif session == "partial-user":
                    self._answer(200, {"Credentials": {"AccessKeyId": "STS.alone"}})
                else:
                    time.sleep(SLOW if session == "slow-user" else 0)
                    sts.requests.append(given)
                    self._answer(200, {"RequestId": "R", "AssumedRoleUser": {}, "Credentials": CREDENTIALS})

            def _answer(self, status, value, **headers):
                body = (value if isinstance(value, str) else json.dumps(value)).encode()
                self.send_response(status)
                for name, text in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, text)
                self.end_headers()
                try:
                    self.wfile.write(body)
                except OSError:
                    pass  # it was too slow for whoever asked

            def log_message(self, *_arguments):
                pass

        self._key = (access_key_id, access_key_secret)
        self._listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.endpoint = f"http://127.0.0.1:{self._listener.server_address[1]}"
        threading.Thread(target=self._listener.serve_forever, daemon=True).start()

    def is_signed(self, pairs) -> bool:
        """Whether this is a request of the one access key, each parameter there once."""
        given = dict(pairs)
        signature = given.pop("Signature", "")
        if len(given) != len(pairs) - 1 or given.get("AccessKeyId") != self._key[0]:
            return False
        form = "&".join(f"{quote(name, safe='~')}={quote(given[name], safe='~')}" for name in sorted(given))
        text = f"POST&%2F&{quote(form, safe='~')}"
        digest = hmac.digest(f"{self._key[1]}&".encode(), text.encode(), "sha1")
        return signature == base64.b64encode(digest).decode()
