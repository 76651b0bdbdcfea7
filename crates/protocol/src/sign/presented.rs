//! The signature a request presents: read from the header or the query without knowing the secret, checked
//! with it.

use http::HeaderMap;
use http::header::AUTHORIZATION;

use super::canonical::{CanonicalRequest, Reading};
use super::fault::{
    ambiguous, bad_authorization, bad_parameter, expired, header_and_query, incomplete_query, mismatch,
    no_date, skewed, unreadable_date, unreadable_expires,
};
use super::scope::{CredentialFault, is_plausible_access_key_id};
use super::{
    CredentialScope, MAX_EXPIRES_SECONDS, MAX_SKEW_MILLIS, Scope, SecretKey, SignedRequest, equal, token, v1,
    v2, v4,
};
use crate::{Error, Query, Timestamp};

/// A version of the signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Version {
    /// HMAC-SHA1.
    V1,
    /// HMAC-SHA256 without scope, long out of use.
    V2,
    /// HMAC-SHA256 with date, region and product.
    V4,
}

/// A signature as presented: well-formed, but not verified.
#[derive(Clone, Debug)]
pub struct Presented {
    access_key_id: String,
    security_token: Option<String>,
    signature: String,
    is_query: bool,
    kind: Kind,
}

/// What the versions carry besides id and signature.
#[derive(Clone, Debug)]
enum Kind {
    V1 { expires: Option<String> },
    V2 { expires: Option<String>, additional: Vec<String> },
    V4 { scope: CredentialScope, additional: Vec<String>, validity: Option<Validity> },
}

/// Since when and for how long a V4 signature in a query holds.
#[derive(Clone, Debug)]
struct Validity {
    date: String,
    expires: String,
}

/// Reads the signature of a request; `None` means that the request is anonymous.
///
/// # Errors
/// `InvalidArgument` for what cannot be read or is there twice, `AccessDenied` for signed URLs that
/// lack a part, `InvalidSecurityToken` for two tokens.
pub fn presented(headers: &HeaderMap, query: &Query) -> Result<Option<Presented>, Error> {
    let from_query = from_query(query);
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = values.next() else { return from_query };
    let text = value
        .to_str()
        .map_err(|_| bad_authorization("The Authorization header is not text.", "0002-00000062", ""))?;
    if values.next().is_some() {
        let message = "There must be only one Authorization header.";
        return Err(bad_authorization(message, "0002-00000062", text));
    }
    if !matches!(from_query, Ok(None)) {
        return Err(header_and_query());
    }
    from_header(text.trim(), token::of_headers(headers)?).map(Some)
}

impl Presented {
    /// Returns the id of the key that it is said to be made with.
    #[must_use]
    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    /// Returns the token of temporary credentials.
    #[must_use]
    pub fn security_token(&self) -> Option<&str> {
        self.security_token.as_deref()
    }

    /// Returns whether the signature came in the query, as in a signed URL.
    #[must_use]
    pub fn is_query(&self) -> bool {
        self.is_query
    }

    /// Returns the version.
    #[must_use]
    pub fn version(&self) -> Version {
        match self.kind {
            Kind::V1 { .. } => Version::V1,
            Kind::V2 { .. } => Version::V2,
            Kind::V4 { .. } => Version::V4,
        }
    }

    /// Checks time, scope and signature, and returns the request that the signature covers: only that may be acted upon.
    ///
    /// # Errors
    /// `RequestTimeTooSkewed`, `AccessDenied` when expired or undated, `InvalidArgument` for a wrong scope,
    /// `SignatureDoesNotMatch` with what was signed here.
    pub fn verify<'a>(
        &self,
        request: &SignedRequest<'a>,
        secret: &SecretKey,
        now: Timestamp,
        scope: &Scope,
    ) -> Result<CanonicalRequest<'a>, Error> {
        match &self.kind {
            Kind::V1 { expires } => {
                let dates = dates(request, expires.as_deref(), now)?;
                self.verify_v1(request, secret, &dates)
            }
            Kind::V2 { expires, additional } => {
                let dates = dates(request, expires.as_deref(), now)?;
                self.verify_v2(request, secret, &dates, additional)
            }
            Kind::V4 { scope: presented, additional, validity } => {
                self.check_scope(presented, scope)?;
                let date = match validity {
                    Some(validity) => self.check_validity(validity, presented, now)?,
                    None => self.check_date(request, presented, now)?,
                };
                check_payload_word(request)?;
                if self.is_query {
                    check_additional(request, additional)?;
                }
                self.verify_v4(request, secret, date, presented, additional)
            }
        }
    }

    fn verify_v1<'a>(
        &self,
        request: &SignedRequest<'a>,
        secret: &SecretKey,
        dates: &[&str],
    ) -> Result<CanonicalRequest<'a>, Error> {
        let canonical = || match v1::is_ambiguous(request) {
            true => Err(ambiguous()),
            false => Ok(CanonicalRequest::signed(request, Reading::default())),
        };
        let usual = v1::string_to_sign(request, dates.first().copied().unwrap_or_default());
        if equal(&v1::signature(secret, &usual), &self.signature) {
            return canonical();
        }
        let others = v1::other_strings_to_sign(request, dates);
        if others.iter().any(|text| equal(&v1::signature(secret, text), &self.signature)) {
            return canonical();
        }
        Err(self.mismatch(&usual))
    }

    fn verify_v2<'a>(
        &self,
        request: &SignedRequest<'a>,
        secret: &SecretKey,
        dates: &[&str],
        additional: &[String],
    ) -> Result<CanonicalRequest<'a>, Error> {
        let texts = v2::strings_to_sign(request, dates, additional);
        if texts.iter().any(|text| equal(&v2::signature(secret, text), &self.signature)) {
            let reading = Reading { additional, any_order: true, ..Reading::default() };
            return Ok(CanonicalRequest::signed(request, reading));
        }
        Err(self.mismatch(texts.first().map(Vec::as_slice).unwrap_or_default()))
    }

    fn verify_v4<'a>(
        &self,
        request: &SignedRequest<'a>,
        secret: &SecretKey,
        date: &str,
        scope: &CredentialScope,
        additional: &[String],
    ) -> Result<CanonicalRequest<'a>, Error> {
        let key = secret.signing_key(scope);
        let mut tried: Vec<Vec<u8>> = Vec::new();
        for variant in v4::Variant::all() {
            let canonical = v4::canonical_request(request, additional, variant);
            if tried.contains(&canonical) {
                continue;
            }
            let text = v4::string_to_sign(date, scope, &canonical);
            if equal(&key.sign(text.as_bytes()), &self.signature) {
                return Ok(CanonicalRequest::signed(request, variant.reading(additional)));
            }
            tried.push(canonical);
        }
        let usual = tried.into_iter().next().unwrap_or_default();
        let text = v4::string_to_sign(date, scope, &usual);
        let canonical = String::from_utf8_lossy(&usual).into_owned();
        Err(self.mismatch(text.as_bytes()).with_detail("CanonicalRequest", canonical))
    }

    fn check_scope(&self, presented: &CredentialScope, accepted: &Scope) -> Result<(), Error> {
        let (message, ec) = match (accepted.accepts_product(presented), self.is_query) {
            (true, _) if accepted.accepts_region(presented) => return Ok(()),
            (true, false) => ("Invalid signing region in Authorization header.", "0002-00000226"),
            (true, true) => ("The signing region in credential is invalid.", "0002-00000226"),
            (false, false) => ("Invalid signing product in Authorization header.", "0002-00000227"),
            (false, true) => ("The signing product in credential is invalid.", "0002-00000227"),
        };
        Err(self.bad_credential(message, ec, presented))
    }

    /// Checks the date of a V4 signature in a query, and returns it.
    fn check_validity<'a>(
        &self,
        validity: &'a Validity,
        scope: &CredentialScope,
        now: Timestamp,
    ) -> Result<&'a str, Error> {
        let Validity { date, expires } = validity;
        let signed = Timestamp::parse_iso8601_basic(date).ok_or_else(|| {
            bad_parameter("The value of x-oss-date is invalid.", "0002-00000505", "x-oss-date", date)
        })?;
        let seconds = expires.parse().ok().filter(|seconds| (1..=MAX_EXPIRES_SECONDS).contains(seconds));
        let seconds = seconds.ok_or_else(|| {
            let message = "The value of x-oss-expires must be between 1 and 604800 seconds.";
            bad_parameter(message, "0002-00000215", "x-oss-expires", expires)
        })?;
        if scope.date() != signed.basic_date() {
            let message = "The signing date in credential is invalid.";
            return Err(self.bad_credential(message, "0002-00000223", scope));
        }
        if signed.unix_millis() > now.unix_millis().saturating_add(MAX_SKEW_MILLIS) {
            return Err(skewed(signed, now));
        }
        let end = Timestamp::from_unix_millis(signed.unix_millis().saturating_add(seconds * 1000));
        if now > end { Err(expired(&end.iso8601_millis(), now)) } else { Ok(date) }
    }

    /// Checks the date of a V4 signature in a header, and returns it.
    fn check_date<'a>(
        &self,
        request: &SignedRequest<'a>,
        scope: &CredentialScope,
        now: Timestamp,
    ) -> Result<&'a str, Error> {
        let (text, signed) = request_date(request)?;
        if scope.date() != signed.basic_date() {
            let message = "Invalid signing date in Authorization header.";
            return Err(self.bad_credential(message, "0002-00000223", scope));
        }
        check_skew(signed, now)?;
        Ok(text)
    }

    fn bad_credential(&self, message: &'static str, ec: &'static str, scope: &CredentialScope) -> Error {
        let name = if self.is_query { "x-oss-credential" } else { "Authorization" };
        bad_parameter(message, ec, name, &format!("{}/{scope}", self.access_key_id))
    }

    fn mismatch(&self, text: &[u8]) -> Error {
        mismatch(&self.access_key_id, &self.signature, text)
    }
}

fn from_header(text: &str, security_token: Option<String>) -> Result<Presented, Error> {
    let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
    let (access_key_id, signature, kind) = match word {
        "OSS" => v1_header(text, rest.trim())?,
        v2::SIGNATURE_VERSION => v2_header(text, rest)?,
        v4::SIGNATURE_VERSION => v4_header(text, rest)?,
        _ => return Err(bad_authorization("Unsupported Authorization Type", "0002-00000002", text)),
    };
    Ok(Presented { access_key_id, security_token, signature, is_query: false, kind })
}

fn v1_header(text: &str, rest: &str) -> Result<(String, String, Kind), Error> {
    let bad = || bad_authorization("Authorization header is invalid.", "0002-00000062", text);
    let (id, signature) = rest.split_once(':').ok_or_else(bad)?;
    if !is_plausible_access_key_id(id) || signature.is_empty() {
        return Err(bad());
    }
    Ok((id.to_owned(), signature.to_owned(), Kind::V1 { expires: None }))
}

fn v2_header(text: &str, rest: &str) -> Result<(String, String, Kind), Error> {
    let bad = |ec| bad_authorization("Authorization header is invalid.", ec, text);
    let (mut id, mut signature, mut additional) = (None, None, Vec::new());
    for piece in rest.split(',') {
        match piece.trim().split_once(':') {
            Some(("AccessKeyId", value)) => id = Some(value),
            Some(("Signature", value)) => signature = Some(value),
            Some(("AdditionalHeaders", value)) => additional = header_names(value),
            Some(_) => return Err(bad("0002-00000104")),
            None => return Err(bad("0002-00000102")),
        }
    }
    let id = id.filter(|id| is_plausible_access_key_id(id)).ok_or_else(|| bad("0002-00000107"))?;
    let signature = signature.filter(|text| !text.is_empty()).ok_or_else(|| bad("0002-00000102"))?;
    Ok((id.to_owned(), signature.to_owned(), Kind::V2 { expires: None, additional }))
}

fn v4_header(text: &str, rest: &str) -> Result<(String, String, Kind), Error> {
    let bad = |ec| bad_authorization("Authorization header is invalid.", ec, text);
    let (mut credential, mut signature, mut additional) = (None, None, Vec::new());
    for piece in rest.split(',').map(str::trim).filter(|piece| !piece.is_empty()) {
        match piece.split_once('=') {
            Some(("Credential", value)) => credential = Some(value),
            Some(("Signature", value)) => signature = Some(value),
            Some(("AdditionalHeaders", value)) => additional = header_names(value),
            _ => return Err(bad("0002-00000204")),
        }
    }
    let credential = credential.ok_or_else(|| bad("0002-00000204"))?;
    let signature = signature.filter(|text| !text.is_empty()).ok_or_else(|| bad("0002-00000204"))?;
    let (id, scope) = CredentialScope::parse_credential(credential).map_err(|fault| match fault {
        CredentialFault::Shape => bad("0002-00000206"),
        CredentialFault::Terminator => bad("0002-00000213"),
        CredentialFault::Date => {
            bad_authorization("Invalid signing date in Authorization header.", "0002-00000223", text)
        }
    })?;
    Ok((id, signature.to_owned(), Kind::V4 { scope, additional, validity: None }))
}

fn from_query(query: &Query) -> Result<Option<Presented>, Error> {
    if let Some(version) = query.get("x-oss-signature-version") {
        return match version {
            v4::SIGNATURE_VERSION => v4_query(query).map(Some),
            v2::SIGNATURE_VERSION => v2_query(query).map(Some),
            _ => {
                let message = "The value of x-oss-signature-version is invalid.";
                Err(bad_parameter(message, "0002-00000002", "x-oss-signature-version", version))
            }
        };
    }
    let names = ["OSSAccessKeyId", "Expires", "Signature"];
    let [id, expires, signature] = names.map(|name| query.get(name).filter(|value| !value.is_empty()));
    if id.is_none() && signature.is_none() {
        // `Expires` alone means nothing to OSS.
        return Ok(None);
    }
    let (Some(id), Some(expires), Some(signature)) = (id, expires, signature) else {
        let message =
            "Query-string authentication requires the Signature, Expires and OSSAccessKeyId parameters";
        return Err(incomplete_query(message, "0002-00000061"));
    };
    let kind = Kind::V1 { expires: Some(expires.to_owned()) };
    query_presented(query, id, signature, kind).map(Some)
}

fn v2_query(query: &Query) -> Result<Presented, Error> {
    let get = |name| query.get(name).filter(|value| !value.is_empty());
    let (Some(id), Some(expires), Some(signature)) =
        (get("x-oss-access-key-id"), get("x-oss-expires"), get("x-oss-signature"))
    else {
        let message = "Query-string authentication requires the x-oss-access-key-id, x-oss-expires and \
                       x-oss-signature parameters";
        return Err(incomplete_query(message, "0002-00000113"));
    };
    let additional = header_names(query.get("x-oss-additional-headers").unwrap_or_default());
    let kind = Kind::V2 { expires: Some(expires.to_owned()), additional };
    query_presented(query, id, signature, kind)
}

fn v4_query(query: &Query) -> Result<Presented, Error> {
    let get = |name| query.get(name).filter(|value| !value.is_empty());
    let (Some(credential), Some(date), Some(expires), Some(signature)) =
        (get("x-oss-credential"), get("x-oss-date"), get("x-oss-expires"), get("x-oss-signature"))
    else {
        let message = "Query-string authentication requires the x-oss-credential, x-oss-date, \
                       x-oss-expires and x-oss-signature parameters";
        return Err(incomplete_query(message, "0002-00000215"));
    };
    let (id, scope) = CredentialScope::parse_credential(credential).map_err(|fault| {
        let ec = match fault {
            CredentialFault::Shape => "0002-00000221",
            CredentialFault::Terminator => "0002-00000213",
            CredentialFault::Date => "0002-00000223",
        };
        bad_parameter("The value of x-oss-credential is invalid.", ec, "x-oss-credential", credential)
    })?;
    let additional = header_names(query.get("x-oss-additional-headers").unwrap_or_default());
    let validity = Some(Validity { date: date.to_owned(), expires: expires.to_owned() });
    query_presented(query, &id, signature, Kind::V4 { scope, additional, validity })
}

fn query_presented(query: &Query, id: &str, signature: &str, kind: Kind) -> Result<Presented, Error> {
    Ok(Presented {
        access_key_id: id.to_owned(),
        security_token: token::of_query(query)?,
        // People paste base64 into URLs without encoding it, and a plus then arrives as a space.
        signature: signature.replace(' ', "+"),
        is_query: true,
        kind,
    })
}

/// Returns the names in `a;b`, in lower case, sorted, each once.
fn header_names(text: &str) -> Vec<String> {
    let names = text.split(';').map(str::trim).filter(|name| !name.is_empty());
    let mut names: Vec<String> = names.map(str::to_ascii_lowercase).collect();
    names.sort();
    names.dedup();
    names
}

/// Checks the time, and returns what may stand in the date line of versions 1 and 2, the likeliest first.
fn dates<'a>(
    request: &SignedRequest<'a>,
    expires: Option<&'a str>,
    now: Timestamp,
) -> Result<Vec<&'a str>, Error> {
    if let Some(expires) = expires {
        let seconds: i64 = expires.parse().map_err(|_| unreadable_expires(expires))?;
        if now.unix_seconds() > seconds {
            return Err(expired(&Timestamp::from_unix_seconds(seconds).iso8601_millis(), now));
        }
        return Ok(vec![expires]);
    }
    let (text, signed) = request_date(request)?;
    check_skew(signed, now)?;
    let mut dates = vec![text];
    dates.extend(request.header_text("date").filter(|date| *date != text));
    Ok(dates)
}

/// Returns the date a header signature covers: `x-oss-date` before `Date`, in either of the forms that SDKs
/// send.
fn request_date<'a>(request: &SignedRequest<'a>) -> Result<(&'a str, Timestamp), Error> {
    let headers = request.headers;
    let text = ["x-oss-date", "date"].into_iter().find_map(|name| headers.get(name)).ok_or_else(no_date)?;
    let text = text.to_str().map_err(|_| no_date())?.trim();
    let time = Timestamp::parse_http_date(text).or_else(|| Timestamp::parse_iso8601_basic(text));
    time.map(|time| (text, time)).ok_or_else(|| unreadable_date(text))
}

fn check_skew(signed: Timestamp, now: Timestamp) -> Result<(), Error> {
    let difference = now.unix_millis().saturating_sub(signed.unix_millis()).saturating_abs();
    if difference > MAX_SKEW_MILLIS { Err(skewed(signed, now)) } else { Ok(()) }
}

/// Refuses a signed URL without the headers that it demands.
fn check_additional(request: &SignedRequest<'_>, additional: &[String]) -> Result<(), Error> {
    match additional.iter().find(|name| !request.headers.contains_key(name.as_str())) {
        Some(name) => {
            let message = "The header named by x-oss-additional-headers is not in the request.";
            Err(bad_parameter(message, "", "x-oss-additional-headers", name))
        }
        None => Ok(()),
    }
}

/// Refuses a digest of the body: bodies are not part of V4 signatures here, and it would promise a check that
/// nobody makes.
fn check_payload_word(request: &SignedRequest<'_>) -> Result<(), Error> {
    match request.header_text("x-oss-content-sha256") {
        None | Some(v4::UNSIGNED_PAYLOAD) => Ok(()),
        Some(other) => {
            let message = "The value of x-oss-content-sha256 must be UNSIGNED-PAYLOAD.";
            Err(bad_parameter(message, "0002-00000218", "x-oss-content-sha256", other))
        }
    }
}
