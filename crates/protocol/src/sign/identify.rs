//! Who sent a request, and what it is once that is known: reading the signature, looking its secret up, checking both it and
//! the restrictions of its URL. Nothing but what this returns may be acted upon.

use std::borrow::Cow;

use super::{CanonicalRequest, Client, Presented, Restrictions, Scope, SecretKey, SignedRequest, presented};
use crate::{Error, Timestamp};

/// A request whose sender is known, if it says who that is.
#[derive(Clone, Debug)]
pub struct Identified<'a> {
    /// What the signature covers, or the request as it came if it has none.
    pub request: CanonicalRequest<'a>,
    /// The signature, which fits; `None` for an anonymous request.
    pub signed: Option<Presented>,
}

/// Identifies the sender of `asked`, which `client` sent at `now`. `secret` looks up the key that a signature names.
///
/// # Errors
/// What [`presented`], `secret`, [`Presented::verify`] and [`Restrictions`] refuse.
pub fn identify<'a, 'k>(
    asked: &SignedRequest<'a>,
    client: Client,
    now: Timestamp,
    scope: &Scope,
    secret: impl FnOnce(&Presented) -> Result<&'k SecretKey, Error>,
) -> Result<Identified<'a>, Error> {
    let Some(presented) = presented(asked.headers, asked.query)? else {
        return Ok(Identified { request: CanonicalRequest::unsigned(asked), signed: None });
    };
    let restrictions = Restrictions::from_query(asked.query)?;
    let secret = secret(&presented)?;
    let Some(restrictions) = restrictions else {
        let request = presented.verify(asked, secret, now, scope)?;
        return Ok(Identified { request, signed: Some(presented) });
    };
    let query = restrictions.signed_query(asked.query, client);
    let verified = presented
        .verify(&SignedRequest { query: &query, ..*asked }, secret, now, scope)
        .map_err(|error| restrictions.mismatch(&presented, error))?;
    restrictions.check(client)?;
    let request = CanonicalRequest {
        target: asked.target,
        query: Cow::Owned(verified.query.into_owned()),
        headers: Cow::Owned(verified.headers.into_owned()),
    };
    Ok(Identified { request, signed: Some(presented) })
}
