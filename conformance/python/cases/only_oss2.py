"""What only oss2 offers."""

import base64
import os
import tempfile

import checks
import oss2
import wire
from application import OK
from sdk import encode
from suite import case


@case("PutObject", "resumable_upload", only="oss2")
def resumable(context):
    """The SDK's own multipart uploader with several threads."""
    bucket, key = context.sdk.bucket(context.bucket), context.key()
    data = os.urandom(3 * 1024 * 1024 + 7)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "file")
        with open(path, "wb") as file:
            file.write(data)
        store = oss2.ResumableStore(root=folder)
        result = oss2.resumable_upload(
            bucket,
            key,
            path,
            store=store,
            multipart_threshold=1024 * 1024,
            part_size=512 * 1024,
            num_threads=3,
        )
        checks.equal(result.status, 200)
        checks.matches(result.etag, r"[0-9A-F]{32}-7")
        copy = os.path.join(folder, "copy")
        oss2.resumable_download(
            bucket,
            key,
            copy,
            store=oss2.ResumableDownloadStore(root=folder),
            multiget_threshold=1024,
            part_size=700001,
        )
        with open(copy, "rb") as file:
            checks.true(file.read() == data, "the download differs")


@case("ListObjects", "iterators", only="oss2")
def iterators(context):
    """The SDK pages by itself."""
    name = context.bucket_name("iterate")
    context.sdk.create_bucket(name)
    keys = [f"k{number:03}" for number in range(25)]
    for key in keys:
        context.sdk.put(name, key, b"x")
    bucket = context.sdk.bucket(name)
    checks.equal([entry.key for entry in oss2.ObjectIterator(bucket, max_keys=4)], keys)
    checks.equal([entry.key for entry in oss2.ObjectIteratorV2(bucket, max_keys=4)], keys)


@case("AppendObject", "forwards callback headers, the server ignores them", only="oss2")
def append(context):
    """Append does not call back."""
    target = context.application.target()
    header = {"x-oss-callback": encode({"callbackUrl": target.url, "callbackBody": "a=b"})}
    result = context.sdk.bucket(context.bucket).append_object(context.key(), 0, b"x", headers=header)
    checks.equal(result.status, 200)
    target.nothing_more()


@case("PutObject", "callback with bytes as the header value", only="oss2")
def header_bytes(context):
    """The manual's sample passes what base64.b64encode returns."""
    target = context.application.target()
    value = base64.b64encode(f'{{"callbackUrl":"{target.url}","callbackBody":"a=b"}}'.encode())
    result = context.sdk.bucket(context.bucket).put_object(
        context.key(), "text", headers={"x-oss-callback": value}
    )
    checks.equal((result.status, result.resp.read()), (200, OK))
    checks.equal(target.take().body, b"a=b")


@case("PutObject", "update_object_meta, object_exists, progress", only="oss2")
def conveniences(context):
    """Small helpers of the SDK that are requests of their own."""
    bucket, key = context.sdk.bucket(context.bucket), context.key()
    seen = []
    bucket.put_object(key, b"hello", progress_callback=lambda done, total: seen.append((done, total)))
    checks.equal(seen[-1], (5, 5))
    bucket.update_object_meta(key, {"x-oss-meta-new": "1"})
    checks.equal(bucket.head_object(key).headers["x-oss-meta-new"], "1")
    checks.equal(bucket.get_object(key).read(), b"hello")


@case("presigned", "additional signed headers", only="oss2")
def additional_headers(context):
    """With V4 they are named in the URL and must come along; V1 knows none."""
    if context.sdk.version == "v1":
        return
    bucket, key = context.sdk.bucket(context.bucket), context.key("/a b")
    headers = {"Content-Language": "zh-CN", "x-oss-meta-one": "1"}
    url = bucket.sign_url("PUT", key, 600, headers=headers, additional_headers={"content-language"})
    checks.contains(url, "x-oss-additional-headers=content-language")
    checks.equal(wire.exchange("PUT", url, headers, b"hello").status, 200)
    other = {**headers, "Content-Language": "en"}
    checks.equal(wire.exchange("PUT", url, other, b"hello").status, 403, "another value")


@case("errors", "exceptions by kind", only="oss2")
def exceptions(context):
    """The classes users catch."""
    bucket, kinds = context.sdk.bucket(context.bucket), oss2.exceptions
    checks.raises(kinds.NoSuchKey, bucket.get_object, "never-put")
    checks.raises(kinds.NoSuchKey, bucket.head_object, "never-put")
    checks.raises(kinds.NotFound, bucket.head_object, "never-put")
    checks.raises(kinds.NoSuchUpload, bucket.abort_multipart_upload, "k", "0" * 32)
    checks.raises(kinds.NoSuchBucket, context.sdk.bucket(context.bucket_name("none")).list_objects)
    checks.raises(
        kinds.SignatureDoesNotMatch, context.sdk.variant(secret="wrong").bucket(context.bucket).list_objects
    )
    key = context.key()
    bucket.append_object(key, 0, b"12345")
    error = checks.raises(kinds.PositionNotEqualToLength, bucket.append_object, key, 3, b"x")
    checks.equal(error.next_position, 5)
