"""The multipart operations."""

import hashlib
import os

import checks
from suite import case

PART = 100 * 1024


@case("CompleteMultipartUpload", "parts in any order become one object")
def whole(context):
    """ETag is the MD5 of the parts' MD5s with their number; the CRC-64 is that of the whole."""
    sdk, key = context.sdk, context.key(".bin")
    datas = [os.urandom(PART), os.urandom(PART + 1), os.urandom(10)]
    upload = sdk.initiate(context.bucket, key, {"x-oss-meta-one": "1", "Content-Type": "text/x-special"})
    checks.matches(upload, r"[0-9A-F]{32}", "upload id")
    parts = [sdk.upload_part(context.bucket, key, upload, number, datas[number - 1]) for number in (3, 1, 2)]
    checks.true(not sdk.exists(context.bucket, key), "the object exists before it is complete")
    stored = sdk.complete(context.bucket, key, upload, sorted(parts, key=lambda part: part.part_number))
    etags = "".join(hashlib.md5(data).hexdigest().upper() for data in datas)
    digest = hashlib.md5(etags.encode()).hexdigest().upper()
    checks.equal(stored.etag, f"{digest}-3")
    found = sdk.get(context.bucket, key)
    checks.true(found.body == b"".join(datas), "the content differs")
    checks.equal(found.headers["x-oss-object-type"], "Multipart")
    checks.equal(found.headers["x-oss-meta-one"], "1")
    checks.equal(found.headers["Content-Type"], "text/x-special")
    plain = sdk.put(context.bucket, context.key(), b"".join(datas))
    checks.equal(stored.crc, plain.crc, "CRC-64 of the same bytes uploaded at once")
    middle = sdk.get(context.bucket, key, (PART - 5, PART + 5))
    checks.equal(middle.body, b"".join(datas)[PART - 5 : PART + 6], "a range across two parts")


@case("CompleteMultipartUpload", "gaps, part replaced, part left out")
def chosen_parts(context):
    """Numbers need not be consecutive; the last upload of a number counts; unlisted parts are dropped."""
    sdk, key = context.sdk, context.key()
    upload = sdk.initiate(context.bucket, key)
    sdk.upload_part(context.bucket, key, upload, 2, b"1" * PART)
    first = sdk.upload_part(context.bucket, key, upload, 2, b"2" * PART)
    sdk.upload_part(context.bucket, key, upload, 5, b"unused")
    last = sdk.upload_part(context.bucket, key, upload, 9, b"end")
    sdk.complete(context.bucket, key, upload, [first, last])
    checks.true(sdk.get(context.bucket, key).body == b"2" * PART + b"end", "the content differs")


@case("CompleteMultipartUpload", "x-oss-complete-all")
def complete_all(context):
    """All parts in the order of their numbers; not together with a list."""
    sdk, key = context.sdk, context.key()
    upload = sdk.initiate(context.bucket, key)
    listed = [
        sdk.upload_part(context.bucket, key, upload, number, bytes([64 + number]) * PART) for number in (2, 1)
    ]
    everything = {"x-oss-complete-all": "yes"}
    both = lambda: sdk.complete(context.bucket, key, upload, listed[::-1], everything)  # noqa: E731
    checks.fails(both, 400, "InvalidArgument", "0042-00000216")
    sdk.complete(context.bucket, key, upload, None, everything)
    checks.true(sdk.get(context.bucket, key).body == b"A" * PART + b"B" * PART, "the content differs")


@case("CompleteMultipartUpload", "what is wrong with a list of parts")
def bad_lists(context):
    """Unknown part, wrong ETag, wrong order, a part that is too small."""
    sdk, key = context.sdk, context.key()
    upload = sdk.initiate(context.bucket, key)
    first = sdk.upload_part(context.bucket, key, upload, 1, b"small")
    second = sdk.upload_part(context.bucket, key, upload, 2, b"also small")
    wrong = type(first)(part_number=1, etag="0" * 32)
    unknown = type(first)(part_number=7, etag=first.etag)
    rows = (
        ([wrong], "InvalidPart"),
        ([first, unknown], "InvalidPart"),
        ([first, second], "EntityTooSmall"),
    )
    for parts, code in rows:
        for part in parts:
            part.size, part.part_crc = 5, 0
        checks.fails(lambda parts=parts: sdk.complete(context.bucket, key, upload, parts), 400, code)
    checks.true(not sdk.exists(context.bucket, key), "the object exists")
    checks.equal(sdk.abort(context.bucket, key, upload), 204)


@case("ListParts", "numbers, sizes and pages")
def list_parts(context):
    """The marker is a part number."""
    sdk, key = context.sdk, context.key(" é")
    upload = sdk.initiate(context.bucket, key)
    for number in (1, 3, 10):
        sdk.upload_part(context.bucket, key, upload, number, b"x" * number)
    page = sdk.list_parts(context.bucket, key, upload)
    checks.equal((page.keys, page.truncated), ([(1, 1), (3, 3), (10, 10)], False))
    first = sdk.list_parts(context.bucket, key, upload, max_parts=2)
    checks.equal((first.keys, first.truncated), ([(1, 1), (3, 3)], True))
    rest = sdk.list_parts(context.bucket, key, upload, marker=first.next, max_parts=2)
    checks.equal((rest.keys, rest.truncated), ([(10, 10)], False))
    checks.equal(page.entries[0].etag.strip('"'), hashlib.md5(b"x").hexdigest().upper())


@case("ListMultipartUploads", "order, prefix, delimiter and pages")
def list_uploads(context):
    """By key, then by upload id."""
    sdk, name = context.sdk, context.bucket_name("uploads")
    sdk.create_bucket(name)
    made = sorted((key, sdk.initiate(name, key)) for key in ("a/1", "a/2", "b", "b", "é +"))
    checks.equal(sdk.list_uploads(name).keys, made)
    checks.equal(sdk.list_uploads(name, prefix="a/").keys, made[:2])
    page = sdk.list_uploads(name, max_uploads=3)
    checks.equal((page.keys, page.truncated), (made[:3], True))
    rest = sdk.list_uploads(name, key_marker=page.next[0], upload_marker=page.next[1])
    checks.equal((rest.keys, rest.truncated), (made[3:], False))


@case("AbortMultipartUpload", "the upload and its parts are gone")
def abort(context):
    """Every later operation on it fails with the code the suites assert."""
    sdk, key = context.sdk, context.key()
    upload = sdk.initiate(context.bucket, key)
    part = sdk.upload_part(context.bucket, key, upload, 1, b"x")
    checks.equal(sdk.abort(context.bucket, key, upload), 204)
    bucket = context.bucket
    message = (
        "The specified upload does not exist. "
        "The upload ID may be invalid, or the upload may have been aborted or completed."
    )
    rows = (
        (lambda: sdk.upload_part(bucket, key, upload, 2, b"x"), "0042-00000104"),
        (lambda: sdk.abort(bucket, key, upload), "0042-00000002"),
        (lambda: sdk.list_parts(bucket, key, upload), None),
        (lambda: sdk.complete(bucket, key, upload, [part]), None),
    )
    for call, ec in rows:
        checks.fails(call, 404, "NoSuchUpload", ec, message)


@case("UploadPartCopy", "ranges of an object as parts")
def copy_parts(context):
    """Mixed with an uploaded part."""
    sdk, source, key = context.sdk, context.key(" +中"), context.key()
    data = os.urandom(3 * PART)
    sdk.put(context.bucket, source, data)
    upload = sdk.initiate(context.bucket, key)
    parts = [
        sdk.copy_part(context.bucket, key, upload, 1, source, PART, 2 * PART - 1),
        sdk.copy_part(context.bucket, key, upload, 2, source, 0, PART - 1),
        sdk.upload_part(context.bucket, key, upload, 3, b"end"),
    ]
    sdk.complete(context.bucket, key, upload, parts)
    checks.true(
        sdk.get(context.bucket, key).body == data[PART : 2 * PART] + data[:PART] + b"end", "content differs"
    )
    gone = lambda: sdk.copy_part(context.bucket, key, "0" * 32, 1, source, 0, PART - 1)  # noqa: E731
    checks.fails(gone, 404, "NoSuchUpload", "0042-00000311")
