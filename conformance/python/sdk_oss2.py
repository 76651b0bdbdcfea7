"""The `oss2` SDK behind the shape of sdk.py. Every call here is one its users write."""

import contextlib
import datetime
from unittest import mock

import oss2

import checks
from sdk import Fetched, Listing, SdkError, Signed, Stored, callback_headers


class Oss2:
    """A client with one signature version, endpoint and key."""

    package = "oss2"

    def __init__(
        self, settings, version, endpoint=None, secret=None, key_id=None, token=None, anonymous=False
    ):
        self.settings = settings
        self.version = version
        self.name = f"oss2/{version}"
        self.endpoint = endpoint or settings.endpoint
        key = (key_id or settings.access_key_id, secret or settings.access_key_secret)
        if anonymous:
            self.auth = oss2.AnonymousAuth()
        elif token:
            self.auth = oss2.StsAuth(*key, token, auth_version=version)
        else:
            self.auth = oss2.make_auth(*key, version)

    def variant(self, **changes):
        """The same SDK with another endpoint or other credentials."""
        return Oss2(self.settings, self.version, **changes)

    def bucket(self, name):
        """The SDK's own bucket object."""
        return oss2.Bucket(self.auth, self.endpoint, name, region=self.settings.region)

    @contextlib.contextmanager
    def clock_off_by(self, minutes):
        """A client whose clock is wrong."""
        now = datetime.datetime.utcnow() + datetime.timedelta(minutes=minutes)
        text = now.strftime("%a, %d %b %Y %H:%M:%S GMT")
        clock = mock.Mock(wraps=datetime.datetime)
        clock.utcnow.return_value = now
        with mock.patch("oss2.utils.http_date", return_value=text), mock.patch("oss2.auth.datetime", clock):
            yield

    # Buckets

    def service(self):
        """A client of the service itself."""
        return oss2.Service(self.auth, self.endpoint, region=self.settings.region)

    def put_account_public_access_block(self, block):
        """PutPublicAccessBlock."""
        return _call(lambda: self.service().put_public_access_block(block)).status

    def get_account_public_access_block(self):
        """GetPublicAccessBlock."""
        return _call(lambda: self.service().get_public_access_block()).block_public_access

    def delete_account_public_access_block(self):
        """DeletePublicAccessBlock."""
        return _call(lambda: self.service().delete_public_access_block()).status

    def list_buckets(self, prefix, max_keys=100, marker=""):
        """Names of the buckets with a prefix."""
        page = _call(lambda: self.service().list_buckets(prefix, marker, max_keys))
        names = [bucket.name for bucket in page.buckets]
        return Listing(names, [], page.is_truncated, page.next_marker, page.buckets)

    def create_bucket(self, name, acl=None):
        """PutBucket."""
        return _call(lambda: self.bucket(name).create_bucket(acl)).status

    def delete_bucket(self, name):
        """DeleteBucket."""
        return _call(lambda: self.bucket(name).delete_bucket()).status

    def bucket_info(self, name):
        """GetBucketInfo."""
        info = _call(lambda: self.bucket(name).get_bucket_info())
        return {
            "name": info.name,
            "acl": info.acl.grant,
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
        return _call(lambda: self.bucket(name).get_bucket_location()).location

    def bucket_stat(self, name):
        """GetBucketStat: objects, bytes, uploads in progress."""
        stat = _call(lambda: self.bucket(name).get_bucket_stat())
        return stat.object_count, stat.storage_size_in_bytes, stat.multi_part_upload_count

    def get_bucket_acl(self, name):
        """GetBucketAcl."""
        return _call(lambda: self.bucket(name).get_bucket_acl()).acl

    def put_bucket_acl(self, name, acl):
        """PutBucketAcl."""
        return _call(lambda: self.bucket(name).put_bucket_acl(acl)).status

    def put_cors(self, name, rules):
        """PutBucketCors; rules are dictionaries."""
        document = oss2.models.BucketCors([oss2.models.CorsRule(**rule) for rule in rules])
        return _call(lambda: self.bucket(name).put_bucket_cors(document)).status

    def get_cors(self, name):
        """GetBucketCors as dictionaries."""
        return [_rule(rule) for rule in _call(lambda: self.bucket(name).get_bucket_cors()).rules]

    def delete_cors(self, name):
        """DeleteBucketCors."""
        return _call(lambda: self.bucket(name).delete_bucket_cors()).status

    def put_public_access_block(self, name, block):
        """PutBucketPublicAccessBlock."""
        return _call(lambda: self.bucket(name).put_bucket_public_access_block(block)).status

    def get_public_access_block(self, name):
        """GetBucketPublicAccessBlock."""
        return _call(lambda: self.bucket(name).get_bucket_public_access_block()).block_public_access

    def delete_public_access_block(self, name):
        """DeleteBucketPublicAccessBlock."""
        return _call(lambda: self.bucket(name).delete_bucket_public_access_block()).status

    def get_versioning(self, name):
        """GetBucketVersioning."""
        return _call(lambda: self.bucket(name).get_bucket_versioning()).status

    def list_versions(self, name, max_keys=100):
        """ListObjectVersions to the end: keys, versions, and whether each is the latest."""
        found, key, version = [], "", ""
        while True:
            page = _call(
                lambda key=key, version=version: self.bucket(name).list_object_versions(
                    max_keys=max_keys, key_marker=key, versionid_marker=version
                )
            )
            found += [(entry.key, entry.versionid, entry.is_latest) for entry in page.versions]
            if not page.is_truncated:
                return found
            key, version = page.next_key_marker, page.next_versionid_marker

    def delete_version(self, bucket, key, version):
        """DeleteObject of a version."""
        _call(lambda: self.bucket(bucket).delete_object(key, params={"versionId": version}))

    # Objects

    def put(self, bucket, key, data, headers=None, callback=None, variables=None):
        """PutObject."""
        sent = callback_headers(callback, variables, headers)
        return _stored(_call(lambda: self.bucket(bucket).put_object(key, data, headers=sent)))

    def put_with_query(self, bucket, key, data, parameters, headers=None):
        """PutObject through a presigned URL that carries the parameters."""
        url = self.bucket(bucket).sign_url(
            "PUT", key, 600, headers=dict(headers or {}), params=dict(parameters)
        )
        return _stored(
            _call(lambda: self.bucket(bucket).put_object_with_url(url, data, headers=dict(headers or {})))
        )

    def get(self, bucket, key, byte_range=None, headers=None, params=None):
        """GetObject; the checksum of a whole download is compared as the SDK's own download does."""
        result = _call(lambda: self.bucket(bucket).get_object(key, byte_range, headers, params=params))
        body = result.read()
        if result.status == 200 and not (params or {}).get("x-oss-process"):
            checks.equal(result.client_crc, result.server_crc, "CRC-64 of the download")
        return Fetched(result.status, result.headers, body)

    def head(self, bucket, key, headers=None):
        """HeadObject."""
        result = _call(lambda: self.bucket(bucket).head_object(key, headers=headers))
        return Fetched(result.status, result.headers, b"")

    def meta(self, bucket, key):
        """GetObjectMeta."""
        result = _call(lambda: self.bucket(bucket).get_object_meta(key))
        return Fetched(result.status, result.headers, b"")

    def exists(self, bucket, key):
        """Whether the object exists, in the SDK's own words."""
        return _call(lambda: self.bucket(bucket).object_exists(key))

    def delete(self, bucket, key):
        """DeleteObject."""
        return _call(lambda: self.bucket(bucket).delete_object(key)).status

    def delete_many(self, bucket, keys):
        """DeleteMultipleObjects; the keys the answer names."""
        return _call(lambda: self.bucket(bucket).batch_delete_objects(keys)).deleted_keys

    def copy(self, bucket, key, source_bucket, source_key, headers=None):
        """CopyObject."""
        result = _call(
            lambda: self.bucket(bucket).copy_object(source_bucket, source_key, key, headers=headers)
        )
        return result.status, result.etag

    def append(self, bucket, key, position, data):
        """AppendObject: the next position and the CRC-64 so far."""
        result = _call(lambda: self.bucket(bucket).append_object(key, position, data))
        return result.next_position, result.crc

    def get_object_acl(self, bucket, key):
        """GetObjectAcl."""
        return _call(lambda: self.bucket(bucket).get_object_acl(key)).acl

    def put_object_acl(self, bucket, key, acl):
        """PutObjectAcl."""
        return _call(lambda: self.bucket(bucket).put_object_acl(key, acl)).status

    def process(self, bucket, key, action):
        """ProcessObject: the members of the JSON answer that the SDK reads."""
        result = _call(lambda: self.bucket(bucket).process_object(key, action))
        return result.status, result.object, result.process_status

    def presign(self, method, bucket, key, headers=None, params=None, seconds=600):
        """A presigned URL and the headers to send with it."""
        sent = dict(headers or {})
        url = self.bucket(bucket).sign_url(method, key, seconds, headers=sent, params=dict(params or {}))
        return Signed(method, url, dict(headers or {}))

    # Listings

    def list(self, bucket, prefix="", delimiter="", marker="", max_keys=100):
        """ListObjects."""
        page = _call(lambda: self.bucket(bucket).list_objects(prefix, delimiter, marker, max_keys))
        keys = [entry.key for entry in page.object_list]
        return Listing(keys, page.prefix_list, page.is_truncated, page.next_marker or None, page.object_list)

    def list_v2(self, bucket, prefix="", delimiter="", token="", start_after="", max_keys=100, owner=False):
        """ListObjectsV2."""
        call = self.bucket(bucket).list_objects_v2
        page = _call(lambda: call(prefix, delimiter, token, start_after, owner, max_keys=max_keys))
        keys = [entry.key for entry in page.object_list]
        following = page.next_continuation_token or None
        return Listing(keys, page.prefix_list, page.is_truncated, following, page.object_list)

    # Multipart

    def initiate(self, bucket, key, headers=None):
        """InitiateMultipartUpload."""
        return _call(lambda: self.bucket(bucket).init_multipart_upload(key, headers=headers)).upload_id

    def upload_part(self, bucket, key, upload, number, data):
        """UploadPart: what Complete needs."""
        result = _call(lambda: self.bucket(bucket).upload_part(key, upload, number, data))
        return oss2.models.PartInfo(number, result.etag, size=len(data), part_crc=result.crc)

    def copy_part(self, bucket, key, upload, number, source_key, first, last):
        """UploadPartCopy of a byte range of an object in the same bucket."""
        call = self.bucket(bucket).upload_part_copy
        result = _call(lambda: call(bucket, source_key, (first, last), key, upload, number))
        return oss2.models.PartInfo(number, result.etag, size=last - first + 1, part_crc=result.crc)

    def complete(self, bucket, key, upload, parts, headers=None, callback=None, variables=None):
        """CompleteMultipartUpload; `parts` None leaves the body empty."""
        sent = callback_headers(callback, variables, headers)
        call = self.bucket(bucket).complete_multipart_upload
        return _stored(_call(lambda: call(key, upload, parts, headers=sent)))

    def abort(self, bucket, key, upload):
        """AbortMultipartUpload."""
        return _call(lambda: self.bucket(bucket).abort_multipart_upload(key, upload)).status

    def list_parts(self, bucket, key, upload, marker="", max_parts=1000):
        """ListParts: numbers and sizes."""
        page = _call(lambda: self.bucket(bucket).list_parts(key, upload, marker, max_parts))
        pairs = [(part.part_number, part.size) for part in page.parts]
        return Listing(pairs, [], page.is_truncated, page.next_marker, page.parts)

    def list_uploads(
        self, bucket, prefix="", delimiter="", key_marker="", upload_marker="", max_uploads=1000
    ):
        """ListMultipartUploads: keys and upload ids."""
        call = self.bucket(bucket).list_multipart_uploads
        page = _call(lambda: call(prefix, delimiter, key_marker, upload_marker, max_uploads))
        pairs = [(upload.key, upload.upload_id) for upload in page.upload_list]
        following = (page.next_key_marker, page.next_upload_id_marker)
        return Listing(pairs, page.prefix_list, page.is_truncated, following, page.upload_list)


def part(number, etag):
    """A part as Complete lists it, with an ETag of the case's choice."""
    return oss2.models.PartInfo(number, etag)


def _call(function):
    try:
        return function()
    except oss2.exceptions.ServerError as error:
        raise SdkError(
            error.status,
            error.code,
            error.message,
            error.ec,
            error.request_id,
            error.details,
            error.headers,
            error,
        ) from error


def _stored(result):
    return Stored(
        status=result.status,
        headers=result.headers,
        body=result.resp.read(),
        etag=result.etag,
        crc=result.crc,
        request_id=result.request_id,
    )


def _rule(rule):
    return {
        "allowed_origins": rule.allowed_origins,
        "allowed_methods": rule.allowed_methods,
        "allowed_headers": rule.allowed_headers,
        "expose_headers": rule.expose_headers,
        "max_age_seconds": rule.max_age_seconds,
    }
