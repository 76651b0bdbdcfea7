//! The `callback` parameter: from base64 to checked values, with the error codes of OSS.

use serde_json::{Map, Value as Json};

use crate::additional_headers;
use crate::base64_json;
use crate::body_type::BodyType;
use crate::guard::AddressGuard;
use crate::parameter_error::ParameterError;
use crate::template::{Rendered, Template};
use crate::url::{self, CallbackUrl, UrlError};
use crate::variables::{CustomVariables, Variables};

const MAX_URLS: usize = 5;

/// The request in a `callback` value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Requested {
    /// A callback, described in full.
    Callback(CallbackParameters),
    /// The bucket callback policy of this name.
    Policy(String),
}

/// A checked `callback` parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallbackParameters {
    urls: Vec<CallbackUrl>,
    url_text: String,
    host: Option<String>,
    template: Template,
    body_type: BodyType,
    sni: bool,
    additional_headers: Vec<(String, String)>,
}

impl CallbackParameters {
    /// Returns the URLs, in the order to try them; one to five.
    #[must_use]
    pub fn urls(&self) -> &[CallbackUrl] {
        &self.urls
    }

    /// Returns `callbackHost`: the value of the `Host` header, when it is not the URL's own.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        self.host.as_deref()
    }

    /// Returns the template, as written.
    #[must_use]
    pub fn body_template(&self) -> &str {
        self.template.text()
    }

    /// Returns `callbackBodyType`.
    #[must_use]
    pub fn body_type(&self) -> BodyType {
        self.body_type
    }

    /// Returns `callbackSNI`.
    #[must_use]
    pub fn sni(&self) -> bool {
        self.sni
    }

    /// Returns `additionalHeaders`.
    #[must_use]
    pub fn additional_headers(&self) -> &[(String, String)] {
        &self.additional_headers
    }

    /// Returns whether the template asks for the size or format of an image.
    #[must_use]
    pub fn needs_image(&self) -> bool {
        self.template.needs_image()
    }

    /// Refuses URLs that name a forbidden address outright. Names are judged when they are connected to.
    ///
    /// # Errors
    /// `0007-00000008`, as OSS answers.
    pub fn check_addresses(&self, guard: &AddressGuard) -> Result<(), ParameterError> {
        let literals = self.urls.iter().filter_map(CallbackUrl::literal_address);
        for address in literals {
            if guard.check(address.into()).is_err() {
                let message = "Private address is forbidden to callback.";
                return Err(ParameterError::new("0007-00000008", message, "callbackUrl", &self.url_text));
            }
        }
        Ok(())
    }

    /// Fills in the template.
    ///
    /// # Errors
    /// [`ParameterError`] for a body of more than 1 MiB.
    pub fn render(
        &self,
        variables: &Variables<'_>,
        custom: &CustomVariables,
    ) -> Result<Rendered, ParameterError> {
        self.template.render(self.body_type, variables, custom)
    }
}

/// Reads a `callback` value. `None` means that its `callbackUrl` is missing or empty: an ordinary upload.
///
/// # Errors
/// [`ParameterError`] with the code that OSS gives for what is wrong.
pub fn parse_callback(base64: &str) -> Result<Option<Requested>, ParameterError> {
    if base64_json::is_too_long(base64) {
        let message = "The length of callback exceed max value.";
        return Err(ParameterError::new("0007-00000001", message, "callback", base64));
    }
    let json = base64_json::decode(base64).map_err(|error| {
        let message = "The callback configuration is not base64 encoded.";
        ParameterError::new("0007-00000002", message, "callback", base64).with_detail(error)
    })?;
    parse_callback_json(&json)
}

/// Reads the JSON that a `callback` value decodes to.
///
/// # Errors
/// As [`parse_callback`].
pub fn parse_callback_json(json: &[u8]) -> Result<Option<Requested>, ParameterError> {
    let text = String::from_utf8_lossy(json);
    let map = base64_json::parse_object(json).map_err(|error| {
        let message = "The callback configuration is not json format.";
        ParameterError::new("0007-00000003", message, "callback", text.clone()).with_detail(error)
    })?;
    let fields = Fields { text: &text, map };
    match fields.text("callbackPolicy", "0007-00000003", "The callback policy is invalid.")? {
        None | Some("") => {}
        Some(name) => return Ok(Some(Requested::Policy(name.to_owned()))),
    }
    let url_text =
        fields.text("callbackUrl", "0007-00000004", "The callback url configuration is invalid.")?;
    match url_text {
        None | Some("") => Ok(None),
        Some(url_text) => fields.callback(url_text).map(|callback| Some(Requested::Callback(callback))),
    }
}

/// The members of the `callback` object, with the text they came from for error answers.
struct Fields<'a> {
    text: &'a str,
    map: Map<String, Json>,
}

impl Fields<'_> {
    fn error(&self, ec: &'static str, message: &str) -> ParameterError {
        ParameterError::new(ec, message, "callback", self.text)
    }

    /// Reads a member that must be a string when it is there; `null` counts as not there.
    fn text(&self, name: &str, ec: &'static str, message: &str) -> Result<Option<&str>, ParameterError> {
        match self.map.get(name) {
            None | Some(Json::Null) => Ok(None),
            Some(Json::String(text)) => Ok(Some(text)),
            Some(other) => Err(self.error(ec, message).with_detail(format!("{name} is no string: {other}"))),
        }
    }

    fn callback(&self, url_text: &str) -> Result<CallbackParameters, ParameterError> {
        Ok(CallbackParameters {
            urls: self.urls(url_text)?,
            url_text: url_text.to_owned(),
            host: self.host()?,
            template: self.template()?,
            body_type: self.body_type()?,
            sni: self.sni()?,
            additional_headers: self.additional_headers()?,
        })
    }

    fn urls(&self, text: &str) -> Result<Vec<CallbackUrl>, ParameterError> {
        let parts: Vec<&str> = text.split(';').map(str::trim).filter(|part| !part.is_empty()).collect();
        if parts.len() > MAX_URLS {
            return Err(self.error("0007-00000005", "The number of callback url exceed max value."));
        }
        let error = || self.error("0007-00000004", "The callback url configuration is invalid.");
        if parts.is_empty() {
            return Err(error());
        }
        let url = |part: &&str| {
            CallbackUrl::parse(part).map_err(|why: UrlError| error().with_detail(format!("{part}: {why}")))
        };
        parts.iter().map(url).collect()
    }

    fn host(&self) -> Result<Option<String>, ParameterError> {
        let (ec, message) = ("0007-00000009", "The callback host configuration is invalid.");
        match self.text("callbackHost", ec, message)? {
            None | Some("") => Ok(None),
            Some(host) if url::is_valid_authority(host) => Ok(Some(host.to_owned())),
            Some(host) => Err(self.error(ec, message).with_detail(format!("callbackHost: {host}"))),
        }
    }

    fn template(&self) -> Result<Template, ParameterError> {
        let text = self.text("callbackBody", "0007-00000010", "The callback body is invalid.")?;
        match text {
            None | Some("") => Err(self.error("0007-00000011", "The callback body is empty.")),
            Some(text) => Template::parse(text),
        }
    }

    fn body_type(&self) -> Result<BodyType, ParameterError> {
        let ec = "0007-00000012";
        let text = self.text("callbackBodyType", ec, "The callback body type configuration is invalid.")?;
        match text {
            None => Ok(BodyType::default()),
            Some(text) => [BodyType::Form, BodyType::Json]
                .into_iter()
                .find(|known| known.as_str() == text)
                .ok_or_else(|| {
                    let error = self.error(ec, "The body type of callback is not supported.");
                    error.with_detail(format!("callbackBodyType: {text}"))
                }),
        }
    }

    fn sni(&self) -> Result<bool, ParameterError> {
        match self.map.get("callbackSNI") {
            None | Some(Json::Null) => Ok(false),
            Some(Json::Bool(sni)) => Ok(*sni),
            // Builders that only know strings write the word.
            Some(Json::String(text)) if text == "true" || text == "false" => Ok(text == "true"),
            Some(other) => {
                let error = self.error("0007-00000012", "The callback SNI configuration is invalid.");
                Err(error.with_detail(format!("callbackSNI: {other}")))
            }
        }
    }

    fn additional_headers(&self) -> Result<Vec<(String, String)>, ParameterError> {
        let error = || self.error("0007-00000026", "The additional headers of callback are invalid.");
        let map = match self.map.get("additionalHeaders") {
            None | Some(Json::Null) => return Ok(Vec::new()),
            Some(Json::Object(map)) => map,
            Some(_) => return Err(error().with_detail("additionalHeaders is no object")),
        };
        additional_headers::read(map).map_err(|detail| error().with_detail(detail))
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

    use super::*;

    const BODY: &str = r#""callbackBody":"a=${bucket}""#;

    fn parse(json: &str) -> Result<Option<Requested>, ParameterError> {
        parse_callback(&STANDARD.encode(json))
    }

    fn callback(json: &str) -> CallbackParameters {
        match parse(json) {
            Ok(Some(Requested::Callback(callback))) => callback,
            other => panic!("{json}: {other:?}"),
        }
    }

    /// Checks the code and the message, and that the value is the decoded JSON.
    #[track_caller]
    fn check(json: &str, ec: &str, message: &str) {
        let error = parse(json).expect_err(json);
        assert_eq!((error.ec, error.message.as_str()), (ec, message), "{json}");
        assert_eq!((error.argument_name, error.argument_value.as_str()), ("callback", json));
    }

    #[test]
    fn reads_what_the_sdks_write() {
        let all = callback(
            r#"{"callbackUrl":"http:\/\/a.com\/x;b.com:81/y?q;","callbackHost":"h.com","callbackBody":"{\"a\":${size}}",
               "callbackBodyType":"application/json","callbackSNI":true,"additionalHeaders":{"key1":"val1"},"other":[1]} "#,
        );
        let urls: Vec<&str> = all.urls().iter().map(CallbackUrl::as_str).collect();
        assert_eq!(urls, ["http://a.com/x", "b.com:81/y?q"]);
        assert_eq!(all.host(), Some("h.com"));
        assert_eq!(all.body_template(), r#"{"a":${size}}"#);
        assert_eq!((all.body_type(), all.sni()), (BodyType::Json, true));
        assert_eq!(all.additional_headers(), [("key1".to_owned(), "val1".to_owned())]);

        let few =
            callback("{\"callbackUrl\":\"a.com\", \"callbackBody\" : \"\\u4e2d\", \"callbackHost\":null}\n");
        assert_eq!(
            (few.host(), few.body_template(), few.body_type(), few.sni()),
            (None, "中", BodyType::Form, false)
        );
    }

    #[test]
    fn an_empty_url_is_no_callback() {
        for json in [
            "{}",
            r#"{"callbackUrl":"","callbackBody":""}"#,
            r#"{"callbackUrl":null}"#,
            r#"{"callbackBody":"x"}"#,
        ] {
            assert_eq!(parse(json), Ok(None), "{json}");
        }
    }

    #[test]
    fn a_policy_is_only_a_name() {
        // The Java SDK writes a blank after the brace.
        let policy = Requested::Policy("test_2".into());
        assert_eq!(parse("{\"callbackPolicy\":\"test_2\"} "), Ok(Some(policy)));
    }

    #[test]
    fn what_is_not_json_is_refused() {
        let message = "The callback configuration is not json format.";
        let deep = "[".repeat(3000);
        for text in ["error argument", "", "[]", "\"x\"", "{\"a\":1", "{} x", "\u{feff}{}", &deep] {
            check(text, "0007-00000003", message);
        }
        let gbk = STANDARD.encode([b"{\"callbackUrl\":\"".as_slice(), &[0xd6, 0xd0], b"\"}"].concat());
        assert_eq!(parse_callback(&gbk).expect_err("not UTF-8").ec, "0007-00000003");
    }

    #[test]
    fn urls_and_host_are_checked() {
        let url = |url: &str| format!(r#"{{"callbackUrl":{url},{BODY}}}"#);
        let message = "The callback url configuration is invalid.";
        for text in [
            r#""my""#,
            r#""my.com:test""#,
            "5",
            r#"["a.com"]"#,
            r#""ftp://a.com""#,
            r#""http://[::1]/""#,
            r#"";""#,
            r#""a.com;my""#,
        ] {
            check(&url(text), "0007-00000004", message);
        }
        let six = r#""1.com;2.com;3.com;4.com;5.com;6.com""#;
        check(&url(six), "0007-00000005", "The number of callback url exceed max value.");
        assert_eq!(callback(&url(r#""1.com;2.com;3.com;4.com;5.com;""#)).urls().len(), 5);

        let host = "The callback host configuration is invalid.";
        for text in ["[1, 2, 3]", r#""a b""#, r#""a\r\nX: y""#, r#""http://a.com""#] {
            let json = format!(r#"{{"callbackUrl":"a.com",{BODY},"callbackHost":{text}}}"#);
            check(&json, "0007-00000009", host);
        }
    }

    #[test]
    fn body_and_type_are_checked() {
        check(
            r#"{"callbackUrl":"a.com","callbackBody":[1,2,3]}"#,
            "0007-00000010",
            "The callback body is invalid.",
        );
        check(r#"{"callbackUrl":"a.com","callbackBody":""}"#, "0007-00000011", "The callback body is empty.");
        check(r#"{"callbackUrl":"a.com"}"#, "0007-00000011", "The callback body is empty.");
        let with = |kind: &str| format!(r#"{{"callbackUrl":"a.com",{BODY},"callbackBodyType":{kind}}}"#);
        check(&with("123"), "0007-00000012", "The callback body type configuration is invalid.");
        for text in [r#""image/jpg""#, r#""""#, r#""application/json; charset=utf-8""#] {
            check(&with(text), "0007-00000012", "The body type of callback is not supported.");
        }
    }

    #[test]
    fn additional_headers_cannot_contradict_the_callback() {
        for text in [
            "5",
            "[]",
            r#"{"x-oss-test":"v"}"#,
            r#"{"X-OSS-Test":"v"}"#,
            r#"{"a":1}"#,
            r#"{"":"v"}"#,
            r#"{"a b":"v"}"#,
            r#"{"a":"v\r\nb: c"}"#,
            r#"{"Content-Length":"0"}"#,
            r#"{"transfer-encoding":"chunked"}"#,
            r#"{"Host":"a"}"#,
            r#"{"x-ossicle-attempt":"1"}"#,
            r#"{"x_oss_tag":"CALLBACK"}"#,
            r#"{"Content-Encoding":"gzip"}"#,
        ] {
            let json = format!(r#"{{"callbackUrl":"a.com",{BODY},"additionalHeaders":{text}}}"#);
            check(&json, "0007-00000026", "The additional headers of callback are invalid.");
        }
    }

    #[test]
    fn base64_is_strict_inside_and_lenient_about_alphabet_and_padding() {
        let json = r#"{"callbackUrl":"a.com","callbackBody":"ÿþ?>~"}"#;
        let url_safe = URL_SAFE_NO_PAD.encode(json);
        assert!(url_safe.contains(['-', '_']), "the sample must tell the alphabets apart");
        assert_eq!(parse_callback(&url_safe), parse(json));
        // "error argument" is sent by the C++ SDK's suite, "x123-*&" stands in the documentation.
        for text in ["error argument", "x123-*&", "e30=\n", " e30=", "e3 0=", "e30==", "e", "中"] {
            let error = parse_callback(text).expect_err(text);
            assert_eq!((error.ec, error.argument_value.as_str()), ("0007-00000002", text));
            assert_eq!(error.message, "The callback configuration is not base64 encoded.");
        }
    }

    #[test]
    fn the_limit_is_on_the_base64() {
        let body = "x".repeat(3 * 1280 - r#"{"callbackUrl":"a.com","callbackBody":""}"#.len());
        let fits = STANDARD.encode(format!(r#"{{"callbackUrl":"a.com","callbackBody":"{body}"}}"#));
        assert_eq!(fits.len(), 5 * 1024);
        assert!(parse_callback(&fits).is_ok());
        let longer = STANDARD.encode(format!(r#"{{"callbackUrl":"a.com","callbackBody":"{body}x"}}"#));
        let error = parse_callback(&longer).expect_err("too long");
        assert_eq!(
            (error.ec, error.message.as_str()),
            ("0007-00000001", "The length of callback exceed max value.")
        );
    }

    #[test]
    fn literal_private_addresses_are_refused_before_the_upload() {
        let urls = [
            "http://192.168.1.1",
            "127.0.0.1:8088/test.php",
            "http://127.1/",
            "0x7f000001:80",
            "2130706433",
            "8.8.8.8;10.0.0.1",
        ];
        for url in urls {
            let callback = callback(&format!(r#"{{"callbackUrl":"{url}",{BODY}}}"#));
            let error = callback.check_addresses(&AddressGuard::default()).expect_err(url);
            assert_eq!((error.ec, error.argument_name), ("0007-00000008", "callbackUrl"));
            assert_eq!(error.argument_value, url);
            assert_eq!(error.message, "Private address is forbidden to callback.");
            assert!(callback.check_addresses(&AddressGuard::allow_all()).is_ok());
        }
        for url in ["http://localhost:1/", "8.8.8.8"] {
            let callback = callback(&format!(r#"{{"callbackUrl":"{url}",{BODY}}}"#));
            assert!(callback.check_addresses(&AddressGuard::default()).is_ok(), "{url}");
        }
    }
}
