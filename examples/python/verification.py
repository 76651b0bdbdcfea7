"""Who sent this callback? Where its key may come from, and whether that key signed the request."""

import base64
import binascii
import http.client
import threading
import time
import urllib.error
import urllib.request
from urllib.parse import unquote_to_bytes

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

KEY_LIFETIME = 24 * 3600
# A store that was set up anew has another key under the same URL; a forger must not make us fetch it all the time.
REFETCH_AFTER = 30
# The sender waits five seconds for the whole answer.
FETCH_TIMEOUT = 2
MOST_KEYS = 16
LONGEST_KEY = 16 * 1024


class Malformed(Exception):
    """No callback at all: answer 400."""


class Forged(Exception):
    """Not sent by a store that is trusted: answer 403."""


class KeyUnavailable(Exception):
    """The key cannot be had now; the same request may be right later: answer 503."""


def signed_text(target: str, body: bytes) -> bytes:
    """`percent_decoded(path) + query + "\\n" + body`: the query keeps its `?` and its encoding, a `+` stays a `+`.

    `target` is what stood in the request line; a path that a framework or a proxy has tidied does not verify.
    """
    path, mark, query = target.partition("?")
    return unquote_to_bytes(path.encode("latin-1")) + (mark + query).encode("latin-1") + b"\n" + body


class Verifier:
    """Verifies callbacks with keys that it fetches from trusted places and keeps."""

    def __init__(self, trusted_prefixes, pinned_keys):
        self._trusted = tuple(trusted_prefixes)
        self._pinned = {url: _parse(pem) for url, pem in pinned_keys.items()}
        self._fetched = {}
        self._lock = threading.Lock()

    def verify(self, target: str, authorization: str, key_url: str, body: bytes) -> None:
        """Raises one of this module's exceptions unless a trusted store sent exactly this."""
        if not authorization or not key_url:
            raise Malformed("authorization and x-oss-pub-key-url are required")
        url = self._trusted_url(key_url)
        try:
            signature = base64.b64decode(authorization, validate=True)
        except binascii.Error as error:
            raise Forged("the signature is not base64") from error
        text = signed_text(target, body)
        if _matches(self._key(url, KEY_LIFETIME), signature, text):
            return
        if not _matches(self._key(url, REFETCH_AFTER), signature, text):
            raise Forged("the signature does not verify")

    def _trusted_url(self, encoded: str) -> str:
        """Whoever sends the request chooses this URL: fetch another's key, and he can sign anything."""
        try:
            url = base64.b64decode(encoded, validate=True).decode("ascii")
        except ValueError as error:
            raise Malformed("x-oss-pub-key-url is not a URL in base64") from error
        if url in self._pinned:
            return url
        climbs = ".." in url or "%2e" in url.lower() or "\\" in url
        if climbs or not url.isprintable() or " " in url or not url.startswith(self._trusted):
            raise Forged("the key URL is not trusted")
        return url

    def _key(self, url: str, lifetime: float) -> rsa.RSAPublicKey:
        if url in self._pinned:
            return self._pinned[url]
        with self._lock:
            known = self._fetched.get(url)
        if known and time.monotonic() - known[1] < lifetime:
            return known[0]
        try:
            key = _parse(_fetch(url))
        except KeyUnavailable:
            if known:
                return known[0]
            raise
        with self._lock:
            self._fetched.pop(url, None)
            while len(self._fetched) >= MOST_KEYS:
                del self._fetched[next(iter(self._fetched))]
            self._fetched[url] = (key, time.monotonic())
        return key


def _matches(key: rsa.RSAPublicKey, signature: bytes, text: bytes) -> bool:
    try:
        key.verify(signature, text, padding.PKCS1v15(), hashes.MD5())
    except InvalidSignature:
        return False
    return True


def _parse(pem: bytes) -> rsa.RSAPublicKey:
    try:
        key = serialization.load_pem_public_key(pem)
    except ValueError as error:
        raise KeyUnavailable("what is behind the key URL is not a key") from error
    if not isinstance(key, rsa.RSAPublicKey):
        raise KeyUnavailable("what is behind the key URL is not an RSA key")
    return key


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect would lead away from the trusted place; unanswered, it becomes an HTTPError."""

    def redirect_request(self, *_arguments):
        return None


_opener = urllib.request.build_opener(_NoRedirects)


def _fetch(url: str) -> bytes:
    try:
        with _opener.open(url, timeout=FETCH_TIMEOUT) as response:
            pem = response.read(LONGEST_KEY + 1)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise KeyUnavailable(f"the key cannot be fetched: {error}") from error
    if len(pem) > LONGEST_KEY:
        raise KeyUnavailable("what is behind the key URL is too long for a key")
    return pem
