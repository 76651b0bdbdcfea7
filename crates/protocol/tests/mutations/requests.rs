//! Requests to sign: one for each operation, as the table of operations has it, and those of the rows here, with random
//! additions.

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use ossicle_protocol::{Addressing, Level, Operation, Query, route};

use crate::random::Random;
use crate::signing::Way;

/// A request that nobody has signed yet. The resource and the query are decoded.
#[derive(Clone, Debug)]
pub(crate) struct Plain {
    pub(crate) method: Method,
    pub(crate) bucket: &'static str,
    pub(crate) key: Option<String>,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: Vec<(String, String)>,
}

/// Method, whether there is a bucket and a key, query, header.
type Row =
    (&'static str, Level, &'static [(&'static str, &'static str)], &'static [(&'static str, &'static str)]);

use Level::{Bucket, Object, Service};

const COPY: &[(&str, &str)] = &[("x-oss-copy-source", "/other/source")];
const PART: &[(&str, &str)] = &[("partNumber", "3"), ("uploadId", "0004B9894A22E5B1888A1E29F8236E2D")];
const UPLOAD: &[(&str, &str)] = &[("uploadId", "0004B9894A22E5B1888A1E29F8236E2D")];

/// What is not built, and requests with more than their operation needs.
const ROWS: &[Row] = &[
    ("GET", Service, &[("prefix", "a"), ("max-keys", "7")], &[]),
    ("PUT", Bucket, &[], &[("x-oss-acl", "private")]),
    ("GET", Bucket, &[("prefix", "a/"), ("delimiter", "/"), ("marker", "b c"), ("max-keys", "3")], &[]),
    ("GET", Bucket, &[("list-type", "2"), ("start-after", "x"), ("continuation-token", "dG9rZW4=")], &[]),
    ("PUT", Bucket, &[("acl", "")], &[("x-oss-acl", "public-read")]),
    ("GET", Bucket, &[("uploads", ""), ("key-marker", "k")], &[]),
    ("POST", Bucket, &[("delete", "")], &[("content-md5", "ODBGOERFMDMzQTczRUY3NUE3NzA5QzdFNUYzMDQxNEM=")]),
    ("DELETE", Bucket, &[("tagging", "k1,k2")], &[]),
    ("PUT", Bucket, &[("website", "")], &[]),
    ("PUT", Object, &[], &[("content-type", "text/plain")]),
    ("PUT", Object, &[], &[("x-oss-object-acl", "private"), ("x-oss-callback", "e30=")]),
    ("PUT", Object, &[("callback", "e30="), ("callback-var", "eyJ4OmEiOiIxIn0=")], &[]),
    ("PUT", Object, &[], COPY),
    ("GET", Object, &[("response-content-type", "text/html"), ("response-expires", "a b")], &[]),
    ("GET", Object, &[("x-oss-process", "image/resize,w_1")], &[]),
    (
        "GET",
        Object,
        &[("versionId", "CAEQARiBgID8rumR2hYiIGUyOTAyZGY2MzU5MjQ5ZjlhYzQzZjNlYTAyZDE3MDRk")],
        &[],
    ),
    ("GET", Object, &[("objectMeta", "")], &[]),
    ("PUT", Object, &[("acl", "")], &[("x-oss-object-acl", "private")]),
    ("POST", Object, &[("append", ""), ("position", "0")], &[]),
    ("PUT", Object, PART, &[]),
    ("PUT", Object, PART, COPY),
    ("POST", Object, UPLOAD, &[]),
    ("POST", Object, UPLOAD, &[("x-oss-callback", "e30="), ("x-oss-callback-var", "e30=")]),
    ("DELETE", Object, UPLOAD, &[]),
    ("GET", Object, UPLOAD, &[]),
    ("POST", Object, &[("x-oss-process", "")], &[]),
    ("POST", Object, &[("restore", "")], &[]),
    ("PUT", Object, &[("symlink", "")], &[("x-oss-symlink-target", "t")]),
];

/// Keys that a client may choose. Signature version 1 cannot tell `?acl` at the end of a key from a sub-resource.
const KEYS: [&str; 9] = ["k", "a/b.txt", "a b", "1+1", "中文", "100%", "a//b", "~!*'()", "k.acl"];

const EXTRA_QUERY: [(&str, &str); 8] = [
    ("encoding-type", "url"),
    ("unheard-of", "1"),
    ("prefix", "p"),
    ("a", "2"),
    ("a", "1"),
    ("B", ""),
    ("x-oss-unheard-of", "v"),
    ("x-oss-traffic-limit", "819200"),
];

const EXTRA_HEADERS: [(&str, &str); 9] = [
    ("x-oss-meta-a", "1"),
    ("x-oss-meta-b", "x,y"),
    ("x-oss-meta-empty", ""),
    ("x-oss-forbid-overwrite", "true"),
    ("x-oss-storage-class", "IA"),
    ("cache-control", "no-cache"),
    ("range", "bytes=0-1"),
    ("if-match", "\"E\""),
    ("x-oss-traffic-limit", "838860800"),
];

/// Returns a request of a random operation with random additions.
pub(crate) fn random(random: &mut Random, way: Way) -> Plain {
    let key: &str = KEYS[random.below(KEYS.len())];
    let at = random.below(Operation::ALL.len() + ROWS.len());
    let mut plain = match at.checked_sub(Operation::ALL.len()) {
        None => of_operation(Operation::ALL[at], key),
        Some(at) => of_row(&ROWS[at], key),
    };
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    while random.once_in(3) {
        plain.query.push(owned(random.one(&EXTRA_QUERY)));
    }
    while random.once_in(3) {
        plain.headers.push(owned(random.one(&EXTRA_HEADERS)));
    }
    if random.once_in(8) && !way.is_v1() {
        plain.key = plain.key.map(|key| format!("{key}?acl&uploads"));
    }
    plain
}

/// Whether the request of the table asks for the operation.
pub(crate) fn covers(operation: Operation) -> bool {
    let plain = of_operation(operation, "k");
    let mut map = HeaderMap::new();
    for (name, value) in &plain.headers {
        map.append(HeaderName::try_from(name).unwrap(), HeaderValue::try_from(value).unwrap());
    }
    let target = Addressing::default().resolve(None, &plain.path()).unwrap().target;
    route(&plain.method, &target, &Query::from_pairs(plain.query), &map) == Ok(operation)
}

fn of_operation(operation: Operation, key: &str) -> Plain {
    let pattern = operation.pattern();
    let header = pattern.header.map(|name| (name, "/other/source"));
    plain(pattern.method.as_str(), pattern.level, &pattern.query, header.as_slice(), key)
}

fn of_row((method, level, query, headers): &Row, key: &str) -> Plain {
    plain(method, *level, query, headers, key)
}

fn plain(method: &str, level: Level, query: &[(&str, &str)], headers: &[(&str, &str)], key: &str) -> Plain {
    let owned = |pairs: &[(&str, &str)]| {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    Plain {
        method: Method::from_bytes(method.as_bytes()).unwrap(),
        bucket: if level == Service { "" } else { "bucket" },
        key: (level == Object).then(|| key.to_owned()),
        query: owned(query),
        headers: owned(headers),
    }
}

impl Plain {
    /// The path, encoded, in path style.
    pub(crate) fn path(&self) -> String {
        let key = self.key.as_deref().map(ossicle_protocol::percent_encode_path).unwrap_or_default();
        if self.bucket.is_empty() { "/".to_owned() } else { format!("/{}/{key}", self.bucket) }
    }
}
