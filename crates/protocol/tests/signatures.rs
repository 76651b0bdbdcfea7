//! Signatures against published examples and the vectors of the official SDKs' suites, in both directions.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use ossicle_protocol::sign::{Presented, Scope, SignedRequest, Signer, Version, presented};
use ossicle_protocol::{Addressing, Error, ErrorCode, Query, SecretKey, Target, Timestamp};

/// A request as a client sent it. The path is path style and encoded.
#[derive(Clone)]
struct Sent {
    method: &'static str,
    path: String,
    query: String,
    headers: Vec<(&'static str, String)>,
}

impl Sent {
    fn new(method: &'static str, path: &str, query: &str) -> Self {
        Self { method, path: path.into(), query: query.into(), headers: Vec::new() }
    }

    fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    fn parts(&self) -> (Method, Target, Query, HeaderMap) {
        let target = Addressing::default().resolve(None, &self.path).unwrap().target;
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            headers.append(HeaderName::from_static(name), HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        let method = Method::from_bytes(self.method.as_bytes()).unwrap();
        (method, target, Query::parse(&self.query).unwrap(), headers)
    }

    fn presented(&self) -> Result<Option<Presented>, Error> {
        let (_, _, query, headers) = self.parts();
        presented(&headers, &query)
    }

    fn verify_in(&self, secret: &str, now: i64, scope: &Scope) -> Result<Presented, Error> {
        let (method, target, query, headers) = self.parts();
        let presented = presented(&headers, &query)?.expect("a signature");
        let request = SignedRequest { method: &method, target: &target, query: &query, headers: &headers };
        let now = Timestamp::from_unix_seconds(now);
        presented.verify(&request, &SecretKey::new(secret), now, scope)?;
        Ok(presented)
    }

    fn verify(&self, secret: &str, now: i64) -> Result<Presented, Error> {
        self.verify_in(secret, now, &Scope::default())
    }
}

fn seconds(text: &str) -> i64 {
    let time = Timestamp::parse_http_date(text).or_else(|| Timestamp::parse_iso8601_basic(text));
    time.unwrap().unix_seconds()
}

fn detail<'a>(error: &'a Error, name: &str) -> &'a str {
    error.details().find(|(n, _)| *n == name).map(|(_, value)| value).unwrap_or_default()
}

const DECEMBER: &str = "Wed, 28 Dec 2022 10:27:41 GMT";

fn december(query: &str) -> Sent {
    Sent::new("PUT", "/examplebucket/nelson", query)
        .with("content-md5", "eB5eJF1ptWaXm4bijSPyxw==")
        .with("content-type", "text/html")
        .with("x-oss-meta-author", "alice")
        .with("x-oss-meta-magic", "abracadabra")
        .with("x-oss-date", DECEMBER)
}

#[test]
fn v1_header_vectors() {
    let check = |sent: Sent, id: &str, secret: &str, date: &str, signature: &str| {
        let sent = sent.with("authorization", &format!("OSS {id}:{signature}"));
        let presented = sent.verify(secret, seconds(date)).unwrap();
        assert_eq!(presented.access_key_id(), id);
        assert_eq!(presented.version(), Version::V1);
        assert!(!presented.is_query());
        let wrong = sent.verify("another secret", seconds(date)).unwrap_err();
        assert_eq!(wrong.code(), ErrorCode::SignatureDoesNotMatch);
    };
    // OSS manual, "Add a signature to the header", example signature.
    let manual = Sent::new("PUT", "/oss-example/nelson", "")
        .with("content-md5", "ODBGOERFMDMzQTczRUY3NUE3NzA5QzdFNUYzMDQxNEM=")
        .with("content-type", "text/html")
        .with("date", "Thu, 17 Nov 2005 18:49:58 GMT")
        .with("host", "oss-example.oss-cn-hangzhou.aliyuncs.com")
        .with("x-oss-meta-author", "foo@bar.com")
        .with("x-oss-magic", "abracadabra");
    let secret = "OtxrzxIsfpFjA7SwPzILwy8Bw21TLhquhboDYROV";
    let id = "44CF9590006BF252F707";
    check(manual, id, secret, "Thu, 17 Nov 2005 18:49:58 GMT", "26NBxoKdsyly4EDv6inkoDft/yA=");
    // PHP, C#, C++, iOS and both Python and Go unit tests.
    check(december(""), "ak", "sk", DECEMBER, "kSHKmLxlyEAKtZPkJhG9bZb5k7M=");
    check(december("acl"), "ak", "sk", DECEMBER, "/afkugFbmWDQ967j1vr6zygBLQk=");
    let token = december("").with("x-oss-security-token", "token");
    check(token, "ak", "sk", DECEMBER, "H3PAlN3Vucn74tPVEqaQC4AnLwQ=");
    // Python SDK 2, tests/unit/signer/test_v1.py.
    let group =
        Sent::new("GET", "/examplebucket/", "resourceGroup&non-resousce=null").with("x-oss-date", DECEMBER);
    check(group, "ak", "sk", DECEMBER, "vkQmfuUDyi1uDi3bKt67oemssIs=");
    let both = Sent::new("GET", "/examplebucket/", "resourceGroup&acl").with("x-oss-date", DECEMBER);
    check(both, "ak", "sk", DECEMBER, "x3E5TgOvl/i7PN618s5mEvpJDYk=");
}

#[test]
fn v1_url_vectors() {
    let check = |path: &str, query: &str, expires: i64, signature: &str| {
        let signature = signature.replace('+', "%2B").replace('=', "%3D");
        let query = format!("{query}OSSAccessKeyId=ak&Expires={expires}&Signature={signature}");
        let sent = Sent::new("GET", path, &query);
        assert!(sent.verify("sk", expires).unwrap().is_query());
        let late = sent.verify("sk", expires + 1).unwrap_err();
        assert_eq!((late.code(), late.ec()), (ErrorCode::AccessDenied, "0002-00000069"));
        let wrong = sent.verify("another secret", expires).unwrap_err();
        assert_eq!(wrong.code(), ErrorCode::SignatureDoesNotMatch);
    };
    // PHP, C#, C++, iOS, Python 2 and Go unit tests.
    check("/bucket/key", "versionId=versionId&", 1_699_807_420, "dcLTea+Yh9ApirQ8o8dOPqtvJXQ=");
    let token = "versionId=versionId&security-token=token&";
    check("/bucket/key%2B123", token, 1_699_808_204, "jzKYRrM5y6Br0dRFPaTGOsbrDhY=");
}

const V4_QUERY: &str = "param1=value1&%7Cparam1=value4&%2Bparam1=value3&%2Bparam2=&%7Cparam2=&param2=";
const V4_PATH: &str = "/bucket/1234%2B-/123/1.txt";

fn v4_put() -> Sent {
    Sent::new("PUT", V4_PATH, V4_QUERY).with("x-oss-head1", "value").with("content-type", "text/plain")
}

fn v4_authorization(scope: &str, additional: &str, signature: &str) -> String {
    format!("OSS4-HMAC-SHA256 Credential=ak/{scope}/aliyun_v4_request{additional},Signature={signature}")
}

#[test]
fn v4_header_vectors() {
    let check = |sent: Sent, date: &str, scope: &str, additional: &str, signature: &str| {
        let sent = sent
            .with("x-oss-date", date)
            .with("x-oss-content-sha256", "UNSIGNED-PAYLOAD")
            .with("authorization", &v4_authorization(scope, additional, signature));
        let presented = sent.verify("sk", seconds(date)).unwrap();
        assert_eq!((presented.access_key_id(), presented.version()), ("ak", Version::V4));
        let wrong = sent.verify("another secret", seconds(date)).unwrap_err();
        assert_eq!(wrong.code(), ErrorCode::SignatureDoesNotMatch);
        assert!(detail(&wrong, "CanonicalRequest").ends_with("UNSIGNED-PAYLOAD"));
    };
    // PHP, C#, C++, iOS unit tests.
    check(
        v4_put(),
        "20231216T162057Z",
        "20231216/cn-hangzhou/oss",
        "",
        "e21d18daa82167720f9b1047ae7e7f1ce7cb77a31e8203a7d5f4624fa0284afe",
    );
    check(
        v4_put().with("abc", "value").with("zabc", "value"),
        "20231216T172512Z",
        "20231216/cn-hangzhou/oss",
        ",AdditionalHeaders=abc;zabc",
        "4a4183c187c07c8947db7620deb0a6b38d9fbdd34187b6dbaccb316fa251212f",
    );
    check(
        v4_put().with("x-oss-security-token", "token"),
        &Timestamp::from_unix_seconds(1_702_784_856).iso8601_basic(),
        "20231217/cn-hangzhou/oss",
        "",
        "b94a3f999cf85bcdc00d332fbd3734ba03e48382c36fa4d5af5df817395bd9ea",
    );
    // C suite, test_oss_sign.c. The key there is `test-sign-V4/-!@#$%^&*()/...`.
    let path = "/oss-bucket-test%2Ftest-sign-V4%2F-%21%40%23%24%25%5E%26%2A%28%29%2F\
                abcdefjhijklmnoqprstuvwxyz%2F123456789";
    let c = |query: &str| {
        Sent::new("PUT", path, query)
            .with("x-oss-head1", "value")
            .with("abc", "value")
            .with("zabc", "value")
            .with("xyz", "value")
            .with("content-type", "application/octet-stream")
    };
    check(
        c(V4_QUERY),
        "20221016T040719Z",
        "20221016/cn-hangzhou/oss",
        "",
        "16e58322c5aafb55edd82813b02d6521caab8194882c786bf0e77b7987a63979",
    );
    check(
        c(""),
        "20221016T091431Z",
        "20221016/cn-hangzhou/oss",
        "",
        "5028172a0a3806285979896982bee6e36e915cbf428ee7100a809e1f0ff43b64",
    );
    check(
        c(V4_QUERY),
        "20221016T091831Z",
        "20221016/cloudbox-id/oss-cloudbox",
        "",
        "939eae7d5012d444c8d1dd8c68811275928f780a859e41ddbe52cf10a100adb4",
    );
}

#[test]
fn v4_published_example() {
    // OSS manual, "Include a V4 signature in the Authorization header". The digest of the canonical request is
    // as published; the published signature was made with a masked secret, so this one is of the secret shown.
    let sent = Sent::new("PUT", "/examplebucket/exampleobject", "")
        .with("content-disposition", "attachment")
        .with("content-length", "3")
        .with("content-md5", "ICy5YqxZB1uWSwcVLSNLcA==")
        .with("content-type", "text/plain")
        .with("x-oss-content-sha256", "UNSIGNED-PAYLOAD")
        .with("x-oss-date", "20250411T064124Z");
    let signed = |signature: &str| {
        let additional = ",AdditionalHeaders=content-disposition;content-length";
        let value = v4_authorization("20250411/cn-hangzhou/oss", additional, signature);
        sent.clone().with("authorization", &value)
    };
    let now = seconds("20250411T064124Z");
    let right = signed("d3694c2dfc5371ee6acd35e88c4871ac95a7ba01d3a2f476768fe61218590097");
    right.verify("yourAccessKeySecret", now).unwrap();
    let error = signed("0").verify("yourAccessKeySecret", now).unwrap_err();
    let digest = "c46d96390bdbc2d739ac9363293ae9d710b14e48081fcb22cd8ad54b63136eca";
    assert!(detail(&error, "StringToSign").ends_with(digest));
}

#[test]
fn v4_url_vectors() {
    let check = |sent: Sent, date: &str, extra: &str, signature: &str| {
        let credential = "x-oss-credential=ak%2F20231217%2Fcn-hangzhou%2Foss%2Faliyun_v4_request";
        let query = format!(
            "{V4_QUERY}&x-oss-signature-version=OSS4-HMAC-SHA256&{credential}&x-oss-date={date}\
             &x-oss-expires=599{extra}&x-oss-signature={signature}"
        );
        let sent = Sent { query, ..sent };
        assert!(sent.verify("sk", seconds(date) + 599).unwrap().is_query());
        let late = sent.verify("sk", seconds(date) + 600).unwrap_err();
        assert_eq!((late.code(), late.ec()), (ErrorCode::AccessDenied, "0002-00000069"));
        let wrong = sent.verify("another secret", seconds(date)).unwrap_err();
        assert_eq!(wrong.code(), ErrorCode::SignatureDoesNotMatch);
    };
    let put = || {
        Sent::new("PUT", V4_PATH, "")
            .with("x-oss-head1", "value")
            .with("content-type", "application/octet-stream")
    };
    // PHP, C#, C++, iOS unit tests.
    check(put(), "20231217T025437Z", "", "a39966c61718be0d5b14e668088b3fa07601033f6518ac7b523100014269c0fe");
    check(
        put(),
        "20231217T035628Z",
        "&x-oss-security-token=token",
        "3817ac9d206cd6dfc90f1c09c00be45005602e55898f26f5ddb06d7892e1f8b5",
    );
    check(
        put().with("abc", "value").with("zabc", "value"),
        "20231217T033009Z",
        "&x-oss-additional-headers=abc%3Bzabc",
        "6bd984bfe531afb6db1f7550983a741b103a8c58e5e14f83ea474c2322dfa2b7",
    );
}

/// Base64 of HMAC-SHA1, straight from the primitives, over a text written out in the test.
fn hmac_sha1(text: &str) -> String {
    use hmac::{Hmac, KeyInit as _, Mac as _};
    let mut mac = Hmac::<sha1::Sha1>::new_from_slice(b"sk").unwrap();
    mac.update(text.as_bytes());
    base64::Engine::encode(&base64::engine::general_purpose::STANDARD, mac.finalize().into_bytes())
}

fn hmac_sha256(key: &[u8], text: &str) -> Vec<u8> {
    use hmac::{Hmac, KeyInit as _, Mac as _};
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

const NOON: &str = "Fri, 24 Feb 2012 12:00:00 GMT";
const NOON_BASIC: &str = "20120224T120000Z";

#[test]
fn v1_as_the_sdks_differ() {
    let check = |why: &str, sent: Sent, text: &str, fits: bool| {
        let sent = sent.with("authorization", &format!("OSS ak:{}", hmac_sha1(text)));
        assert_eq!(sent.verify("sk", seconds(NOON)).is_ok(), fits, "{why}");
    };
    let get = |path, query| Sent::new("GET", path, query).with("date", NOON);
    let text = |resource: &str| format!("GET\n\n\n{NOON}\n{resource}");

    check("the manual's way", get("/bkt/a", "acl"), &text("/bkt/a?acl"), true);
    check("service", get("/", ""), &text("/"), true);
    check("C: no slash after a bucket", get("/bkt", ""), &text("/bkt"), true);
    check("Ruby: an equals sign after nothing", get("/bkt/a", "acl"), &text("/bkt/a?acl="), true);
    check("keys are signed decoded", get("/bkt/a%20%2Bb", ""), &text("/bkt/a +b"), true);
    check(
        "sorted by name",
        get("/bkt/a", "uploadId=B&partNumber=1"),
        &text("/bkt/a?partNumber=1&uploadId=B"),
        true,
    );
    let v2 = get("/bkt/", "list-type=2&continuation-token=t");
    check("Node.js: a place in a listing is unsigned", v2.clone(), &text("/bkt/"), true);
    check("others sign it", v2, &text("/bkt/?continuation-token=t"), true);
    let process = get("/bkt/a", "x-oss-process=image/info");
    check("Python 2: unsigned processing", process, &text("/bkt/a"), true);
    let unlisted = get("/bkt/a", "x-oss-unlisted=1");
    check("Go 2: every x-oss- parameter", unlisted.clone(), &text("/bkt/a?x-oss-unlisted=1"), true);
    check("the others: only listed ones", unlisted, &text("/bkt/a"), true);
    let response = get("/bkt/a", "response-content-type=text%2Fplain");
    check("values are signed decoded", response, &text("/bkt/a?response-content-type=text/plain"), true);
    let node = Sent::new("GET", "/bkt/a", "").with("x-oss-date", NOON);
    check("Node.js: only x-oss-date", node, &format!("GET\n\n\n{NOON}\nx-oss-date:{NOON}\n/bkt/a"), true);
    let ios = get("/bkt/a", "").with("x-oss-hash-sha1", "h").with("x-oss-meta-a", "b");
    check("iOS: an unsigned header", ios, &format!("GET\n\n\n{NOON}\nx-oss-meta-a:b\n/bkt/a"), true);
    let empty = get("/bkt/a", "").with("x-oss-callback-var", "");
    check("C#: an empty header", empty, &format!("GET\n\n\n{NOON}\nx-oss-callback-var:\n/bkt/a"), true);
    let twice = get("/bkt/a", "").with("x-oss-meta-a", "b").with("x-oss-meta-a", " c ");
    check("repeated headers", twice, &format!("GET\n\n\n{NOON}\nx-oss-meta-a:b,c\n/bkt/a"), true);

    check("another bucket", get("/bku/a", ""), &text("/bkt/a"), false);
    check("an added sub-resource", get("/bkt/a", "acl"), &text("/bkt/a"), false);
    check("an added callback", get("/bkt/a", "callback=e30"), &text("/bkt/a"), false);
    check(
        "an added callback header in the query",
        get("/bkt/a", "x-oss-callback=e30"),
        &text("/bkt/a"),
        false,
    );
    check("an added version", get("/bkt/a", "versionId=1"), &text("/bkt/a"), false);
    check("an added header", get("/bkt/a", "").with("x-oss-meta-a", "b"), &text("/bkt/a"), false);
    let post = Sent::new("POST", "/bkt/a", "x-oss-process=image/info").with("date", NOON);
    check("processing by POST", post, &format!("POST\n\n\n{NOON}\n/bkt/a"), false);
}

#[test]
fn v1_urls_bear_unknown_parameters_and_unencoded_base64() {
    let expires = seconds(NOON) + 60;
    let signature = (0..)
        .map(|n| (n, hmac_sha1(&format!("GET\n\n\n{expires}\n/bkt/a{n}"))))
        .find(|(_, signature)| signature.contains('+'));
    let (n, signature) = signature.unwrap();
    // A raw plus reads as a space; `x-param` is what the C# suite adds.
    let query =
        format!("x-param-null&x-param-space=a%20b&OSSAccessKeyId=ak&Expires={expires}&Signature={signature}");
    let sent = Sent::new("GET", &format!("/bkt/a{n}"), &query).with("date", "not looked at");
    sent.verify("sk", expires).unwrap();
}

#[test]
fn v4_as_the_sdks_differ() {
    let sign = |text: &str| {
        let key = ["20120224", "cn-hangzhou", "oss", "aliyun_v4_request"]
            .iter()
            .fold(b"aliyun_v4sk".to_vec(), |key, part| hmac_sha256(&key, part));
        hmac_sha256(&key, text).iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    let check = |why: &str, sent: Sent, date: &str, canonical: &str, fits: bool| {
        use sha2::Digest as _;
        let digest: String =
            sha2::Sha256::digest(canonical).iter().map(|byte| format!("{byte:02x}")).collect();
        let scope = "20120224/cn-hangzhou/oss/aliyun_v4_request";
        let signature = sign(&format!("OSS4-HMAC-SHA256\n{date}\n{scope}\n{digest}"));
        // Python 1 writes spaces after the commas and the additional headers last.
        let value =
            format!("OSS4-HMAC-SHA256 Credential=ak/{scope}, Signature={signature}, AdditionalHeaders=");
        let sent = sent.with("authorization", &value);
        assert_eq!(sent.verify("sk", seconds(NOON)).is_ok(), fits, "{why}");
    };
    let get = |path, query| Sent::new("GET", path, query).with("x-oss-date", NOON_BASIC);
    let dated = format!("x-oss-date:{NOON_BASIC}\n");
    let text =
        |uri: &str, query: &str, headers: &str| format!("GET\n{uri}\n{query}\n{headers}\n\nUNSIGNED-PAYLOAD");
    let at = |uri: &str, query: &str| text(uri, query, &dated);

    check("the usual way", get("/bkt/a%2Fb%20c", ""), NOON_BASIC, &at("/bkt/a/b%20c", ""), true);
    check("C: no slash after a bucket", get("/bkt", ""), NOON_BASIC, &at("/bkt", ""), true);
    check("bucket", get("/bkt", "acl="), NOON_BASIC, &at("/bkt/", "acl"), true);
    check("service", get("///", ""), NOON_BASIC, &at("/", ""), true);
    let sorted = get("/bkt/a", "callback-var=b&callback=a");
    check("by name, then value", sorted, NOON_BASIC, &at("/bkt/a", "callback=a&callback-var=b"), true);
    let raw = get("/bkt/a", "prefix=a/b!'()*");
    check(
        "Node.js, Java: raw on the wire",
        raw,
        NOON_BASIC,
        &at("/bkt/a", "prefix=a%2Fb%21%27%28%29%2A"),
        true,
    );
    check("Java: trimmed values", get("/bkt/a", "p=%20v%20"), NOON_BASIC, &at("/bkt/a", "p=v"), true);
    let go1 = Sent::new("GET", "/bkt/a", "").with("date", NOON);
    check("Go 1: an HTTP date", go1, NOON, &text("/bkt/a", "", ""), true);
    let android = Sent::new("GET", "/bkt/a", "").with("date", NOON_BASIC);
    check("Android: a basic date in Date", android, NOON_BASIC, &text("/bkt/a", "", ""), true);
    let ios = get("/bkt/a", "").with("date", "nonsense");
    check("x-oss-date wins", ios, NOON_BASIC, &at("/bkt/a", ""), true);
    let c = Sent::new("GET", "/bkt/a", "").with("x-oss-date", NOON);
    let c_text = text("/bkt/a", "", &format!("x-oss-date:{NOON}\n"));
    check("C: an HTTP date in x-oss-date", c, NOON, &c_text, true);
    let empty = || get("/bkt/a", "").with("x-oss-callback-var", "");
    let kept = text("/bkt/a", "", &format!("x-oss-callback-var:\n{dated}"));
    check("PHP, C#, C: empty headers kept", empty(), NOON_BASIC, &kept, true);
    check("C++, iOS: empty headers left out", empty(), NOON_BASIC, &at("/bkt/a", ""), true);

    check("another key", get("/bkt/b", ""), NOON_BASIC, &at("/bkt/a", ""), false);
    check("an added parameter", get("/bkt/a", "x=1"), NOON_BASIC, &at("/bkt/a", ""), false);
    let typed = get("/bkt/a", "").with("content-type", "text/plain");
    check("another type", typed, NOON_BASIC, &at("/bkt/a", ""), false);
}

#[test]
fn v2_signatures() {
    // Layout as in the SDKs for Python (oss2/auth.py), Java (SignV2Utils.java) and Go 1.
    let sign = |text: &str| {
        base64::Engine::encode(&base64::engine::general_purpose::STANDARD, hmac_sha256(b"sk", text))
    };
    let text = format!("GET\n\n\n{NOON}\nrange:bytes=1-2\nx-oss-meta-a:b\nrange\n%2Fbkt%2Fa?abc=1&%7Cabc=2");
    // The published order is by encoded name: `%7C` stands before letters.
    let text = text.replace("abc=1&%7Cabc=2", "%7Cabc=2&abc=1");
    let header = format!("OSS2 AccessKeyId:ak, AdditionalHeaders:Range, Signature:{}", sign(&text));
    let sent = Sent::new("GET", "/bkt/a", "abc=1&%7Cabc=2")
        .with("date", NOON)
        .with("range", "bytes=1-2")
        .with("x-oss-meta-a", "b")
        .with("authorization", &header);
    assert_eq!(sent.verify("sk", seconds(NOON)).unwrap().version(), Version::V2);
    let added = Sent { query: "abc=1&%7Cabc=2&more".into(), ..sent };
    assert_eq!(added.verify("sk", seconds(NOON)).unwrap_err().code(), ErrorCode::SignatureDoesNotMatch);

    let expires = seconds(NOON) + 5;
    let own = format!("x-oss-access-key-id=ak&x-oss-expires={expires}&x-oss-signature-version=OSS2");
    let text = format!("GET\n\n\n{expires}\n\n%2Fbkt%2Fa?{own}");
    let signature = sign(&text).replace('+', "%2B");
    let url = Sent::new("GET", "/bkt/a", &format!("{own}&x-oss-signature={signature}"));
    url.verify("sk", expires).unwrap();
    assert_eq!(url.verify("sk", expires + 1).unwrap_err().ec(), "0002-00000069");
}

#[test]
fn own_signatures() {
    let now = Timestamp::from_unix_seconds(seconds("20231216T162057Z"));
    let signer = Signer::new("ak", SecretKey::new("sk"), "cn-hangzhou");

    let (method, target, query, mut headers) = v4_put().parts();
    signer.sign_v4_header(&method, &target, &query, &mut headers, &["content-type"], now).unwrap();
    let value = headers.get(AUTHORIZATION).unwrap().to_str().unwrap();
    let signature = "e21d18daa82167720f9b1047ae7e7f1ce7cb77a31e8203a7d5f4624fa0284afe";
    assert_eq!(value, v4_authorization("20231216/cn-hangzhou/oss", "", signature));

    let (method, target, query, mut headers) = december("acl").parts();
    signer.sign_v1_header(&method, &target, &query, &mut headers, now).unwrap();
    assert_eq!(headers.get(AUTHORIZATION).unwrap(), "OSS ak:/afkugFbmWDQ967j1vr6zygBLQk=");

    let with_token = signer.clone().with_security_token("token");
    let (method, target, query, headers) =
        Sent::new("GET", "/bucket/key%2B123", "versionId=versionId").parts();
    let expires = Timestamp::from_unix_seconds(1_699_808_204);
    let query = with_token.presign_v1(&method, &target, query, &headers, expires);
    assert_eq!(query.get("Signature"), Some("jzKYRrM5y6Br0dRFPaTGOsbrDhY="));

    let put = Sent::new("PUT", V4_PATH, V4_QUERY)
        .with("x-oss-head1", "value")
        .with("abc", "value")
        .with("zabc", "value")
        .with("content-type", "application/octet-stream");
    let (method, target, query, headers) = put.parts();
    let now = Timestamp::from_unix_seconds(seconds("20231217T033009Z"));
    let query = signer.presign_v4(&method, &target, query, &headers, &["zabc", "abc", "absent"], now, 599);
    let expected = "6bd984bfe531afb6db1f7550983a741b103a8c58e5e14f83ea474c2322dfa2b7";
    assert_eq!(query.get("x-oss-signature"), Some(expected));
    let sent = Sent { query: query.encode(), ..put };
    sent.verify("sk", now.unix_seconds()).unwrap();
}

#[test]
fn times() {
    let header = |date_name: &'static str, date: &str| {
        Sent::new("GET", "/bkt/a", "").with(date_name, date).with("authorization", "OSS ak:x")
    };
    let check = |sent: Sent, offset: i64, code: ErrorCode, ec: &str| {
        let error = sent.verify("sk", seconds(NOON) + offset).unwrap_err();
        assert_eq!((error.code(), error.ec()), (code, ec), "{sent:?}", sent = sent.headers);
    };
    check(header("date", NOON), 900, ErrorCode::SignatureDoesNotMatch, "0002-00000040");
    check(header("date", NOON), 901, ErrorCode::RequestTimeTooSkewed, "0002-00000504");
    check(header("date", NOON), -901, ErrorCode::RequestTimeTooSkewed, "0002-00000504");
    check(header("x-oss-date", NOON_BASIC), 901, ErrorCode::RequestTimeTooSkewed, "0002-00000504");
    check(header("date", "2 Jun 1982"), 0, ErrorCode::AccessDenied, "0002-00000505");
    let undated = Sent::new("GET", "/bkt/a", "").with("authorization", "OSS ak:x");
    check(undated, 0, ErrorCode::AccessDenied, "0002-00000503");
    let url = |query: &str| Sent::new("GET", "/bkt/a", query);
    check(url("OSSAccessKeyId=ak&Expires=abc&Signature=x"), 0, ErrorCode::AccessDenied, "0002-00000070");
    let v4 = |date: &str, expires: &str| {
        url(&format!(
            "x-oss-signature-version=OSS4-HMAC-SHA256&x-oss-credential=ak/20120224/r/oss/aliyun_v4_request\
             &x-oss-date={date}&x-oss-expires={expires}&x-oss-signature=x"
        ))
    };
    check(v4(NOON_BASIC, "60"), 60, ErrorCode::SignatureDoesNotMatch, "0002-00000040");
    check(v4(NOON_BASIC, "60"), 61, ErrorCode::AccessDenied, "0002-00000069");
    check(v4(NOON_BASIC, "60"), -901, ErrorCode::RequestTimeTooSkewed, "0002-00000504");
    check(v4(NOON_BASIC, "604801"), 0, ErrorCode::InvalidArgument, "0002-00000215");
    check(v4(NOON_BASIC, "0"), 0, ErrorCode::InvalidArgument, "0002-00000215");
    check(v4("20120225T000000Z", "60"), 0, ErrorCode::InvalidArgument, "0002-00000223");
    let skewed = header("date", NOON).verify("sk", seconds(NOON) + 901).unwrap_err();
    assert_eq!(detail(&skewed, "RequestTime"), "2012-02-24T12:00:00.000Z");
    assert_eq!(detail(&skewed, "ServerTime"), "2012-02-24T12:15:01.000Z");
}

#[test]
fn scopes() {
    let sent = |region: &str, product: &str| {
        let value = format!(
            "OSS4-HMAC-SHA256 Credential=ak/20120224/{region}/{product}/aliyun_v4_request,Signature=x"
        );
        Sent::new("GET", "/bkt/a", "").with("x-oss-date", NOON_BASIC).with("authorization", &value)
    };
    let check = |region: &str, product: &str, message: &str, ec: &str| {
        let scope = Scope { region: Some("cn-hangzhou".into()) };
        let error = sent(region, product).verify_in("sk", seconds(NOON), &scope).unwrap_err();
        assert_eq!((error.message(), error.ec()), (message, ec));
    };
    // Messages and codes as oss2's tests/test_exception_ec.py asserts them.
    check("cn-beijing", "oss", "Invalid signing region in Authorization header.", "0002-00000226");
    check("cn-hangzhou", "oss2", "Invalid signing product in Authorization header.", "0002-00000227");
    let any = sent("anywhere", "oss").verify("sk", seconds(NOON)).unwrap_err();
    assert_eq!(any.code(), ErrorCode::SignatureDoesNotMatch);
    let hashed =
        sent("r", "oss").with("x-oss-content-sha256", "e3b0c442").verify("sk", seconds(NOON)).unwrap_err();
    assert_eq!(hashed.code(), ErrorCode::InvalidArgument);
}

#[test]
fn what_cannot_be_read() {
    let header = |value: &str| Sent::new("GET", "/bkt/a", "").with("authorization", value);
    let check = |sent: Sent, code: ErrorCode, ec: &str| {
        let error = sent.presented().unwrap_err();
        assert_eq!((error.code(), error.ec()), (code, ec), "{:?} {}", sent.headers, sent.query);
    };
    let invalid = ErrorCode::InvalidArgument;
    check(header("Basic YWs6c2s="), invalid, "0002-00000002");
    check(header("AWS4-HMAC-SHA256 Credential=ak"), invalid, "0002-00000002");
    check(header(""), invalid, "0002-00000002");
    check(header("OSS"), invalid, "0002-00000062");
    check(header("OSS ak"), invalid, "0002-00000062");
    check(header("OSS :x"), invalid, "0002-00000062");
    check(header("OSS ak:"), invalid, "0002-00000062");
    check(header("OSS \u{e9}:x"), invalid, "0002-00000062");
    check(header("OSS ak:x").with("authorization", "OSS ak:y"), invalid, "0002-00000062");
    check(header("OSS2 AccessKeyId:ak,"), invalid, "0002-00000102");
    check(header("OSS2 AccessKeyId:ak,Signature:x,UnknownKey:ABC"), invalid, "0002-00000104");
    check(header("OSS4-HMAC-SHA256 Signature=x"), invalid, "0002-00000204");
    check(
        header("OSS4-HMAC-SHA256 Credential=ak/2/r/oss/aliyun_v4_request,Signature=x"),
        invalid,
        "0002-00000223",
    );
    check(
        header("OSS4-HMAC-SHA256 Credential=ak/20221220/us-east-1/oss/abc,Signature=18"),
        invalid,
        "0002-00000213",
    );
    let both = "OSSAccessKeyId=ak&Expires=1&Signature=x";
    check(Sent { query: both.into(), ..header("OSS ak:x") }, invalid, "0002-00000039");
    check(Sent { query: "Signature=x".into(), ..header("OSS ak:x") }, invalid, "0002-00000039");
    let url = |query: &str| Sent::new("GET", "/bkt/a", query);
    check(url("OSSAccessKeyId=ak&Signature=x"), ErrorCode::AccessDenied, "0002-00000061");
    check(url("x-oss-signature-version=OSS4-HMAC-SHA256"), ErrorCode::AccessDenied, "0002-00000215");
    check(url("x-oss-signature-version=OSS2"), ErrorCode::AccessDenied, "0002-00000113");
    check(url("x-oss-signature-version=OSS5"), invalid, "0002-00000002");

    assert!(url("").presented().unwrap().is_none());
    assert!(url("Expires=1").presented().unwrap().is_none());
}

#[test]
fn tokens() {
    let token = |sent: Sent| sent.presented().unwrap().unwrap().security_token().map(str::to_owned);
    let header = || Sent::new("GET", "/bkt/a", "").with("authorization", "OSS ak:x");
    assert_eq!(token(header()), None);
    assert_eq!(token(header().with("x-oss-security-token", "t")).as_deref(), Some("t"));
    // Python 2 with version 1.
    assert_eq!(token(header().with("security-token", "t")).as_deref(), Some("t"));
    assert_eq!(
        token(header().with("security-token", "t").with("x-oss-security-token", "t")).as_deref(),
        Some("t")
    );
    let v1 = "OSSAccessKeyId=ak&Expires=1&Signature=x";
    let v2 = "x-oss-signature-version=OSS2&x-oss-access-key-id=ak&x-oss-expires=1&x-oss-signature=x";
    let v4 = "x-oss-signature-version=OSS4-HMAC-SHA256&x-oss-credential=ak/20231203/cn-hangzhou/oss/aliyun_v4_request\
              &x-oss-date=20231203T121212Z&x-oss-expires=1&x-oss-signature=x";
    for url in [v1, v2, v4] {
        let url = |more: &str| Sent::new("GET", "/bkt/a", &format!("{url}{more}"));
        assert_eq!(token(url("")), None);
        assert_eq!(token(url("&security-token=")), None);
        assert_eq!(token(url("&security-token=t")).as_deref(), Some("t"));
        assert_eq!(token(url("&x-oss-security-token=t&security-token=t")).as_deref(), Some("t"));
        for two in ["&security-token=t&security-token=u", "&security-token=t&x-oss-security-token=u"] {
            assert_eq!(url(two).presented().unwrap_err().code(), ErrorCode::InvalidSecurityToken, "{two}");
        }
    }
    for name in ["x-oss-security-token", "security-token"] {
        let two = header().with("x-oss-security-token", "t").with(name, "u");
        assert_eq!(two.presented().unwrap_err().code(), ErrorCode::InvalidSecurityToken, "{name}");
    }
}

/// With a key that has none, a token that is not even text counted as no token.
#[test]
fn a_token_that_is_not_text_is_refused() {
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, HeaderValue::from_static("OSS ak:x"));
    headers.insert("x-oss-security-token", HeaderValue::from_bytes(b"t\xff").unwrap());
    let error = presented(&headers, &Query::default()).unwrap_err();
    assert_eq!((error.code(), error.ec()), (ErrorCode::InvalidSecurityToken, "0002-00000006"));
}

#[test]
fn a_mismatch_says_what_was_signed() {
    let sent = december("acl").with("authorization", "OSS ak:wrong");
    let error = sent.verify("sk", seconds(DECEMBER)).unwrap_err();
    assert_eq!(error.status().as_u16(), 403);
    assert_eq!(detail(&error, "OSSAccessKeyId"), "ak");
    assert_eq!(detail(&error, "SignatureProvided"), "wrong");
    assert!(detail(&error, "StringToSign").ends_with("\n/examplebucket/nelson?acl"));
    assert!(detail(&error, "StringToSignBytes").starts_with("50 55 54 0A 65 42"));
}

proptest::proptest! {
    #[test]
    fn reading_never_panics(value in proptest::collection::vec(32u8..=255, 0..80), query in "\\PC{0,80}") {
        let mut headers = HeaderMap::new();
        let value = HeaderValue::from_bytes(&value).unwrap_or(HeaderValue::from_static(""));
        headers.insert(AUTHORIZATION, value);
        if let Ok(query) = Query::parse(&query) {
            let _ = presented(&headers, &query);
        }
    }

    #[test]
    fn what_we_sign_verifies(
        key in "[^/\\\\\0][^\0]{0,20}",
        name in "[a-z|+ -]{1,10}",
        value in "\\PC{0,10}",
    ) {
        let target = Addressing::default()
            .resolve(None, &format!("/bkt/{}", ossicle_protocol::percent_encode(&key)))
            .unwrap()
            .target;
        let now = Timestamp::from_unix_seconds(1_700_000_000);
        let signer = Signer::new("ak", SecretKey::new("sk"), "cn-hangzhou");
        let query = Query::from_pairs([(name, value)]);
        let v1 = signer.presign_v1(&Method::PUT, &target, query.clone(), &HeaderMap::new(), now);
        let v4 = signer.presign_v4(&Method::PUT, &target, query, &HeaderMap::new(), &[], now, 60);
        for signed in [v1, v4] {
            let sent = Query::parse(&signed.encode()).unwrap();
            let headers = HeaderMap::new();
            let presented = presented(&headers, &sent).unwrap().unwrap();
            let request =
                SignedRequest { method: &Method::PUT, target: &target, query: &sent, headers: &headers };
            presented.verify(&request, &SecretKey::new("sk"), now, &Scope::default()).unwrap();
        }
    }
}
