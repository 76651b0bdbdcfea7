"""The application server's side of a signature: a trusted key, and whether it signed this request."""

import base64
import urllib.request
from urllib.parse import unquote_to_bytes

from Crypto.Hash import MD5
from Crypto.PublicKey import RSA
from Crypto.Signature import pkcs1_15


class Refused(Exception):
    """The request does not come from a server whose key is trusted."""


def signed_text(target: str, body: bytes) -> bytes:
    """`url_decode(path) + query + "\\n" + body`; the query keeps its question mark and its encoding."""
    path, mark, query = target.partition("?")
    return unquote_to_bytes(path) + (mark + query).encode() + b"\n" + body


def verify(pem: bytes, target: str, body: bytes, authorization: str) -> None:
    """Raises `Refused` unless the signature was made with the key's other half."""
    try:
        signature = base64.b64decode(authorization, validate=True)
        pkcs1_15.new(RSA.import_key(pem)).verify(MD5.new(signed_text(target, body)), signature)
    except (ValueError, TypeError) as error:
        raise Refused(f"the signature does not verify: {error}") from error


class Keys:
    """Public keys by URL, fetched once, only from trusted places."""

    def __init__(self, trusted_prefixes):
        self._trusted = tuple(trusted_prefixes)
        self._known = {}

    def fetch(self, encoded_url: str) -> bytes:
        """The key that `x-oss-pub-key-url` names."""
        try:
            url = base64.b64decode(encoded_url, validate=True).decode()
        except ValueError as error:
            raise Refused(f"x-oss-pub-key-url is not base64: {error}") from error
        if not url.startswith(self._trusted):
            raise Refused(f"the key URL {url} does not start with one of {self._trusted}")
        if url not in self._known:
            with urllib.request.urlopen(url, timeout=10) as response:
                self._known[url] = response.read()
        return self._known[url]
