//! The variables of a template: what the store knows about the upload, and what the uploader adds.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::base64_json;
use crate::parameter_error::ParameterError;

/// Size and format of an uploaded image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Image {
    /// Pixels across.
    pub width: u64,
    /// Pixels down.
    pub height: u64,
    /// Lower-case name of the format, such as `jpg`.
    pub format: &'static str,
}

/// The values that the store knows about an upload.
#[derive(Clone, Debug)]
pub struct Variables<'a> {
    /// Bucket name.
    pub bucket: &'a str,
    /// Object name, decoded.
    pub object: &'a str,
    /// ETag in upper case, without quotes.
    pub etag: &'a str,
    /// Bytes of the whole object.
    pub size: u64,
    /// The stored Content-Type.
    pub mime_type: &'a str,
    /// Set when the object is an image that could be read.
    pub image: Option<Image>,
    /// CRC-64 of the whole object.
    pub crc64: u64,
    /// Base64 of the MD5, for the operations that have one.
    pub content_md5: Option<&'a str>,
    /// Identifier of the client's virtual network, empty when there is none.
    pub vpc_id: &'a str,
    /// Address of the client.
    pub client_ip: &'a str,
    /// The request id, as in `x-oss-request-id`.
    pub request_id: &'a str,
    /// Name of the operation, such as `PutObject`.
    pub operation: &'a str,
}

/// The variables that an uploader adds: `callback-var`, or `x:` fields of a form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CustomVariables {
    values: BTreeMap<String, String>,
}

impl CustomVariables {
    /// Adds one variable. A name that does not start with `x:` cannot be used in a template and is ignored, as
    /// OSS does.
    pub fn insert(&mut self, name: impl Into<String>, value: impl Into<String>) {
        let name = name.into();
        if name.starts_with("x:") {
            self.values.insert(name, value.into());
        }
    }

    /// Returns the value of a variable; names are case-sensitive and include the `x:`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// Returns these variables together with `over`, which wins on the same name.
    #[must_use]
    pub fn merge(mut self, over: Self) -> Self {
        self.values.extend(over.values);
        self
    }

    /// Returns whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Iterates over names and values, ordered by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// Reads a `callback-var` value: base64 of a JSON object of strings. An empty value counts as absent.
///
/// # Errors
/// [`ParameterError`] with the code that OSS gives for what is wrong.
pub fn parse_callback_var(base64: &str) -> Result<CustomVariables, ParameterError> {
    if base64.is_empty() {
        return Ok(CustomVariables::default());
    }
    let error = |ec, message: &str, value: &str| ParameterError::new(ec, message, "callback-var", value);
    if base64_json::is_too_long(base64) {
        return Err(error("0007-00000101", "The length of callback var exceed max value.", base64));
    }
    let bytes = base64_json::decode(base64).map_err(|detail| {
        let message = "The callback var configuration is not base64 encoded.";
        error("0007-00000102", message, base64).with_detail(detail)
    })?;
    let text = String::from_utf8_lossy(&bytes);
    // "expecten" is what OSS says.
    let not_json =
        |detail| error("0007-00000103", "The callback var is not expecten json.", &text).with_detail(detail);
    let object = base64_json::parse_object(&bytes).map_err(not_json)?;
    let mut variables = CustomVariables::default();
    for (name, value) in object {
        let serde_json::Value::String(value) = value else {
            return Err(error("0007-00000105", &format!("The value of {name} is not a string."), &text));
        };
        variables.insert(name, value);
    }
    Ok(variables)
}

/// A value ready for substitution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    Text(Cow<'a, str>),
    Number(u64),
    /// A number that the object has not, such as the width of a text file.
    NoNumber,
}

/// The names that exist besides `x:`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SystemVariable {
    Bucket,
    Object,
    Etag,
    Size,
    MimeType,
    ImageHeight,
    ImageWidth,
    ImageFormat,
    Crc64,
    ContentMd5,
    VpcId,
    ClientIp,
    ReqId,
    Operation,
}

const NAMES: [(SystemVariable, &str); 14] = [
    (SystemVariable::Bucket, "bucket"),
    (SystemVariable::Object, "object"),
    (SystemVariable::Etag, "etag"),
    (SystemVariable::Size, "size"),
    (SystemVariable::MimeType, "mimeType"),
    (SystemVariable::ImageHeight, "imageInfo.height"),
    (SystemVariable::ImageWidth, "imageInfo.width"),
    (SystemVariable::ImageFormat, "imageInfo.format"),
    (SystemVariable::Crc64, "crc64"),
    (SystemVariable::ContentMd5, "contentMd5"),
    (SystemVariable::VpcId, "vpcId"),
    (SystemVariable::ClientIp, "clientIp"),
    (SystemVariable::ReqId, "reqId"),
    (SystemVariable::Operation, "operation"),
];

impl SystemVariable {
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        NAMES.iter().find(|(_, known)| *known == name).map(|(variable, _)| *variable)
    }

    pub(crate) fn name(self) -> &'static str {
        NAMES.iter().find(|(variable, _)| *variable == self).map_or("", |(_, name)| name)
    }

    pub(crate) fn is_image(self) -> bool {
        matches!(self, Self::ImageHeight | Self::ImageWidth | Self::ImageFormat)
    }
}

impl Variables<'_> {
    pub(crate) fn value(&self, variable: SystemVariable) -> Value<'_> {
        let text = |text| Value::Text(Cow::Borrowed(text));
        let pixels = |pixels: Option<u64>| pixels.map_or(Value::NoNumber, Value::Number);
        match variable {
            SystemVariable::Bucket => text(self.bucket),
            SystemVariable::Object => text(self.object),
            SystemVariable::Etag => text(self.etag),
            SystemVariable::Size => Value::Number(self.size),
            SystemVariable::MimeType => text(self.mime_type),
            SystemVariable::ImageHeight => pixels(self.image.map(|image| image.height)),
            SystemVariable::ImageWidth => pixels(self.image.map(|image| image.width)),
            SystemVariable::ImageFormat => text(self.image.map_or("", |image| image.format)),
            SystemVariable::Crc64 => Value::Number(self.crc64),
            SystemVariable::ContentMd5 => text(self.content_md5.unwrap_or("")),
            SystemVariable::VpcId => text(self.vpc_id),
            SystemVariable::ClientIp => text(self.client_ip),
            SystemVariable::ReqId => text(self.request_id),
            SystemVariable::Operation => text(self.operation),
        }
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    fn parse(json: &str) -> Result<CustomVariables, ParameterError> {
        parse_callback_var(&STANDARD.encode(json))
    }

    #[test]
    fn reads_an_object_of_strings() {
        let json = r#"{"x:var1":"value1" ,"x:键值1":"值\/","X:up":"","x:":"","var1":"ignored"}"#;
        let variables = parse(&format!("{json}\n")).unwrap();
        let seen: Vec<_> = variables.iter().collect();
        assert_eq!(seen, [("x:", ""), ("x:var1", "value1"), ("x:键值1", "值/")]);
        assert!(parse_callback_var("").unwrap().is_empty());
    }

    #[test]
    fn names_are_case_sensitive_and_the_request_wins() {
        let policy = parse(r#"{"x:a":"policy","x:b":"policy"}"#).unwrap();
        let request = parse(r#"{"x:b":"request","x:B":"request"}"#).unwrap();
        let merged = policy.merge(request);
        let seen: Vec<_> = merged.iter().collect();
        assert_eq!(seen, [("x:B", "request"), ("x:a", "policy"), ("x:b", "request")]);
    }

    #[test]
    fn each_mistake_has_its_code() {
        let ec = |result: Result<CustomVariables, ParameterError>| {
            let error = result.unwrap_err();
            assert_eq!(error.argument_name, "callback-var");
            error.ec
        };
        assert_eq!(ec(parse_callback_var(&"A".repeat(5121))), "0007-00000101");
        assert_eq!(ec(parse_callback_var("a b")), "0007-00000102");
        for json in [" ", "[]", "{", "5", "{\"x:a\":\"b\"} c"] {
            assert_eq!(ec(parse(json)), "0007-00000103", "{json}");
        }
        for json in [r#"{"x:a":1}"#, r#"{"x:a":null}"#, r#"{"a":{}}"#] {
            assert_eq!(ec(parse(json)), "0007-00000105", "{json}");
        }
    }
}
