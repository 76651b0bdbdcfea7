//! Signatures V1 and V4, written from the manual. The server's own signer is not used: it would agree with itself.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

/// An access key.
#[derive(Debug, Clone)]
pub struct Key {
    /// The access key id.
    pub id: String,
    /// The access key secret.
    pub secret: String,
}

/// The region that the tests sign for.
pub const REGION: &str = "cn-hangzhou";

/// Returns the key that the tests sign with.
pub fn root_key() -> Key {
    Key { id: "TestAccessKeyId".to_owned(), secret: "TestAccessKeySecret".to_owned() }
}

/// What a signature covers. Names of headers are in lower case, query pairs are decoded.
#[derive(Debug, Clone)]
pub struct Signed<'a> {
    /// The method in upper case.
    pub method: &'a str,
    /// `/bucket/key`, decoded; `/bucket/` for a bucket, `/` for the service.
    pub resource: &'a str,
    /// The query, decoded.
    pub query: &'a [(String, String)],
    /// The headers, names in lower case.
    pub headers: &'a [(String, String)],
}

/// Query parameters that a V1 signature covers, as far as these tests use them.
const SUBRESOURCES: &[&str] = &[
    "acl",
    "append",
    "bucketInfo",
    "callback",
    "callback-var",
    "comp",
    "continuation-token",
    "cors",
    "delete",
    "lifecycle",
    "location",
    "objectMeta",
    "partNumber",
    "policy",
    "position",
    "response-cache-control",
    "response-content-disposition",
    "response-content-encoding",
    "response-content-language",
    "response-content-type",
    "response-expires",
    "security-token",
    "stat",
    "tagging",
    "uploadId",
    "uploads",
    "versionId",
    "x-oss-ac-forward-allow",
    "x-oss-ac-source-ip",
    "x-oss-ac-subnet-mask",
    "x-oss-ac-vpc-id",
    "x-oss-process",
];

impl Signed<'_> {
    fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(candidate, _)| candidate == name).map_or("", |(_, value)| value.trim())
    }

    /// Returns the string to sign of version 1; `date` is the `Date` header or, in a URL, the time of expiry.
    pub fn v1_string(&self, date: &str) -> String {
        let mut text = format!(
            "{}\n{}\n{}\n{date}\n",
            self.method,
            self.header("content-md5"),
            self.header("content-type")
        );
        let mut ours: Vec<_> = self.headers.iter().filter(|(name, _)| name.starts_with("x-oss-")).collect();
        ours.sort();
        for (name, value) in ours {
            text.push_str(&format!("{name}:{}\n", value.trim()));
        }
        text.push_str(self.resource);
        let mut covered: Vec<_> =
            self.query.iter().filter(|(name, _)| SUBRESOURCES.contains(&name.as_str())).collect();
        covered.sort();
        for (index, (name, value)) in covered.into_iter().enumerate() {
            text.push(if index == 0 { '?' } else { '&' });
            text.push_str(name);
            if !value.is_empty() {
                text.push_str(&format!("={value}"));
            }
        }
        text
    }

    /// Returns the signature of version 1.
    pub fn v1(&self, key: &Key, date: &str) -> String {
        v1_of(key, self.v1_string(date).as_bytes())
    }

    /// Returns the canonical request of version 4, with the headers `additional` (sorted) covered too.
    pub fn v4_canonical(&self, additional: &[&str]) -> String {
        let mut query: Vec<(String, String)> = self
            .query
            .iter()
            .filter(|(name, _)| name != "x-oss-signature")
            .map(|(name, value)| (encode(name, false), encode(value, false)))
            .collect();
        query.sort();
        let query: Vec<String> = query
            .into_iter()
            .map(|(name, value)| if value.is_empty() { name } else { format!("{name}={value}") })
            .collect();
        let covered = |name: &str| {
            matches!(name, "content-type" | "content-md5")
                || name.starts_with("x-oss-")
                || additional.contains(&name)
        };
        let mut headers: Vec<_> = self.headers.iter().filter(|(name, _)| covered(name)).collect();
        headers.sort();
        let headers: String =
            headers.iter().map(|(name, value)| format!("{name}:{}\n", value.trim())).collect();
        format!(
            "{}\n{}\n{}\n{headers}\n{}\nUNSIGNED-PAYLOAD",
            self.method,
            encode(self.resource, true),
            query.join("&"),
            additional.join(";")
        )
    }

    /// Returns the signature of version 4, in hexadecimal.
    pub fn v4(&self, key: &Key, date: &str, region: &str, additional: &[&str]) -> String {
        let digest = hex(&Sha256::digest(self.v4_canonical(additional)));
        let text = format!("OSS4-HMAC-SHA256\n{date}\n{}\n{digest}", scope(date, region));
        v4_of(key, date, region, text.as_bytes())
    }
}

/// Returns the scope of a version 4 credential; `date` is the basic ISO time.
pub fn scope(date: &str, region: &str) -> String {
    format!("{}/{region}/oss/aliyun_v4_request", &date[..8])
}

/// Returns the version 1 signature of any text; of a form, of its policy.
pub fn v1_of(key: &Key, text: &[u8]) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(key.secret.as_bytes()).unwrap();
    mac.update(text);
    STANDARD.encode(mac.finalize().into_bytes())
}

/// Returns the version 4 signature of any text.
pub fn v4_of(key: &Key, date: &str, region: &str, text: &[u8]) -> String {
    let mut signing = sha256(format!("aliyun_v4{}", key.secret).as_bytes(), &date.as_bytes()[..8]);
    for part in [region, "oss", "aliyun_v4_request"] {
        signing = sha256(&signing, part.as_bytes());
    }
    hex(&sha256(&signing, text))
}

fn sha256(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Percent-encodes everything but the unreserved characters and, in a path, slashes.
pub fn encode(text: &str, keep_slash: bool) -> String {
    encode_bytes(text.as_bytes(), keep_slash)
}

fn encode_bytes(bytes: &[u8], keep_slash: bool) -> String {
    let plain =
        |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || (keep_slash && byte == b'/');
    bytes
        .iter()
        .map(|byte| if plain(*byte) { char::from(*byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// Undoes percent-encoding; `+` is a space.
pub fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escaped = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match (first, escaped.and_then(|digits| u8::from_str_radix(digits, 16).ok())) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &after[2..];
                continue;
            }
            (b'+', _) => bytes.push(b' '),
            _ => bytes.push(*first),
        }
        rest = after;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[test]
fn golden_vectors() {
    // From the unit tests of the official SDKs (PHP, C#, C++, iOS): access key "ak", secret "sk".
    let key = Key { id: "ak".into(), secret: "sk".into() };
    let pairs = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    let date = "Wed, 28 Dec 2022 10:27:41 GMT";
    let headers = pairs(&[
        ("content-md5", "eB5eJF1ptWaXm4bijSPyxw=="),
        ("content-type", "text/html"),
        ("x-oss-date", date),
        ("x-oss-meta-author", "alice"),
        ("x-oss-meta-magic", "abracadabra"),
    ]);
    let request =
        |query| Signed { method: "PUT", resource: "/examplebucket/nelson", query, headers: &headers };
    assert_eq!(request(&[]).v1(&key, date), "kSHKmLxlyEAKtZPkJhG9bZb5k7M=");
    assert_eq!(request(&pairs(&[("acl", "")])).v1(&key, date), "/afkugFbmWDQ967j1vr6zygBLQk=");

    let headers = pairs(&[
        ("content-type", "text/plain"),
        ("x-oss-content-sha256", "UNSIGNED-PAYLOAD"),
        ("x-oss-date", "20231216T162057Z"),
        ("x-oss-head1", "value"),
    ]);
    let query = pairs(&[
        ("param1", "value1"),
        ("|param1", "value4"),
        ("+param1", "value3"),
        ("+param2", ""),
        ("|param2", ""),
        ("param2", ""),
    ]);
    let request =
        Signed { method: "PUT", resource: "/bucket/1234+-/123/1.txt", query: &query, headers: &headers };
    let signature = request.v4(&key, "20231216T162057Z", "cn-hangzhou", &[]);
    assert_eq!(signature, "e21d18daa82167720f9b1047ae7e7f1ce7cb77a31e8203a7d5f4624fa0284afe");
}
