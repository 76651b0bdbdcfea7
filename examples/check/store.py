"""The store under test, spoken to by hand: what an SDK would send, signed with versions 1 and 4."""

import base64
import dataclasses
import datetime
import hashlib
import hmac
import json
import os
import secrets
from dataclasses import dataclass
from email.utils import formatdate
from urllib.parse import quote
from xml.etree import ElementTree

from application import Answer, exchange


@dataclass(frozen=True)
class Store:
    """Address and keys of one run, and the bucket that it uses."""

    endpoint: str
    console: str
    sts: str
    access_key_id: str
    access_key_secret: str
    region: str
    bucket: str
    # Of temporary credentials.
    security_token: str = ""

    @property
    def authority(self) -> str:
        """Host and port of the API."""
        return self.endpoint.partition("://")[2]

    @property
    def key_prefixes(self) -> str:
        """Where the store's own public key may be, as the application servers are told."""
        return f"{self.endpoint}/ {self.console}/"

    def with_session(self, permission: dict) -> "Store":
        """The same store for who has these temporary credentials."""
        return dataclasses.replace(
            self,
            access_key_id=permission["AccessKeyId"],
            access_key_secret=permission["AccessKeySecret"],
            security_token=permission["SecurityToken"],
        )

    def put(self, version: int, key: str, data: bytes, headers: dict) -> Answer:
        """PutObject."""
        sign = self._sign_v4 if version == 4 else self._sign_v1
        return self._send(sign, "PUT", key, {"Content-Type": "text/plain", **headers}, data)

    def get(self, key: str) -> Answer:
        """GetObject."""
        return self._send(self._sign_v4, "GET", key, {}, b"")

    def delete(self, key: str = "") -> Answer:
        """DeleteObject, or DeleteBucket without a key."""
        return self._send(self._sign_v4, "DELETE", key, {}, b"")

    def list(self) -> Answer:
        """ListObjects."""
        return self._send(self._sign_v4, "GET", "", {}, b"")

    def keys(self) -> list:
        """The names of one page of ListObjects."""
        return [element.text for element in ElementTree.fromstring(self.list().body).iter("Key")]

    def create_bucket(self) -> Answer:
        """PutBucket."""
        return self._send(self._sign_v4, "PUT", "", {}, b"")

    def post_form(self, url: str, fields: dict, data: bytes, content_type="text/plain") -> Answer:
        """PostObject as a browser sends it, the file last."""
        boundary = secrets.token_hex(12)
        parts = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in fields.items()
        ]
        parts.append(
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="local.txt"\r\n'
            f"Content-Type: {content_type}\r\n\r\n"
        )
        body = "".join(parts).encode() + data + f"\r\n--{boundary}--\r\n".encode()
        authority, _, path = url.partition("://")[2].partition("/")
        headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        return exchange(authority, "POST", f"/{path}", headers, body)

    def _send(self, sign, method, key, headers, data) -> Answer:
        path = f"/{self.bucket}/{quote(key)}" if key else f"/{self.bucket}/"
        if self.security_token:
            headers = {**headers, "x-oss-security-token": self.security_token}
        return exchange(self.authority, method, path, sign(method, key, path, headers), data)

    def _sign_v1(self, method, key, _path, headers) -> dict:
        headers = {**headers, "Date": formatdate(usegmt=True)}
        resource = f"/{self.bucket}/{key}"
        lines = [method, "", headers.get("Content-Type", ""), headers["Date"], *_oss_headers(headers), resource]
        digest = hmac.digest(self.access_key_secret.encode(), "\n".join(lines).encode(), "sha1")
        return {**headers, "Authorization": f"OSS {self.access_key_id}:{base64.b64encode(digest).decode()}"}

    def _sign_v4(self, method, _key, path, headers) -> dict:
        now = datetime.datetime.now(datetime.timezone.utc)
        moment = f"{now:%Y%m%dT%H%M%SZ}"
        headers = {**headers, "x-oss-date": moment, "x-oss-content-sha256": "UNSIGNED-PAYLOAD"}
        content_type = [f"content-type:{headers['Content-Type']}"] if "Content-Type" in headers else []
        canonical = [method, path, "", *content_type, *_oss_headers(headers), "", "", "UNSIGNED-PAYLOAD"]
        scope = f"{now:%Y%m%d}/{self.region}/oss/aliyun_v4_request"
        digest = hashlib.sha256("\n".join(canonical).encode()).hexdigest()
        key = f"aliyun_v4{self.access_key_secret}".encode()
        for part in scope.split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        signature = hmac.digest(key, f"OSS4-HMAC-SHA256\n{moment}\n{scope}\n{digest}".encode(), "sha256").hex()
        credential = f"Credential={self.access_key_id}/{scope},Signature={signature}"
        return {**headers, "Authorization": f"OSS4-HMAC-SHA256 {credential}"}


# Where nobody listens.
NOWHERE = Store("http://127.0.0.1:1", "http://127.0.0.1:1", "http://127.0.0.1:1", "nobody", "nothing", "cn-hangzhou", "photos")


def _oss_headers(headers) -> list:
    lowered = {name.lower(): value for name, value in headers.items()}
    return [f"{name}:{lowered[name]}" for name in sorted(lowered) if name.startswith("x-oss-")]


def callback_headers(url: str, body: str, content_type: str, variables=None) -> dict:
    """The headers of an upload that ask for a callback."""
    callback = {"callbackUrl": url, "callbackBody": body, "callbackBodyType": content_type}
    headers = {"x-oss-callback": _encoded(callback)}
    if variables:
        headers["x-oss-callback-var"] = _encoded(variables)
    return headers


def _encoded(value) -> str:
    return base64.b64encode(json.dumps(value).encode()).decode()


def from_environment():
    """The store that the environment names; a missing variable ends the program."""
    names = ("ENDPOINT", "CONSOLE", "STS", "ACCESS_KEY_ID", "ACCESS_KEY_SECRET")
    missing = [f"OSSICLE_{name}" for name in names if not os.environ.get(f"OSSICLE_{name}")]
    if missing:
        raise SystemExit(f"not set: {', '.join(missing)} (or give --offline to check without a store)")
    return Store(
        endpoint=os.environ["OSSICLE_ENDPOINT"].rstrip("/"),
        console=os.environ["OSSICLE_CONSOLE"].rstrip("/"),
        sts=os.environ["OSSICLE_STS"].rstrip("/"),
        access_key_id=os.environ["OSSICLE_ACCESS_KEY_ID"],
        access_key_secret=os.environ["OSSICLE_ACCESS_KEY_SECRET"],
        region=os.environ.get("OSSICLE_REGION") or "cn-hangzhou",
        bucket=f"{os.environ.get('OSSICLE_BUCKET_PREFIX') or 'examples'}-{secrets.token_hex(4)}",
    )
