"""Requests no SDK sends: anonymous ones, presigned URLs in a browser's hands, form uploads, preflights."""

import http.client
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass
class Answer:
    """A whole HTTP answer."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def header(self, name):
        """The value of a header, or None."""
        return self.headers.get(name)


def exchange(method, url, headers=None, body=None) -> Answer:
    """Sends one request exactly as given; follows no redirect."""
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection = http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=30)
    try:
        connection.request(method, target, body=body, headers=headers or {})
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())
    finally:
        connection.close()


def resolve_names_to_loopback() -> None:
    """Makes `*.localhost` and `*.aliyuncs.com` this machine, so that virtual hosts need no DNS server."""
    system = socket.getaddrinfo

    def resolve(host, *arguments, **keywords):
        name = host.decode() if isinstance(host, bytes) else host
        if isinstance(name, str) and name.endswith((".localhost", ".aliyuncs.com")):
            host = "127.0.0.1"
        return system(host, *arguments, **keywords)

    socket.getaddrinfo = resolve
