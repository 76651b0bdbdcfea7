//! Condition keys: those that OSS and RAM name.

use crate::error::{PolicyError, echo};

/// A condition key. The case of its letters does not matter, except in the key of a tag.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Key {
    /// `acs:SourceIp`: the address of the client.
    SourceIp,
    /// `acs:SourceVpc`, `acs:SourceVpcId`: the private network that the request comes from.
    SourceVpc,
    /// `acs:SourceVpcIp`, `acs:VpcSourceIp`: the address of the client in that network.
    SourceVpcIp,
    /// `acs:CurrentTime`: when the request arrived.
    CurrentTime,
    /// `acs:SecureTransport`: whether it came by HTTPS.
    SecureTransport,
    /// `acs:MFAPresent`: whether a second factor was used at the log-in.
    MfaPresent,
    /// `acs:UserAgent`: the header.
    UserAgent,
    /// `acs:Referer`: the header.
    Referer,
    /// `acs:AccessId`: the access key id of the request.
    AccessId,
    /// `oss:Prefix`: of a listing.
    Prefix,
    /// `oss:Delimiter`: of a listing.
    Delimiter,
    /// `oss:x-oss-acl`: the bucket ACL that the request sets.
    BucketAcl,
    /// `oss:x-oss-object-acl`: the object ACL that the request sets.
    ObjectAcl,
    /// `oss:BucketTag/<key>`: the value of a tag of the bucket.
    BucketTag(Box<str>),
    /// `oss:ExistingObjectTag/<key>`: the value of a tag that the object has.
    ExistingObjectTag(Box<str>),
    /// `oss:RequestObjectTag/<key>`: the value of a tag that the request gives.
    RequestObjectTag(Box<str>),
    /// `oss:TLSVersion`: `1.2` or `1.3`.
    TlsVersion,
    /// `oss:ContentLength`: the length of the request's body.
    ContentLength,
    /// `oss:VersionId`: the version that the request names.
    VersionId,
    /// A key that RAM, OSS or another service has, and no request here has a value for.
    Other(Box<str>),
}

/// Keys of one value, in lower case.
const KEYS: [(&str, Key); 23] = [
    ("acs:sourceip", Key::SourceIp),
    ("acs:sourcevpc", Key::SourceVpc),
    ("acs:sourcevpcid", Key::SourceVpc),
    ("acs:sourcevpcip", Key::SourceVpcIp),
    ("acs:vpcsourceip", Key::SourceVpcIp),
    ("acs:currenttime", Key::CurrentTime),
    ("acs:securetransport", Key::SecureTransport),
    ("acs:mfapresent", Key::MfaPresent),
    ("acs:useragent", Key::UserAgent),
    ("oss:useragent", Key::UserAgent),
    ("acs:referer", Key::Referer),
    ("oss:referer", Key::Referer),
    ("acs:accessid", Key::AccessId),
    ("oss:prefix", Key::Prefix),
    ("oss:delimiter", Key::Delimiter),
    ("oss:x-oss-acl", Key::BucketAcl),
    ("oss:x-oss-object-acl", Key::ObjectAcl),
    ("oss:tlsversion", Key::TlsVersion),
    ("acs:tlsversion", Key::TlsVersion),
    ("oss:contentlength", Key::ContentLength),
    ("acs:contentlength", Key::ContentLength),
    ("oss:versionid", Key::VersionId),
    ("acs:versionid", Key::VersionId),
];

type KeyOfTag = fn(Box<str>) -> Key;

/// Keys with the key of a tag behind a slash.
const TAGS: [(&str, KeyOfTag); 3] = [
    ("oss:buckettag/", Key::BucketTag),
    ("oss:existingobjecttag/", Key::ExistingObjectTag),
    ("oss:requestobjecttag/", Key::RequestObjectTag),
];

/// What RAM and OSS have besides, and nothing here has a value for.
const WITHOUT_VALUE: [&str; 11] = [
    "acs:principalarn",
    "acs:principalrdid",
    "acs:resourcegroupid",
    "acs:service",
    "acs:tagkeys",
    "acs:requesttag/",
    "acs:resourcetag/",
    "oss:object-remaining-retention-days",
    "oss:dataaccesspointarn",
    "oss:accesspointnetworkorigin",
    "oss:dataaccesspointaccount",
];

impl Key {
    /// Reads a key. A misspelled one would make a condition that is never, or always, met.
    ///
    /// # Errors
    /// [`PolicyError`] for one that neither OSS nor RAM has.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let lower = text.to_ascii_lowercase();
        if let Some((_, key)) = KEYS.iter().find(|(name, _)| *name == lower) {
            return Ok(key.clone());
        }
        for (name, tag) in TAGS {
            match text.get(name.len()..).filter(|_| lower.starts_with(name)) {
                Some("") => {
                    return Err(PolicyError::invalid("", format!("{} lacks the key of the tag", echo(text))));
                }
                Some(key) => return Ok(tag(key.into())),
                None => {}
            }
        }
        let is_listed = |name: &&str| lower == *name || (name.ends_with('/') && lower.starts_with(*name));
        if WITHOUT_VALUE.iter().any(is_listed) {
            return Ok(Self::Other(text.into()));
        }
        match lower.split_once(':') {
            Some((service, name))
                if !service.is_empty() && !name.is_empty() && !matches!(service, "oss" | "acs") =>
            {
                Ok(Self::Other(text.into()))
            }
            _ => Err(PolicyError::invalid("", format!("{} is no condition key", echo(text)))),
        }
    }
}
