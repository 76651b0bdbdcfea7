//! Objects: listing, looking at one, deleting it, and a link by which a browser gets it.

use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Query as Parameters, State};
use http::{HeaderMap, Method, StatusCode};
use ossicle_protocol::sign::Signer;
use ossicle_protocol::{BucketName, ObjectKey, Query, Tags, Target, percent_encode, percent_encode_path};
use ossicle_store::{DeleteKey, DeleteObject, ListObjects, ObjectFields};
use serde::Deserialize;
use serde_json::{Value, json};

use super::problem::Problem;
use super::{Console, request};
use crate::access::acl;
use crate::app;
use crate::oss::attributes;

/// The lifetime of a link, in seconds, unless somebody asks for another time.
const LINK_SECONDS: u32 = 600;

/// Objects deleted in one request, as many as OSS allows.
const MOST_AT_ONCE: usize = 1000;

/// The query for a list of objects.
#[derive(Debug, Deserialize)]
pub(super) struct Which {
    bucket: String,
    #[serde(default)]
    prefix: String,
    #[serde(default)]
    delimiter: String,
    #[serde(default)]
    after: String,
    limit: Option<usize>,
}

/// One object.
#[derive(Debug, Deserialize)]
pub(super) struct One {
    bucket: String,
    key: String,
}

/// Objects to delete.
#[derive(Debug, Deserialize)]
pub(super) struct Many {
    bucket: String,
    keys: Vec<String>,
}

/// A link to one object.
#[derive(Debug, Deserialize)]
pub(super) struct Link {
    bucket: String,
    key: String,
    /// True if the browser shows the object where it is linked, instead of saving it.
    #[serde(default)]
    inline: bool,
    seconds: Option<u32>,
}

/// Handles `GET /api/objects`.
pub(super) async fn list(
    State(console): State<Console>,
    which: Result<Parameters<Which>, QueryRejection>,
) -> Result<Json<Value>, Problem> {
    let which = request::query(which)?;
    let listing = console
        .app
        .store
        .list_objects(&ListObjects {
            bucket: which.bucket,
            prefix: which.prefix,
            delimiter: which.delimiter,
            after: which.after,
            max: request::limit(which.limit, 100, 1000),
        })
        .await?;
    let objects: Vec<Value> = listing.objects.iter().map(line).collect();
    Ok(Json(json!({ "objects": objects, "common_prefixes": listing.common_prefixes, "next": listing.next })))
}

/// Handles `GET /api/object`: what HEAD tells, as a document.
pub(super) async fn head(
    State(console): State<Console>,
    one: Result<Parameters<One>, QueryRejection>,
) -> Result<Json<Value>, Problem> {
    let One { bucket, key } = request::query(one)?;
    let object =
        console.app.store.object(&bucket, &key).await?.ok_or_else(|| no_such_object(&bucket, &key))?;
    let mut described = line(&object);
    if let Some(fields) = described.as_object_mut() {
        let content_md5 = object.md5.as_ref().map(attributes::base64_md5);
        fields.insert("bucket".to_owned(), bucket.into());
        fields.insert("crc64".to_owned(), object.crc64.to_string().into());
        fields.insert("content_md5".to_owned(), content_md5.into());
        fields.insert("acl".to_owned(), acl::object_acl(&object).as_str().into());
        fields.insert("parts".to_owned(), object.parts.into());
        let tags = &object.attributes.tags;
        let tags = (!tags.is_empty()).then(|| (Tags::HEADER.into(), tags.into()));
        let headers: Vec<_> = attributes::stored_headers(&object.attributes)
            .map(|(name, value)| (name, String::from_utf8_lossy(value)))
            .chain(tags)
            .collect();
        fields.insert("headers".to_owned(), json!(headers));
    }
    Ok(Json(described))
}

/// Handles `DELETE /api/object`.
pub(super) async fn delete(
    State(console): State<Console>,
    one: Result<Parameters<One>, QueryRejection>,
) -> Result<Json<Value>, Problem> {
    let One { bucket, key } = request::query(one)?;
    let now_ms = app::now().unix_millis();
    let delete = DeleteObject { bucket, key, now_ms, ..DeleteObject::default() };
    let deleted = console.app.store.delete_object(delete).await?;
    Ok(Json(json!({ "deleted": deleted.existed })))
}

/// Handles `POST /api/objects/delete`: deletes as DeleteMultipleObjects does, and tells of each key that was not
/// deleted why.
pub(super) async fn delete_many(
    State(console): State<Console>,
    many: Result<Json<Many>, JsonRejection>,
) -> Result<Json<Value>, Problem> {
    let Many { bucket, keys } = request::json(many)?;
    if keys.is_empty() || keys.len() > MOST_AT_ONCE {
        return Err(Problem::invalid(format!("Name 1 to {MOST_AT_ONCE} keys at once.")));
    }
    let bucket = BucketName::parse(&bucket)?;
    let (mut names, mut errors) = (Vec::with_capacity(keys.len()), Vec::new());
    for key in keys {
        match ObjectKey::parse(&key) {
            Ok(_) => names.push(DeleteKey { key, version: None }),
            Err(error) => {
                let (code, message) = (error.code().as_str(), error.message());
                errors.push(json!({ "key": key, "error": code, "message": message }));
            }
        }
    }
    let deleted = names.len();
    console.app.store.delete_objects(bucket.as_str(), names, app::now().unix_millis()).await?;
    Ok(Json(json!({ "deleted": deleted, "errors": errors })))
}

/// Handles `GET /api/download-url`: a signed URL of the API, for a link or an image.
pub(super) async fn download_url(
    State(console): State<Console>,
    headers: HeaderMap,
    link: Result<Parameters<Link>, QueryRejection>,
) -> Result<Json<Value>, Problem> {
    let link = request::query(link)?;
    let (bucket, key) = request::names(&link.bucket, &link.key)?;
    if console.app.store.object(bucket.as_str(), key.as_str()).await?.is_none() {
        return Err(no_such_object(&link.bucket, &link.key));
    }
    let mut query = Query::default();
    if !link.inline {
        query.push("response-content-disposition", attachment(key.as_str()));
    }
    let path = format!("/{}/{}", bucket.as_str(), percent_encode_path(key.as_str()));
    let seconds = link.seconds.unwrap_or(LINK_SECONDS);
    let target = Target::Object(bucket, key);
    let query = console.signer().presign_v4(
        &Method::GET,
        &target,
        query,
        &HeaderMap::new(),
        &[],
        app::now(),
        seconds,
    );
    let url = format!("{}{path}?{}", console.endpoint_for(&headers), query.encode());
    Ok(Json(json!({ "url": url, "seconds": seconds })))
}

impl Console {
    /// Signs for the holder of the access key, who is logged in.
    pub(super) fn signer(&self) -> Signer {
        let (id, secret) = self.app.credentials.root();
        Signer::new(id, secret.clone(), self.app.config.server.region.as_str())
    }
}

fn line(object: &ObjectFields) -> Value {
    json!({
        "key": object.key,
        "size": object.size,
        "etag": object.etag,
        "last_modified_ms": object.last_modified_ms,
        "content_type": object.attributes.content_type,
        "kind": attributes::kind_text(object.kind),
        "storage_class": object.attributes.storage_class,
    })
}

pub(super) fn no_such_object(bucket: &str, key: &str) -> Problem {
    let message = format!("There is no object \"{key}\" in the bucket \"{bucket}\".");
    Problem::new(StatusCode::NOT_FOUND, "NoSuchKey", message)
}

/// Saves under the last part of the key, whatever letters it has (RFC 6266).
fn attachment(key: &str) -> String {
    let name = key.trim_end_matches('/').rsplit('/').next().unwrap_or(key);
    format!("attachment; filename*=UTF-8''{}", percent_encode(name))
}

#[cfg(test)]
mod tests {
    use super::attachment;

    #[test]
    fn downloads_get_the_last_part_of_the_key() {
        for (key, expected) in [
            ("a.txt", "attachment; filename*=UTF-8''a.txt"),
            ("a/b c.txt", "attachment; filename*=UTF-8''b%20c.txt"),
            ("a/\"\r\n", "attachment; filename*=UTF-8''%22%0D%0A"),
            ("图/片.png", "attachment; filename*=UTF-8''%E7%89%87.png"),
            ("folder/", "attachment; filename*=UTF-8''folder"),
        ] {
            assert_eq!(attachment(key), expected);
        }
    }
}
