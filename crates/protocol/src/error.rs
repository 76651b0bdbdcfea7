//! An error in OSS's words and the XML document that carries it. The table of codes is in `error_code/row.rs`.
//!
//! Much of an error repeats what the client sent. Whatever that was, each element and the document have a bound, so that
//! no request is answered with a multiple of itself.

use std::borrow::Cow;
use std::fmt;

use http::StatusCode;

use crate::echo::{shorten, shortened};
use crate::error_code::ErrorCode;
use crate::xml_text::{push_element, push_escaped, spellable};

/// The longest message.
pub(crate) const MESSAGE_LIMIT: usize = 2 * 1024;
/// The longest value of an element that no other bound is for; a key and most headers fit.
pub(crate) const DETAIL_LIMIT: usize = 1024;
/// The longest text to sign or canonical request that is told to the client whose signature is wrong.
pub(crate) const SIGNED_TEXT_LIMIT: usize = 8 * 1024;
/// The longest detail code; published ones have 13 characters.
const EC_LIMIT: usize = 64;
/// The longest `HostId`.
const HOST_ID_LIMIT: usize = 255;
/// The longest document.
pub(crate) const DOCUMENT_LIMIT: usize = 48 * 1024;
/// The longest document for a header, in which base64 makes it a third longer: proxies take heads of 4 KiB.
pub(crate) const HEADER_DOCUMENT_LIMIT: usize = 2 * 1024;
/// What an element needs besides its name and text: twice angle brackets, a slash, indentation and a line feed.
const MARKUP: usize = 8;
/// An element that can hold less than this of its text is left out.
const LEAST_TEXT: usize = 16;

/// An error in OSS's words, ready to be answered.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Error {
    code: ErrorCode,
    message: Cow<'static, str>,
    ec: Cow<'static, str>,
    details: Vec<(&'static str, String)>,
    group: Option<Box<Group>>,
    headers: Box<[(&'static str, String)]>,
}

/// Elements that stand together in one.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Group {
    name: &'static str,
    details: Vec<(&'static str, String)>,
}

impl Error {
    /// Makes an error with the default message and detail code of `code`.
    #[must_use]
    pub fn new(code: ErrorCode) -> Self {
        let row = code.row();
        Self {
            code,
            message: Cow::Borrowed(row.message),
            ec: Cow::Borrowed(row.ec),
            details: Vec::new(),
            group: None,
            headers: Box::default(),
        }
    }

    /// Makes `InvalidArgument` with a message and the offending argument, the commonest error of all.
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

    /// Replaces the message, up to [`MESSAGE_LIMIT`].
    #[must_use]
    pub fn with_message(mut self, message: impl Into<Cow<'static, str>>) -> Self {
        self.message = bounded(message.into(), MESSAGE_LIMIT);
        self
    }

    /// Replaces the detail code, such as `0007-00000203`.
    #[must_use]
    pub fn with_ec(mut self, ec: impl Into<Cow<'static, str>>) -> Self {
        self.ec = bounded(ec.into(), EC_LIMIT);
        self
    }

    /// Adds an element to the document, such as `ArgumentName`. Empty values are left out of the document, long ones
    /// are cut.
    #[must_use]
    pub fn with_detail(mut self, name: &'static str, value: impl Into<String>) -> Self {
        let most = match name {
            "StringToSign" | "CanonicalRequest" => SIGNED_TEXT_LIMIT,
            // Two digits and a space for each byte of the text.
            "StringToSignBytes" => 3 * SIGNED_TEXT_LIMIT,
            _ => DETAIL_LIMIT,
        };
        self.details.push((name, shorten(value.into(), most)));
        self
    }

    /// Adds an element with elements in it, such as `AccessDeniedDetail`. It is left out of a document that has no room for it.
    #[must_use]
    pub fn with_group(
        mut self,
        name: &'static str,
        details: impl IntoIterator<Item = (&'static str, String)>,
    ) -> Self {
        let details = details.into_iter().map(|(name, value)| (name, shorten(value, DETAIL_LIMIT))).collect();
        self.group = Some(Box::new(Group { name, details }));
        self
    }

    /// Sets headers that the answer has beside the document, such as `x-oss-delete-marker`.
    #[must_use]
    pub fn with_headers(mut self, headers: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        self.headers =
            headers.into_iter().map(|(name, value)| (name, shorten(value, DETAIL_LIMIT))).collect();
        self
    }

    /// Returns the code of the error.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        self.code
    }

    /// Returns the status of the answer.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.code.status()
    }

    /// Returns the detail code; empty where OSS publishes none.
    #[must_use]
    pub fn ec(&self) -> &str {
        &self.ec
    }

    /// Returns the sentence for people.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns the elements added by [`Error::with_detail`], in order.
    pub fn details(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.details.iter().map(|(name, value)| (*name, value.as_str()))
    }

    /// Returns the headers set by [`Error::with_headers`].
    pub fn headers(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.headers.iter().map(|(name, value)| (*name, value.as_str()))
    }

    /// Writes the error document, at most [`DOCUMENT_LIMIT`] bytes. No element in it is empty: one SDK crashes
    /// on empty ones. Every XML parser takes it: with a reference to a control character of a key in it, the Go
    /// SDK would tell of a broken answer where an object merely does not exist.
    #[must_use]
    pub fn to_xml(&self, request_id: &str, host_id: &str) -> String {
        self.to_xml_within(DOCUMENT_LIMIT, request_id, host_id)
    }

    /// Writes the error document for a header, at most [`HEADER_DOCUMENT_LIMIT`] bytes.
    #[must_use]
    pub fn to_short_xml(&self, request_id: &str, host_id: &str) -> String {
        self.to_xml_within(HEADER_DOCUMENT_LIMIT, request_id, host_id)
    }

    /// Writes the end of the document first, so that what stands before it gets the room that is left.
    fn to_xml_within(&self, most: usize, request_id: &str, host_id: &str) -> String {
        let mut end = String::new();
        push_line(&mut end, "EC", &self.ec);
        if !self.ec.is_empty() {
            push_line(
                &mut end,
                "RecommendDoc",
                &format!("https://api.aliyun.com/troubleshoot?q={}", self.ec),
            );
        }
        end.push_str("</Error>\n");
        let most = most.saturating_sub(end.len());
        let mut out = String::with_capacity(512);
        out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>\n");
        let host_id = if host_id.is_empty() { "unknown" } else { &shortened(host_id, HOST_ID_LIMIT) };
        let message = if self.message.is_empty() { self.code.as_str() } else { &self.message };
        let head = [
            ("Code", self.code.as_str()),
            ("Message", message),
            ("RequestId", request_id),
            ("HostId", host_id),
        ];
        for (name, text) in head {
            // None of these takes the others' room.
            let most = most.min(out.len() + most / 4);
            push_line_within(&mut out, most, name, text);
        }
        for (name, value) in &self.details {
            push_line_within(&mut out, most, name, value);
        }
        if let Some(group) = self.group.as_ref().map(|group| group.to_lines()) {
            out.push_str(if out.len() + group.len() <= most { &group } else { "" });
        }
        out.push_str(&end);
        out
    }
}

impl Group {
    fn to_lines(&self) -> String {
        let mut lines = format!("  <{}>\n", self.name);
        for (name, text) in self.details.iter().filter(|(_, text)| !text.is_empty()) {
            lines.push_str("  ");
            push_line(&mut lines, name, &spellable(text));
        }
        lines.push_str("  </");
        lines.push_str(self.name);
        lines.push_str(">\n");
        lines
    }
}

/// Appends an element on a line of its own.
fn push_line(out: &mut String, name: &str, text: &str) {
    if !text.is_empty() {
        out.push_str("  ");
        push_element(out, name, text);
        out.push('\n');
    }
}

/// Writes a line with as much of the text as leaves `out` no longer than `most`, or without the element.
fn push_line_within(out: &mut String, most: usize, name: &str, text: &str) {
    let text = &*spellable(text);
    let room = most.saturating_sub(out.len() + 2 * name.len() + MARKUP);
    let mut escaped = String::with_capacity(text.len());
    push_escaped(&mut escaped, text);
    if escaped.len() <= room {
        push_line(out, name, text);
    } else if room >= LEAST_TEXT {
        push_line(out, name, &shortened(text, escaping_into(text, room)));
    }
}

/// Returns how many bytes of a text can be escaped into `room` bytes.
fn escaping_into(text: &str, room: usize) -> usize {
    let mut escaped = String::new();
    let fits = |(at, character): &(usize, char)| {
        push_escaped(&mut escaped, text.get(*at..at + character.len_utf8()).unwrap_or_default());
        escaped.len() <= room
    };
    text.char_indices().take_while(fits).last().map_or(0, |(at, character)| at + character.len_utf8())
}

fn bounded(text: Cow<'static, str>, most: usize) -> Cow<'static, str> {
    match text {
        Cow::Borrowed(text) => shortened(text, most),
        Cow::Owned(text) => Cow::Owned(shorten(text, most)),
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
    use super::{
        DETAIL_LIMIT, DOCUMENT_LIMIT, Error, ErrorCode, HEADER_DOCUMENT_LIMIT, MESSAGE_LIMIT,
        SIGNED_TEXT_LIMIT,
    };

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
    fn elements_stand_in_one_where_there_is_room() {
        let detail = |text: &str| [("PolicyType", text.to_owned()), ("AuthAction", String::new())];
        let error = Error::new(ErrorCode::AccessDenied).with_group("AccessDeniedDetail", detail("a<b"));
        let xml = error.to_xml("R", "H");
        let lines =
            "  <AccessDeniedDetail>\n    <PolicyType>a&lt;b</PolicyType>\n  </AccessDeniedDetail>\n  <EC>";
        assert!(xml.contains(lines), "{xml}");
        let long = Error::new(ErrorCode::AccessDenied)
            .with_detail("Bucket", "b".repeat(DETAIL_LIMIT))
            .with_group("AccessDeniedDetail", detail(&"x".repeat(9000)));
        assert!(long.to_xml("R", "H").contains("<PolicyType>xxx"));
        assert!(!long.to_short_xml("R", "H").contains("AccessDeniedDetail"));
    }

    #[test]
    fn every_parser_reads_the_document() {
        let error =
            Error::new(ErrorCode::NoSuchKey).with_message("\u{0}").with_detail("Key", "a\u{1}\r\u{FFFF}b");
        let xml = error.to_xml("R", "H");
        assert!(xml.contains("<Key>a\u{FFFD}&#13;\u{FFFD}b</Key>"), "{xml}");
        assert!(xml.contains("<Message>\u{FFFD}</Message>"), "{xml}");
    }

    #[test]
    fn document_has_no_empty_element() {
        let xml = Error::invalid_argument("", "x", "").to_xml("R", "");
        assert!(!xml.contains("><"), "{xml}");
        assert!(!xml.contains("EC>"), "{xml}");
    }

    proptest::proptest! {
        #![proptest_config(proptest::test_runner::Config::with_cases(48))]
        #[test]
        fn no_input_makes_a_document_longer_than_the_limit(
            values in proptest::collection::vec(("[\\x00-\\x20<&'\"\u{FFFF}a键]{0,40}", 0..4000_usize), 6),
            details in 0..30_usize,
        ) {
            let mut values = values.iter().map(|(text, times)| text.repeat(*times)).cycle();
            let mut next = || values.next().unwrap();
            let mut error = Error::invalid_argument(next(), next(), next()).with_ec(next());
            for index in 0..details {
                let names = ["StringToSign", "StringToSignBytes", "CanonicalRequest", "Key", "OSSAccessKeyId"];
                error = error.with_detail(names[index % names.len()], next());
            }
            let (id, host) = (next(), next());
            let (document, short) = (error.to_xml(&id, &host), error.to_short_xml(&id, &host));
            proptest::prop_assert!(document.len() <= DOCUMENT_LIMIT, "{}", document.len());
            proptest::prop_assert!(short.len() <= HEADER_DOCUMENT_LIMIT, "{}", short.len());
            for document in [document, short] {
                proptest::prop_assert!(document.ends_with("</Error>\n"));
                proptest::prop_assert!(document.contains("<Code>InvalidArgument</Code>"));
            }
        }
    }

    #[test]
    fn every_element_of_a_long_error_has_its_bound() {
        let long = "&键".repeat(1_000_000);
        let error = Error::new(ErrorCode::SignatureDoesNotMatch)
            .with_message(long.clone())
            .with_detail("OSSAccessKeyId", long.clone())
            .with_detail("StringToSign", long.clone())
            .with_detail("StringToSignBytes", long.clone());
        let lengths: Vec<usize> = error.details().map(|(_, value)| value.len()).collect();
        assert_eq!(error.message().len(), MESSAGE_LIMIT);
        assert_eq!(lengths, [DETAIL_LIMIT, SIGNED_TEXT_LIMIT, 3 * SIGNED_TEXT_LIMIT]);
        let short = error.to_short_xml("534B371674E88A4D8906008B", &long);
        assert!(short.contains("<RequestId>534B371674E88A4D8906008B</RequestId>"), "{short}");
        assert!(short.contains("&amp;...</Message>") && short.contains("...</HostId>"), "{short}");
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
