//! `AppendObject`: adds the body to the end of an appendable object. OSS makes no callbacks for it.

use ossicle_protocol::{Error, ErrorCode, Tags};
use ossicle_store::{AppendObject, Attributes, Encryption, ObjectKind};

use crate::http::body::RequestBody;
use crate::http::reply::Reply;
use crate::oss::attributes;
use crate::oss::call::Call;
use crate::oss::encryption;
use crate::oss::failure::Failure;
use crate::oss::object_lookup;
use crate::oss::upload_body::{SINGLE_UPLOAD_LIMIT, receive};

/// Runs `AppendObject`.
pub(crate) async fn append_object(call: &Call, body: RequestBody) -> Result<Reply, Failure> {
    let key = call.key()?;
    let position = position(call)?;
    let (attributes, acl) = (attributes(call, position)?, attributes::requested_object_acl(call)?);
    let encryption = encryption(call).await?;
    let received = receive(call, body, encryption.as_ref()).await?;
    let append = AppendObject {
        attributes,
        acl,
        max_size: SINGLE_UPLOAD_LIMIT,
        ..AppendObject::new(
            call.bucket_name()?.as_str(),
            key.as_str(),
            position,
            received.data,
            call.now.unix_millis(),
        )
    };
    let object = call.app.store.append_object(append).await?;
    let reply = attributes::identify(Reply::ok(), call.bucket()?, &object)
        .with_named("x-oss-next-append-position", &object.size.to_string());
    Ok(received.delay.show_on(reply))
}

/// Reads what the request says of the object. Tags count where it is made; on a later append they are not even looked at
/// (suite of oss2, test_append_object_with_tagging_wrong_num).
fn attributes(call: &Call, position: u64) -> Result<Attributes, Error> {
    let all = call.head.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
    attributes::from_fields(all.filter(|(name, _)| position == 0 || *name != Tags::HEADER), call.key()?)
}

/// Returns how the data is to be encrypted: as the object is that it is added to, whatever the request says.
async fn encryption(call: &Call) -> Result<Option<Encryption>, Failure> {
    match object_lookup::find(call).await? {
        Some(object) if object.kind == ObjectKind::Appendable => Ok(object.attributes.encryption.clone()),
        _ => encryption::of_new(call).await,
    }
}

/// Reads how long the object has to be.
pub(crate) fn position(call: &Call) -> Result<u64, Error> {
    let missing = || Error::new(ErrorCode::MissingArgument).with_detail("ArgumentName", "position");
    let text = call.query.get("position").ok_or_else(missing)?;
    text.parse().map_err(|_| {
        Error::invalid_argument("The append position must be a non-negative integer.", "position", text)
    })
}
