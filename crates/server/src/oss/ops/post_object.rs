//! `PostObject`: an upload by an HTML form, allowed by a signed policy, with a callback if asked.

use std::sync::Arc;

use http::StatusCode;
use ossicle_callback::CustomVariables;
use ossicle_policy::Right;
use ossicle_protocol::inputs::{self, Place};
use ossicle_protocol::post_policy::{self, PostPolicy};
use ossicle_protocol::xml::PostResponse;
use ossicle_protocol::{ETag, Error, ObjectKey, Sse, Tags, percent_encode};
use ossicle_store::{Attributes, Bucket, Object, PutObject, StoredData};

use crate::access::acl::{is_blocked, object_acl_from_store, refuse_public_object};
use crate::access::auth::Caller;
use crate::access::authorize::{Needed, ObjectAt, PUT_OBJECT_TAGGING, demand, is_free};
use crate::access::context::Brought;
use crate::callback::answer::CallbackResponder;
use crate::callback::image::Source;
use crate::callback::prepare::{Facts, Prepared};
use crate::callback::requested::{self, Given, Wanted};
use crate::http::body::RequestBody;
use crate::http::reply::Reply;
use crate::oss::announced::Announced;
use crate::oss::attributes::{self, base64_md5};
use crate::oss::call::Call;
use crate::oss::conditions::read_forbid_overwrite;
use crate::oss::configurations::{bucket_overwrite_config, bucket_request_payment};
use crate::oss::encryption;
use crate::oss::failure::Failure;
use crate::oss::form::{Acting, Fields, File, Form};
use crate::oss::throttle::Throttle;
use crate::oss::upload_body::{Received, UploadStream};

/// The longest `success_action_redirect`, which the answer repeats in a header.
const REDIRECT_LIMIT: usize = 8 * 1024;

/// What stands for the name of the file in a key.
const FILE_NAME: &str = "${filename}";

/// Runs `PostObject`.
pub(crate) async fn post_object(call: &Call, body: RequestBody) -> Result<Reply, Failure> {
    let Form { fields, file } = Form::read(&call.head.headers, body, &call.app.form_memory).await?;
    let key = key_field(&fields)?;
    let (policy, call) = &verify(call, &fields).await?;
    let key = fill_in(key, &file)?;
    let acting = Acting::new(call, &fields, file.head.content_type.as_deref(), &key)?;
    if let Some(policy) = policy {
        policy.check_fields(&acting.judged(), call.bucket_name()?, call.now)?;
    }
    bucket_request_payment::demand(call, call.settings()?, fields.get("x-oss-request-payer"))?;
    authorize(call, &key, &acting).await?;
    for (name, value) in fields.as_slice() {
        inputs::refuse_value(call.operation, Place::Field, name, value)?;
    }
    let attributes = acting.attributes(&key)?;
    let blocked = is_blocked(&call.app.store, call.owner(), call.bucket()?.block_public_access).await?;
    refuse_public_object(blocked, object_acl_from_store(attributes.acl))?;
    let forbid_overwrite = read_forbid_overwrite(acting.get("x-oss-forbid-overwrite"))?
        || bucket_overwrite_config::forbids(call, &key)?;
    let wanted = wanted(call, &fields).await?;
    let success = Success::of(call, &fields, &key)?;
    let announced = Announced::by_fields(|name| fields.get(name))?;
    let requested = Sse::requested(|name| Ok(acting.get(name)))?;
    let encryption = encryption::of_requested(call, requested).await?;
    let upload = call.app.store.upload(None).encrypted(encryption.as_ref())?;
    let throttle = Throttle::of_form(call, fields.get("x-oss-traffic-limit"))?;
    let stream = UploadStream::new(upload).checked_against(announced).throttled(throttle);
    let Received { data, delay } = receive(stream, file, policy.as_ref()).await?;
    call.app.metrics.received(call.operation.name(), data.size());
    let prepared = match wanted {
        None => None,
        Some(wanted) => Some(prepare(call, wanted, &key, &attributes, &data).await?),
    };
    let put = PutObject {
        attributes,
        forbid_overwrite,
        journal: prepared.as_ref().map(Prepared::journal).transpose()?,
        ..PutObject::new(call.bucket_name()?.as_str(), key.as_str(), data, call.now.unix_millis())
    };
    let object = call.app.store.put_object(put).await?;
    let reply = match prepared {
        None => delay.show_on(success.reply(&object)),
        Some(prepared) => {
            let success_reply = delay.show_on(attributes::identify(Reply::ok(), call.bucket()?, &object));
            CallbackResponder::of(call).deliver(prepared, success_reply).await
        }
    };
    Ok(bucket_request_payment::apply_charged(call, reply))
}

/// Verifies the form's signature, reads its policy, and returns the call with who it is that calls.
async fn verify(call: &Call, fields: &Fields) -> Result<(Option<PostPolicy>, Call), Failure> {
    let Some(presented) = post_policy::presented(fields.as_slice())? else {
        return Ok((None, call.clone()));
    };
    let (id, token) = (presented.access_key_id(), presented.security_token());
    let credentials = &call.app.credentials;
    let identity = credentials.find((&call.app.store).into(), id, token, call.now).await?;
    presented.verify(&identity.secret, call.now, credentials.scope())?;
    let policy = PostPolicy::parse(presented.policy())?;
    let caller = Caller::Signed(identity);
    Ok((Some(policy), Call { caller, ..call.clone() }))
}

/// Lets the caller, whom the form has named by now, write the key or not.
async fn authorize(call: &Call, key: &ObjectKey, acting: &Acting<'_>) -> Result<(), Failure> {
    let settings = call.settings()?;
    if is_free(call, Some(settings)) {
        return Ok(());
    }
    let object = call.app.store.object(&settings.bucket().name, key.as_str()).await?;
    let tags = acting.get("x-oss-tagging").and_then(|text| Tags::from_header(text).ok());
    let brought = Brought { acl: acting.get("x-oss-object-acl"), tags: tags.unwrap_or_default() };
    let needed = Needed {
        action: "oss:PutObject",
        right: Some(Right::Write),
        settings: Some(settings),
        key: Some(key.as_str()),
        object: ObjectAt::Known(object.as_deref()),
        brought: &brought,
    };
    demand(call, &needed).await?;
    if !brought.tags.is_empty() {
        demand(call, &Needed { action: PUT_OBJECT_TAGGING, ..needed }).await?;
    }
    Ok(())
}

/// Returns the field `key` as it came. The commonest mistake in a form is a file that stands before its other fields.
fn key_field(fields: &Fields) -> Result<&str, Error> {
    fields.get("key").ok_or_else(|| {
        let message = "The bucket POST must contain the specified 'key'. If it is specified, please check the order of \
                       the fields";
        Error::invalid_argument(message, "key", "")
    })
}

/// Returns the key, in which `${filename}` stands for the name of the file without its folders.
fn fill_in(key: &str, file: &File) -> Result<ObjectKey, Error> {
    let count = key.matches(FILE_NAME).count();
    if count == 0 {
        return ObjectKey::parse(key);
    }
    let name = std::str::from_utf8(file.head.file_name.as_deref().unwrap_or_default())
        .map_err(|_| Error::invalid_argument("The characters encoding must be utf-8.", "filename", ""))?;
    let name = name.rsplit(['/', '\\']).next().unwrap_or("");
    // A form may name its file a hundred thousand times.
    let length = key.len() - count * FILE_NAME.len() + count * name.len();
    if length > ObjectKey::MAX_LENGTH {
        return Err(ObjectKey::too_long());
    }
    ObjectKey::parse(&key.replace(FILE_NAME, name))
}

/// Reads the callback of a form: its own field, with one field for each custom variable.
async fn wanted(call: &Call, fields: &Fields) -> Result<Option<Wanted>, Failure> {
    let mut variables = CustomVariables::default();
    for (name, value) in fields.as_slice().iter().filter(|(name, _)| name.starts_with("x:")) {
        variables.insert(name, value);
    }
    let given = Given { callback: fields.get("callback"), callback_var: fields.get("callback-var") };
    requested::resolve(call, given, variables).await
}

/// Takes the file in, and stops as soon as it is longer than the policy allows.
async fn receive(
    mut stream: UploadStream,
    mut file: File,
    policy: Option<&PostPolicy>,
) -> Result<Received, Failure> {
    while let Some(piece) = file.next().await? {
        stream.take(piece).await?;
        if let Some(policy) = policy
            && policy.max_length().is_some_and(|most| stream.size() > most)
        {
            policy.check_length(stream.size())?;
        }
    }
    if let Some(policy) = policy {
        policy.check_length(stream.size())?;
    }
    file.finish().await?;
    stream.finish().await
}

async fn prepare(
    call: &Call,
    wanted: Wanted,
    key: &ObjectKey,
    attributes: &Attributes,
    data: &StoredData,
) -> Result<Prepared, Failure> {
    let (etag, md5) = (ETag::of_content(data.md5()), base64_md5(&data.md5()));
    let facts = Facts {
        bucket: call.bucket_name()?.as_str(),
        object: key.as_str(),
        etag: etag.as_str(),
        size: data.size(),
        mime_type: &attributes.content_type,
        crc64: data.crc64(),
        content_md5: Some(&md5),
        operation: "PostObject",
        source: Source::New(data),
    };
    wanted.prepare(call, &facts).await
}

/// What the form wants to be answered.
struct Success {
    holder: Arc<Bucket>,
    status: StatusCode,
    redirect: Option<String>,
    location: String,
}

impl Success {
    fn of(call: &Call, fields: &Fields, key: &ObjectKey) -> Result<Self, Error> {
        let status = match fields.get("success_action_status") {
            Some("200") => StatusCode::OK,
            Some("201") => StatusCode::CREATED,
            _ => StatusCode::NO_CONTENT,
        };
        let redirect = fields.get("success_action_redirect").filter(|url| !url.is_empty()).map(str::to_owned);
        if redirect.as_ref().is_some_and(|url| url.len() > REDIRECT_LIMIT) {
            return Err(attributes::too_long("success_action_redirect", REDIRECT_LIMIT));
        }
        Ok(Self { holder: Arc::clone(call.bucket()?), status, redirect, location: call.url_of(key)? })
    }

    fn reply(&self, object: &Object) -> Reply {
        if let Some(url) = &self.redirect {
            let separator = if url.contains('?') { '&' } else { '?' };
            let (bucket, key) = (percent_encode(&object.bucket), percent_encode(&object.key));
            let etag = percent_encode(&format!("\"{}\"", object.etag));
            let location = format!("{url}{separator}bucket={bucket}&key={key}&etag={etag}");
            return attributes::identify(Reply::new(StatusCode::SEE_OTHER), &self.holder, object)
                .with_named("location", &location);
        }
        let reply = match self.status {
            StatusCode::CREATED => {
                let document = PostResponse {
                    bucket: &object.bucket,
                    location: &self.location,
                    key: &object.key,
                    etag: &object.etag,
                };
                Reply::xml(document.to_xml()).with_status(self.status)
            }
            status => Reply::new(status),
        };
        attributes::identify(reply, &self.holder, object).with_named("location", &self.location)
    }
}
