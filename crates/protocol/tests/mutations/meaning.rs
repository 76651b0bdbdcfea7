//! What a verified request means: everything that may be acted upon and that its signature covers.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use ossicle_protocol::sign::{CanonicalRequest, Client, Identified, Scope, SignedRequest, claim};
use ossicle_protocol::{Addressing, Error, ErrorCode, Operation, Query, SecretKey, Target, route};

use crate::signing::{DOMAIN, ID, SECRET, Way, Wire, now};

/// Parameters that version 1 does not cover, as OSS has it: where a listing begins and how long it is, and what some SDK
/// sends unsigned because its list does not know it.
const FREE_IN_V1: [&str; 17] = [
    "prefix",
    "marker",
    "max-keys",
    "delimiter",
    "encoding-type",
    "list-type",
    "start-after",
    "fetch-owner",
    "key-marker",
    "upload-id-marker",
    "version-id-marker",
    "max-uploads",
    "max-parts",
    "part-number-marker",
    "continuation-token",
    "x-oss-traffic-limit",
    "x-oss-request-payer",
];

/// Parameters that nothing acts upon, or that carry the signature itself.
const WITHOUT_MEANING: [&str; 8] =
    ["OSSAccessKeyId", "Expires", "Signature", "x-oss-signature", "unheard-of", "a", "B", "x-oss-unheard-of"];

/// Names that select or change an operation, wherever they come from: those of the table, and these.
pub(crate) static ACTING: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let mut names = vec![
        "callback",
        "callback-var",
        "partNumber",
        "position",
        "response-content-type",
        "response-expires",
        "restore",
        "security-token",
        "sequential",
        "symlink",
        "versionId",
        "website",
        "x-oss-ac-vpc-id",
        "x-oss-callback",
    ];
    let selectors = Operation::ALL.into_iter().flat_map(|operation| operation.pattern().query);
    names.extend(selectors.map(|(name, _)| name));
    names.sort_unstable();
    names.dedup();
    names
});

/// A verified request, as far as its signature covers it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Meaning {
    method: Method,
    target: String,
    operation: Result<&'static str, String>,
    /// For each name the value that acts, and all of them.
    query: BTreeMap<String, (String, Vec<String>)>,
    headers: BTreeMap<String, Vec<Vec<u8>>>,
}

impl Meaning {
    /// Verifies a request as the server does, in every reading of its address.
    ///
    /// # Errors
    /// Why it does not verify.
    pub(crate) fn of(wire: &Wire, way: Way) -> Result<Self, String> {
        let method = Method::from_bytes(wire.method.as_bytes()).map_err(|error| error.to_string())?;
        let query = Query::parse(&wire.query.join("&")).map_err(|error| error.to_string())?;
        let mut headers = HeaderMap::new();
        for (name, value) in &wire.headers {
            let name = HeaderName::try_from(name).map_err(|error| error.to_string())?;
            // The HTTP parser takes the blanks around a value away.
            let value = HeaderValue::try_from(value.trim_matches([' ', '\t'])).map_err(|e| e.to_string())?;
            headers.append(name, value);
        }
        let addressing = Addressing::new(vec![DOMAIN.to_owned()], Vec::new());
        let host = headers.get("host").and_then(|host| host.to_str().ok());
        let targets = [addressing.resolve(host, &wire.path).ok(), addressing.alternative(host, &wire.path)];
        let mut refusal = "no target".to_owned();
        for target in targets.into_iter().flatten().map(|addressed| addressed.target) {
            let asked = SignedRequest { method: &method, target: &target, query: &query, headers: &headers };
            match identified(&asked) {
                Ok(Identified { signed: None, .. }) => return Err("anonymous".to_owned()),
                Ok(identified) => return Ok(Self::signed(&method, &identified, wire, way)),
                Err(error) => refusal = format!("{error} {:?}", error.details().collect::<Vec<_>>()),
            }
        }
        Err(refusal)
    }

    fn signed(method: &Method, identified: &Identified<'_>, wire: &Wire, way: Way) -> Self {
        let request = &identified.request;
        let counts = |name: &str| counts(name, method, way);
        let pairs: Vec<(&str, &str)> = request.query.iter().filter(|(name, _)| counts(name)).collect();
        let acted = Query::from_pairs(pairs.clone());
        let mut query: BTreeMap<String, (String, Vec<String>)> = BTreeMap::new();
        for (name, value) in pairs {
            let entry = query.entry(name.to_owned()).or_insert_with(|| (value.to_owned(), Vec::new()));
            entry.1.push(value.to_owned());
            entry.1.sort();
        }
        let mut headers: BTreeMap<String, Vec<Vec<u8>>> = BTreeMap::new();
        let mut covered_headers = HeaderMap::new();
        for (header, value) in request.headers.iter() {
            let name = header.as_str();
            let covered = name.starts_with("x-oss-") && !(way.is_v1() && name == "x-oss-hash-sha1");
            if covered
                || ["content-md5", "content-type"].contains(&name)
                || wire.additional.iter().any(|a| a == name)
            {
                headers.entry(name.to_owned()).or_default().push(value.as_bytes().to_vec());
                covered_headers.append(header, value.clone());
            }
        }
        // That a header without a value was signed or not makes no difference to the older versions' lines.
        headers.retain(|name, values| !(is_plain(name) && values.iter().all(Vec::is_empty)));
        let operation = route(method, request.target, &acted, &covered_headers);
        Self {
            method: method.clone(),
            target: shown(request.target),
            operation: operation
                .map(|operation| operation.name())
                .map_err(|refused| refused.error.to_string()),
            query,
            headers,
        }
    }
}

/// Headers whose absence is signed as an empty line.
fn is_plain(name: &str) -> bool {
    name == "content-md5" || name == "content-type"
}

fn identified<'a>(asked: &SignedRequest<'a>) -> Result<Identified<'a>, Error> {
    let secret = SecretKey::new(SECRET);
    let client = Client { ip: [127, 0, 0, 1].into(), forwarded: false };
    let Some(claim) = claim(asked)? else {
        return Ok(Identified { request: CanonicalRequest::unsigned(asked), signed: None });
    };
    if claim.presented().access_key_id() != ID || claim.presented().security_token().is_some() {
        return Err(Error::new(ErrorCode::InvalidAccessKeyId));
    }
    claim.verify(&secret, client, now(), &Scope::default())
}

/// Whether the signature has to cover a parameter of this name, seen with the eyes of whoever acts upon it.
fn counts(name: &str, method: &Method, way: Way) -> bool {
    if !way.is_v1() {
        return name != "x-oss-signature";
    }
    let processed_on_the_way_out =
        name == "x-oss-process" && (method == Method::GET || method == Method::HEAD);
    ACTING.contains(&name)
        && !processed_on_the_way_out
        && !FREE_IN_V1.contains(&name)
        && !WITHOUT_MEANING.contains(&name)
}

fn shown(target: &Target) -> String {
    match target {
        Target::Service => "service".to_owned(),
        Target::Bucket(bucket) => format!("bucket {bucket}"),
        Target::Object(bucket, key) => format!("object {bucket} {key}"),
    }
}
