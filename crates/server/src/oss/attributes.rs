//! What an upload says about the object besides its bytes: the stored headers, ACL and storage class. It reads request
//! headers or form fields and writes answer headers; values are kept as they came, user metadata without the prefix of its
//! names.

use std::borrow::Cow;

use http::header::{ACCEPT_RANGES, CONTENT_TYPE, ETAG, LAST_MODIFIED, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderName, HeaderValue};
use ossicle_protocol::{
    Error, ErrorCode, ObjectAcl, ObjectKey, StorageClass, Tags, media_type_for, percent_encode_path,
};
use ossicle_store::{Acl, Attributes, Bucket, Object, ObjectKind};

use crate::access::acl::stored_object_acl;
use crate::http::reply::Reply;
use crate::oss::call::Call;
use crate::oss::encryption;
use crate::oss::symlink::Readable;
use crate::oss::{tags, versions};

/// Standard headers that are stored with an object and come back on GET and HEAD.
const STORED: [&str; 5] =
    ["cache-control", "content-disposition", "content-encoding", "content-language", "expires"];

const CONTENT_MD5: HeaderName = HeaderName::from_static("content-md5");
const CRC64: HeaderName = HeaderName::from_static("x-oss-hash-crc64ecma");
const NEXT_APPEND_POSITION: HeaderName = HeaderName::from_static("x-oss-next-append-position");
const OBJECT_TYPE: HeaderName = HeaderName::from_static("x-oss-object-type");
const SEALED_TIME: HeaderName = HeaderName::from_static("x-oss-sealed-time");
const TAGGING_COUNT: HeaderName = HeaderName::from_static("x-oss-tagging-count");
const STORAGE_CLASS: HeaderName = HeaderName::from_static("x-oss-storage-class");

/// The header that names the target of a symbolic link.
pub(crate) const SYMLINK_TARGET: &str = "x-oss-symlink-target";

/// What the names of user metadata begin with.
pub(crate) const META: &str = "x-oss-meta-";

/// The most that names and values of `x-oss-meta-*` may take together.
const USER_METADATA_LIMIT: usize = 8 * 1024;

/// The longest value of any other header that is stored: it goes into every answer that shows the object.
const STORED_VALUE_LIMIT: usize = 8 * 1024;

/// Reads the attributes of a new object from request headers.
pub(crate) fn from_headers(headers: &HeaderMap, key: &ObjectKey) -> Result<Attributes, Error> {
    from_fields(headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())), key)
}

/// Tells whether the request has a header that is stored with an object and comes back.
pub(crate) fn has_headers(headers: &HeaderMap) -> bool {
    let is_stored = |name: &str| name == "content-type" || STORED.contains(&name) || name.starts_with(META);
    headers.iter().any(|(name, value)| is_stored(name.as_str()) && !value.is_empty())
}

/// Reads the attributes from names (in lower case) and values, however they came. Values that are given back as they are
/// need not be UTF-8: clients on Windows send names of files in GBK.
pub(crate) fn from_fields<'a>(
    fields: impl Iterator<Item = (&'a str, &'a [u8])>,
    key: &ObjectKey,
) -> Result<Attributes, Error> {
    let mut attributes =
        Attributes { content_type: media_type_for(key.as_str()).to_owned(), ..Attributes::default() };
    let mut metadata = 0;
    for (name, value) in fields {
        if value.len() > STORED_VALUE_LIMIT && (name == "content-type" || STORED.contains(&name)) {
            return Err(too_long(name, STORED_VALUE_LIMIT));
        }
        match name {
            // SDKs send OSS's own headers without a value for what was not set.
            _ if value.is_empty() && name.starts_with("x-oss-") && !name.starts_with(META) => {}
            "content-type" if !value.is_empty() => {
                text(name, value)?.clone_into(&mut attributes.content_type)
            }
            "x-oss-object-acl" => {
                attributes.acl = crate::access::acl::stored_object_acl(ObjectAcl::parse(text(name, value)?)?);
            }
            "x-oss-storage-class" => {
                attributes.storage_class = StorageClass::parse(text(name, value)?)?.as_str().to_owned();
            }
            Tags::HEADER => {
                let tags = Tags::from_header(text(name, value)?)?;
                if attributes.tags.is_empty() {
                    attributes.tags = tags.to_header();
                }
            }
            _ if STORED.contains(&name) => attributes.headers.push((name.to_owned(), value.to_owned())),
            _ => {
                if let Some(own_name) = name.strip_prefix(META) {
                    metadata += name.len() + value.len();
                    attributes.metadata.push((own_name.to_owned(), value.to_owned()));
                }
            }
        }
    }
    if metadata > USER_METADATA_LIMIT {
        return Err(Error::new(ErrorCode::InvalidArgument)
            .with_ec("0011-00000002")
            .with_message("The total size of the user metadata must not exceed 8192 bytes."));
    }
    Ok(attributes)
}

/// Refuses a header or form field that is longer than this server stores or repeats.
pub(crate) fn too_long(name: &str, most: usize) -> Error {
    Error::invalid_argument(format!("The value of {name} must not be longer than {most} bytes."), name, "")
}

fn text<'a>(name: &str, value: &'a [u8]) -> Result<&'a str, Error> {
    std::str::from_utf8(value)
        .map_err(|_| Error::invalid_argument("The characters encoding must be utf-8.", name, ""))
}

/// Adds the headers that describe a stored object on GET and HEAD.
pub(crate) fn describe(reply: Reply, bucket: &Bucket, readable: &Readable<'_>) -> Reply {
    let (object, content) = (readable.named, readable.content());
    let reply = with_checksums(versions::show(reply, bucket, object), content)
        .with_header(CONTENT_TYPE, object.attributes.content_type.as_bytes())
        .with_header(LAST_MODIFIED, http_date(readable.last_modified_ms()))
        .with_header(ACCEPT_RANGES, HeaderValue::from_static("bytes"))
        // What a stranger uploaded as text must not run as a script in the browser of whoever looks at it.
        .with_header(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"))
        .with_header(OBJECT_TYPE, HeaderValue::from_static(kind_text(object.kind)))
        .with_header(STORAGE_CLASS, storage_class_of(bucket, &content.attributes.storage_class));
    let reply = match append_position(object) {
        Some(position) => reply.with_header(NEXT_APPEND_POSITION, HeaderValue::from(position)),
        None => reply,
    };
    with_attributes(reply, object)
}

/// Adds what was set on an object: its type, the stored headers, where a link leads, and how many tags there are.
pub(crate) fn with_attributes(reply: Reply, object: &Object) -> Reply {
    let reply = reply.with_header(CONTENT_TYPE, object.attributes.content_type.as_bytes());
    let mut reply = with_sealed_time(reply, object);
    if object.kind == ObjectKind::Symlink {
        let target = percent_encode_path(&object.attributes.symlink_target);
        reply = reply.with_named(SYMLINK_TARGET, &target);
    }
    for (name, value) in &object.attributes.headers {
        reply = reply.with_raw(name, value);
    }
    let mut name = String::new();
    for (own_name, value) in &object.attributes.metadata {
        name.clear();
        name.extend([META, own_name]);
        reply = reply.with_raw(&name, value);
    }
    let tags = tags::of_object(&object.attributes).len();
    if tags == 0 { reply } else { reply.with_header(TAGGING_COUNT, HeaderValue::from(tags)) }
}

/// Returns the stored headers under their names on the wire: the standard ones, then user metadata, both in the order in
/// which they came.
pub(crate) fn stored_headers(attributes: &Attributes) -> impl Iterator<Item = (Cow<'_, str>, &[u8])> {
    let standard = attributes.headers.iter().map(|(name, value)| (Cow::from(name), value.as_slice()));
    let own =
        attributes.metadata.iter().map(|(name, value)| (Cow::from([META, name].concat()), value.as_slice()));
    standard.chain(own)
}

/// Adds the headers that identify what was written: ETag, CRC-64 and, where there are such, MD5 and the id of the version.
pub(crate) fn identify(reply: Reply, bucket: &Bucket, object: &Object) -> Reply {
    with_checksums(versions::show(reply, bucket, object), object)
}

/// Adds the headers that identify content, and tell how it is encrypted.
pub(crate) fn with_checksums(reply: Reply, object: &Object) -> Reply {
    let reply = with_etag(reply, object).with_header(CRC64, HeaderValue::from(object.crc64));
    let reply = encryption::show(reply, object.attributes.encryption.as_ref());
    match object.md5 {
        Some(md5) => reply.with_header(CONTENT_MD5, base64_md5(&md5)),
        None => reply,
    }
}

/// Adds the ETag alone, which is all that identifies a symbolic link.
pub(crate) fn with_etag(reply: Reply, object: &Object) -> Reply {
    reply.with_header(ETAG, quoted(&object.etag))
}

fn quoted(etag: &str) -> String {
    ["\"", etag, "\""].concat()
}

/// Writes an MD5 as `Content-MD5` has it.
pub(crate) fn base64_md5(md5: &[u8; 16]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(md5)
}

/// Writes an object's modification time as `Last-Modified` has it.
pub(crate) fn last_modified(object: &Object) -> String {
    http_date(object.last_modified_ms)
}

/// Adds the time at which an object was sealed, if it was.
pub(crate) fn with_sealed_time(reply: Reply, object: &Object) -> Reply {
    match object.attributes.sealed_ms {
        Some(sealed_ms) => reply.with_header(SEALED_TIME, http_date(sealed_ms)),
        None => reply,
    }
}

fn http_date(unix_ms: i64) -> String {
    ossicle_protocol::Timestamp::from_unix_millis(unix_ms).http_date()
}

/// Returns the value of `x-oss-object-type`.
pub(crate) fn kind_text(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::Normal => "Normal",
        ObjectKind::Multipart => "Multipart",
        ObjectKind::Appendable => "Appendable",
        ObjectKind::Symlink => "Symlink",
    }
}

/// Returns the value of `x-oss-storage-class`: what was asked for, else the bucket's class.
pub(crate) fn storage_class_of<'a>(bucket: &'a Bucket, own: &'a str) -> &'a str {
    let class = if own.is_empty() { &bucket.storage_class } else { own };
    if class.is_empty() { StorageClass::Standard.as_str() } else { class }
}

/// Returns the position at which the next append must start, if the object takes appends.
pub(crate) fn append_position(object: &Object) -> Option<u64> {
    let takes_appends = object.kind == ObjectKind::Appendable && object.attributes.sealed_ms.is_none();
    takes_appends.then_some(object.size)
}

/// Reads the ACL that a request asks for, as the store keeps it.
pub(crate) fn requested_object_acl(call: &Call) -> Result<Option<Acl>, Error> {
    let acl = call.header("x-oss-object-acl")?.map(ObjectAcl::parse).transpose()?;
    Ok(acl.map(stored_object_acl))
}
