"""What only alibabacloud-oss-v2 offers."""

import io
import os
import tempfile

import alibabacloud_oss_v2 as oss
import checks
from application import JSON, Reply
from sdk import encode
from suite import case

V2 = "alibabacloud-oss-v2"


@case("PutObject", "Uploader with a callback, small and large", only=V2)
def uploader(context):
    """One PutObject or a multipart upload, the callback goes along either way."""
    for size, operation in ((1000, "PutObject"), (700 * 1024, "CompleteMultipartUpload")):
        target, key = context.application.target(), context.key(".bin")
        data = os.urandom(size)
        request = oss.PutObjectRequest(
            bucket=context.bucket,
            key=key,
            callback=encode(
                {"callbackUrl": target.url, "callbackBody": "op=${operation}&size=${size}&v=${x:v}"}
            ),
            callback_var=encode({"x:v": "1"}),
        )
        up = context.sdk.client.uploader(part_size=200 * 1024, parallel_num=3)
        result = up.upload_from(request, io.BytesIO(data))
        checks.equal(result.status_code, 200)
        received = target.take()
        checks.equal(received.body, f"op={operation}&size={size}&v=1".encode())
        checks.true(context.sdk.get(context.bucket, key).body == data, "the content differs")


@case("GetObject", "Downloader and Copier", only=V2)
def transfer(context):
    """The SDK's own parallel transfers."""
    key, copied = context.key(), context.key()
    data = os.urandom(1024 * 1024 + 3)
    context.sdk.put(context.bucket, key, data)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "file")
        down = context.sdk.client.downloader(part_size=150 * 1024, parallel_num=3)
        down.download_file(oss.GetObjectRequest(bucket=context.bucket, key=key), path)
        with open(path, "rb") as file:
            checks.true(file.read() == data, "the download differs")
    request = oss.CopyObjectRequest(
        bucket=context.bucket, key=copied, source_bucket=context.bucket, source_key=key
    )
    copier = context.sdk.client.copier(part_size=300 * 1024, multipart_copy_threshold=200 * 1024)
    copier.copy(request)
    checks.true(context.sdk.get(context.bucket, copied).body == data, "the copy differs")


@case("ListObjects", "paginators", only=V2)
def paginators(context):
    """The SDK pages by itself."""
    name = context.bucket_name("paginate")
    context.sdk.create_bucket(name)
    keys = [f"k{number:03}" for number in range(25)]
    for key in keys:
        context.sdk.put(name, key, b"x")
    client = context.sdk.client
    first = client.list_objects_paginator().iter_page(oss.ListObjectsRequest(bucket=name, max_keys=4))
    checks.equal([entry.key for page in first for entry in page.contents], keys)
    second = client.list_objects_v2_paginator().iter_page(oss.ListObjectsV2Request(bucket=name, max_keys=4))
    checks.equal([entry.key for page in second for entry in page.contents], keys)


@case("OptionObject", "the SDK's own preflight", only=V2)
def option_object(context):
    """The answer as the SDK reads it."""
    name = context.bucket_name("option")
    context.sdk.create_bucket(name)
    rule = {"allowed_origins": ["*"], "allowed_methods": ["PUT", "POST"], "allowed_headers": ["*"]}
    context.sdk.put_cors(name, [{**rule, "max_age_seconds": 33}])
    request = oss.OptionObjectRequest(
        bucket=name,
        key="k",
        origin="http://www.example.com",
        access_control_request_method="PUT",
        access_control_request_headers="x-oss-test",
    )
    result = context.sdk.client.option_object(request)
    checks.equal(result.status_code, 200)
    checks.equal(result.access_control_allow_methods, "PUT, POST")
    checks.equal(result.access_control_allow_headers, "x-oss-test")
    checks.equal(int(result.access_control_max_age), 33)


@case("presigned", "a callback in the signed headers", only=V2)
def signed_headers(context):
    """presign() returns the headers that the client must send along."""
    target = context.application.target()
    request = oss.PutObjectRequest(
        bucket=context.bucket,
        key=context.key(),
        callback=encode({"callbackUrl": target.url, "callbackBody": "a=b"}),
    )
    signed = context.sdk.client.presign(request)
    checks.contains({name.lower() for name in signed.signed_headers}, "x-oss-callback")


@case("PutObject", "failing callback as the result shows it", only=V2)
def failing_result(context):
    """The error XML lands in callback_result, and the status is 203."""
    target = context.application.target(Reply(status=500))
    request = oss.PutObjectRequest(
        bucket=context.bucket,
        key=context.key(),
        body=b"hello",
        callback=encode({"callbackUrl": target.url, "callbackBody": "{}", "callbackBodyType": JSON}),
    )
    result = context.sdk.client.put_object(request)
    checks.equal(result.status_code, 203)
    checks.contains(result.callback_result, "<Code>CallbackFailed</Code>")
    checks.contains(result.callback_result, "<Message>Error status : 500.</Message>")
    checks.equal(result.hash_crc64, result.headers["x-oss-hash-crc64ecma"])


@case("PutObject", "append_file, open_file, is_bucket_exist", only=V2)
def conveniences(context):
    """File-like helpers are many small requests."""
    client, key = context.sdk.client, context.key()
    with client.append_file(context.bucket, key) as file:
        file.write(b"one ")
        file.write(b"two")
    with client.open_file(context.bucket, key) as file:
        file.seek(4)
        checks.equal(file.read(), b"two")
    checks.true(client.is_bucket_exist(context.bucket), "the bucket exists")
    checks.true(not client.is_bucket_exist(context.bucket_name("none")), "the other does not")
