//! Who sent a request, and what it is once that is known: reading the signature, then, with the secret of its key, checking both
//! it and the restrictions of its URL. Nothing but what this returns may be acted upon.

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

/// A signature that a request presents and that nobody has verified yet.
#[derive(Clone, Debug)]
pub struct Claim<'r, 'a> {
    asked: &'r SignedRequest<'a>,
    presented: Presented,
    restrictions: Option<Restrictions>,
}

/// Reads what `asked` presents as its signature; `None` for an anonymous request.
///
/// # Errors
/// What [`presented`] and [`Restrictions`] refuse.
pub fn claim<'r, 'a>(asked: &'r SignedRequest<'a>) -> Result<Option<Claim<'r, 'a>>, Error> {
    let Some(presented) = presented(asked.headers, asked.query)? else { return Ok(None) };
    let restrictions = Restrictions::from_query(asked.query)?;
    Ok(Some(Claim { asked, presented, restrictions }))
}

impl<'a> Claim<'_, 'a> {
    /// Returns the signature, to look its key up.
    #[must_use]
    pub fn presented(&self) -> &Presented {
        &self.presented
    }

    /// Verifies the signature with the secret of its key. `client` sent the request at `now`.
    ///
    /// # Errors
    /// What [`Presented::verify`] and [`Restrictions`] refuse.
    pub fn verify(
        self,
        secret: &SecretKey,
        client: Client,
        now: Timestamp,
        scope: &Scope,
    ) -> Result<Identified<'a>, Error> {
        let Self { asked, presented, restrictions } = self;
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
}
