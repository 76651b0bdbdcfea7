//! Signing: by the crate's own signer for versions 1 and 4, whose vectors are tested elsewhere, and by the manual's text for
//! version 2. What comes out is a request as it goes over the wire.

use std::fmt;

use base64::Engine as _;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{HeaderMap, HeaderName, HeaderValue};
use ossicle_protocol::sign::Signer;
use ossicle_protocol::{Addressing, Query, SecretKey, Target, Timestamp, percent_encode};
use sha2::Sha256;

use crate::random::Random;
use crate::requests::Plain;

pub(crate) const ID: &str = "id";
pub(crate) const SECRET: &str = "a secret of some length";
/// Where hosts name a bucket.
pub(crate) const DOMAIN: &str = "oss.test";

pub(crate) fn now() -> Timestamp {
    Timestamp::from_unix_seconds(1_700_000_000)
}

/// How a request is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    HeaderV1,
    UrlV1,
    HeaderV2,
    UrlV2,
    HeaderV4,
    UrlV4,
}

impl Way {
    pub(crate) const ALL: [Self; 6] =
        [Self::HeaderV1, Self::UrlV1, Self::HeaderV2, Self::UrlV2, Self::HeaderV4, Self::UrlV4];

    pub(crate) fn is_v1(self) -> bool {
        matches!(self, Self::HeaderV1 | Self::UrlV1)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::HeaderV1 => "V1 header",
            Self::UrlV1 => "V1 URL",
            Self::HeaderV2 => "V2 header",
            Self::UrlV2 => "V2 URL",
            Self::HeaderV4 => "V4 header",
            Self::UrlV4 => "V4 URL",
        }
    }
}

/// A request as it goes over the wire: everything still encoded.
#[derive(Clone, Debug)]
pub(crate) struct Wire {
    pub(crate) method: String,
    pub(crate) path: String,
    /// The pieces between `&`.
    pub(crate) query: Vec<String>,
    pub(crate) headers: Vec<(String, String)>,
    /// The headers that the signature covers besides the usual ones.
    pub(crate) additional: Vec<String>,
}

impl fmt::Display for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} {}?{}", self.method, self.path, self.query.join("&"))?;
        self.headers.iter().try_for_each(|(name, value)| writeln!(f, "{name}: {value:?}"))
    }
}

/// Signs a request.
pub(crate) fn sign(plain: &Plain, way: Way, random: &mut Random) -> Wire {
    let (host, path) = address(plain, random);
    let mut headers = HeaderMap::new();
    headers.insert("host", HeaderValue::try_from(host).unwrap());
    for (name, value) in &plain.headers {
        headers.append(HeaderName::try_from(name).unwrap(), HeaderValue::try_from(value).unwrap());
    }
    let candidates = ["cache-control", "host", "if-match", "range"];
    let additional: Vec<&str> = candidates
        .into_iter()
        .filter(|name| !way.is_v1() && headers.contains_key(*name) && random.once_in(3))
        .collect();
    let target = Addressing::default().resolve(None, &plain.path()).unwrap().target;
    let mut query = Query::from_pairs(plain.query.clone());
    let signer = Signer::new(ID, SecretKey::new(SECRET), "cn-hangzhou");
    match way {
        Way::HeaderV1 => {
            signer.sign_v1_header(&plain.method, &target, &query, &mut headers, now()).unwrap();
        }
        Way::UrlV1 => {
            let end = Timestamp::from_unix_seconds(now().unix_seconds() + 60);
            query = signer.presign_v1(&plain.method, &target, query, &headers, end);
        }
        Way::HeaderV2 => v2_header(plain, &target, &mut headers, &additional),
        Way::UrlV2 => query = v2_url(plain, &target, &headers, &additional),
        Way::HeaderV4 => {
            let all = &additional;
            signer.sign_v4_header(&plain.method, &target, &query, &mut headers, all, now()).unwrap();
        }
        Way::UrlV4 => {
            query = signer.presign_v4(&plain.method, &target, query, &headers, &additional, now(), 60);
        }
    }
    let piece = |(name, value): (&str, &str)| match value {
        "" => percent_encode(name),
        value => format!("{}={}", percent_encode(name), percent_encode(value)),
    };
    let text = |value: &HeaderValue| value.to_str().unwrap().to_owned();
    Wire {
        method: plain.method.to_string(),
        path,
        query: query.iter().map(piece).collect(),
        headers: headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
        additional: additional.into_iter().map(str::to_owned).collect(),
    }
}

/// Host and path: the bucket in the path, in the host, or in both as one SDK has it.
fn address(plain: &Plain, random: &mut Random) -> (String, String) {
    let in_host = |domain: &str| format!("{}.{domain}", plain.bucket);
    match random.below(3) {
        _ if plain.bucket.is_empty() => (DOMAIN.to_owned(), plain.path()),
        0 => ("127.0.0.1:9000".to_owned(), plain.path()),
        1 => (in_host(DOMAIN), plain.path().replacen(&format!("/{}", plain.bucket), "", 1)),
        _ => (in_host("oss-cn-hangzhou.aliyuncs.com"), plain.path()),
    }
}

fn v2_header(plain: &Plain, target: &Target, headers: &mut HeaderMap, additional: &[&str]) {
    headers.insert("x-oss-date", HeaderValue::try_from(now().http_date()).unwrap());
    let signature = v2_signature(plain, target, &plain.query, headers, additional, &now().http_date());
    let names = match additional.join(";") {
        names if names.is_empty() => names,
        names => format!("AdditionalHeaders:{names},"),
    };
    let value = format!("OSS2 AccessKeyId:{ID},{names}Signature:{signature}");
    headers.insert("authorization", HeaderValue::try_from(value).unwrap());
}

fn v2_url(plain: &Plain, target: &Target, headers: &HeaderMap, additional: &[&str]) -> Query {
    let expires = (now().unix_seconds() + 60).to_string();
    let mut pairs = plain.query.clone();
    let mut push = |name: &str, value: String| pairs.push((name.to_owned(), value));
    push("x-oss-signature-version", "OSS2".to_owned());
    push("x-oss-expires", expires.clone());
    push("x-oss-access-key-id", ID.to_owned());
    if !additional.is_empty() {
        push("x-oss-additional-headers", additional.join(";"));
    }
    let signature = v2_signature(plain, target, &pairs, headers, additional, &expires);
    pairs.push(("x-oss-signature".to_owned(), signature));
    Query::from_pairs(pairs)
}

fn v2_signature(
    plain: &Plain,
    target: &Target,
    query: &[(String, String)],
    headers: &HeaderMap,
    additional: &[&str],
    date: &str,
) -> String {
    let joined = |name: &str| {
        let values = headers.get_all(name).iter().map(|value| value.to_str().unwrap().trim());
        values.collect::<Vec<_>>().join(",")
    };
    let mut names: Vec<&str> = headers
        .keys()
        .map(HeaderName::as_str)
        .filter(|name| name.starts_with("x-oss-") || additional.contains(name))
        .collect();
    names.sort_unstable();
    let lines: String = names.iter().map(|name| format!("{name}:{}\n", joined(name))).collect();
    let mut pairs: Vec<String> = query
        .iter()
        .map(|(name, value)| match value.as_str() {
            "" => percent_encode(name),
            value => format!("{}={}", percent_encode(name), percent_encode(value)),
        })
        .collect();
    pairs.sort_by_key(|pair| {
        pair.split_once('=')
            .map_or((pair.clone(), String::new()), |(name, value)| (name.to_owned(), value.to_owned()))
    });
    let resource = match target {
        Target::Service => "/".to_owned(),
        Target::Bucket(bucket) => format!("/{bucket}/"),
        Target::Object(bucket, key) => format!("/{bucket}/{key}"),
    };
    let mark = if pairs.is_empty() { "" } else { "?" };
    let text = format!(
        "{}\n{}\n{}\n{date}\n{lines}{}\n{}{mark}{}",
        plain.method,
        joined("content-md5"),
        joined("content-type"),
        additional.join(";"),
        percent_encode(&resource),
        pairs.join("&"),
    );
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(text.as_bytes());
    base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes())
}
