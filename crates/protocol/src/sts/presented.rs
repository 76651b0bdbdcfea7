//! A request to STS: read without knowing the secret, checked with it. What was not verified cannot be acted upon, as only
//! [`Verified`] has the action.

use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, Method};

use super::action::ActionName;
use super::parameters::Parameters;
use super::{Action, Fault, FaultCode, Format, MAX_SKEW_MILLIS, acs3, rpc};
use crate::sign::{equal, sha256_hex};
use crate::{SecretKey, Timestamp};

/// The most characters of a nonce.
const MAX_NONCE: usize = 256;
/// The most characters of an access key id.
const MAX_ACCESS_KEY_ID: usize = 128;
const FORM: &str = "application/x-www-form-urlencoded";

/// A request as it came.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The method.
    pub method: &'a Method,
    /// The path.
    pub path: &'a str,
    /// What follows the question mark, still encoded.
    pub query: &'a str,
    /// All headers.
    pub headers: &'a HeaderMap,
    /// The whole body.
    pub body: &'a [u8],
}

/// A request that says who sent it, and is not believed yet.
#[derive(Clone, Debug)]
pub struct Presented {
    access_key_id: String,
    security_token: Option<String>,
    nonce: String,
    at: Timestamp,
    signature: String,
    covered: Covered,
    action: ActionName,
    parameters: Parameters,
}

/// The text that the signature covers.
#[derive(Clone, Debug)]
enum Covered {
    Rpc(String),
    Acs3(Vec<u8>),
}

/// What a request asks for, now that its signature fits.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verified {
    /// What to do.
    pub action: Action,
    /// A text that no other request of this key has within the allowed difference of clocks.
    pub nonce: String,
    /// When the client says that it sent the request.
    pub at: Timestamp,
}

impl Verified {
    /// Makes what a check would return, for a caller that has checked by other means.
    #[must_use]
    pub fn new(action: Action, nonce: String, at: Timestamp) -> Self {
        Self { action, nonce, at }
    }
}

/// Reads who says to have sent a request, and what it asks for.
///
/// # Errors
/// `MissingParameter`, `IncompleteSignature` and others for what cannot be read, `InvalidAction.NotFound` for what STS does not do.
pub fn presented(request: &Request<'_>) -> Result<Presented, Fault> {
    if !matches!(*request.method, Method::GET | Method::POST) {
        return Err(FaultCode::UnsupportedMethod.into());
    }
    if request.path != "/" {
        return Err(FaultCode::InvalidAction.into());
    }
    let form = request.form()?;
    let mut authorizations = request.headers.get_all(AUTHORIZATION).iter();
    match (authorizations.next(), authorizations.next()) {
        (None, _) => from_parameters(request, Parameters::parse(request.query, form)?),
        (Some(value), None) => {
            let text = value.to_str().map_err(|_| FaultCode::IncompleteSignature)?;
            from_header(request, form, text.trim())
        }
        (Some(_), Some(_)) => Err(FaultCode::IncompleteSignature.into()),
    }
}

impl Request<'_> {
    /// Returns in which format the client wants its answer, also where the rest of the request cannot be read.
    #[must_use]
    pub fn format(&self) -> Format {
        let parameters = self.form().and_then(|form| Parameters::parse(self.query, form)).unwrap_or_default();
        match parameters.get("Format") {
            Some(format) if format.eq_ignore_ascii_case("json") => Format::Json,
            Some(_) => Format::Xml,
            None if self.headers.contains_key("x-acs-action") => Format::Json,
            None => Format::Xml,
        }
    }

    /// Returns the body, which is a form or nothing.
    fn form(&self) -> Result<&str, Fault> {
        if self.body.is_empty() {
            return Ok("");
        }
        let kind = self.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        let text = std::str::from_utf8(self.body).ok().filter(|_| kind.eq_ignore_ascii_case(FORM));
        text.ok_or_else(|| {
            let message = format!("The body of the request must be of the type {FORM}.");
            Fault::with_message(FaultCode::InvalidParameter, &message)
        })
    }

    /// Returns a header without which a request cannot be checked.
    fn require_header(&self, name: &str) -> Result<&str, Fault> {
        let value = self.headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
        value.filter(|value| !value.is_empty()).ok_or_else(|| {
            let message = format!("The header {name} is mandatory for processing this request.");
            Fault::with_message(FaultCode::MissingParameter, &message)
        })
    }
}

fn from_parameters(request: &Request<'_>, parameters: Parameters) -> Result<Presented, Fault> {
    let action = ActionName::read(parameters.require("Action")?, parameters.require("Version")?)?;
    let access_key_id = parameters.require("AccessKeyId")?;
    let signature = parameters.require(rpc::SIGNATURE)?;
    if parameters.require("SignatureMethod")? != rpc::METHOD
        || parameters.require("SignatureVersion")? != rpc::VERSION
        || parameters.get("SignatureType").is_some()
    {
        return Err(FaultCode::InvalidSignatureMethod.into());
    }
    Ok(Presented {
        access_key_id: bounded(access_key_id, "AccessKeyId", MAX_ACCESS_KEY_ID)?,
        security_token: parameters.get("SecurityToken").map(str::to_owned),
        nonce: bounded(parameters.require("SignatureNonce")?, "SignatureNonce", MAX_NONCE)?,
        at: time(parameters.require("Timestamp")?)?,
        signature: signature.to_owned(),
        covered: Covered::Rpc(rpc::string_to_sign(request.method.as_str(), &parameters)),
        action,
        parameters,
    })
}

fn from_header(request: &Request<'_>, form: &str, authorization: &str) -> Result<Presented, Fault> {
    let (algorithm, rest) = authorization.split_once(' ').unwrap_or((authorization, ""));
    if algorithm != acs3::ALGORITHM {
        let known = algorithm.starts_with(acs3::FAMILY);
        return Err(
            if known { FaultCode::InvalidSignatureMethod } else { FaultCode::IncompleteSignature }.into()
        );
    }
    let authorization = acs3::Authorization::parse(rest)?;
    authorization.check_coverage(request.headers)?;
    let body_sha256 = request.require_header(acs3::CONTENT_SHA256)?;
    if body_sha256 != sha256_hex(request.body) {
        let message = format!("The header {} is not the digest of the body.", acs3::CONTENT_SHA256);
        return Err(Fault::with_message(FaultCode::SignatureDoesNotMatch, &message));
    }
    let parameters = Parameters::parse(request.query, form)?;
    let query = Parameters::parse(request.query, "")?.canonical(None);
    let (method, names) = (request.method.as_str(), &authorization.signed_headers);
    let version = request.require_header("x-acs-version")?;
    let action = ActionName::read(request.require_header("x-acs-action")?, version)?;
    let token = request.headers.contains_key("x-acs-security-token");
    let token = if token { Some(request.require_header("x-acs-security-token")?) } else { None };
    let nonce = request.require_header("x-acs-signature-nonce")?;
    Ok(Presented {
        access_key_id: bounded(authorization.access_key_id, "Credential", MAX_ACCESS_KEY_ID)?,
        security_token: token.map(str::to_owned),
        nonce: bounded(nonce, "x-acs-signature-nonce", MAX_NONCE)?,
        at: time(request.require_header("x-acs-date")?)?,
        signature: authorization.signature.to_owned(),
        covered: Covered::Acs3(acs3::canonical_request(method, &query, request.headers, names, body_sha256)),
        action,
        parameters,
    })
}

fn bounded(value: &str, name: &str, most: usize) -> Result<String, Fault> {
    if value.len() <= most {
        return Ok(value.to_owned());
    }
    Err(Fault::with_message(FaultCode::InvalidParameter, &format!("The parameter {name} is too long.")))
}

fn time(text: &str) -> Result<Timestamp, Fault> {
    Timestamp::parse_iso8601(text).ok_or_else(|| FaultCode::TimestampFormat.into())
}

impl Presented {
    /// Returns the id of the key that the request is said to be signed with.
    #[must_use]
    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    /// Returns the token of a temporary key.
    #[must_use]
    pub fn security_token(&self) -> Option<&str> {
        self.security_token.as_deref()
    }

    /// Checks time and signature, and then the parameters of the action.
    ///
    /// # Errors
    /// `InvalidTimeStamp.Expired`, `SignatureDoesNotMatch` with what was signed here, or what is wrong with a parameter.
    pub fn verify(self, secret: &SecretKey, now: Timestamp) -> Result<Verified, Fault> {
        if (now.unix_millis() - self.at.unix_millis()).abs() > MAX_SKEW_MILLIS {
            return Err(FaultCode::TimestampExpired.into());
        }
        let (ours, shown) = match &self.covered {
            Covered::Rpc(text) => (rpc::signature(secret, text), text.as_str().into()),
            Covered::Acs3(canonical) => {
                let text = acs3::string_to_sign(canonical);
                (acs3::signature(secret, &text), String::from_utf8_lossy(canonical))
            }
        };
        if equal(&ours, &self.signature) {
            let action = self.action.with(&self.parameters)?;
            return Ok(Verified { action, nonce: self.nonce, at: self.at });
        }
        let message = FaultCode::SignatureDoesNotMatch.message();
        let message = format!("{message} server string to sign is:{shown}");
        Err(Fault::with_message(FaultCode::SignatureDoesNotMatch, &message))
    }
}
