"""The `alibabacloud-oss-v2` SDK behind the shape of sdk.py. Every call here is one its users write."""

import contextlib
import datetime
import types
from unittest import mock

import alibabacloud_oss_v2 as oss

import checks
from sdk import Fetched, Listing, SdkError, Signed, Stored, encode


class OssV2:
    """A client with one signature version, endpoint and key."""

    package = "alibabacloud-oss-v2"

    def __init__(
        self, settings, version, endpoint=None, secret=None, key_id=None, token=None, anonymous=False
    ):
        self.settings = settings
        self.version = version
        self.name = f"alibabacloud-oss-v2/{version}"
        self.endpoint = endpoint or settings.endpoint
        if anonymous:
            provider = oss.credentials.AnonymousCredentialsProvider()
        else:
            key = (key_id or settings.access_key_id, secret or settings.access_key_secret)
            provider = oss.credentials.StaticCredentialsProvider(*key, token)
        config = oss.config.load_default()
        config.credentials_provider = provider
        config.region = settings.region
        config.endpoint = self.endpoint
        config.signature_version = version
        self.client = oss.Client(config)

    def variant(self, **changes):
        """The same SDK with another endpoint or other credentials."""
        return OssV2(self.settings, self.version, **changes)

    @contextlib.contextmanager
    def clock_off_by(self, minutes):
        """A client whose clock is wrong."""
        now = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=minutes)

        class Clock(datetime.datetime):
            """Tells the wrong time."""

            @classmethod
            def now(cls, tz=None):
                return now

        module = types.SimpleNamespace(
            datetime=Clock, timedelta=datetime.timedelta, timezone=datetime.timezone
        )
        with (
            mock.patch(f"alibabacloud_oss_v2.signer.{self.version}.datetime", module),
            mock.patch("alibabacloud_oss_v2.presigner.datetime", module),
        ):
            yield

    # Buckets

    def list_buckets(self, prefix, max_keys=100, marker=""):
        """Names of the buckets with a prefix."""
        request = oss.ListBucketsRequest(prefix=prefix, max_keys=max_keys, marker=marker)
        page = _call(self.client.list_buckets, request)
        names = [bucket.name for bucket in page.buckets or []]
        return Listing(names, [], page.is_truncated, page.next_marker, page.buckets)

    def create_bucket(self, name, acl=None):
        """PutBucket."""
        return _call(self.client.put_bucket, oss.PutBucketRequest(bucket=name, acl=acl)).status_code

    def delete_bucket(self, name):
        """DeleteBucket."""
        return _call(self.client.delete_bucket, oss.DeleteBucketRequest(bucket=name)).status_code

    def bucket_info(self, name):
        """GetBucketInfo."""
        info = _call(self.client.get_bucket_info, oss.GetBucketInfoRequest(bucket=name)).bucket_info
        return {
            "name": info.name,
            "acl": info.acl,
            "location": info.location,
            "storage_class": info.storage_class,
            "owner": info.owner.id,
            "extranet": info.extranet_endpoint,
            "intranet": info.intranet_endpoint,
            "redundancy": info.data_redundancy_type,
            "created": info.creation_date,
        }

    def bucket_location(self, name):
        """GetBucketLocation."""
        return _call(self.client.get_bucket_location, oss.GetBucketLocationRequest(bucket=name)).location

    def bucket_stat(self, name):
        """GetBucketStat: objects, bytes, uploads in progress."""
        stat = _call(self.client.get_bucket_stat, oss.GetBucketStatRequest(bucket=name))
        return stat.object_count, stat.storage, stat.multi_part_upload_count

    def get_bucket_acl(self, name):
        """GetBucketAcl."""
        return _call(self.client.get_bucket_acl, oss.GetBucketAclRequest(bucket=name)).acl

    def put_bucket_acl(self, name, acl):
        """PutBucketAcl."""
        return _call(self.client.put_bucket_acl, oss.PutBucketAclRequest(bucket=name, acl=acl)).status_code

    def put_cors(self, name, rules):
        """PutBucketCors; rules are dictionaries."""
        document = oss.CORSConfiguration(cors_rules=[oss.CORSRule(**rule) for rule in rules])
        request = oss.PutBucketCorsRequest(bucket=name, cors_configuration=document)
        return _call(self.client.put_bucket_cors, request).status_code

    def get_cors(self, name):
        """GetBucketCors as dictionaries."""
        result = _call(self.client.get_bucket_cors, oss.GetBucketCorsRequest(bucket=name))
        return [_rule(rule) for rule in result.cors_configuration.cors_rules or []]

    def delete_cors(self, name):
        """DeleteBucketCors."""
        return _call(self.client.delete_bucket_cors, oss.DeleteBucketCorsRequest(bucket=name)).status_code

    def put_account_public_access_block(self, block):
        """PutPublicAccessBlock."""
        document = oss.PublicAccessBlockConfiguration(block_public_access=block)
        request = oss.PutPublicAccessBlockRequest(public_access_block_configuration=document)
        return _call(self.client.put_public_access_block, request).status_code

    def get_account_public_access_block(self):
        """GetPublicAccessBlock."""
        found = _call(self.client.get_public_access_block, oss.GetPublicAccessBlockRequest())
        return found.public_access_block_configuration.block_public_access

    def delete_account_public_access_block(self):
        """DeletePublicAccessBlock."""
        return _call(self.client.delete_public_access_block, oss.DeletePublicAccessBlockRequest()).status_code

    def put_public_access_block(self, name, block):
        """PutBucketPublicAccessBlock."""
        document = oss.PublicAccessBlockConfiguration(block_public_access=block)
        request = oss.PutBucketPublicAccessBlockRequest(
            bucket=name, public_access_block_configuration=document
        )
        return _call(self.client.put_bucket_public_access_block, request).status_code

    def get_public_access_block(self, name):
        """GetBucketPublicAccessBlock."""
        request = oss.GetBucketPublicAccessBlockRequest(bucket=name)
        found = _call(self.client.get_bucket_public_access_block, request)
        return found.public_access_block_configuration.block_public_access

    def delete_public_access_block(self, name):
        """DeleteBucketPublicAccessBlock."""
        request = oss.DeleteBucketPublicAccessBlockRequest(bucket=name)
        return _call(self.client.delete_bucket_public_access_block, request).status_code

    def get_versioning(self, name):
        """GetBucketVersioning."""
        return _call(self.client.get_bucket_versioning, oss.GetBucketVersioningRequest(bucket=name)).version_status

    def list_versions(self, name, max_keys=100):
        """ListObjectVersions to the end: keys, versions, and whether each is the latest."""
        found, key, version = [], None, None
        while True:
            request = oss.ListObjectVersionsRequest(
                bucket=name, max_keys=max_keys, key_marker=key, version_id_marker=version
            )
            page = _call(self.client.list_object_versions, request)
            found += [(entry.key, entry.version_id, entry.is_latest) for entry in page.version or []]
            if not page.is_truncated:
                return found
            key, version = page.next_key_marker, page.next_version_id_marker

    def delete_version(self, bucket, key, version):
        """DeleteObject of a version."""
        _call(self.client.delete_object, oss.DeleteObjectRequest(bucket=bucket, key=key, version_id=version))

    # Objects

    def put(self, bucket, key, data, headers=None, callback=None, variables=None):
        """PutObject with the SDK's own callback fields."""
        request = oss.PutObjectRequest(
            bucket=bucket,
            key=key,
            body=data,
            callback=_text(callback),
            callback_var=_text(variables),
            headers=dict(headers or {}),
        )
        return _stored(_call(self.client.put_object, request))

    def put_with_query(self, bucket, key, data, parameters, headers=None):
        """PutObject whose callback stands in the query."""
        request = oss.PutObjectRequest(
            bucket=bucket, key=key, body=data, headers=dict(headers or {}), parameters=dict(parameters)
        )
        stored = _stored(_call(self.client.put_object, request))
        # Without its callback field the SDK does not look at the body.
        stored.body = None
        return stored

    def get(self, bucket, key, byte_range=None, headers=None, params=None):
        """GetObject; the range is written as the SDK's users write it."""
        request = oss.GetObjectRequest(
            bucket=bucket,
            key=key,
            range_header=_range(byte_range),
            headers=dict(headers or {}),
            parameters=dict(params or {}),
        )
        result = _call(self.client.get_object, request)
        with result.body as stream:
            return Fetched(result.status_code, result.headers, stream.read())

    def head(self, bucket, key, headers=None):
        """HeadObject."""
        request = oss.HeadObjectRequest(bucket=bucket, key=key, headers=dict(headers or {}))
        result = _call(self.client.head_object, request)
        return Fetched(result.status_code, result.headers, b"")

    def meta(self, bucket, key):
        """GetObjectMeta."""
        result = _call(self.client.get_object_meta, oss.GetObjectMetaRequest(bucket=bucket, key=key))
        return Fetched(result.status_code, result.headers, b"")

    def exists(self, bucket, key):
        """Whether the object exists, in the SDK's own words."""
        return self.client.is_object_exist(bucket, key)

    def delete(self, bucket, key):
        """DeleteObject."""
        return _call(self.client.delete_object, oss.DeleteObjectRequest(bucket=bucket, key=key)).status_code

    def delete_many(self, bucket, keys):
        """DeleteMultipleObjects; the keys the answer names."""
        objects = [oss.DeleteObject(key=key) for key in keys]
        request = oss.DeleteMultipleObjectsRequest(bucket=bucket, objects=objects)
        result = _call(self.client.delete_multiple_objects, request)
        return [deleted.key for deleted in result.deleted_objects or []]

    def copy(self, bucket, key, source_bucket, source_key, headers=None):
        """CopyObject."""
        request = oss.CopyObjectRequest(
            bucket=bucket,
            key=key,
            source_bucket=source_bucket,
            source_key=source_key,
            headers=dict(headers or {}),
        )
        result = _call(self.client.copy_object, request)
        return result.status_code, result.etag.strip('"')

    def append(self, bucket, key, position, data):
        """AppendObject: the next position and the CRC-64 so far."""
        request = oss.AppendObjectRequest(bucket=bucket, key=key, position=position, body=data)
        result = _call(self.client.append_object, request)
        return result.next_position, int(result.hash_crc64)

    def get_object_acl(self, bucket, key):
        """GetObjectAcl."""
        return _call(self.client.get_object_acl, oss.GetObjectAclRequest(bucket=bucket, key=key)).acl

    def put_object_acl(self, bucket, key, acl):
        """PutObjectAcl."""
        request = oss.PutObjectAclRequest(bucket=bucket, key=key, acl=acl)
        return _call(self.client.put_object_acl, request).status_code

    def process(self, bucket, key, action):
        """ProcessObject: the members of the JSON answer that the SDK reads."""
        result = _call(
            self.client.process_object, oss.ProcessObjectRequest(bucket=bucket, key=key, process=action)
        )
        return result.status_code, result.key, result.process_status

    def presign(self, method, bucket, key, headers=None, params=None, seconds=600):
        """A presigned URL and the headers to send with it, as the SDK returns them."""
        kinds = {"GET": oss.GetObjectRequest, "PUT": oss.PutObjectRequest, "HEAD": oss.HeadObjectRequest}
        request = kinds[method](
            bucket=bucket, key=key, headers=dict(headers or {}), parameters=dict(params or {})
        )
        signed = self.client.presign(request, expires=datetime.timedelta(seconds=seconds))
        checks.equal(signed.method, method, "method of the presigned request")
        return Signed(signed.method, signed.url, dict(signed.signed_headers))

    # Listings

    def list(self, bucket, prefix="", delimiter="", marker="", max_keys=100):
        """ListObjects."""
        request = oss.ListObjectsRequest(
            bucket=bucket, prefix=prefix, delimiter=delimiter, marker=marker, max_keys=max_keys
        )
        page = _call(self.client.list_objects, request)
        return _page(page, page.next_marker)

    def list_v2(self, bucket, prefix="", delimiter="", token="", start_after="", max_keys=100, owner=False):
        """ListObjectsV2."""
        request = oss.ListObjectsV2Request(
            bucket=bucket,
            prefix=prefix,
            delimiter=delimiter,
            continuation_token=token or None,
            start_after=start_after or None,
            max_keys=max_keys,
            fetch_owner=owner,
        )
        page = _call(self.client.list_objects_v2, request)
        checks.equal(page.key_count, len(page.contents or []) + len(page.common_prefixes or []), "KeyCount")
        return _page(page, page.next_continuation_token)

    # Multipart

    def initiate(self, bucket, key, headers=None):
        """InitiateMultipartUpload."""
        request = oss.InitiateMultipartUploadRequest(bucket=bucket, key=key, headers=dict(headers or {}))
        result = _call(self.client.initiate_multipart_upload, request)
        checks.equal((result.bucket, result.key), (bucket, key), "bucket and key of the initiated upload")
        return result.upload_id

    def upload_part(self, bucket, key, upload, number, data):
        """UploadPart: what Complete needs."""
        request = oss.UploadPartRequest(
            bucket=bucket, key=key, upload_id=upload, part_number=number, body=data
        )
        return part(number, _call(self.client.upload_part, request).etag)

    def copy_part(self, bucket, key, upload, number, source_key, first, last):
        """UploadPartCopy of a byte range of an object in the same bucket."""
        request = oss.UploadPartCopyRequest(
            bucket=bucket,
            key=key,
            upload_id=upload,
            part_number=number,
            source_key=source_key,
            source_range=f"bytes={first}-{last}",
        )
        return part(number, _call(self.client.upload_part_copy, request).etag)

    def complete(self, bucket, key, upload, parts, headers=None, callback=None, variables=None):
        """CompleteMultipartUpload; `parts` None leaves the body empty."""
        request = oss.CompleteMultipartUploadRequest(
            bucket=bucket,
            key=key,
            upload_id=upload,
            complete_multipart_upload=None if parts is None else oss.CompleteMultipartUpload(parts=parts),
            callback=_text(callback),
            callback_var=_text(variables),
            headers=dict(headers or {}),
        )
        result = _call(self.client.complete_multipart_upload, request)
        if callback is None:
            checks.equal((result.bucket, result.key), (bucket, key), "bucket and key of the completed upload")
        return _stored(result)

    def abort(self, bucket, key, upload):
        """AbortMultipartUpload."""
        request = oss.AbortMultipartUploadRequest(bucket=bucket, key=key, upload_id=upload)
        return _call(self.client.abort_multipart_upload, request).status_code

    def list_parts(self, bucket, key, upload, marker="", max_parts=1000):
        """ListParts: numbers and sizes."""
        request = oss.ListPartsRequest(
            bucket=bucket, key=key, upload_id=upload, max_parts=max_parts, part_number_marker=marker or None
        )
        page = _call(self.client.list_parts, request)
        pairs = [(entry.part_number, entry.size) for entry in page.parts or []]
        return Listing(pairs, [], page.is_truncated, page.next_part_number_marker, page.parts)

    def list_uploads(
        self, bucket, prefix="", delimiter="", key_marker="", upload_marker="", max_uploads=1000
    ):
        """ListMultipartUploads: keys and upload ids."""
        request = oss.ListMultipartUploadsRequest(
            bucket=bucket,
            prefix=prefix,
            delimiter=delimiter,
            key_marker=key_marker,
            upload_id_marker=upload_marker,
            max_uploads=max_uploads,
        )
        page = _call(self.client.list_multipart_uploads, request)
        pairs = [(entry.key, entry.upload_id) for entry in page.uploads or []]
        following = (page.next_key_marker, page.next_upload_id_marker)
        return Listing(pairs, [], page.is_truncated, following, page.uploads)


def part(number, etag):
    """A part as Complete lists it, with an ETag of the case's choice."""
    return oss.UploadPart(part_number=number, etag=etag)


def _call(function, request):
    try:
        return function(request)
    except oss.exceptions.OperationError as wrapped:
        error = wrapped.unwrap()
        if not isinstance(error, oss.exceptions.ServiceError):
            raise
        raise SdkError(
            error.status_code,
            error.code,
            error.message,
            error.ec,
            error.request_id,
            error.error_fileds,
            error.headers,
            error,
        ) from wrapped


def _stored(result):
    body = result.callback_result
    return Stored(
        status=result.status_code,
        headers=result.headers,
        body=(body or "").encode(),
        # After a callback, Complete has no XML to take the ETag from.
        etag=(result.etag or result.headers.get("ETag", "")).strip('"'),
        crc=int(result.hash_crc64) if result.hash_crc64 else None,
        request_id=result.request_id,
    )


def _page(page, following):
    entries = page.contents or []
    prefixes = [common.prefix for common in page.common_prefixes or []]
    return Listing([entry.key for entry in entries], prefixes, page.is_truncated, following or None, entries)


def _range(byte_range):
    if byte_range is None:
        return None
    first, last = ("" if value is None else str(value) for value in byte_range)
    return f"bytes={first}-{last}"


def _text(parameter):
    return parameter if parameter is None or isinstance(parameter, str) else encode(parameter)


def _rule(rule):
    return {
        "allowed_origins": rule.allowed_origins or [],
        "allowed_methods": rule.allowed_methods or [],
        "allowed_headers": rule.allowed_headers or [],
        "expose_headers": rule.expose_headers or [],
        "max_age_seconds": rule.max_age_seconds,
    }
