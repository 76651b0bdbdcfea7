//! Which bucket and object a request means, from its `Host` header and its path. Every spelling the official
//! SDKs use leads to the same target; what is done with the target is not decided here.

use std::net::IpAddr;

use crate::query::{decode_form, percent_encode_location};
use crate::{BucketName, Error, ObjectKey};

/// Endpoint names that carry a bucket in front without any configuration.
const BUILT_IN_DOMAINS: [&str; 1] = ["localhost"];
/// The cloud's own domain: clients that were given an IP address still send it as `Host`.
const CLOUD_SUFFIX: &str = ".aliyuncs.com";
/// What one SDK writes in place of a bucket when it asks for the service.
const NO_BUCKET: &str = "undefined";

/// What a request is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// The account as a whole.
    Service,
    /// A bucket.
    Bucket(BucketName),
    /// An object, existing or not.
    Object(BucketName, ObjectKey),
}

impl Target {
    /// Returns the bucket, if there is one.
    #[must_use]
    pub fn bucket(&self) -> Option<&BucketName> {
        match self {
            Self::Service => None,
            Self::Bucket(bucket) | Self::Object(bucket, _) => Some(bucket),
        }
    }

    /// Returns the object key, if there is one.
    #[must_use]
    pub fn key(&self) -> Option<&ObjectKey> {
        match self {
            Self::Service | Self::Bucket(_) => None,
            Self::Object(_, key) => Some(key),
        }
    }
}

/// How a request says which bucket it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressStyle {
    /// By the beginning of its path: `endpoint/bucket/key`.
    Path,
    /// By its host: `bucket.endpoint/key`.
    VirtualHost,
    /// By a host that stands for one bucket.
    CustomDomain,
}

/// A target and how it was addressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addressed {
    /// What the request is about.
    pub target: Target,
    /// Where the bucket's name came from.
    pub style: AddressStyle,
}

impl AddressStyle {
    /// Makes the URL of an object as a client that addresses it so would write it; without a host, the path alone.
    #[must_use]
    pub fn url_of(self, scheme: &str, host: &str, bucket: &BucketName, key: &str) -> String {
        let origin = if host.is_empty() { String::new() } else { format!("{scheme}://{host}") };
        let key = percent_encode_location(key);
        match self {
            Self::Path => format!("{origin}/{}/{key}", bucket.as_str()),
            Self::VirtualHost | Self::CustomDomain => format!("{origin}/{key}"),
        }
    }
}

/// The names this server answers to.
#[derive(Clone, Debug, Default)]
pub struct Addressing {
    domains: Vec<String>,
    custom: Vec<(String, BucketName)>,
}

impl Addressing {
    /// Takes the domains of the server: `domains` carry a bucket in front (`bucket.domain`) or none (`domain`,
    /// bucket in the path); `custom` domains stand for one bucket each.
    #[must_use]
    pub fn new(domains: Vec<String>, custom: Vec<(String, BucketName)>) -> Self {
        let normal = |name: String| name.trim_matches('.').to_ascii_lowercase();
        Self {
            domains: domains.into_iter().map(normal).collect(),
            custom: custom.into_iter().map(|(name, bucket)| (normal(name), bucket)).collect(),
        }
    }

    /// Reads the target from the `Host` header and the path as it came, still percent-encoded.
    ///
    /// # Errors
    /// `InvalidBucketName`, `InvalidObjectName`, or `InvalidArgument` for a path that is not UTF-8.
    pub fn resolve(&self, host: Option<&str>, raw_path: &str) -> Result<Addressed, Error> {
        // A literal plus is always sent as %2B by the SDKs, and one of them writes spaces as plus.
        let path = decode_form(raw_path)?;
        match self.bucket_of_host(host)? {
            Some((bucket, style)) => {
                Ok(Addressed { target: bucket_and_key(bucket, after_slash(&path))?, style })
            }
            None => path_style(&path),
        }
    }

    /// Returns the other reading of a request whose `Host` names a bucket *and* whose path begins with the same
    /// bucket.
    ///
    /// One SDK, given an IP address and told to put buckets into paths, does both. The signature covers the bucket and
    /// the key, so it tells which of the two readings is meant: it cannot fit both.
    #[must_use]
    pub fn alternative(&self, host: Option<&str>, raw_path: &str) -> Option<Addressed> {
        let (bucket, _style) = self.bucket_of_host(host).ok()??;
        let path = decode_form(raw_path).ok()?;
        let addressed = path_style(&path).ok()?;
        (addressed.target.bucket() == Some(&bucket)).then_some(addressed)
    }

    /// Returns the bucket a `Host` header names by itself.
    fn bucket_of_host(&self, host: Option<&str>) -> Result<Option<(BucketName, AddressStyle)>, Error> {
        let Some(host) = host.map(host_name).filter(|host| !host.is_empty()) else { return Ok(None) };
        if let Some((_, bucket)) = self.custom.iter().find(|(name, _)| *name == host) {
            return Ok(Some((bucket.clone(), AddressStyle::CustomDomain)));
        }
        let domains = self.domains.iter().map(String::as_str).chain(BUILT_IN_DOMAINS);
        let longest_first = domains
            .filter_map(|domain| host.strip_suffix(domain).map(|front| (domain.len(), front)))
            .filter(|(_, front)| front.is_empty() || front.ends_with('.'))
            .max_by_key(|(length, _)| *length);
        if let Some((_, front)) = longest_first {
            return front_bucket(front.trim_end_matches('.'));
        }
        if host.parse::<IpAddr>().is_ok() {
            return Ok(None);
        }
        match host.strip_suffix(CLOUD_SUFFIX).and_then(before_cloud_endpoint) {
            Some(bucket) => front_bucket(bucket),
            None => Ok(None),
        }
    }
}

/// Returns what stands before the endpoint, which is one label (`oss-cn-hangzhou`), or three for a cloud box.
fn before_cloud_endpoint(front: &str) -> Option<&str> {
    const CLOUD_BOX: [&str; 2] = ["oss-cloudbox", "oss-cloudbox-control"];
    let (bucket, endpoint) = front.rsplit_once('.')?;
    if !CLOUD_BOX.contains(&endpoint) {
        return Some(bucket);
    }
    let (bucket, _region) = bucket.rsplit_once('.')?;
    bucket.rsplit_once('.').map(|(bucket, _box)| bucket)
}

fn front_bucket(front: &str) -> Result<Option<(BucketName, AddressStyle)>, Error> {
    if front.is_empty() || front == NO_BUCKET {
        return Ok(None);
    }
    BucketName::parse(front).map(|bucket| Some((bucket, AddressStyle::VirtualHost)))
}

/// Returns the host without port, brackets and final dot, in lower case.
fn host_name(host: &str) -> String {
    let host = host.trim();
    let name = match host.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name.trim_end_matches('.').to_ascii_lowercase()
}

/// Splits on the *decoded* path: one SDK encodes the separator between bucket and key.
fn path_style(path: &str) -> Result<Addressed, Error> {
    let style = AddressStyle::Path;
    if path.bytes().all(|byte| byte == b'/') {
        return Ok(Addressed { target: Target::Service, style });
    }
    let path = after_slash(path);
    let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
    Ok(Addressed { target: bucket_and_key(BucketName::parse(bucket)?, key)?, style })
}

fn bucket_and_key(bucket: BucketName, key: &str) -> Result<Target, Error> {
    // No key consists of slashes alone, and some SDKs send more of them than needed.
    if key.bytes().all(|byte| byte == b'/') {
        return Ok(Target::Bucket(bucket));
    }
    Ok(Target::Object(bucket, ObjectKey::to_look_up(key)?))
}

/// Returns the path without its first slash; further ones belong to the key.
fn after_slash(path: &str) -> &str {
    path.strip_prefix('/').unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::{Addressed, Addressing, Target};
    use crate::{BucketName, ErrorCode};
    use proptest::prelude::{any, proptest};

    fn addressing() -> Addressing {
        Addressing::new(
            vec!["oss.example.com".into(), "example.com".into()],
            vec![("CDN.example.org".into(), BucketName::parse("assets").unwrap())],
        )
    }

    fn shown(target: &Target) -> String {
        match target {
            Target::Service => "service".into(),
            Target::Bucket(bucket) => format!("{bucket}"),
            Target::Object(bucket, key) => format!("{bucket} {key}"),
        }
    }

    #[test]
    fn paths() {
        let check = |path: &str, expected: &str| {
            for host in
                [None, Some("127.0.0.1:9000"), Some("[::1]:9000"), Some("localhost:9000"), Some("nas")]
            {
                assert_eq!(
                    shown(&addressing().resolve(host, path).unwrap().target),
                    expected,
                    "{host:?} {path:?}"
                );
            }
        };
        check("", "service");
        check("/", "service");
        check("//", "service"); // C++
        check("///", "service"); // C#
        check("/bucket", "bucket"); // C, iOS
        check("/bucket/", "bucket"); // PHP, C#, Python 2
        check("/bucket//", "bucket");
        check("/bucket/a/b.txt", "bucket a/b.txt");
        check("/bucket/a%2Fb.txt", "bucket a/b.txt"); // Go 1, Python
        check("/bucket%2Fa%2Fb.txt", "bucket a/b.txt"); // C
        check("/bucket/a+b%2Bc%20d", "bucket a b+c d"); // Ruby
        check("/bucket/dir/", "bucket dir/");
        check("/bucket/a//b", "bucket a//b");
        check("/bucket/../a/./b", "bucket ../a/./b");
        check("/bucket/a%3Fb%23c", "bucket a?b#c");
        check("/bucket/%E9%94%AE%01", "bucket 键\u{1}");
    }

    #[test]
    fn hosts() {
        let check = |host: &str, path: &str, expected: &str| {
            assert_eq!(
                shown(&addressing().resolve(Some(host), path).unwrap().target),
                expected,
                "{host:?} {path:?}"
            );
        };
        check("bucket.localhost:9000", "/a/b", "bucket a/b");
        check("Bucket.LocalHost.", "/", "bucket");
        check("oss.example.com", "/bucket/a", "bucket a");
        check("bucket.oss.example.com:80", "/a", "bucket a");
        check("bucket.oss.example.com", "/bucket/a", "bucket bucket/a");
        check("bucket.example.com", "/a", "bucket a");
        check("bucketoss.example.com", "/a", "bucketoss a");
        check("notexample.com", "/bucket/a", "bucket a");
        check("cdn.example.org:8080", "/a", "assets a");
        check("oss-cn-hangzhou.aliyuncs.com", "/bucket/a", "bucket a");
        check("bucket.oss-cn-hangzhou.aliyuncs.com", "/a", "bucket a");
        check("bucket.oss-cn-hangzhou-internal.aliyuncs.com", "/%2e%2E/a", "bucket ../a");
        check("bucket.cn-hangzhou.aliyuncs.com", "/", "bucket"); // Node.js with an IP
        check("undefined.oss-cn-hangzhou.aliyuncs.com", "/", "service"); // Node.js with an IP
        check("undefined.oss-cn-hangzhou.aliyuncs.com", "/bucket/", "bucket"); // the same, buckets in paths
        check("10.0.0.7", "/bucket/a", "bucket a");
        check("cb-1.cn-heyuan.oss-cloudbox.aliyuncs.com", "/bucket/a", "bucket a");
        check("bucket.cb-1.cn-heyuan.oss-cloudbox.aliyuncs.com", "/a", "bucket a");
    }

    #[test]
    fn urls_of_objects() {
        let check = |host: &str, path: &str, expected: &str| {
            let Addressed { target, style } = addressing().resolve(Some(host), path).unwrap();
            let url = style.url_of("http", host, target.bucket().unwrap(), "a b/~k+\u{952e}");
            assert_eq!(url, expected, "{host:?} {path:?}");
        };
        let key = "a%20b/%7Ek%2B%E9%94%AE";
        check("127.0.0.1:9000", "/bucket/", &format!("http://127.0.0.1:9000/bucket/{key}"));
        check("bucket.localhost:9000", "/", &format!("http://bucket.localhost:9000/{key}"));
        check("cdn.example.org", "/", &format!("http://cdn.example.org/{key}"));
        // A name that nobody configured is the endpoint, even if it begins like the bucket.
        check("bucket.internal.lan", "/bucket/", &format!("http://bucket.internal.lan/bucket/{key}"));
        check(
            "undefined.oss-cn-hangzhou.aliyuncs.com",
            "/bucket/",
            &format!("http://undefined.oss-cn-hangzhou.aliyuncs.com/bucket/{key}"),
        );
        check("", "/bucket/", &format!("/bucket/{key}"));
    }

    #[test]
    fn refusals() {
        let check = |host: &str, path: &str, expected: ErrorCode| {
            assert_eq!(addressing().resolve(Some(host), path).unwrap_err().code(), expected, "{host} {path}");
        };
        check("localhost", "/Bucket/a", ErrorCode::InvalidBucketName);
        check("localhost", "//bucket/a", ErrorCode::InvalidBucketName);
        check("localhost", "/..%2f..%2fetc/passwd", ErrorCode::InvalidBucketName);
        check("a.b.localhost", "/a", ErrorCode::InvalidBucketName);
        check("bucket.bucket.oss-cn-hangzhou.aliyuncs.com", "/a", ErrorCode::InvalidBucketName);
        check("localhost", "/bucket/a%00b", ErrorCode::InvalidObjectName);
        check("bucket.localhost", &format!("/{}", "k".repeat(1024)), ErrorCode::InvalidObjectName);
        check("localhost", "/bucket/%FF", ErrorCode::InvalidArgument);
    }

    #[test]
    fn a_bucket_in_both_places_has_two_readings() {
        let check = |host: &str, path: &str, expected: Option<&str>| {
            let other = addressing().alternative(Some(host), path);
            assert_eq!(other.map(|other| shown(&other.target)).as_deref(), expected, "{host} {path}");
        };
        check("bucket.oss-cn-hangzhou.aliyuncs.com", "/bucket/a/b", Some("bucket a/b"));
        check("bucket.oss-cn-hangzhou.aliyuncs.com", "/bucket/", Some("bucket"));
        check("bucket.oss-cn-hangzhou.aliyuncs.com", "/other/a", None);
        check("127.0.0.1", "/bucket/a", None);
    }

    proptest! {
        #[test]
        fn resolving_never_panics(host in any::<String>(), path in any::<String>()) {
            let _ = addressing().resolve(Some(&host), &path);
            let _ = addressing().alternative(Some(&host), &path);
        }
    }
}
