"""One application server under test: started from its folder, asked over HTTP, read in its database."""

import http.client
import json
import os
import pathlib
import queue
import signal
import sqlite3
import subprocess
import threading
from contextlib import closing
from dataclasses import dataclass

EXAMPLES = pathlib.Path(__file__).resolve().parent.parent
# The first start installs packages and compiles.
START_BOUND = 20 * 60
VARIABLES = (
    "LISTEN", "DATABASE", "CALLBACK_PATH", "CALLBACK_SECRET", "CALLBACK_URL", "TRUSTED_KEY_URLS", "PINNED_KEYS",
    "OSS_UPLOAD_URL", "OSS_BUCKET", "OSS_REGION", "OSS_ACCESS_KEY_ID", "OSS_ACCESS_KEY_SECRET", "PERMISSION_SECONDS",
    "STS_ENDPOINT", "STS_ROLE_ARN", "STS_SECONDS",
)


@dataclass(frozen=True)
class Answer:
    """What an HTTP server answered."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def json(self):
        """The body, which must be JSON."""
        return json.loads(self.body)


def exchange(authority: str, method: str, target: str, headers: dict, body: bytes = b"", timeout=30) -> Answer:
    """One request with exactly this target and these headers, on a connection of its own."""
    with closing(http.client.HTTPConnection(authority, timeout=timeout)) as connection:
        connection.putrequest(method, target, skip_host="host" in headers, skip_accept_encoding=True)
        for name, value in {"content-length": str(len(body)), **headers}.items():
            connection.putheader(name, value)
        connection.endheaders(body or None)
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())


class Application:
    """A running server; `with` stops it."""

    def __init__(self, language: str, folder: pathlib.Path, **variables):
        self.database = folder / f"{language}-{len(list(folder.iterdir()))}.db"
        self._log = folder / f"{self.database.stem}.log"
        environment = {name: value for name, value in os.environ.items() if name not in VARIABLES}
        environment |= {"LISTEN": "127.0.0.1:0", "DATABASE": str(self.database), "NO_PROXY": "*", "no_proxy": "*"}
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                ["bash", str(EXAMPLES / language / "run.sh")],
                env=environment | variables,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        self.authority = self._await_address()

    def __enter__(self):
        return self

    def __exit__(self, *_arguments):
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise AssertionError("SIGTERM did not stop the server") from None
        finally:
            self._process.stdout.close()

    def url(self, target="/callback") -> str:
        """The URL of a target, for `callbackUrl`."""
        return f"http://{self.authority}{target}"

    def post(self, target: str, headers: dict, body: bytes) -> Answer:
        """Sends a request and holds the answer against what every answer of an application server must be."""
        answer = exchange(self.authority, "POST", target, headers, body)
        assert answer.headers.get("content-length") == str(len(answer.body)), "no exact Content-Length"
        assert (answer.headers.get_content_type()) == "application/json", answer.headers.get("content-type")
        assert isinstance(answer.json(), dict), answer.body
        return answer

    def get(self, target: str) -> Answer:
        """Asks for JSON, which must be for the one who asks only."""
        answer = exchange(self.authority, "GET", target, {})
        assert answer.headers.get("content-length") == str(len(answer.body)), "no exact Content-Length"
        assert answer.headers.get_content_type() == "application/json", answer.headers.get("content-type")
        assert answer.headers.get("cache-control") == "no-store", "it may be cached"
        return answer

    def rows(self) -> dict:
        """The table `uploads`, by id."""
        with closing(sqlite3.connect(self.database, timeout=5)) as connection:
            connection.row_factory = sqlite3.Row
            return {row["id"]: dict(row) for row in connection.execute("SELECT * FROM uploads")}

    def log_tail(self) -> str:
        """The end of what the server said on standard error."""
        return self._log.read_text(errors="replace")[-2000:]

    def _await_address(self) -> str:
        lines = queue.Queue()
        threading.Thread(target=self._read_lines, args=(lines,), daemon=True).start()
        line = lines.get(timeout=START_BOUND)
        if not line.startswith("listening on http://"):
            self.__exit__()
            raise AssertionError(f"the server did not start: {line.strip()} {self.log_tail()}")
        return line.strip().removeprefix("listening on http://").rstrip("/")

    def _read_lines(self, lines):
        for line in self._process.stdout:
            lines.put(line.decode())
        lines.put("")
