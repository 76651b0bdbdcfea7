"""Upload callbacks that succeed: every way to ask for one, every variable, what the application receives."""

import base64
import hashlib
import json
from urllib.parse import quote

import application
import checks
import pictures
import wire
from application import FORM, JSON, Reply
from sdk import encode
from suite import case

EVERYTHING = {
    "bucket": "${bucket}",
    "object": "${object}",
    "etag": "${etag}",
    "size": "${size}",
    "mimeType": "${mimeType}",
    "height": "${imageInfo.height}",
    "width": "${imageInfo.width}",
    "format": "${imageInfo.format}",
    "crc64": "${crc64}",
    "contentMd5": "${contentMd5}",
    "vpcId": "${vpcId}",
    "clientIp": "${clientIp}",
    "reqId": "${reqId}",
    "operation": "${operation}",
    "my_var": "${x:my_var}",
    "unset": "${x:unset}",
}
PART = 100 * 1024


@case("PutObject", "callback of the documentation: form body and custom variables")
def documented_form(context):
    """The flow of the manual's Python sample, body checked to the byte."""
    target = context.application.target()
    template = "bucket=${bucket}&object=${object}&etag=${etag}&size=${size}&mimeType=${mimeType}"
    template += "&my_var1=${x:my_var1}"
    callback = {"callbackUrl": target.url, "callbackBody": template, "callbackBodyType": FORM}
    key = context.key("/exampleobject.txt")
    stored = context.sdk.put(
        context.bucket, key, b"a" * 1024 * 1024, callback=callback, variables={"x:my_var1": "my_val1"}
    )
    body = (
        f"bucket={context.bucket}&object={quote(key, safe='')}&etag=7202826A7791073FE2787F0C94603278"
        "&size=1048576&mimeType=text%2Fplain&my_var1=my_val1"
    )
    expect(context, target, stored, body)


@case("PutObject", "callback of the documentation: json body")
def documented_json(context):
    """Strings bring their quotes, numbers do not."""
    target = context.application.target()
    callback = {
        "callbackUrl": target.url,
        "callbackBody": '{"mimeType":${mimeType},"size":${size},"name":${object},"my":${x:my}}',
        "callbackBodyType": JSON,
    }
    stored = context.sdk.put(
        context.bucket, "hello.txt", b"Hello OSS", callback=callback, variables={"x:my": 'a"b\\c'}
    )
    body = '{"mimeType":"text/plain","size":9,"name":"hello.txt","my":"a\\"b\\\\c"}'
    expect(context, target, stored, body, content_type=JSON)


@case("PutObject", "callback: every variable, form body")
def every_variable_form(context):
    """All values percent-encoded; what does not apply is empty."""
    target, key = context.application.target(), context.key("/杭 州&=+%.txt")
    data = b"no picture"
    template = "&".join(f"{name}={value}" for name, value in EVERYTHING.items())
    callback = {"callbackUrl": target.url, "callbackBody": template}
    stored = context.sdk.put(context.bucket, key, data, callback=callback, variables={"x:my_var": "v 1&2=中"})
    values = _values(context, key, data, stored, "PutObject")
    values.update(my_var="v 1&2=中", height="", width="", format="")
    expect(context, target, stored, "&".join(f"{name}={quote(values[name], safe='')}" for name in EVERYTHING))


@case("PutObject", "callback: every variable, json body")
def every_variable_json(context):
    """Parsed and compared; numbers are numbers, what does not apply is null or empty."""
    target, key = context.application.target(), context.key('/"杭\\州".txt')
    data = b"no picture"
    template = "{" + ",".join(f'"{name}":{value}' for name, value in EVERYTHING.items()) + "}"
    callback = {"callbackUrl": target.url, "callbackBody": template, "callbackBodyType": JSON}
    stored = context.sdk.put(context.bucket, key, data, callback=callback, variables={"x:my_var": '"\n\\中'})
    received = expect(context, target, stored, None, content_type=JSON)
    values = _values(context, key, data, stored, "PutObject")
    values.update(my_var='"\n\\中', size=len(data), crc64=stored.crc, height=None, width=None, format="")
    checks.equal(json.loads(received.body), values)


@case("PutObject", "callback: dimensions of pictures")
def dimensions(context):
    """Read from the uploaded bytes, whatever the name says."""
    rows = (
        ("png", pictures.png(810, 539), 810, 539),
        ("gif", pictures.gif(33, 7), 33, 7),
        ("jpg", pictures.jpeg(640, 480), 640, 480),
        ("bmp", pictures.bmp(5, 4), 5, 4),
    )
    for kind, data, width, height in rows:
        target = context.application.target()
        callback = {
            "callbackUrl": target.url,
            "callbackBody": '{"w":${imageInfo.width},"h":${imageInfo.height},"f":${imageInfo.format},'
            '"pic":"${imageInfo.width},${imageInfo.height}"}',
            "callbackBodyType": JSON,
        }
        stored = context.sdk.put(context.bucket, context.key(f".{kind}"), data, callback=callback)
        body = f'{{"w":{width},"h":{height},"f":"{kind}","pic":"{width},{height}"}}'
        expect(context, target, stored, body, content_type=JSON)


@case("PutObject", "callback: constant and unusual templates")
def templates(context):
    """No variables, no form, no JSON, quotes around a string variable, percent-encoded braces."""
    key = context.key()
    rows = (
        ("test", FORM, "test"),
        ("中文 constant", FORM, "中文 constant"),
        ("not json at all ${size}", JSON, "not json at all 5"),
        ('{"a":"${bucket}"}', JSON, '{"a":""' + context.bucket + '""}'),
        ("a=%24%7Bbucket%7D", FORM, "a=%24%7Bbucket%7D"),
        ("${x:a}${x:b}", FORM, "12"),
        ("${x:键}=${x:A}", FORM, "3=4"),
        ('{\n "a" : ${size} }\n', JSON, '{\n "a" : 5 }\n'),
    )
    variables = {"x:a": "1", "x:b": "2", "x:键": "3", "x:A": "4", "plain": "ignored"}
    for template, kind, body in rows:
        target = context.application.target()
        callback = {"callbackUrl": target.url, "callbackBody": template, "callbackBodyType": kind}
        stored = context.sdk.put(context.bucket, key, b"hello", callback=callback, variables=variables)
        expect(context, target, stored, body, content_type=kind)


@case("PutObject", "callback: paths and queries are sent as given")
def targets(context):
    """The path is signed decoded, the query as it is; a `?` that nothing follows is left out."""
    rests = (
        ("/a%20b%2Fc+d", "/a%20b%2Fc+d"),
        ("/%E6%9D%AD?id=1&index=2%20x", "/%E6%9D%AD?id=1&index=2%20x"),
        ("?only=query", "?only=query"),
        ("/a/../b,c=d", "/a/../b,c=d"),
        ("/x?", "/x"),
        ("/x??", "/x??"),
    )
    for rest, sent in rests:
        target = context.application.target(rest=rest)
        stored = context.sdk.put(
            context.bucket,
            context.key(),
            b"hello",
            callback={"callbackUrl": target.url, "callbackBody": "a=${size}"},
        )
        path = target.url.removeprefix(f"http://{context.application.authority}")
        expect(context, target, stored, "a=5", target=path.removesuffix(rest) + sent)


@case("PutObject", "callback: host, additional headers, SNI, unknown members, no scheme")
def members(context):
    """Each member of the parameters does what the manual says."""
    target = context.application.target()
    base = {"callbackUrl": target.url, "callbackBody": "a=b"}
    without_scheme = target.url.removeprefix("http://")
    rows = (
        ({"callbackHost": "your.callback.example"}, {"host": "your.callback.example"}),
        (
            {"additionalHeaders": {"X-One": "1", "x-two": "two words"}},
            {"additional": {"X-One": "1", "x-two": "two words"}},
        ),
        ({"callbackSNI": True}, {}),
        ({"callbackSNI": False, "unknown": {"a": [1]}}, {}),
        ({"callbackUrl": without_scheme}, {}),
        ({"callbackUrl": target.url + ";"}, {}),
    )
    for extra, expected in rows:
        stored = context.sdk.put(context.bucket, context.key(), b"hello", callback={**base, **extra})
        expect(context, target, stored, "a=b", **expected)


@case("PutObject", "callback: several URLs are tried in order")
def several_urls(context):
    """The first that succeeds is the last that is called."""
    failing = context.application.target(Reply(status=500))
    good, never = context.application.target(), context.application.target()
    urls = ";".join((application.refused_url(), failing.url, good.url, never.url))
    stored = context.sdk.put(
        context.bucket, context.key(), b"hello", callback={"callbackUrl": urls, "callbackBody": "a=${size}"}
    )
    checks.equal(failing.take().body, b"a=5")
    expect(context, good, stored, "a=5")
    never.nothing_more()


@case("PutObject", "callback: spellings of the JSON")
def json_spellings(context):
    """White space, escaped slashes and letters, a trailing line break, URL-safe base64, no padding."""
    target = context.application.target()
    escaped = target.url.replace("/", "\\/")
    rows = (
        encode(f' {{ "callbackUrl" : "{target.url}" ,\n"callbackBody" : "a=\\u0062" }} \n'),
        encode(f'{{"callbackUrl":"{escaped}","callbackBody":"a=b"}}'),
        encode({"callbackUrl": target.url, "callbackBody": "a=b", "n": "中~~~???>>>"})
        .replace("+", "-")
        .replace("/", "_"),
        encode({"callbackUrl": target.url, "callbackBody": "a=b", "n": "12"}).rstrip("="),
    )
    for parameters in rows:
        stored = context.sdk.put(context.bucket, context.key(), b"hello", callback=parameters)
        expect(context, target, stored, "a=b")


@case("PutObject", "callback: no callbackUrl means no callback")
def empty_url(context):
    """An ordinary upload."""
    for parameters in ({"callbackUrl": "", "callbackBody": "a=b"}, {"callbackBody": "a=b"}):
        stored = context.sdk.put(context.bucket, context.key(), b"hello", callback=parameters)
        checks.equal((stored.status, stored.body), (200, b""))


@case("PutObject", "callback: an empty object and an empty callback-var")
def empty_things(context):
    """Empty counts as absent for the variables."""
    target = context.application.target()
    callback = {"callbackUrl": target.url, "callbackBody": "size=${size}&etag=${etag}&crc=${crc64}"}
    stored = context.sdk.put(
        context.bucket, context.key(), b"", callback=callback, headers={"x-oss-callback-var": ""}
    )
    expect(context, target, stored, "size=0&etag=D41D8CD98F00B204E9800998ECF8427E&crc=0")


@case("PutObject", "callback parameters in the query")
def in_the_query(context):
    """callback and callback-var as signed sub-resources."""
    target, key = context.application.target(), context.key("/a b")
    parameters = {
        "callback": encode({"callbackUrl": target.url, "callbackBody": "o=${object}&v=${x:v}"}),
        "callback-var": encode({"x:v": "中"}),
    }
    stored = context.sdk.put_with_query(context.bucket, key, b"hello", parameters)
    expect(context, target, stored, f"o={quote(key, safe='')}&v=%E4%B8%AD")


@case("presigned", "PUT with a callback")
def presigned(context):
    """Query form and header form, sent by a plain client as a browser would."""
    callback = lambda target: encode({"callbackUrl": target.url, "callbackBody": "s=${size}&v=${x:v}"})  # noqa: E731
    variables = encode({"x:v": "1"})
    for form in ("query", "header"):
        target, key = context.application.target(), context.key("/presigned.txt")
        if form == "query":
            params = {"callback": callback(target), "callback-var": variables}
            signed = context.sdk.presign("PUT", context.bucket, key, params=params)
        else:
            headers = {"x-oss-callback": callback(target), "x-oss-callback-var": variables}
            signed = context.sdk.presign("PUT", context.bucket, key, headers=headers)
        answer = wire.exchange("PUT", signed.url, signed.headers, b"hello")
        checks.equal((answer.status, answer.body), (200, application.OK), form)
        expected = application.Expected(b"s=5&v=1", context.bucket, answer.header("x-oss-request-id"))
        application.check(target.take(), expected, context.application)


@case("CompleteMultipartUpload", "callback")
def multipart(context):
    """The application's JSON replaces the XML; contentMd5 is empty, the rest is that of the whole object."""
    sdk, target, key = context.sdk, context.application.target(), context.key("/big.bin")
    upload = sdk.initiate(context.bucket, key)
    datas = [b"1" * PART, b"2" * 10]
    parts = [
        sdk.upload_part(context.bucket, key, upload, number + 1, data) for number, data in enumerate(datas)
    ]
    template = "&".join(f"{name}={value}" for name, value in EVERYTHING.items())
    callback = {"callbackUrl": target.url, "callbackBody": template}
    stored = sdk.complete(context.bucket, key, upload, parts, callback=callback, variables={"x:my_var": "v"})
    values = _values(context, key, b"".join(datas), stored, "CompleteMultipartUpload")
    values.update(contentMd5="", my_var="v", height="", width="", format="")
    checks.matches(stored.etag, r"[0-9A-F]{32}-2")
    expect(context, target, stored, "&".join(f"{name}={quote(values[name], safe='')}" for name in EVERYTHING))
    checks.true(sdk.get(context.bucket, key).body == b"".join(datas), "the content differs")


@case("CompleteMultipartUpload", "callback on a picture in several parts")
def multipart_picture(context):
    """Dimensions are those of the first bytes of the whole object."""
    sdk, target, key = context.sdk, context.application.target(), context.key(".bmp")
    data = pictures.bmp(300, 200)
    upload = sdk.initiate(context.bucket, key)
    parts = [
        sdk.upload_part(context.bucket, key, upload, 1, data[:PART]),
        sdk.upload_part(context.bucket, key, upload, 2, data[PART:]),
    ]
    callback = {
        "callbackUrl": target.url,
        "callbackBody": "${imageInfo.width}x${imageInfo.height}.${imageInfo.format}",
    }
    stored = sdk.complete(context.bucket, key, upload, parts, callback=callback)
    expect(context, target, stored, "300x200.bmp")


@case("InitiateMultipartUpload", "ignores callback headers")
def initiate_ignores(context):
    """One SDK sends its callback headers to every step of an upload."""
    sdk, target, key = context.sdk, context.application.target(), context.key()
    header = {"x-oss-callback": encode({"callbackUrl": target.url, "callbackBody": "a=b"})}
    upload = sdk.initiate(context.bucket, key, header)
    sdk.abort(context.bucket, key, upload)
    sdk.put(context.bucket, key, b"hello")
    status, _ = sdk.copy(context.bucket, context.key(), context.bucket, key, header)
    checks.equal(status, 200)
    target.nothing_more()


@case("ProcessObject", "trigger/callback on an object that exists")
def trigger(context):
    """The same delivery, without an upload; the SDK reads the application's JSON."""
    reply = Reply(body=b'{"object":"made","status":"Success"}')
    target, key = context.application.target(reply), context.key("/here.txt")
    put = context.sdk.put(context.bucket, key, b"hello")
    template = "o=${object}&s=${size}&e=${etag}&m=${mimeType}&op=${operation}&md5=${contentMd5}&v=${x:v}"
    callback = encode({"callbackUrl": target.url, "callbackBody": template})
    action = f"trigger/callback,callback_{callback},callback-var_{encode({'x:v': '1'})}"
    if context.sdk.name == "alibabacloud-oss-v2/v1":
        # This SDK leaves `x-oss-process` out of a V1 signature, which every signer must not.
        call = lambda: context.sdk.process(context.bucket, key, action)  # noqa: E731
        checks.fails(call, 403, "SignatureDoesNotMatch")
        return
    answer = context.sdk.process(context.bucket, key, action)
    checks.equal(answer, (200, "made", "Success"))
    received = target.take()
    body = f"o={quote(key, safe='')}&s=5&e={put.etag}&m=text%2Fplain&op=PostProcess&md5=&v=1"
    expected = application.Expected(body.encode(), context.bucket, received.header("x-oss-request-id"))
    application.check(received, expected, context.application)
    missing = lambda: context.sdk.process(context.bucket, "never-put", action)  # noqa: E731
    checks.fails(missing, 404, "NoSuchKey")
    target.nothing_more()


def expect(context, called, stored, body, **expected):
    """A successful callback: what the application got, and what the client got. Returns the request."""
    checks.equal(stored.status, 200, f"status, body {(stored.body or b'')[:300]}")
    if stored.body is not None:
        checks.equal(stored.body, called.reply.body, "the application's answer, byte for byte")
    checks.equal(stored.headers.get("Content-Type"), "application/json")
    checks.equal(stored.headers.get("Content-Length"), str(len(called.reply.body)))
    checks.true(stored.etag and stored.crc is not None, "ETag and CRC-64 of the answer")
    checks.request_id(stored.request_id)
    received = called.take()
    encoded = body.encode() if isinstance(body, str) else body
    wanted = application.Expected(encoded, context.bucket, stored.request_id, **expected)
    application.check(received, wanted, context.application)
    called.nothing_more()
    return received


def _values(context, key, data, stored, operation):
    return {
        "bucket": context.bucket,
        "object": key,
        "etag": stored.etag,
        "size": str(len(data)),
        "mimeType": context.sdk.head(context.bucket, key).headers["Content-Type"],
        "crc64": str(stored.crc),
        "contentMd5": base64.b64encode(hashlib.md5(data).digest()).decode(),
        "vpcId": "",
        "clientIp": "127.0.0.1",
        "reqId": stored.request_id,
        "operation": operation,
        "unset": "",
    }
