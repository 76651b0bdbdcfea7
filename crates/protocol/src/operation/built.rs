//! The operations that are built.

/// An operation that is built, in OSS's words. Its row says the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// `GET /`
    ListBuckets,
    /// `PUT /?publicAccessBlock`
    PutPublicAccessBlock,
    /// `GET /?publicAccessBlock`
    GetPublicAccessBlock,
    /// `DELETE /?publicAccessBlock`
    DeletePublicAccessBlock,
    /// `PUT /bucket`
    PutBucket,
    /// `DELETE /bucket`
    DeleteBucket,
    /// `HEAD /bucket`
    HeadBucket,
    /// `GET /bucket?bucketInfo`
    GetBucketInfo,
    /// `GET /bucket?location`
    GetBucketLocation,
    /// `GET /bucket?acl`
    GetBucketAcl,
    /// `PUT /bucket?acl`
    PutBucketAcl,
    /// `GET /bucket?stat`
    GetBucketStat,
    /// `PUT /bucket?cors`
    PutBucketCors,
    /// `GET /bucket?cors`
    GetBucketCors,
    /// `DELETE /bucket?cors`
    DeleteBucketCors,
    /// `PUT /bucket?lifecycle`
    PutBucketLifecycle,
    /// `GET /bucket?lifecycle`
    GetBucketLifecycle,
    /// `DELETE /bucket?lifecycle`
    DeleteBucketLifecycle,
    /// `PUT /bucket?policy&comp=callback`
    PutBucketCallbackPolicy,
    /// `GET /bucket?policy&comp=callback`
    GetBucketCallbackPolicy,
    /// `DELETE /bucket?policy&comp=callback`
    DeleteBucketCallbackPolicy,
    /// `PUT /bucket?publicAccessBlock`
    PutBucketPublicAccessBlock,
    /// `GET /bucket?publicAccessBlock`
    GetBucketPublicAccessBlock,
    /// `DELETE /bucket?publicAccessBlock`
    DeleteBucketPublicAccessBlock,
    /// `PUT /bucket?tagging`
    PutBucketTags,
    /// `GET /bucket?tagging`
    GetBucketTags,
    /// `DELETE /bucket?tagging`
    DeleteBucketTags,
    /// `OPTIONS`, a browser's question before it sends the real request
    Preflight,
    /// `GET /bucket`
    ListObjects,
    /// `GET /bucket?list-type=2`
    ListObjectsV2,
    /// `GET /bucket?versions`
    ListObjectVersions,
    /// `GET /bucket?versioning`
    GetBucketVersioning,
    /// `GET /bucket?live`
    ListLiveChannel,
    /// `GET /bucket?uploads`
    ListMultipartUploads,
    /// `POST /bucket` with a form
    PostObject,
    /// `POST /bucket?delete`
    DeleteMultipleObjects,
    /// `PUT /bucket/key`
    PutObject,
    /// `PUT /bucket/key` with `x-oss-copy-source`
    CopyObject,
    /// `POST /bucket/key?append&position=N`
    AppendObject,
    /// `GET /bucket/key`
    GetObject,
    /// `HEAD /bucket/key`
    HeadObject,
    /// `HEAD /bucket/key?objectMeta`
    GetObjectMeta,
    /// `DELETE /bucket/key`
    DeleteObject,
    /// `GET /bucket/key?acl`
    GetObjectAcl,
    /// `PUT /bucket/key?acl`
    PutObjectAcl,
    /// `PUT /bucket/key?tagging`
    PutObjectTagging,
    /// `GET /bucket/key?tagging`
    GetObjectTagging,
    /// `DELETE /bucket/key?tagging`
    DeleteObjectTagging,
    /// `POST /bucket/key?uploads`
    InitiateMultipartUpload,
    /// `PUT /bucket/key?partNumber=N&uploadId=ID`
    UploadPart,
    /// The same with `x-oss-copy-source`
    UploadPartCopy,
    /// `POST /bucket/key?uploadId=ID`
    CompleteMultipartUpload,
    /// `DELETE /bucket/key?uploadId=ID`
    AbortMultipartUpload,
    /// `GET /bucket/key?uploadId=ID`
    ListParts,
    /// `POST /bucket/key?x-oss-process`
    ProcessObject,
}
