//! Operations on objects, and on uploads that are to become one.

use super::built::Operation::{
    self, AbortMultipartUpload, AppendObject, CompleteMultipartUpload, CopyObject, DeleteObject,
    DeleteObjectTagging, GetObject, GetObjectAcl, GetObjectMeta, GetObjectTagging, HeadObject,
    InitiateMultipartUpload, ListParts, Preflight, ProcessObject, PutObject, PutObjectAcl, PutObjectTagging,
    UploadPart, UploadPartCopy,
};
use super::row::Body::{Needed, Optional};
use super::row::When::{Comp, Has, HasBoth, Parameter, ParameterWithHeader, Plain, PlainWithHeader};
use super::row::{Grant, Resource, Row, Verb, When};
use crate::inputs::{bucket, multipart, object};

const GET: &[Verb] = &[Verb::Get];
const PUT: &[Verb] = &[Verb::Put];
const POST: &[Verb] = &[Verb::Post];
const DELETE: &[Verb] = &[Verb::Delete];
const HEAD: &[Verb] = &[Verb::Head];
const HEAD_OR_GET: &[Verb] = &[Verb::Head, Verb::Get];
const OPTIONS: &[Verb] = &[Verb::Options];

const COPY_SOURCE: &str = "x-oss-copy-source";
const PART: &[When] = &[Has("uploadId"), Parameter("partNumber")];
const PART_WITH_SOURCE: &[When] =
    &[ParameterWithHeader("uploadId", COPY_SOURCE), ParameterWithHeader("partNumber", COPY_SOURCE)];

const fn built(
    operation: Operation,
    name: &'static str,
    verbs: &'static [Verb],
    when: &'static [When],
    action: &'static str,
) -> Row {
    Row::built(operation, name, Resource::Object, verbs, when, action)
}

const fn missing(
    name: &'static str,
    verbs: &'static [Verb],
    when: &'static [When],
    action: &'static str,
) -> Row {
    Row::missing(name, Resource::Object, verbs, when, action)
}

/// Of two rows that fit, the first counts, so that the narrower stands first.
pub(super) const ROWS: &[Row] = &[
    built(Preflight, "OptionObject", OPTIONS, &[Plain], "oss:GetObject")
        .granted_by(Grant::Later)
        .taking(bucket::PREFLIGHT),
    built(UploadPartCopy, "UploadPartCopy", PUT, PART_WITH_SOURCE, "oss:PutObject")
        .granted_by(Grant::WriteObject)
        .taking(multipart::UPLOAD_PART_COPY),
    built(UploadPart, "UploadPart", PUT, PART, "oss:PutObject")
        .granted_by(Grant::WriteObject)
        .with(Needed)
        .taking(multipart::UPLOAD_PART),
    built(InitiateMultipartUpload, "InitiateMultipartUpload", POST, &[Has("uploads")], "oss:PutObject")
        .granted_by(Grant::WriteObject)
        .taking(multipart::INITIATE_MULTIPART_UPLOAD),
    built(CompleteMultipartUpload, "CompleteMultipartUpload", POST, &[Has("uploadId")], "oss:PutObject")
        .granted_by(Grant::WriteObject)
        .with(Needed)
        .taking(multipart::COMPLETE_MULTIPART_UPLOAD),
    built(
        AbortMultipartUpload,
        "AbortMultipartUpload",
        DELETE,
        &[Has("uploadId")],
        "oss:AbortMultipartUpload",
    )
    .granted_by(Grant::WriteObject)
    .taking(multipart::ABORT_MULTIPART_UPLOAD),
    built(ListParts, "ListParts", GET, &[Has("uploadId")], "oss:ListParts")
        .granted_by(Grant::WriteObject)
        .taking(multipart::LIST_PARTS),
    built(AppendObject, "AppendObject", POST, &[Has("append")], "oss:PutObject")
        .granted_by(Grant::WriteObject)
        .with(Needed)
        .taking(object::APPEND_OBJECT),
    built(ProcessObject, "PostProcess", POST, &[Parameter("x-oss-process")], "oss:PostProcessTask")
        .with(Needed)
        .taking(object::PROCESS_OBJECT),
    built(PutObjectAcl, "PutObjectACL", PUT, &[Has("acl")], "oss:PutObjectAcl")
        .taking(object::PUT_OBJECT_ACL),
    built(GetObjectAcl, "GetObjectACL", GET, &[Has("acl")], "oss:GetObjectAcl")
        .taking(object::GET_OBJECT_ACL),
    built(PutObjectTagging, "PutObjectTagging", PUT, &[Has("tagging")], "oss:PutObjectTagging")
        .with(Optional)
        .taking(object::PUT_OBJECT_TAGGING),
    built(GetObjectTagging, "GetObjectTagging", GET, &[Has("tagging")], "oss:GetObjectTagging")
        .taking(object::TAGGING),
    built(DeleteObjectTagging, "DeleteObjectTagging", DELETE, &[Has("tagging")], "oss:DeleteObjectTagging")
        .taking(object::TAGGING),
    built(GetObjectMeta, "GetObjectMeta", HEAD_OR_GET, &[Has("objectMeta")], "oss:GetObject")
        .granted_by(Grant::ReadObject)
        .taking(object::GET_OBJECT_META),
    built(CopyObject, "CopyObject", PUT, &[PlainWithHeader(COPY_SOURCE)], "oss:PutObject")
        .granted_by(Grant::WriteObject)
        .taking(object::COPY_OBJECT),
    built(PutObject, "PutObject", PUT, &[Plain], "oss:PutObject")
        .granted_by(Grant::WriteObject)
        .with(Needed)
        .taking(object::PUT_OBJECT),
    built(GetObject, "GetObject", GET, &[Plain], "oss:GetObject")
        .granted_by(Grant::ReadObject)
        .taking(object::GET_OBJECT),
    built(HeadObject, "HeadObject", HEAD, &[Plain], "oss:GetObject")
        .granted_by(Grant::ReadObject)
        .taking(object::HEAD_OBJECT),
    built(DeleteObject, "DeleteObject", DELETE, &[Plain], "oss:DeleteObject")
        .granted_by(Grant::WriteObject)
        .taking(object::DELETE_OBJECT),
    missing("PutSymlink", PUT, &[Has("symlink")], "oss:PutObject"),
    missing("GetSymlink", GET, &[Has("symlink")], "oss:GetObject"),
    missing("RestoreObject", POST, &[Has("restore")], "oss:RestoreObject"),
    missing("CleanRestoredObject", POST, &[Has("cleanRestoredObject")], "oss:CleanRestoredObject"),
    missing("SealAppendObject", POST, &[Has("seal")], "oss:PutObject"),
    missing("PutObjectRetention", PUT, &[Has("retention")], "oss:PutObjectRetention"),
    missing("GetObjectRetention", GET, &[Has("retention")], "oss:GetObjectRetention"),
    missing("PutObjectLegalHold", PUT, &[Has("legalHold")], "oss:PutObjectLegalHold"),
    missing("GetObjectLegalHold", GET, &[Has("legalHold")], "oss:GetObjectLegalHold"),
    missing("GetLiveChannelStat", GET, &[Comp("live", "stat")], "oss:GetLiveChannelStat"),
    missing("GetLiveChannelHistory", GET, &[Comp("live", "history")], "oss:GetLiveChannelHistory"),
    missing("GetLiveChannelInfo", GET, &[Has("live")], "oss:GetLiveChannel"),
    missing("PutLiveChannelStatus", PUT, &[HasBoth("live", "status")], "oss:PutLiveChannelStatus"),
    missing("PutLiveChannel", PUT, &[Has("live")], "oss:PutLiveChannel"),
    missing("DeleteLiveChannel", DELETE, &[Has("live")], "oss:DeleteLiveChannel"),
    missing("PostVodPlaylist", POST, &[Has("vod")], "oss:PostVodPlaylist"),
    missing("GetVodPlaylist", GET, &[Has("vod")], "oss:GetVodPlaylist"),
    missing("AsyncProcessObject", POST, &[Has("x-oss-async-process")], "oss:PostProcessTask"),
    missing(
        "WriteGetObjectResponse",
        POST,
        &[Has("x-oss-write-get-object-response")],
        "oss:WriteGetObjectResponse",
    ),
    missing("RenameObject", POST, &[Has("x-oss-rename")], "oss:RenameObject"),
    missing("CreateDirectory", POST, &[Has("x-oss-dir")], "oss:CreateDirectory"),
    missing("DeleteDirectory", POST, &[Has("x-oss-delete")], "oss:DeleteDirectory"),
];

/// Sub-resources of which this table knows no operation by name.
pub(super) const NAMELESS: &[&str] = &["asyncFetch"];
