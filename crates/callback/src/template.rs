//! The body template: its strict grammar, and substitution for form and JSON bodies.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::body_type::BodyType;
use crate::finding::{Finding, FindingKind};
use crate::parameter_error::ParameterError;
use crate::variables::{CustomVariables, SystemVariable, Value, Variables};

/// Everything but the unreserved characters of RFC 3986.
const FORM_VALUE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The longest body that is sent. A variable may stand in a template hundreds of times, and a form may give it a value of
/// megabytes.
pub(crate) const MAX_BODY: usize = 1024 * 1024;

/// The most findings about a template, and the longest name in one: a form's template may have hundreds of thousands of
/// variables, and every finding goes to the log and to the journal.
const MAX_FINDINGS: usize = 16;
const MAX_NAME: usize = 128;

/// A body with its variables filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rendered {
    /// The body to send.
    pub body: Vec<u8>,
    /// Findings for the author of the template.
    pub findings: Vec<Finding>,
}

/// A parsed body template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Template {
    text: String,
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    System { variable: SystemVariable, quoted: bool },
    Custom { name: String, quoted: bool },
}

impl Template {
    /// Parses a template; the grammar knows `${name}` and nothing else that contains a dollar sign.
    pub(crate) fn parse(text: &str) -> Result<Self, ParameterError> {
        let mut pieces = Vec::new();
        let mut quotes = Quotes::default();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('$') {
            if !before.is_empty() {
                quotes.follow(before);
                pieces.push(Piece::Text(before.to_owned()));
            }
            let Some(after) = after.strip_prefix('{') else {
                let message = "Left brace must be adjacent to dollar sign.";
                return Err(violation("ReplaceKeyPrefix", message, text).with_detail(beginning(rest, before)));
            };
            let Some((name, after)) = after.split_once('}') else {
                let message = "Right brace is missing.";
                return Err(violation("ReplaceKeySuffix", message, text).with_detail(beginning(rest, before)));
            };
            pieces.push(placeholder(name, quotes.inside, text)?);
            rest = after;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        Ok(Self { text: text.to_owned(), pieces })
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Returns whether the size or format of an image is asked for, which costs a look into the data.
    pub(crate) fn needs_image(&self) -> bool {
        self.pieces.iter().any(|piece| matches!(piece, Piece::System { variable, .. } if variable.is_image()))
    }

    pub(crate) fn render(
        &self,
        kind: BodyType,
        system: &Variables<'_>,
        custom: &CustomVariables,
    ) -> Result<Rendered, ParameterError> {
        let mut body = String::with_capacity(self.text.len() + 128);
        let mut findings = Vec::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => body.push_str(text),
                Piece::System { variable, quoted } => {
                    let value = system.value(*variable);
                    if kind == BodyType::Json && *quoted && matches!(value, Value::Text(_)) {
                        add_finding(&mut findings, || quoted_variable(variable.name()));
                    }
                    push(&mut body, kind, &value, *quoted);
                }
                Piece::Custom { name, quoted } => {
                    let value = custom.get(name);
                    if value.is_none() {
                        add_finding(&mut findings, || undefined_variable(name));
                    }
                    if kind == BodyType::Json && *quoted {
                        add_finding(&mut findings, || quoted_variable(name));
                    }
                    push(&mut body, kind, &Value::Text(value.unwrap_or_default().into()), *quoted);
                }
            }
            if body.len() > MAX_BODY {
                let message = format!(
                    "The callback body is too long with its variables filled in, at most {MAX_BODY} bytes are sent."
                );
                return Err(violation("callbackBody", &message, &self.text));
            }
        }
        self.examine(kind, &body, &mut findings);
        Ok(Rendered { body: body.into_bytes(), findings })
    }

    fn examine(&self, kind: BodyType, body: &str, findings: &mut Vec<Finding>) {
        if has_encoded_braces(&self.text) {
            findings.push(Finding::new(
                FindingKind::EncodedBraces,
                "The template contains %24%7B or %7B, so its variables were percent-encoded before they reached the \
                 store and nothing was replaced: send callbackBody with plain ${...}.",
            ));
        }
        let explained = findings.iter().any(|finding| finding.kind == FindingKind::QuotedVariable);
        if kind == BodyType::Json
            && !explained
            && serde_json::from_str::<serde::de::IgnoredAny>(body).is_err()
        {
            findings.push(Finding::new(
                FindingKind::BodyNotJson,
                "callbackBodyType is application/json but the body that was sent is not valid JSON.",
            ));
        }
    }
}

/// Follows JSON text and knows whether its end stands inside a string literal.
#[derive(Default)]
struct Quotes {
    inside: bool,
    escaped: bool,
}

impl Quotes {
    fn follow(&mut self, text: &str) {
        for byte in text.bytes() {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' if self.inside => self.escaped = true,
                b'"' => self.inside = !self.inside,
                _ => {}
            }
        }
    }
}

/// Returns the text from the dollar sign on, as far as it helps to find the place: the template itself may be cut in an
/// answer.
fn beginning(rest: &str, before: &str) -> String {
    rest.get(before.len()..).unwrap_or_default().chars().take(40).collect()
}

fn placeholder(name: &str, quoted: bool, template: &str) -> Result<Piece, ParameterError> {
    if name.starts_with("x:") {
        return Ok(Piece::Custom { name: name.to_owned(), quoted });
    }
    match SystemVariable::from_name(name) {
        Some(variable) => Ok(Piece::System { variable, quoted }),
        None if name.is_empty() => Err(violation("ReplaceKey", "The variable name is empty.", template)),
        None => Err(violation("ReplaceKey", &format!("The variable {name} is not supported."), template)),
    }
}

fn violation(argument_name: &'static str, message: &str, template: &str) -> ParameterError {
    ParameterError::new("0007-00000105", message, argument_name, template)
}

fn push(body: &mut String, kind: BodyType, value: &Value<'_>, quoted: bool) {
    match (kind, value) {
        (BodyType::Form, Value::Text(text)) => body.extend(utf8_percent_encode(text, FORM_VALUE)),
        (BodyType::Form | BodyType::Json, Value::Number(number)) => body.push_str(&number.to_string()),
        (BodyType::Json, Value::Text(text)) => {
            body.push_str(&serde_json::Value::from(text.as_ref()).to_string())
        }
        (BodyType::Json, Value::NoNumber) if !quoted => body.push_str("null"),
        (BodyType::Form | BodyType::Json, Value::NoNumber) => {}
    }
}

fn has_encoded_braces(template: &str) -> bool {
    let upper = template.to_ascii_uppercase();
    upper.contains("%24%7B") || upper.contains("$%7B")
}

/// Adds a finding that is not there already, while there is room.
fn add_finding(findings: &mut Vec<Finding>, finding: impl FnOnce() -> Finding) {
    if findings.len() < MAX_FINDINGS {
        let finding = finding();
        if !findings.contains(&finding) {
            findings.push(finding);
        }
    }
}

/// Returns a name, or its beginning.
fn short(name: &str) -> &str {
    name.get(..name.floor_char_boundary(MAX_NAME)).unwrap_or(name)
}

fn quoted_variable(name: &str) -> Finding {
    let name = short(name);
    Finding::new(
        FindingKind::QuotedVariable,
        format!(
            "${{{name}}} stands inside quotes in a JSON template; its value brings its own quotes, so the body is not \
             valid JSON: remove the quotes around ${{{name}}}."
        ),
    )
}

fn undefined_variable(name: &str) -> Finding {
    Finding::new(
        FindingKind::UndefinedVariable,
        format!("The upload gave no value for ${{{}}}; an empty one was sent.", short(name)),
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::variables::Image;

    const IMAGE: Image = Image { width: 810, height: 539, format: "jpg" };

    fn variables(image: Option<Image>) -> Variables<'static> {
        Variables {
            bucket: "examplebucket",
            object: "a/b c&d=中\"\\\n.txt",
            etag: "F0F18C2C66AE1DD512BDCD4366F76DA3",
            size: 114_020,
            mime_type: "image/jpeg",
            image,
            crc64: 18_446_744_073_709_551_615,
            content_md5: None,
            vpc_id: "",
            client_ip: "192.0.2.7",
            request_id: "534B371674E88A4D8906008B",
            operation: "PutObject",
        }
    }

    fn render(kind: BodyType, template: &str, image: Option<Image>) -> (String, Vec<FindingKind>) {
        let mut custom = CustomVariables::default();
        custom.insert("x:fname", "2f7b.jpg");
        custom.insert("x:odd", "\"a\" & b+c");
        let rendered = Template::parse(template).unwrap().render(kind, &variables(image), &custom).unwrap();
        let kinds = rendered.findings.iter().map(|finding| finding.kind).collect();
        (String::from_utf8(rendered.body).unwrap(), kinds)
    }

    #[track_caller]
    fn check(kind: BodyType, template: &str, expected: &str, findings: &[FindingKind]) {
        let (body, kinds) = render(kind, template, None);
        assert_eq!(body, expected, "{template}");
        assert_eq!(kinds, findings, "{template}");
    }

    #[test]
    fn form_values_are_percent_encoded_and_nothing_else() {
        use BodyType::Form;
        check(Form, "bucket=${bucket}", "bucket=examplebucket", &[]);
        check(Form, "o=${object}&s=${size}", "o=a%2Fb%20c%26d%3D%E4%B8%AD%22%5C%0A.txt&s=114020", &[]);
        check(Form, "${x:odd}", "%22a%22%20%26%20b%2Bc", &[]);
        check(Form, "h=${imageInfo.height}&w=${imageInfo.width}&f=${imageInfo.format}", "h=&w=&f=", &[]);
        check(Form, "m=${contentMd5}&v=${vpcId}&i=${clientIp}", "m=&v=&i=192.0.2.7", &[]);
        check(Form, "r=${reqId}&op=${operation}", "r=534B371674E88A4D8906008B&op=PutObject", &[]);
        check(Form, "c=${crc64}", "c=18446744073709551615", &[]);
        // A constant, text that is no form, and the author's own encoding stay as they are.
        check(Form, "中文 {\"a\":1} %2F", "中文 {\"a\":1} %2F", &[]);
        check(Form, "m=${mimeType}}", "m=image%2Fjpeg}", &[]);
        check(Form, "my_var=${x:none}", "my_var=", &[FindingKind::UndefinedVariable]);
        check(Form, "b=%24%7Bbucket%7D", "b=%24%7Bbucket%7D", &[FindingKind::EncodedBraces]);
        check(Form, "b=%24%7bbucket%7d", "b=%24%7bbucket%7d", &[FindingKind::EncodedBraces]);
    }

    #[test]
    fn json_strings_bring_their_quotes_and_numbers_do_not() {
        use BodyType::Json;
        check(
            Json,
            r#"{"mimeType":${mimeType},"size":${size}}"#,
            r#"{"mimeType":"image/jpeg","size":114020}"#,
            &[],
        );
        check(Json, r#"{"o":${object}}"#, r#"{"o":"a/b c&d=中\"\\\n.txt"}"#, &[]);
        check(
            Json,
            r#"{"c":${crc64},"d":"${crc64}"}"#,
            r#"{"c":18446744073709551615,"d":"18446744073709551615"}"#,
            &[],
        );
        check(Json, r#"{"h":${imageInfo.height},"f":${imageInfo.format}}"#, r#"{"h":null,"f":""}"#, &[]);
        check(Json, r#"{"p":"${imageInfo.width},${imageInfo.height}"}"#, r#"{"p":","}"#, &[]);
        check(Json, r#"{"m":${contentMd5}}"#, r#"{"m":""}"#, &[]);
        check(Json, r#"{"n":${x:none}}"#, r#"{"n":""}"#, &[FindingKind::UndefinedVariable]);
        // An escaped quote does not end a string literal, an escaped backslash does not escape the quote.
        check(
            Json,
            r#"{"a":"\"${size}","b":"\\","c":${imageInfo.width}}"#,
            r#"{"a":"\"114020","b":"\\","c":null}"#,
            &[],
        );
        check(Json, "bucket=${bucket}&x", "bucket=\"examplebucket\"&x", &[FindingKind::BodyNotJson]);
        check(Json, "{\"a\":1}", "{\"a\":1}", &[]);
    }

    #[test]
    fn a_quoted_string_variable_is_sent_as_oss_does_and_reported() {
        let expected = r#"{"name":""2f7b.jpg"","b":""examplebucket""}"#;
        let findings = [FindingKind::QuotedVariable, FindingKind::QuotedVariable];
        check(BodyType::Json, r#"{"name":"${x:fname}","b":"${bucket}"}"#, expected, &findings);
    }

    #[test]
    fn image_variables_need_the_image() {
        let template = r#"{"pic_info":"${imageInfo.width},${imageInfo.height}","f":${imageInfo.format}}"#;
        assert!(Template::parse(template).unwrap().needs_image());
        assert!(!Template::parse("${bucket}${x:imageInfo.width}").unwrap().needs_image());
        let (body, _) = render(BodyType::Json, template, Some(IMAGE));
        assert_eq!(body, r#"{"pic_info":"810,539","f":"jpg"}"#);
    }

    #[test]
    fn violations_of_the_grammar() {
        // The first row is the documentation's example of this error.
        for (template, name, message) in [
            (
                "size=${size}&my_var=$x:my_var}",
                "ReplaceKeyPrefix",
                "Left brace must be adjacent to dollar sign.",
            ),
            ("o=$(object)", "ReplaceKeyPrefix", "Left brace must be adjacent to dollar sign."),
            ("$ {bucket}", "ReplaceKeyPrefix", "Left brace must be adjacent to dollar sign."),
            ("$$", "ReplaceKeyPrefix", "Left brace must be adjacent to dollar sign."),
            ("a$", "ReplaceKeyPrefix", "Left brace must be adjacent to dollar sign."),
            ("a=${bucket", "ReplaceKeySuffix", "Right brace is missing."),
            ("a=${}", "ReplaceKey", "The variable name is empty."),
            ("a=${buckets}", "ReplaceKey", "The variable buckets is not supported."),
            ("a=${ bucket}", "ReplaceKey", "The variable  bucket is not supported."),
            ("a=${a${bucket}}", "ReplaceKey", "The variable a${bucket is not supported."),
            ("a=${Bucket}", "ReplaceKey", "The variable Bucket is not supported."),
        ] {
            let error = Template::parse(template).unwrap_err();
            assert_eq!(
                (error.ec, error.argument_name, error.message.as_str()),
                ("0007-00000105", name, message)
            );
            assert_eq!(error.argument_value, template);
        }
    }

    #[test]
    fn findings_are_few_and_short_whatever_the_template() {
        let many: String = (0..100_000).map(|number| format!("${{x:{number}}}")).collect();
        let long = format!("${{x:{}}}", "键".repeat(500_000));
        for (template, expected) in [(many, MAX_FINDINGS), (long, 1), ("${x:a}".repeat(100_000), 1)] {
            let template = Template::parse(&template).unwrap();
            let rendered =
                template.render(BodyType::Form, &variables(None), &CustomVariables::default()).unwrap();
            assert_eq!(rendered.findings.len(), expected);
            assert!(rendered.findings.iter().all(|finding| finding.sentence.len() < 300));
        }
    }

    #[test]
    fn a_body_that_variables_make_too_long_is_refused() {
        let mut custom = CustomVariables::default();
        custom.insert("x:v", "v".repeat(MAX_BODY / 4));
        custom.insert("x:w", "%".repeat(MAX_BODY / 2));
        let check = |kind: BodyType, template: &str, fits: bool| {
            let template = Template::parse(template).unwrap();
            let rendered = template.render(kind, &variables(None), &custom);
            assert_eq!(rendered.is_ok(), fits, "{}", template.text());
            if let Err(error) = rendered {
                assert_eq!((error.ec, error.argument_name), ("0007-00000105", "callbackBody"));
            }
        };
        check(BodyType::Form, "${x:v}${x:v}${x:v}${x:v}", true);
        check(BodyType::Form, "${x:v}${x:v}${x:v}${x:v}x", false);
        check(BodyType::Form, &"${x:v}".repeat(600), false);
        check(BodyType::Form, "${x:w}", false);
        check(BodyType::Json, "${x:w}", true);
    }

    proptest! {
        #[test]
        fn any_value_gives_valid_json_outside_quotes(value in ".*") {
            let mut custom = CustomVariables::default();
            custom.insert("x:v", value.clone());
            let template = Template::parse(r#"{"a":${x:v},"b":[${x:v},${size},${imageInfo.width}]}"#).unwrap();
            let rendered = template.render(BodyType::Json, &variables(None), &custom).unwrap();
            let json: serde_json::Value = serde_json::from_slice(&rendered.body).unwrap();
            prop_assert_eq!(json["a"].as_str(), Some(value.as_str()));
            prop_assert!(rendered.findings.is_empty());
        }

        #[test]
        fn any_value_stays_inside_its_form_field(value in ".*") {
            let mut custom = CustomVariables::default();
            custom.insert("x:v", value.clone());
            let template = Template::parse("a=${x:v}&b=1").unwrap();
            let body = template.render(BodyType::Form, &variables(None), &custom).unwrap().body;
            let fields: Vec<(String, String)> = serde_urlencoded::from_bytes(&body).unwrap();
            prop_assert_eq!(fields, vec![("a".to_owned(), value), ("b".to_owned(), "1".to_owned())]);
        }

        #[test]
        fn parsing_never_panics(text in "[${}a-z\"x:\\\\]*") {
            let _ = Template::parse(&text);
        }
    }
}
