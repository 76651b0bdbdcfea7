"""Cases of permissions: what the application permits works as it says, and nothing else works with it."""

import base64
import dataclasses
import hashlib
import json
import time
from contextlib import contextmanager
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from application import exchange
from cases import accepted, case, equal, says

PNG = b"\x89PNG\r\n\x1a\n of a user"
LARGEST_FILE = 10 * 1024 * 1024
NAME = "Kosten $5 {${filename}} & \"ü\".PNG"
USER = "alice-7"


def _asked(kind: str, **changed) -> str:
    """The target that asks for a permission; `None` leaves a parameter out."""
    size = {"size": str(len(PNG))} if kind == "put" else {}
    query = {"user": USER, "name": NAME, "type": "image/png", **size, **changed}
    return f"/permission/{kind}?{urlencode({name: value for name, value in query.items() if value is not None})}"


def _permission(application, kind: str, **changed) -> dict:
    answer = application.get(_asked(kind, **changed))
    equal(answer.status, 200, f"status of the permission {answer.body}")
    return answer.json()


def _put(permission: dict, data=PNG, method="PUT", headers=None, url=None):
    """Uses a presigned URL as a client does that knows nothing of OSS."""
    parts = urlsplit(url or permission["url"])
    return exchange(parts.netloc, method, f"{parts.path}?{parts.query}", headers or permission["headers"], data)


def _recorded(world, application, answer, key):
    """The uploader saw the application's answer, and the row says what was uploaded by whom."""
    request_id = answer.headers["x-oss-request-id"]
    accepted(answer, request_id)
    assert key.startswith(f"users/{USER}/") and key.endswith(".png"), key
    expected = {"bucket": world.store.bucket, "object": key, "size": str(len(PNG)), "mimeType": "image/png"}
    expected |= {"etag": hashlib.md5(PNG).hexdigest().upper(), "reqId": request_id, "name": NAME, "user": USER}
    says(application.rows()[request_id], expected)
    equal(world.store.get(key).body, PNG, "object")


@contextmanager
def nothing_stored(world, *applications):
    """Whatever happens inside leaves neither object nor row."""
    keys, rows = world.store.keys(), [application.rows() for application in applications]
    yield
    equal(world.store.keys(), keys, "objects")
    equal([application.rows() for application in applications], rows, "the tables")


@contextmanager
def other_bucket(store):
    other = dataclasses.replace(store, bucket=f"{store.bucket}-other")
    equal(other.create_bucket().status, 200, "status of another bucket")
    try:
        yield other
        equal(other.keys(), [], "objects of another bucket")
    finally:
        for key in other.keys():
            other.delete(key)
        other.delete()


@case("a form, V1 or V4: the user uploads below his own folder and sees the application's answer", needs_store=True)
def form(world):
    for application in (world.application, world.guarded):
        for version in ("v1", "v4", None):
            permission = _permission(application, "form", version=version)
            fields = permission["fields"]
            assert ("Signature" in fields) == (version == "v1"), sorted(fields)
            answer = world.store.post_form(permission["url"], fields, PNG, "image/png")
            _recorded(world, application, answer, fields["key"])


@case("a form, V1 or V4, cannot be bent: key, type, callback, variables, policy, bucket, size", needs_store=True)
def bent_form(world):
    with nothing_stored(world, world.application):
        for version in ("v1", "v4"):
            permission = _permission(world.application, "form", version=version)
            url, fields = permission["url"], permission["fields"]
            for what, bent in _bent_forms(world, fields).items():
                answer = world.store.post_form(url, bent, PNG, "image/png")
                equal(answer.status, 403, f"{version}: status with {what}: {answer.body}")
            refusals = {
                "another type of the file": world.store.post_form(url, fields, PNG, "text/html"),
                "a type of the field": world.store.post_form(url, {**fields, "content-type": "text/html"}, PNG, "text/html"),
            }
            with other_bucket(world.store) as other:
                elsewhere = url.replace(f"/{world.store.bucket}", f"/{other.bucket}")
                refusals["another bucket"] = world.store.post_form(elsewhere, fields, PNG, "image/png")
            for what, answer in refusals.items():
                equal(answer.status, 403, f"{version}: status with {what}: {answer.body}")
            unsigned = {name: value for name, value in fields.items() if name != "policy"}
            answer = world.store.post_form(url, unsigned, PNG, "image/png")
            equal(answer.status, 400, f"{version}: status without a policy: {answer.body}")
            for what, data in (("no byte", b""), ("a byte too much", bytes(LARGEST_FILE + 1))):
                answer = world.store.post_form(url, fields, data, "image/png")
                equal(answer.status, 400, f"{version}: status with {what}: {answer.body}")


def _bent_forms(world, fields) -> dict:
    callback = json.loads(base64.b64decode(fields["callback"]))
    policy = json.loads(base64.b64decode(fields["policy"]))
    wide = {**policy, "conditions": [policy["conditions"][0]]}
    signature = "Signature" if "Signature" in fields else "x-oss-signature"

    def without(name):
        return {field: value for field, value in fields.items() if field != name}

    return {
        "another user's folder": {**fields, "key": fields["key"].replace(USER, "bob")},
        "another name": {**fields, "key": f"users/{USER}/mine.png"},
        "a name from the browser": {**fields, "key": f"users/{USER}/${{filename}}"},
        "another callback": {**fields, "callback": _encoded({**callback, "callbackUrl": world.application.url("/else")})},
        "another body": {**fields, "callback": _encoded({**callback, "callbackBody": "size=${size}"})},
        "no callback": without("callback"),
        "another user": {**fields, "x:user": "bob"},
        "no user": without("x:user"),
        "another name of the file": {**fields, "x:name": "dog.png"},
        "a wider policy": {**fields, "policy": _encoded(wide)},
        "a longer policy": {**fields, "policy": _encoded({**policy, "expiration": "2099-01-01T00:00:00.000Z"})},
        "another signature": {**fields, signature: fields[signature][::-1]},
    }


@case("a presigned PUT: the user uploads below his own folder and sees the application's answer", needs_store=True)
def put(world):
    for application in (world.application, world.guarded):
        permission = _permission(application, "put")
        equal(permission["method"], "PUT", "method")
        equal(permission["headers"], {"Content-Type": "image/png"}, "headers")
        _recorded(world, application, _put(permission), permission["key"])


@case("a presigned PUT cannot be bent: key, method, type, length, callback, variables, headers, bucket", needs_store=True)
def bent_put(world):
    with nothing_stored(world, world.application):
        permission = _permission(world.application, "put")
        for what, url in _bent_urls(world, permission["url"]).items():
            answer = _put(permission, url=url)
            equal(answer.status, 403, f"status with {what}: {answer.body}")
        for method in ("GET", "HEAD", "DELETE"):
            equal(_put(permission, method=method, data=b"").status, 403, f"status of {method}")
        for what, data in (("a longer file", PNG + b"!"), ("a shorter file", PNG[:-1]), ("no byte", b"")):
            equal(_put(permission, data=data).status, 403, f"status with {what}")
        kind = {"Content-Type": "image/png"}
        headers = (
            {"Content-Type": "text/html"},
            {"X-Of-Nobody": "no type at all"},
            {**kind, "x-oss-callback": _encoded({"callbackUrl": world.application.url(), "callbackBody": "a=b"})},
            {**kind, "x-oss-callback-var": _encoded({"x:user": "bob"})},
            {**kind, "x-oss-object-acl": "public-read"},
            {**kind, "x-oss-copy-source": f"/{world.store.bucket}/secret"},
        )
        for changed in headers:
            equal(_put(permission, headers=changed).status, 403, f"status with {changed}")
        with other_bucket(world.store) as other:
            elsewhere = permission["url"].replace(f"/{world.store.bucket}/", f"/{other.bucket}/")
            equal(_put(permission, url=elsewhere).status, 403, "status with another bucket")


def _bent_urls(world, url) -> dict:
    address, _, query = url.partition("?")
    query = dict(parse_qsl(query))
    callback = json.loads(base64.b64decode(query["callback"]))

    def changed(**values):
        values = {name.replace("_", "-"): value for name, value in values.items()}
        pairs = {name: value for name, value in {**query, **values}.items() if value is not None}
        return f"{address}?{urlencode(pairs, quote_via=quote)}"

    return {
        "another user's folder": url.replace(USER, "bob", 1),
        "another name": f"{address}x?{url.partition('?')[2]}",
        "another callback": changed(callback=_encoded({**callback, "callbackUrl": world.application.url("/else")})),
        "no callback": changed(callback=None),
        "other variables": changed(callback_var=_encoded({"x:user": "bob", "x:name": NAME})),
        "no variables": changed(callback_var=None),
        "an open length": changed(x_oss_additional_headers=None),
        "a longer life": changed(x_oss_expires="86400"),
        "another time": changed(x_oss_date=f"{query['x-oss-date'][:9]}000000Z"),
        "one more parameter": changed(append=""),
        "no signature": changed(x_oss_signature=None),
    }


@case("permissions end", needs_store=True)
def expired(world):
    with nothing_stored(world, world.brief):
        forms = [_permission(world.brief, "form", version=version) for version in ("v1", "v4")]
        permission = _permission(world.brief, "put")
        time.sleep(2.5)
        for late in forms:
            answer = world.store.post_form(late["url"], late["fields"], PNG, "image/png")
            equal(answer.status, 403, f"status of a form that is over: {answer.body}")
        answer = _put(permission)
        equal(answer.status, 403, f"status of a URL that is over: {answer.body}")


@case("what the application does not permit is not signed")
def not_permitted(world):
    refused = (
        (401, {"user": None}),
        (401, {"user": ""}),
        (401, {"user": "alice/../bob"}),
        (401, {"user": "ä"}),
        (401, {"user": "x" * 65}),
        (400, {"name": None}),
        (400, {"name": ""}),
        (400, {"name": "x" * 256}),
        (400, {"type": None}),
        (400, {"type": "text/html"}),
        (400, {"type": "image/png\nx-oss-object-acl:public-read"}),
    )
    for status, changed in refused:
        for kind in ("form", "put"):
            _is_refused(world, status, _asked(kind, **changed))
    _is_refused(world, 400, _asked("form", version="v2"))
    for size in (None, "", "0", "-1", "many", "1e3", str(LARGEST_FILE + 1), "9" * 40):
        _is_refused(world, 400, _asked("put", size=size))
    for target in ("/permission", "/permission/", "/permission/form/", "/permission/get?user=a"):
        equal(world.application.get(target).status, 404, f"status of {target}")


def _is_refused(world, status, target):
    answer = world.application.get(target)
    # Without a store nothing is permitted at all.
    equal(answer.status, status if world.store else 404, f"status of {target}")
    assert "error" in answer.json(), f"the answer {answer.body} gives no reason"


def _encoded(value) -> str:
    return base64.b64encode(json.dumps(value).encode()).decode()
