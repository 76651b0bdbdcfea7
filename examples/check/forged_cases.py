"""Cases without a store: callbacks signed here, genuine, forged and misshapen."""

import base64
import concurrent.futures
import hashlib
import hmac
import json
import pathlib
import socket
import time
from urllib.parse import quote

from application import exchange
from cases import FORM, JSON, SECRET, accepted, case, equal, says
from key_server import encoded

CAPTURED = json.loads(pathlib.Path(__file__).with_name("captured.json").read_text(encoding="utf-8"))
UPLOAD = {
    "bucket": "photos",
    "object": "2026/Katze \"ü\" +1%.jpg",
    "size": 114020,
    "etag": "D41D8CD98F00B204E9800998ECF8427E",
    "mimeType": "image/jpeg",
    "width": None,
}
TEXTS = {**{name: value for name, value in UPLOAD.items() if value is not None}, "size": "114020"}


@case("callbacks that OSS has sent are accepted, altered ones are not")
def captured(world):
    for number, callback in enumerate(CAPTURED["callbacks"]):
        headers = {
            "content-type": callback["content_type"],
            "authorization": callback["authorization"],
            "x-oss-pub-key-url": callback["key_url"],
            "x-oss-request-id": f"OSS{number}",
        }
        target, body = callback["target"], callback["body"].encode()
        accepted(world.pinned.post(target, headers, body), f"OSS{number}")
        rows = world.pinned.rows()
        assert f"OSS{number}" in rows, "no row"
        altered = [(target + "1", body), (target, body + b"1"), ("/x" + target, body)]
        for other_target, other_body in altered:
            answer = world.pinned.post(other_target, headers, other_body)
            equal(answer.status, 403, f"status for {other_target} {other_body}")
        equal(world.pinned.rows(), rows, "the table")


@case("a JSON body becomes a row")
def json_body(world):
    accepted(world.send({**UPLOAD, "reqId": "JSON1"}), "JSON1")
    says(world.application.rows()["JSON1"], {**TEXTS, "reqId": "JSON1"})


@case("a form body becomes a row")
def form_body(world):
    fields = {**TEXTS, "imageInfo.width": "", "reqId": "FORM1", "x:user": "Jörg & Söhne=1+1"}
    body = "&".join(f"{name}={quote(value, safe='')}" for name, value in fields.items()).encode()
    accepted(world.send(body, content_type=FORM), "FORM1")
    says(world.application.rows()["FORM1"], fields)


@case("a content type with parameters and capitals is understood")
def content_type_parameters(world):
    accepted(world.send({"reqId": "TYPE1"}, content_type="Application/JSON; charset=utf-8"), "TYPE1")
    says(world.application.rows()["TYPE1"], {"reqId": "TYPE1"})


@case("numbers, booleans and nested values of a JSON body become texts")
def json_values(world):
    body = b'{"reqId":"VALUES1","size":"7","big":18446744073709551615,"yes":true,"list":[1,"a"],"map":{"a":1}}'
    accepted(world.send(body), "VALUES1")
    fields = json.loads(world.application.rows()["VALUES1"]["fields"])
    equal((fields["big"], fields["yes"], fields["size"]), ("18446744073709551615", "true", "7"), "plain values")
    equal((json.loads(fields["list"]), json.loads(fields["map"])), ([1, "a"], {"a": 1}), "nested values")


@case("the signature covers the decoded path and the query as sent")
def exact_target(world):
    targets = (
        "/callback/",
        "/callback/a%20b+c%2Fd/%C3%A9%25",
        "/callback/x//y/../z/.",
        "/callback?a=%20b+c&d=%2F&e",
        "/callback/%41?%41=?&q=/callback",
    )
    for number, target in enumerate(targets):
        accepted(world.send({"reqId": f"TARGET{number}"}, target=target), f"TARGET{number}")
    for target in ("/", "//callback//a", "/?a=b", "/a;b=c/@:!$&'()*,="):
        accepted(world.send({"reqId": target}, target=target, application=world.pinned), target)


@case("a repeated delivery updates the row of the first")
def repeated(world):
    for _ in range(2):
        accepted(world.send({**UPLOAD, "reqId": "AGAIN1"}), "AGAIN1")
    says(world.application.rows()["AGAIN1"], {**TEXTS, "reqId": "AGAIN1"}, deliveries=2)
    world.refused(400, {**UPLOAD, "object": "another.jpg", "reqId": "AGAIN1"})
    # Without reqId in the body, the headers of the store tell.
    attempts = ({"x_oss_request_id": "R1"}, {"x_oss_request_id": "R2"})
    for attempt in attempts:
        accepted(world.send(UPLOAD, **attempt, x_ossicle_delivery_id="DELIVERY1"), "DELIVERY1")
    says(world.application.rows()["DELIVERY1"], TEXTS, deliveries=2)
    for _ in range(3):
        accepted(world.send(UPLOAD, x_oss_request_id="REQUEST1"), "REQUEST1")
    says(world.application.rows()["REQUEST1"], TEXTS, deliveries=3)


@case("twenty callbacks at once become twenty rows")
def at_once(world):
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda number: world.send({"reqId": f"MANY{number}"}), range(20)))
    equal([answer.status for answer in answers], [200] * 20, "statuses")
    rows = world.application.rows()
    assert all(f"MANY{number}" in rows for number in range(20)), "rows are missing"


@case("a forged callback is refused with 403")
def forged(world):
    body = json.dumps({**UPLOAD, "reqId": "FORGED1"}).encode()
    text = b"/callback\n" + body
    genuine = world.genuine.sign(text)
    flipped = base64.b64decode(genuine)
    flipped = base64.b64encode(flipped[:-1] + bytes([flipped[-1] ^ 1])).decode()
    signatures = (
        world.forger.sign(text),
        world.genuine.sign(text + b" "),
        world.genuine.sign(b"/callback?\n" + body),
        world.genuine.sign(body),
        flipped,
        base64.b64encode(b"short").decode(),
        base64.b64encode(bytes(256)).decode(),
        base64.b64encode(b"\xff" * 256).decode(),
        base64.b64encode(bytes(10_000)).decode(),
        "no base64!",
    )
    for signature in signatures:
        world.refused(403, body, authorization=signature)
    accepted(world.send(body, authorization=genuine), "FORGED1")


@case("a key URL that is not trusted is refused and never fetched")
def untrusted_key(world):
    origin, prefix = world.keys.origin, world.keys.prefix
    host = origin.partition("://")[2]
    before = world.keys.untrusted_hits()
    body = json.dumps({"reqId": "UNTRUSTED1"}).encode()
    signature = world.forger.sign(b"/callback\n" + body)
    urls = (
        f"{origin}/untrusted/forger.pem",
        f"{origin}/trusted",
        f"{prefix}../untrusted/forger.pem",
        f"{prefix}%2e%2E/untrusted/forger.pem",
        f"{prefix}..\\untrusted/forger.pem",
        f"{origin.upper()}/trusted/../untrusted/forger.pem",
        f"http://gosspublic.alicdn.com@{host}/untrusted/forger.pem",
        f"http://gosspublic.alicdn.com:80@{host}/untrusted/forger.pem",
        f"http://gosspublic.alicdn.com.{host}/untrusted/forger.pem",
        f"{host}/trusted/callback_pub_key_v1.pem",
    )
    misshapen = (f" {prefix}callback_pub_key_v1.pem", f"{prefix}a b.pem", "file:///etc/passwd", "/")
    for url in urls + misshapen:
        # Which of them are URLs at all is a matter of opinion.
        world.refused((400, 403), body, authorization=signature, x_oss_pub_key_url=encoded(url))
    equal(world.keys.untrusted_hits(), before, "requests for keys that are not trusted")


@case("a key that cannot be had is answered with 503, within the sender's five seconds")
def key_unavailable(world):
    before = world.keys.untrusted_hits()
    body = json.dumps({"reqId": "NOKEY1"}).encode()
    signature = world.forger.sign(b"/callback\n" + body)
    for name in ("missing.pem", "garbage.pem", "long.pem", "moved.pem", "slow.pem"):
        began = time.monotonic()
        url = world.keys.header(f"/trusted/{name}")
        world.refused(503, body, authorization=signature, x_oss_pub_key_url=url)
        assert time.monotonic() - began < 4.5, f"{name}: the answer took {time.monotonic() - began:.1f} s"
    equal(world.keys.untrusted_hits(), before, "redirects that were followed")


@case("the key is fetched once and kept")
def key_cache(world):
    accepted(world.send({"reqId": "CACHE1"}), "CACHE1")
    before = world.keys.hits["/trusted/callback_pub_key_v1.pem"]
    for number in range(5):
        accepted(world.send({"reqId": f"CACHE{number}"}), f"CACHE{number}")
        world.refused(403, {"reqId": "CACHE"}, authorization=world.forger.sign(b"x"))
    found = world.keys.hits["/trusted/callback_pub_key_v1.pem"]
    # A bad signature may have an old key fetched anew, but not at every request.
    assert found - before <= 1, f"fetched {found - before} times"


@case("what is no callback is answered with 400")
def malformed(world):
    world.refused(400, {"reqId": "MALFORMED"}, authorization=None)
    world.refused(400, {"reqId": "MALFORMED"}, x_oss_pub_key_url=None)
    world.refused(400, {"reqId": "MALFORMED"}, x_oss_pub_key_url="%%%")
    world.refused(400, {"reqId": "MALFORMED"}, x_oss_pub_key_url=base64.b64encode(b"\xff\xfe\x00").decode())


@case("a signed body that this application did not ask for is answered with 400")
def not_understood(world):
    bodies = (
        (b'{"name":""x.jpg""}', JSON),  # a string variable inside quotes: the commonest mistake in templates
        (b"[1]", JSON),
        (b"7", JSON),
        (b"", JSON),
        (b'{"reqId":"N1"} x', JSON),
        (b'{"reqId":"\xff"}', JSON),
        (b"[" * 50_000, JSON),
        (b"reqId=N1", "text/plain"),
        (b"reqId=N1", JSON),
        (b'{"reqId":"N1","size":"7 bytes"}', JSON),
        (b'{"reqId":"N1","size":-1}', JSON),
        (b"reqId=N1&size=99999999999999999999", FORM),
    )
    for body, content_type in bodies:
        world.refused(400, body, content_type=content_type)
    world.refused(400, {"object": "nobody knows which upload"}, x_oss_request_id=None)


@case("a body that is too long is refused before it is read")
def too_long(world):
    answer = _raw(world.application, b"POST /callback HTTP/1.1\r\nHost: x\r\nContent-Length: 20000000\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 413 "), answer[:100]
    accepted(world.send({"reqId": "LONG1", "padding": "x" * 900_000}), "LONG1")


@case("requests that are no callbacks at all do not bring the server down")
def nonsense(world):
    requests = (
        b"\r\n\r\n",
        b"GET\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"POST /callback HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"POST /callback HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n",
        b"POST /callback HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\nConnection: close\r\n\r\n{",
        b"POST /callback/%zz%f HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        b"POST /callback/\xff\xfe HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    )
    for request in requests:
        answer = _raw(world.application, request)
        assert not answer.startswith((b"HTTP/1.1 2", b"HTTP/1.1 5")), answer[:200]
    for target in ("/", "/other", "/callbacks", "/callback.html"):
        body = b'{"reqId":"ELSEWHERE"}'
        headers = world.headers(target, body)
        answer = exchange(world.application.authority, "POST", target, headers, body)
        assert answer.status in (404, 405), f"status for {target}: {answer.status}"
    accepted(world.send({"reqId": "ALIVE1"}), "ALIVE1")
    assert "ELSEWHERE" not in world.application.rows(), "a row from elsewhere"


@case("a path with bad escapes is no server error when everything else is there")
def bad_escapes(world):
    body = b'{"reqId":"ESCAPES"}'
    for target in ("/callback/%zz", "/callback/%f", "/callback/%", "/callback/%ff"):
        status = status_in_spite_of_resets(world, target, body)
        assert status in (400, 403), f"{target}: status {status}"


def status_in_spite_of_resets(world, target, body, tries=5):
    """A server that cannot parse a request line answers without reading on and closes; the reset may overtake the answer."""
    for left in reversed(range(tries)):
        try:
            headers = world.headers("/callback", body)
            return exchange(world.application.authority, "POST", target, headers, body).status
        except ConnectionResetError:
            if not left:
                raise


@case("with a secret, only callbacks that the application asked for count")
def proof(world):
    def proof_of(text):
        return hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).hexdigest()

    right = proof_of("photos/cat ü.jpg")
    upload = {"bucket": "photos", "object": "cat ü.jpg", "reqId": "PROOF1"}
    guarded = world.guarded
    accepted(world.send(upload, target=f"/callback?a=b&proof={right}", application=guarded), "PROOF1")
    refused = (
        (upload, "/callback"),
        (upload, "/callback?proof="),
        (upload, f"/callback?proof={right[:-1]}"),
        (upload, f"/callback?Proof={right}"),
        (upload, f"/callback/proof={right}"),
        ({**upload, "object": "dog.jpg"}, f"/callback?proof={right}"),
        ({**upload, "bucket": "other"}, f"/callback?proof={right}"),
        ({"reqId": "PROOF2"}, f"/callback?proof={right}"),
        ({"reqId": "PROOF2", "bucket": "photos"}, f"/callback?proof={proof_of('photos/')}"),
    )
    for body, target in refused:
        world.refused(403, body, target=target, application=guarded)
    equal(list(guarded.rows()), ["PROOF1"], "rows")


def _raw(application, request: bytes) -> bytes:
    """Sends bytes, says that nothing follows, and returns whatever comes back."""
    host, _, port = application.authority.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=15) as connection:
        answer = b""
        try:
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
            while piece := connection.recv(65536):
                answer += piece
        except OSError:
            pass  # reset by a server that has seen enough
        return answer
