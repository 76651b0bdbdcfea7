"""Cases of temporary credentials that a store gives: they upload into their user's folder, and do nothing else."""

import base64
import dataclasses
import hashlib
import json

from cases import SECRET, case, equal, proof_of
from permission_cases import nothing_stored, other_bucket

DATA = b"from an app"
USER = "alice-7"


def _session(world, user=USER) -> dict:
    answer = world.session.get(f"/permission/sts?user={user}")
    equal(answer.status, 200, f"status of the permission {answer.body}")
    return answer.json()


def _callback(permission, **changed) -> dict:
    callback = {**permission["callback"], **changed}
    return {"x-oss-callback": _encoded(callback), "x-oss-callback-var": _encoded({"x:name": "IMG ü.jpg"})}


@case("temporary credentials, V1 and V4: the user uploads into his folder and sees the application's answer", needs_store=True)
def upload(world):
    permission = _session(world)
    store = world.store.with_session(permission)
    for version in (1, 4):
        key = f"{permission['prefix']}2026/Grüße, Welt +{version}%.txt"
        answer = store.put(version, key, DATA, _callback(permission))
        equal(answer.status, 200, f"status of the upload {answer.body}")
        request_id = answer.headers["x-oss-request-id"]
        equal(answer.json(), {"Status": "OK", "id": request_id}, "the application's answer")
        row = world.session.rows()[request_id]
        found = (row["bucket"], row["object"], row["size"], row["etag"])
        equal(found, (world.store.bucket, key, len(DATA), hashlib.md5(DATA).hexdigest().upper()), "row")
        equal(world.store.get(key).body, DATA, "object")


@case("temporary credentials do nothing but upload: other folder, other bucket, other method", needs_store=True)
def nothing_else(world):
    permission = _session(world)
    store = world.store.with_session(permission)
    own = f"{permission['prefix']}own.txt"
    equal(store.put(4, own, DATA, {}).status, 200, "status of an upload without a callback")
    with nothing_stored(world, world.session):
        others = ("users/bob/a.txt", f"users/{USER}", f"users/{USER}-2/a.txt", "a.txt", f"uploads/users/{USER}/a.txt")
        for version in (1, 4):
            for key in others:
                _denied(store.put(version, key, DATA, {}), f"PUT {key}")
        _denied(store.put(4, own, DATA, {"x-oss-copy-source": f"/{store.bucket}/{own}"}), "a copy")
        _denied(store.get(own), "GET of his own object")
        _denied(store.delete(own), "DELETE of his own object")
        _denied(store.list(), "a listing")
        _denied(store.delete(), "DELETE of the bucket")
        _denied(dataclasses.replace(store, bucket=f"{store.bucket}-new").create_bucket(), "a new bucket")
        with other_bucket(world.store) as other:
            _denied(other.with_session(permission).put(4, own, DATA, {}), "PUT into another bucket")


@case("temporary credentials are refused when token, key or secret are not theirs", needs_store=True)
def tampered(world):
    permission, another = _session(world), _session(world, "bob")
    token, own = permission["SecurityToken"], f"{permission['prefix']}a.txt"
    middle = len(token) // 2
    swapped = "A" if token[middle] != "A" else "B"
    tampered_with = {
        "another user's token": {"SecurityToken": another["SecurityToken"]},
        "another user's key": {name: another[name] for name in ("AccessKeyId", "AccessKeySecret")},
        "another secret": {"AccessKeySecret": another["AccessKeySecret"]},
        "a token with a letter changed": {"SecurityToken": token[:middle] + swapped + token[middle + 1:]},
        "a shortened token": {"SecurityToken": token[:-8]},
        "no token": {"SecurityToken": ""},
    }
    with nothing_stored(world, world.session):
        for what, changed in tampered_with.items():
            store = world.store.with_session({**permission, **changed})
            for version in (1, 4):
                equal(store.put(version, own, DATA, {}).status, 403, f"V{version}: status with {what}")


@case("temporary credentials make no callback count for another user's folder", needs_store=True)
def lies(world):
    permission = _session(world)
    store = world.store.with_session(permission)
    own, before = f"{permission['prefix']}lie.txt", world.session.rows()
    address = permission["callback"]["callbackUrl"].partition("?")[0]
    lie = '{"bucket":${bucket},"object":"users/bob/a.txt","reqId":${reqId},"size":${size}}'
    callbacks = (
        {"callbackBody": lie},
        {"callbackBody": lie, "callbackUrl": f"{address}?proof={proof_of(store.bucket, 'users/bob/')[::-1]}"},
        {"callbackUrl": address},
        {"callbackBody": '{"bucket":${bucket},"object":${object},"reqId":${reqId},"user":"bob"}'},
    )
    for changed in callbacks:
        answer = store.put(4, own, DATA, _callback(permission, **changed))
        # Stored in his own folder, but the application took no notice.
        equal(answer.status, 203, f"status with {changed}: {answer.body}")
    equal(world.session.rows(), before, "the table")
    assert SECRET not in json.dumps(permission), "the secret of the application is told"


def _denied(answer, what):
    equal(answer.status, 403, f"status of {what}: {answer.body}")
    assert b"<Code>AccessDenied</Code>" in answer.body, f"{what}: {answer.body}"


def _encoded(value) -> str:
    return base64.b64encode(json.dumps(value).encode()).decode()
