//! The `callback` and `callback-var` values of an upload.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Map, Value as Json, json};

use crate::body_type::BodyType;
use crate::parameter_error::ParameterError;
use crate::parameters::parse_callback;
use crate::variables::parse_callback_var;

/// The variables of the standard body; `receiver::Upload` has a field for each.
const STANDARD: [&str; 12] = [
    "bucket",
    "object",
    "etag",
    "size",
    "mimeType",
    "imageInfo.height",
    "imageInfo.width",
    "imageInfo.format",
    "crc64",
    "clientIp",
    "reqId",
    "operation",
];

/// Builds what an uploader sends to have a callback made.
///
/// ```
/// use ossicle_callback::BodyType;
/// use ossicle_callback::builder::Callback;
///
/// let callback = Callback::new("https://app.example.com/uploaded")
///     .var("user", "42")
///     .standard(BodyType::Json);
/// let headers = [("x-oss-callback", callback.to_header()?), ("x-oss-callback-var", callback.var_header()?)];
/// # assert!(headers.iter().all(|(_, value)| !value.is_empty()));
/// # Ok::<(), ossicle_callback::ParameterError>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Callback {
    urls: Vec<String>,
    members: Map<String, Json>,
    headers: Map<String, Json>,
    variables: Map<String, Json>,
}

impl Callback {
    /// Creates a callback to this URL.
    pub fn new(url: impl Into<String>) -> Self {
        Self { urls: vec![url.into()], ..Self::default() }
    }

    /// Creates a callback as a policy of the bucket describes it.
    pub fn policy(name: impl Into<String>) -> Self {
        Self::default().member("callbackPolicy", name.into())
    }

    /// Adds a further URL, tried when those before it fail; five at most.
    pub fn or_url(mut self, url: impl Into<String>) -> Self {
        self.urls.push(url.into());
        self
    }

    /// Sets the value of the `Host` header.
    pub fn host(self, host: impl Into<String>) -> Self {
        self.member("callbackHost", host.into())
    }

    /// Sets the body template. In JSON, string variables bring their own quotes: `{"object":${object}}`.
    pub fn body(self, template: impl Into<String>, body_type: BodyType) -> Self {
        self.member("callbackBody", template.into()).member("callbackBodyType", body_type.as_str())
    }

    /// Sets the body that `receiver::Upload` reads: what the store knows, and the variables added so far.
    pub fn standard(self, body_type: BodyType) -> Self {
        let custom: Vec<String> = self.variables.keys().cloned().collect();
        let names = STANDARD.into_iter().chain(custom.iter().map(String::as_str));
        let template = match body_type {
            BodyType::Form => names.map(|name| format!("{name}=${{{name}}}")).collect::<Vec<_>>().join("&"),
            BodyType::Json => {
                let members = names.map(|name| format!("{}:${{{name}}}", Json::from(name)));
                format!("{{{}}}", members.collect::<Vec<_>>().join(","))
            }
        };
        self.body(template, body_type)
    }

    /// Sets whether TLS tells the application server its name; most servers behind a content delivery network or with
    /// several certificates need it.
    pub fn sni(self, sni: bool) -> Self {
        self.member("callbackSNI", sni)
    }

    /// Adds a request header; its name must not start with `x-oss-`.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.insert(name.into(), value.into().into());
        self
    }

    /// Adds a custom variable, used in the template as `${x:name}`; the `x:` is added when it is missing.
    pub fn var(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let name = name.into();
        let name = if name.starts_with("x:") { name } else { format!("x:{name}") };
        self.variables.insert(name, value.into().into());
        self
    }

    /// Returns the value of the header `x-oss-callback` or of the query parameter `callback`.
    ///
    /// # Errors
    /// What the store would answer, so that a mistake shows before anything is sent.
    pub fn to_header(&self) -> Result<String, ParameterError> {
        let encoded = self.encode();
        parse_callback(&encoded)?;
        Ok(encoded)
    }

    /// Returns the value of the header `x-oss-callback-var` or of the query parameter `callback-var`; empty without
    /// variables.
    ///
    /// # Errors
    /// As [`Callback::to_header`].
    pub fn var_header(&self) -> Result<String, ParameterError> {
        if self.variables.is_empty() {
            return Ok(String::new());
        }
        let encoded = BASE64.encode(Json::from(self.variables.clone()).to_string());
        parse_callback_var(&encoded)?;
        Ok(encoded)
    }

    /// Returns the form fields of a PostObject request: `callback`, and one field for each variable.
    ///
    /// # Errors
    /// As [`Callback::to_header`].
    pub fn form_fields(&self) -> Result<Vec<(String, String)>, ParameterError> {
        let encoded = self.encode();
        parse_callback(&encoded)?;
        let variables = self
            .variables
            .iter()
            .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
        Ok(std::iter::once(("callback".to_owned(), encoded)).chain(variables).collect())
    }

    fn encode(&self) -> String {
        let mut members = self.members.clone();
        if !self.urls.is_empty() {
            members.insert("callbackUrl".to_owned(), self.urls.join(";").into());
        }
        if !self.headers.is_empty() {
            members.insert("additionalHeaders".to_owned(), json!(self.headers));
        }
        BASE64.encode(Json::from(members).to_string())
    }

    fn member(mut self, name: &str, value: impl Into<Json>) -> Self {
        self.members.insert(name.to_owned(), value.into());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parameters::Requested;

    fn parsed(callback: &Callback) -> crate::parameters::CallbackParameters {
        match parse_callback(&callback.to_header().unwrap()) {
            Ok(Some(Requested::Callback(parameters))) => parameters,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_built_is_what_is_parsed() {
        let callback = Callback::new("https://a.example.com/x?y=1;b.example.com")
            .or_url("c.example.com")
            .host("h.example.com")
            .body("{\"a\":${object},\"b\":${x:user}}", BodyType::Json)
            .sni(true)
            .header("Key1", "val1")
            .var("user", "\"42\" 中");
        let parameters = parsed(&callback);
        let urls: Vec<&str> = parameters.urls().iter().map(crate::CallbackUrl::as_str).collect();
        assert_eq!(urls, ["https://a.example.com/x?y=1", "b.example.com", "c.example.com"]);
        assert_eq!((parameters.host(), parameters.sni()), (Some("h.example.com"), true));
        assert_eq!(parameters.additional_headers(), [("Key1".to_owned(), "val1".to_owned())]);
        let variables = parse_callback_var(&callback.var_header().unwrap()).unwrap();
        assert_eq!(variables.get("x:user"), Some("\"42\" 中"));
        let fields = callback.form_fields().unwrap();
        assert_eq!(fields[0], ("callback".to_owned(), callback.to_header().unwrap()));
        assert_eq!(fields[1], ("x:user".to_owned(), "\"42\" 中".to_owned()));
    }

    #[test]
    fn mistakes_show_before_anything_is_sent() {
        let body = |callback: Callback| callback.body("a", BodyType::Form);
        assert_eq!(body(Callback::new("my")).to_header().unwrap_err().ec, "0007-00000004");
        assert_eq!(Callback::new("a.com").to_header().unwrap_err().ec, "0007-00000011");
        let long = Callback::new("a.com").body("x".repeat(5000), BodyType::Form);
        assert_eq!(long.to_header().unwrap_err().ec, "0007-00000001");
        assert!(long.form_fields().is_err());
        let policy = Callback::policy("p").to_header().unwrap();
        assert_eq!(parse_callback(&policy), Ok(Some(Requested::Policy("p".into()))));
        assert_eq!(Callback::policy("p").var_header().unwrap(), "");
    }

    #[test]
    fn the_standard_body_names_every_variable() {
        let form = parsed(&Callback::new("a.com").var("a b", "1").standard(BodyType::Form));
        assert!(
            form.body_template().starts_with("bucket=${bucket}&object=${object}&etag=${etag}&size=${size}")
        );
        assert!(form.body_template().ends_with("&operation=${operation}&x:a b=${x:a b}"));
        let json = parsed(&Callback::new("a.com").var("q\"", "1").standard(BodyType::Json));
        assert!(json.body_template().ends_with(",\"x:q\\\"\":${x:q\"}}"), "{}", json.body_template());
    }
}
