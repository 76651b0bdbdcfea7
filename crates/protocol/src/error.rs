//! An error in OSS's words and the XML document that carries it. The table of codes is in `error_code.rs`.

use std::borrow::Cow;
use std::fmt;

use http::StatusCode;

use crate::error_code::ErrorCode;
use crate::xml_text::push_element;

/// An error in OSS's words, ready to be answered.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Error {
    code: ErrorCode,
    message: Cow<'static, str>,
    ec: Cow<'static, str>,
    details: Vec<(&'static str, String)>,
}

impl Error {
    /// An error with the default message and detail code of `code`.
    #[must_use]
    pub fn new(code: ErrorCode) -> Self {
        let row = code.row();
        Self { code, message: Cow::Borrowed(row.message), ec: Cow::Borrowed(row.ec), details: Vec::new() }
    }

    /// `InvalidArgument` with a message and the offending argument, the commonest error of all.
    pub fn invalid_argument(
        message: impl Into<Cow<'static, str>>,
        name: impl Into<String>,
        value: impl Into<String>,
    ) -> Self {
        Self::new(ErrorCode::InvalidArgument)
            .with_message(message)
            .with_detail("ArgumentName", name)
            .with_detail("ArgumentValue", value)
    }

    /// Replaces the message.
    #[must_use]
    pub fn with_message(mut self, message: impl Into<Cow<'static, str>>) -> Self {
        self.message = message.into();
        self
    }

    /// Replaces the detail code, such as `0007-00000203`.
    #[must_use]
    pub fn with_ec(mut self, ec: impl Into<Cow<'static, str>>) -> Self {
        self.ec = ec.into();
        self
    }

    /// Adds an element to the document, such as `ArgumentName`. Empty values are left out of the document.
    #[must_use]
    pub fn with_detail(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.details.push((name, value.into()));
        self
    }

    /// What kind of error this is.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        self.code
    }

    /// The status of the answer.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.code.status()
    }

    /// The detail code; empty where OSS publishes none.
    #[must_use]
    pub fn ec(&self) -> &str {
        &self.ec
    }

    /// The sentence for people.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The elements added by [`Error::with_detail`], in order.
    pub fn details(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.details.iter().map(|(name, value)| (*name, value.as_str()))
    }

    /// The error document. No element in it is empty: one SDK crashes on empty ones.
    #[must_use]
    pub fn to_xml(&self, request_id: &str, host_id: &str) -> String {
        let mut out = String::with_capacity(512);
        out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>\n");
        let mut line = |name: &str, text: &str| {
            if !text.is_empty() {
                out.push_str("  ");
                push_element(&mut out, name, text);
                out.push('\n');
            }
        };
        line("Code", self.code.as_str());
        line("Message", if self.message.is_empty() { self.code.as_str() } else { &self.message });
        line("RequestId", request_id);
        line("HostId", if host_id.is_empty() { "unknown" } else { host_id });
        for (name, value) in &self.details {
            line(name, value);
        }
        line("EC", &self.ec);
        if !self.ec.is_empty() {
            line("RecommendDoc", &format!("https://api.aliyun.com/troubleshoot?q={}", self.ec));
        }
        out.push_str("</Error>\n");
        out
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.message)
    }
}

impl std::error::Error for Error {}

impl From<ErrorCode> for Error {
    fn from(code: ErrorCode) -> Self {
        Self::new(code)
    }
}

#[cfg(test)]
mod tests {
    use super::{Error, ErrorCode};

    #[test]
    fn document_has_every_element_in_order() {
        let error =
            Error::invalid_argument("The callback configuration is not json format.", "callback", "{a<b")
                .with_ec("0007-00000003");
        let expected = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
            <Error>\n  \
            <Code>InvalidArgument</Code>\n  \
            <Message>The callback configuration is not json format.</Message>\n  \
            <RequestId>534B371674E88A4D8906008B</RequestId>\n  \
            <HostId>b.oss-cn-hangzhou.aliyuncs.com</HostId>\n  \
            <ArgumentName>callback</ArgumentName>\n  \
            <ArgumentValue>{a&lt;b</ArgumentValue>\n  \
            <EC>0007-00000003</EC>\n  \
            <RecommendDoc>https://api.aliyun.com/troubleshoot?q=0007-00000003</RecommendDoc>\n\
            </Error>\n";
        assert_eq!(error.to_xml("534B371674E88A4D8906008B", "b.oss-cn-hangzhou.aliyuncs.com"), expected);
    }

    #[test]
    fn document_has_no_empty_element() {
        let xml = Error::invalid_argument("", "x", "").to_xml("R", "");
        assert!(!xml.contains("><"), "{xml}");
        assert!(!xml.contains("EC>"), "{xml}");
    }

    #[test]
    fn published_codes() {
        // Status, detail code and text as the official SDKs' suites assert them.
        let check = |code: ErrorCode, name: &str, status: u16, ec: &str, message: &str| {
            let error = Error::new(code);
            assert_eq!(code.as_str(), name);
            assert_eq!((error.status().as_u16(), error.ec(), error.message()), (status, ec, message));
        };
        check(
            ErrorCode::NoSuchBucket,
            "NoSuchBucket",
            404,
            "0015-00000101",
            "The specified bucket does not exist.",
        );
        check(ErrorCode::NoSuchKey, "NoSuchKey", 404, "0026-00000001", "The specified key does not exist.");
        check(
            ErrorCode::InvalidAccessKeyId,
            "InvalidAccessKeyId",
            403,
            "0002-00000902",
            "The OSS Access Key Id you provided does not exist in our records.",
        );
        check(
            ErrorCode::RequestTimeTooSkewed,
            "RequestTimeTooSkewed",
            403,
            "0002-00000504",
            "The difference between the request time and the current time is too large.",
        );
        check(ErrorCode::CallbackFailed, "CallbackFailed", 203, "0007-00000203", "Error status : 502.");
    }
}
