//! Signatures of requests to STS, against what the official clients sign.
//!
//! Where the vectors come from: each was made once by the signer of a client, unpatched, with a fixed time and nonce, for the key
//! `LTAIexample` or `STS.example` with the secret `secret`.

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use ossicle_protocol::sts::{Action, FaultCode, Format, Request, Verified, presented};
use ossicle_protocol::{SecretKey, Timestamp};

const POLICY: &str = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":["oss:GetObject"],"Resource":["acs:oss:*:*:b/*~ü"]}]}"#;
const ENCODED_POLICY: &str = "%7B%22Version%22%3A%221%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A\
                              %5B%22oss%3AGetObject%22%5D%2C%22Resource%22%3A%5B%22acs%3Aoss%3A%2A%3A%2A%3Ab%2F%2A~%C3%BC%22%5D\
                              %7D%5D%7D";
const FORM: &str = "application/x-www-form-urlencoded";

/// A request that can be altered.
#[derive(Clone)]
struct Sent {
    method: Method,
    query: String,
    headers: Vec<(String, String)>,
    body: String,
}

impl Sent {
    fn new(
        method: Method,
        query: impl Into<String>,
        headers: &[(&str, &str)],
        body: impl Into<String>,
    ) -> Self {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self { method, query: query.into(), headers, body: body.into() }
    }

    fn check(&self, secret: &str, now: Timestamp) -> Result<(String, Verified), FaultCode> {
        let headers = self.header_map();
        let (method, query, body) = (&self.method, self.query.as_str(), self.body.as_bytes());
        let request = Request { method, path: "/", query, headers: &headers, body };
        let presented = presented(&request).map_err(|fault| fault.code())?;
        let id = presented.access_key_id().to_owned();
        let verified = presented.verify(&SecretKey::new(secret), now).map_err(|fault| fault.code())?;
        Ok((id, verified))
    }

    fn header_map(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            if let (Ok(name), Ok(value)) =
                (HeaderName::try_from(name.as_str()), HeaderValue::try_from(value.as_str()))
            {
                headers.append(name, value);
            }
        }
        headers
    }

    fn format(&self) -> Format {
        let headers = self.header_map();
        let (method, query, body) = (&self.method, self.query.as_str(), self.body.as_bytes());
        Request { method, path: "/", query, headers: &headers, body }.format()
    }
}

fn now() -> Timestamp {
    Timestamp::from_unix_seconds(1_796_004_000)
}

/// `aliyun-python-sdk-core` 2.16.1, `rpc_signature_composer.get_signed_url`.
fn python_core(method: Method, format: &str, signature: &str) -> Sent {
    let query = format!(
        "Action=AssumeRole&Version=2015-04-01&RoleArn=acs%3Aram%3A%3A1000000000000001%3Arole%2Fwriter&DurationSeconds=900\
         &RegionId=cn-hangzhou&RoleSessionName=alice&Policy={ENCODED_POLICY}&Timestamp=2026-11-30T02%3A00%3A00Z\
         &SignatureMethod=HMAC-SHA1&SignatureType=&SignatureVersion=1.0&SignatureNonce=0b7c1f2e-nonce\
         &AccessKeyId=LTAIexample&Format={format}&Signature={signature}"
    );
    Sent::new(method, query, &[], "")
}

/// The same, with parameters in a form beside those of the query.
fn python_core_with_body() -> Sent {
    let query = "Action=AssumeRole&Version=2015-04-01&RoleArn=acs%3Aram%3A%3A1000000000000001%3Arole%2Fwriter\
                 &DurationSeconds=900&RegionId=cn-hangzhou&Timestamp=2026-11-30T02%3A00%3A00Z&SignatureMethod=HMAC-SHA1\
                 &SignatureType=&SignatureVersion=1.0&SignatureNonce=0b7c1f2e-nonce&AccessKeyId=LTAIexample&Format=JSON\
                 &Signature=X4XSnrgbLx0O%2FHzsNWWTg7YaORo%3D";
    let body = format!("Policy={ENCODED_POLICY}&RoleSessionName=a+b%2Bc%2Ad~e");
    Sent::new(Method::POST, query, &[("content-type", FORM)], body)
}

/// `ali-oss` 6, `OSS.STS.assumeRole`: everything in the body, some of it not encoded.
fn ali_oss() -> Sent {
    let body = "Action=AssumeRole&RoleArn=acs%3Aram%3A%3A1000000000000001%3Arole%2Fwriter&RoleSessionName=alice%40example\
                &DurationSeconds=900&Format=JSON&Version=2015-04-01&AccessKeyId=LTAIexample&SignatureMethod=HMAC-SHA1\
                &SignatureVersion=1.0&SignatureNonce=0.25&Timestamp=2026-11-30T02%3A00%3A00.123Z&Policy=%7B%22Version%22%3A\
                %221%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22oss%3A*%22%2C%22Resource\
                %22%3A%22acs%3Aoss%3A*%3A*%3Ab%2F(it's)!*%22%7D%5D%7D&Signature=iGdsENd%2F7GRZzru1%2BZqP0GLeUSk%3D";
    Sent::new(Method::POST, "", &[("content-type", FORM)], body)
}

const USER_AGENT: &str = "AlibabaCloud (Linux; x86_64) Python/3.12 Core/0.4 TeaDSL/2";

/// `alibabacloud-tea-openapi` 0.4.6, `Utils.get_authorization`: parameters in the query.
fn acs3() -> Sent {
    let query = format!(
        "RoleArn=acs%3Aram%3A%3A1000000000000001%3Arole%2Fwriter&RoleSessionName=alice&Policy={ENCODED_POLICY}\
         &DurationSeconds=3600"
    );
    let authorization = "ACS3-HMAC-SHA256 Credential=LTAIexample,SignedHeaders=accept;host;user-agent;x-acs-action;\
                         x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,\
                         Signature=f8e679f0303bbb961b7398b0fd7c1fb47b7de54ad568a7860e1d98bfa9db0a6a";
    let headers = [
        ("host", "sts.aliyuncs.com"),
        ("x-acs-version", "2015-04-01"),
        ("x-acs-action", "AssumeRole"),
        ("user-agent", USER_AGENT),
        ("x-acs-date", "2026-11-30T02:00:00Z"),
        ("x-acs-signature-nonce", "n-1"),
        ("accept", "application/json"),
        ("x-acs-content-sha256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("authorization", authorization),
    ];
    Sent::new(Method::POST, query, &headers, "")
}

/// The same with a temporary key, and with the parameters in a form.
fn acs3_with_token() -> Sent {
    let authorization = "ACS3-HMAC-SHA256 Credential=STS.example,SignedHeaders=accept;content-type;host;user-agent;\
                         x-acs-accesskey-id;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-security-token;\
                         x-acs-signature-nonce;x-acs-version,\
                         Signature=635c9f91e65a820c1a9fb320168923ebf1ae8a7552d05328d3bc3ea523159df5";
    let headers = [
        ("host", "sts.aliyuncs.com"),
        ("x-acs-version", "2015-04-01"),
        ("x-acs-action", "AssumeRole"),
        ("user-agent", USER_AGENT),
        ("x-acs-date", "2026-11-30T02:00:00Z"),
        ("x-acs-signature-nonce", "n-1"),
        ("accept", "application/json"),
        ("x-acs-content-sha256", "431ad0db800851f1e4656d90cb416046fe484bfe0ef1ce45ae90cd5c186b1e28"),
        ("x-acs-accesskey-id", "STS.example"),
        ("x-acs-security-token", "tok+en/=="),
        ("content-type", FORM),
        ("authorization", authorization),
    ];
    Sent::new(Method::POST, "", &headers, "RoleArn=acs%3Aram%3A%3A1%3Arole%2Fw&RoleSessionName=a+b%2A~")
}

fn vectors() -> Vec<Sent> {
    vec![
        python_core(Method::POST, "JSON", "iVJfn3Kj403w2Rq9HnboQgbveCg%3D"),
        python_core(Method::GET, "XML", "YxokkCC9HMnaw2kkonCSyhmkMf8%3D"),
        ali_oss(),
        acs3(),
    ]
}

#[test]
fn the_official_clients_signatures_fit() {
    for sent in vectors() {
        let (id, verified) = sent.check("secret", now()).unwrap();
        assert_eq!(id, "LTAIexample");
        let Action::AssumeRole(asked) = verified.action else { panic!("another action") };
        assert_eq!(asked.role.to_string(), "acs:ram::1000000000000001:role/writer");
        assert!(asked.session_name.starts_with("alice"));
        assert!(
            asked.policy.as_deref().is_some_and(|policy| policy == POLICY || policy.contains("(it's)!*"))
        );
        assert_eq!(sent.check("secret2", now()).unwrap_err(), FaultCode::SignatureDoesNotMatch);
    }
}

/// These two name a session as the manual does not allow it, to have every kind of character signed.
#[test]
fn what_is_signed_in_a_form_fits_too() {
    for sent in [python_core_with_body(), acs3_with_token()] {
        assert_eq!(sent.check("secret", now()).unwrap_err(), FaultCode::InvalidRoleSessionName);
        assert_eq!(sent.check("secret2", now()).unwrap_err(), FaultCode::SignatureDoesNotMatch);
    }
}

#[test]
fn a_request_is_valid_for_a_quarter_of_an_hour() {
    for sent in vectors() {
        let check = |seconds: i64, expected: Option<FaultCode>| {
            let now = Timestamp::from_unix_seconds(now().unix_seconds() + seconds);
            assert_eq!(sent.check("secret", now).err(), expected, "{seconds}");
        };
        check(899, None);
        check(-899, None);
        check(902, Some(FaultCode::TimestampExpired));
        check(-902, Some(FaultCode::TimestampExpired));
    }
}

#[test]
fn the_format_is_what_the_client_asks_for() {
    let formats: Vec<Format> = vectors().iter().map(Sent::format).collect();
    assert_eq!(formats, [Format::Json, Format::Xml, Format::Json, Format::Json]);
    assert_eq!(Sent::new(Method::GET, "", &[], "").format(), Format::Xml);
    assert_eq!(Sent::new(Method::GET, "Format=json", &[], "").format(), Format::Json);
}

/// Whatever is changed in a signed request, it is refused, or means the same.
#[test]
fn no_altered_request_means_something_else() {
    for sent in vectors() {
        let meant = sent.check("secret", now()).unwrap().1;
        let mut refused = 0;
        for altered in alterations(&sent) {
            match altered.check("secret", now()) {
                Err(_) => refused += 1,
                Ok((_, verified)) => assert_eq!(verified, meant, "{} {}", altered.query, altered.body),
            }
        }
        assert!(refused > 100, "{refused}");
    }
}

fn alterations(sent: &Sent) -> Vec<Sent> {
    let mut all = Vec::new();
    let texts = |text: &str| {
        let mut texts = Vec::new();
        for (at, _) in text.char_indices() {
            let (head, tail) = text.split_at(at);
            let rest = &tail[1..];
            texts.push(format!("{head}{rest}"));
            texts.extend(["0", "A", "&", "=", "%", "+"].iter().map(|with| format!("{head}{with}{rest}")));
            texts.push(format!("{head}&DurationSeconds=43200&{tail}"));
        }
        texts.extend(
            ["&a", "&Policy=", "&RoleSessionName=bob", "&Action=GetCallerIdentity", "&Signature=x"]
                .map(|more| format!("{text}{more}")),
        );
        texts
    };
    all.extend(texts(&sent.query).into_iter().map(|query| Sent { query, ..sent.clone() }));
    if !sent.body.is_empty() {
        all.extend(texts(&sent.body).into_iter().map(|body| Sent { body, ..sent.clone() }));
    }
    for method in [Method::GET, Method::POST, Method::PUT] {
        all.push(Sent { method, ..sent.clone() });
    }
    for index in 0..sent.headers.len() {
        let mut without = sent.clone();
        let (name, value) = without.headers.remove(index);
        all.push(without.clone());
        for other in [format!("{value}0"), value.to_uppercase(), value.replace("x-acs-action;", "")] {
            let mut altered = without.clone();
            altered.headers.push((name.clone(), other));
            all.push(altered);
        }
        let mut doubled = sent.clone();
        doubled.headers.insert(0, (name, "GetCallerIdentity".to_owned()));
        all.push(doubled);
    }
    let more = [
        ("x-acs-security-token", "t"),
        ("x-acs-action", "GetCallerIdentity"),
        ("content-type", FORM),
        ("content-type", "text/plain"),
    ];
    for (name, value) in more {
        let mut altered = sent.clone();
        altered.headers.push((name.to_owned(), value.to_owned()));
        all.push(altered);
    }
    all.push(Sent { body: "RoleSessionName=bob".to_owned(), ..sent.clone() });
    all
}

#[test]
fn an_incomplete_request_is_told_what_is_missing() {
    let full = python_core(Method::GET, "XML", "YxokkCC9HMnaw2kkonCSyhmkMf8%3D");
    let names =
        ["Action", "Version", "AccessKeyId", "Signature", "SignatureMethod", "SignatureNonce", "Timestamp"];
    for name in names {
        let pieces: Vec<&str> =
            full.query.split('&').filter(|piece| !piece.starts_with(&format!("{name}="))).collect();
        let sent = Sent { query: pieces.join("&"), ..full.clone() };
        assert_eq!(sent.check("secret", now()).unwrap_err(), FaultCode::MissingParameter, "{name}");
    }
    let check = |from: &str, to: &str, code| {
        let sent = Sent { query: full.query.replace(from, to), ..full.clone() };
        assert_eq!(sent.check("secret", now()).unwrap_err(), code, "{to}");
    };
    check("HMAC-SHA1", "HMAC-SHA256", FaultCode::InvalidSignatureMethod);
    check("SignatureVersion=1.0", "SignatureVersion=2.0", FaultCode::InvalidSignatureMethod);
    check("SignatureType=", "SignatureType=BEARERTOKEN", FaultCode::InvalidSignatureMethod);
    check("2026-11-30T02%3A00%3A00Z", "yesterday", FaultCode::TimestampFormat);
    let nonce = "n".repeat(300);
    check("0b7c1f2e-nonce", &nonce, FaultCode::InvalidParameter);
}

proptest::proptest! {
    /// Whatever comes, it is read or refused, and an answer says no more than a bound allows.
    #[test]
    fn reading_never_panics(
        query in "(Action=AssumeRole&|Version=2015-04-01&|Format=(JSON|xml)&|Signature=)*[ -~]{0,80}",
        body in "[ -~]{0,80}",
        authorization in "(ACS3-HMAC-SHA256 |Credential=a,|SignedHeaders=host,|Signature=0|[ -~]{0,3}){0,6}",
        post in proptest::bool::ANY,
    ) {
        let method = if post { Method::POST } else { Method::GET };
        let headers = [("content-type", FORM), ("authorization", authorization.as_str()), ("host", "h")];
        let sent = Sent::new(method, query, &headers[..if authorization.is_empty() { 1 } else { 3 }], body);
        let headers = sent.header_map();
        let (method, query, body) = (&sent.method, sent.query.as_str(), sent.body.as_bytes());
        let request = Request { method, path: "/", query, headers: &headers, body };
        let outcome = presented(&request).and_then(|read| read.verify(&SecretKey::new("secret"), now()));
        if let Err(fault) = outcome {
            proptest::prop_assert!(fault.render(request.format(), "R", "h").len() < 64 * 1024);
        }
    }
}
