"""The user whose key the application servers get, and the role that it assumes for others: made with the API of the console."""

import base64
import json
import secrets
from contextlib import contextmanager

from application import exchange
from cases import equal


@contextmanager
def uploader(store):
    """The settings of an application server that may upload by itself, and hand out temporary credentials."""
    name = f"uploader-{secrets.token_hex(4)}"
    user = _ask(store, "POST", "users", {"name": name})
    trust = _policy("sts:AssumeRole", Principal={"RAM": [f"acs:ram::{user['account']}:root"]})
    role = _ask(store, "POST", "roles", {"name": name, "trust_policy": trust})
    # The role may do everything, so that what is refused is refused by the session policy.
    _ask(store, "PUT", f"roles/{name}/policies/everything", {"document": _policy("oss:*", Resource="*")})
    _ask(store, "PUT", f"users/{name}/policies/hand-out", {"document": _policy("sts:AssumeRole", Resource=role["arn"])})
    upload = _policy("oss:PutObject", Resource=f"acs:oss:*:*:{store.bucket}/*")
    _ask(store, "PUT", f"users/{name}/policies/upload", {"document": upload})
    key = _ask(store, "POST", f"keys?user={name}", {})
    try:
        yield {
            "OSS_ACCESS_KEY_ID": key["id"],
            "OSS_ACCESS_KEY_SECRET": key["secret"],
            "STS_ENDPOINT": store.sts,
            "STS_ROLE_ARN": role["arn"],
        }
    finally:
        _ask(store, "DELETE", f"keys/{key['id']}")
        for kind, policies in (("users", ("hand-out", "upload")), ("roles", ("everything",))):
            for policy in policies:
                _ask(store, "DELETE", f"{kind}/{name}/policies/{policy}")
            _ask(store, "DELETE", f"{kind}/{name}")


def _policy(action, **more) -> dict:
    return {"Version": "1", "Statement": [{"Effect": "Allow", "Action": action, **more}]}


def _ask(store, method, path, document=None) -> dict:
    authority = store.console.partition("://")[2]
    # The console knows whoever has the access key.
    key = base64.b64encode(f"{store.access_key_id}:{store.access_key_secret}".encode()).decode()
    headers = {"authorization": f"Basic {key}", "content-type": "application/json"}
    body = b"" if document is None else json.dumps(document).encode()
    answer = exchange(authority, method, f"/api/access/{path}", headers, body)
    equal(answer.status, 200, f"status of {method} {path}: {answer.body}")
    return answer.json()
