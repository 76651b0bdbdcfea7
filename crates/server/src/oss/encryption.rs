//! Server-side encryption: what requests and buckets ask for, as the store does it, and what answers tell of it.

use ossicle_protocol::{Error, Sse};
use ossicle_store::{Cipher, Encryption};

use crate::http::reply::Reply;
use crate::oss::call::Call;
use crate::oss::failure::Failure;

/// Returns how a new object is to be encrypted: as the request's headers say, or as the bucket has it.
pub(crate) async fn of_new(call: &Call) -> Result<Option<Encryption>, Failure> {
    of_requested(call, Sse::requested(|name| call.header(name))?).await
}

/// Returns the same where it was said elsewhere than in headers.
pub(crate) async fn of_requested(call: &Call, requested: Option<Sse>) -> Result<Option<Encryption>, Failure> {
    let sse = match requested {
        Some(sse) => Some(sse),
        None => of_bucket(call)?,
    };
    let Some(sse) = sse else { return Ok(None) };
    // A server that starts with another master key is told before it encrypts anything.
    call.app.content_keys.leave_mark(&call.app.store).await?;
    let aes_or_sm4 = |sm4: bool| if sm4 { Cipher::Sm4Gcm } else { Cipher::Aes256Gcm };
    Ok(Some(match sse {
        Sse::Aes256 => Encryption { cipher: aes_or_sm4(false), kms_key: None },
        Sse::Sm4 => Encryption { cipher: aes_or_sm4(true), kms_key: None },
        Sse::Kms { key_id, sm4 } => {
            let key = key_id.unwrap_or_else(|| call.app.content_keys.default_kms().to_owned());
            Encryption { cipher: aes_or_sm4(sm4), kms_key: Some(key) }
        }
    }))
}

fn of_bucket(call: &Call) -> Result<Option<Sse>, Error> {
    Ok(call.settings()?.encryption()?.map(|rule| rule.sse.clone()))
}

/// Adds the headers that tell how an object or a part is encrypted.
pub(crate) fn show(mut reply: Reply, encryption: Option<&Encryption>) -> Reply {
    let Some(Encryption { cipher, kms_key }) = encryption else { return reply };
    let sm4 = *cipher == Cipher::Sm4Gcm;
    let sse = match kms_key {
        Some(id) => Sse::Kms { key_id: Some(id.clone()), sm4 },
        None if sm4 => Sse::Sm4,
        None => Sse::Aes256,
    };
    for (name, value) in sse.headers() {
        reply = reply.with_named(name, value);
    }
    reply
}
