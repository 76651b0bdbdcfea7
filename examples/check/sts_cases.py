"""Cases of temporary credentials: what STS is asked for, and what becomes of its answers."""

import datetime
import json
import time
from urllib.parse import urlsplit

from application import exchange
from cases import accepted, case, equal, proof_of
from sts_server import CREDENTIALS, ROLE

USER = "alice-7"


@case("temporary credentials: STS is asked for the user's own folder, and its answer handed on")
def temporary_credentials(world):
    before = len(world.sts_server.requests)
    answers = [world.sts.get(f"/permission/sts?user={USER}") for _ in range(2)]
    asked = world.sts_server.requests[before:]
    equal(len(asked), 2, "requests to STS")
    for answer in answers:
        equal(answer.status, 200, f"status {answer.body}")
        permission = answer.json()
        equal({name: permission[name] for name in CREDENTIALS}, CREDENTIALS, "credentials")
        equal(permission["StatusCode"], 200, "StatusCode")
        place = {"endpoint": world.place.endpoint, "region": "cn-hangzhou", "bucket": world.place.bucket}
        place["url"] = f"{world.place.endpoint}/{world.place.bucket}"
        equal({name: permission[name] for name in place}, place, "place")
        equal(permission["prefix"], f"users/{USER}/", "prefix")
        callback = permission["callback"]
        equal(urlsplit(callback["callbackUrl"]).path, "/callback", "path of the callback")
        equal(urlsplit(callback["callbackUrl"]).query, f"proof={proof_of(world.place.bucket, f'users/{USER}/')}", "proof")
    assert asked[0]["SignatureNonce"] != asked[1]["SignatureNonce"], "one nonce for two requests"
    for parameters in asked:
        expected = {"Action": "AssumeRole", "Version": "2015-04-01", "Format": "JSON", "RoleArn": ROLE}
        expected |= {"RoleSessionName": USER, "DurationSeconds": "900"}
        equal({name: parameters[name] for name in expected}, expected, "parameters")
        statement = {
            "Effect": "Allow",
            "Action": ["oss:PutObject", "oss:ListParts", "oss:AbortMultipartUpload"],
            "Resource": [f"acs:oss:*:*:{world.place.bucket}/users/{USER}/*"],
        }
        equal(json.loads(parameters["Policy"]), {"Version": "1", "Statement": [statement]}, "session policy")
        moment = datetime.datetime.strptime(parameters["Timestamp"], "%Y-%m-%dT%H:%M:%SZ")
        age = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None) - moment
        assert abs(age.total_seconds()) < 60, f"a timestamp of {parameters['Timestamp']}"


@case("temporary credentials that STS does not give: 502, and nothing of its reasons")
def no_credentials(world):
    for user in ("refused-user", "moved-user", "garbage-user", "partial-user", "slow-user"):
        began = time.monotonic()
        answer = world.sts.get(f"/permission/sts?user={user}")
        equal(answer.status, 502, f"status of {user}: {answer.body}")
        equal(list(answer.json()), ["error"], f"members for {user}")
        assert b"STS." not in answer.body and b"NoPermission" not in answer.body, answer.body
        assert time.monotonic() - began < 6.5, f"{user}: the answer took {time.monotonic() - began:.1f} s"
    equal(world.sts_server.redirected, 0, "redirects that were followed")


@case("temporary credentials are for users only, and only where a role is set")
def no_user(world):
    before = len(world.sts_server.requests)
    for query in ("", "?user=", "?user=a", "?user=alice%2F..", "?user=alice%2A", f"?user={'x' * 65}"):
        equal(world.sts.get(f"/permission/sts{query}").status, 401, f"status of {query}")
    equal(world.application.get(f"/permission/sts?user={USER}").status, 404, "status without a role")
    answer = exchange(world.sts.authority, "POST", f"/permission/sts?user={USER}", {})
    assert answer.status in (404, 405), f"status of POST: {answer.status}"
    equal(len(world.sts_server.requests), before, "requests to STS")


@case("a callback with the proof of a user's folder counts for objects in it, and for no other user")
def proof_of_a_folder(world):
    target = f"/callback?proof={proof_of('photos', f'users/{USER}/')}"
    own = {"bucket": "photos", "object": f"users/{USER}/2026/a b.jpg", "reqId": "FOLDER1"}
    accepted(world.send(own, target=target, application=world.guarded), "FOLDER1")
    accepted(world.send({**own, "user": USER}, target=target, application=world.guarded), "FOLDER1")
    world.refused(400, {**own, "object": f"users/{USER}/other.jpg"}, application=world.guarded, target=target)
    others = (
        {**own, "object": "users/bob/a.jpg"},
        {**own, "object": f"users/{USER}-2/a.jpg"},
        {**own, "object": f"users/{USER}"},
        {**own, "object": f"x/users/{USER}/a.jpg"},
        {**own, "bucket": "secrets"},
        {**own, "user": "bob"},
    )
    for other in others:
        world.refused(403, other, application=world.guarded, target=target)
    for target in ("/callback", f"/callback?proof={proof_of('photos', 'users/')}", "/callback?proof="):
        world.refused(403, own, application=world.guarded, target=target)
