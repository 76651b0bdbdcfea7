//! `ResponseHeaderConfiguration`: the headers that answers about a bucket do not have, both what `PutBucketResponseHeader` is
//! sent and what `GetBucketResponseHeader` answers.

use crate::inputs::Fate::Honoured;
use crate::inputs::Input;
use crate::xml::Document;
use crate::xml::reader::{Element, malformed};
use crate::xml::writer::document;
use crate::{Error, ErrorCode};

/// A bucket has no more rules than this.
const MAX_RULES: usize = 20;

/// A rule has no more operations, and no more headers, than this.
const MAX_LISTED: usize = 100;

/// Longest name of a rule, an operation or a header.
const MAX_NAME: usize = 128;

/// Headers without which an answer could not be read.
const NEEDED: [&str; 3] = ["content-length", "transfer-encoding", "connection"];

/// The headers that answers do not have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResponseHeaderConfiguration {
    rules: Vec<Rule>,
}

/// Headers that are hidden in answers to some operations.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Rule {
    name: String,
    operations: Vec<String>,
    hidden: Vec<String>,
}

impl ResponseHeaderConfiguration {
    /// Returns the headers that answers to an operation do not have.
    pub fn hidden(&self, operation: &str) -> impl Iterator<Item = &str> {
        let fits = move |rule: &&Rule| rule.operations.iter().any(|it| it == "*" || it == operation);
        self.rules.iter().filter(fits).flat_map(|rule| &rule.hidden).map(String::as_str)
    }
}

impl Rule {
    fn read(rule: &Element) -> Result<Self, Error> {
        let name = rule.required("Name")?.trim();
        if name.is_empty() || name.len() > MAX_NAME || name.contains(char::is_control) {
            return Err(malformed("Name must be a text of up to 128 bytes."));
        }
        let operations =
            list(rule, "Filters", "Operation", |byte| byte.is_ascii_alphanumeric() || byte == b'*')?;
        let hidden =
            list(rule, "HideHeaders", "Header", |byte| byte.is_ascii_alphanumeric() || byte == b'-')?;
        if let Some(header) =
            hidden.iter().find(|it| NEEDED.iter().any(|needed| it.eq_ignore_ascii_case(needed)))
        {
            let message = "The header cannot be hidden.";
            return Err(Error::invalid_argument(message, "Header", header));
        }
        Ok(Self { name: name.to_owned(), operations, hidden })
    }
}

impl Document for ResponseHeaderConfiguration {
    const MAX_BODY: usize = 64 * 1024;

    const ELEMENTS: &'static [Input] = &[
        Input::element("ResponseHeaderConfiguration/Rule/Name", Honoured),
        Input::element("ResponseHeaderConfiguration/Rule/Filters/Operation", Honoured),
        Input::element("ResponseHeaderConfiguration/Rule/HideHeaders/Header", Honoured),
    ];

    fn parse(body: &[u8]) -> Result<Self, Error> {
        let root = Element::parse(body, "ResponseHeaderConfiguration", Self::MAX_BODY)?;
        let rules: Vec<_> = root.children("Rule").map(Rule::read).collect::<Result<_, _>>()?;
        if rules.is_empty() || rules.len() > MAX_RULES {
            return Err(malformed("There must be 1 to 20 rules."));
        }
        Ok(Self { rules })
    }

    fn unset() -> Result<Self, ErrorCode> {
        Ok(Self::default())
    }

    fn to_xml(&self) -> String {
        document("ResponseHeaderConfiguration", 128 + 256 * self.rules.len(), |c| {
            for rule in &self.rules {
                c.nested("Rule", |c| {
                    c.text("Name", &rule.name);
                    c.nested("Filters", |c| rule.operations.iter().for_each(|it| c.text("Operation", it)));
                    c.nested("HideHeaders", |c| rule.hidden.iter().for_each(|it| c.text("Header", it)));
                });
            }
        })
    }
}

/// Reads a list of names of which every byte fits.
fn list(
    rule: &Element,
    container: &'static str,
    name: &'static str,
    fits: fn(u8) -> bool,
) -> Result<Vec<String>, Error> {
    let names = rule.only(container)?.children(name).map(|it| it.text().trim().to_owned());
    let names: Vec<String> = names.take(MAX_LISTED + 1).collect();
    let is_name = |it: &String| !it.is_empty() && it.len() <= MAX_NAME && it.bytes().all(fits);
    if names.is_empty() || names.len() > MAX_LISTED || !names.iter().all(is_name) {
        return Err(malformed(format!("{container} must have 1 to {MAX_LISTED} names.")));
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{Strategy, prop, proptest};

    use super::{ResponseHeaderConfiguration, Rule};
    use crate::ErrorCode;
    use crate::xml::Document;

    fn rule() -> impl Strategy<Value = Rule> {
        let names = |pattern: &'static str| prop::collection::vec(pattern, 1..4);
        ("[a-z&<\u{4e2d}]{1,9}", names("[A-Za-z]{1,9}|\\*"), names("x-[A-Za-z-]{1,9}"))
            .prop_map(|(name, operations, hidden)| Rule { name, operations, hidden })
    }

    proptest! {
        #[test]
        fn reads_what_it_writes(rules in prop::collection::vec(rule(), 1..5)) {
            let document = ResponseHeaderConfiguration { rules };
            assert_eq!(ResponseHeaderConfiguration::parse(document.to_xml().as_bytes()), Ok(document));
        }
    }

    fn read(rules: &str) -> Result<ResponseHeaderConfiguration, crate::Error> {
        let body = format!("<ResponseHeaderConfiguration>{rules}</ResponseHeaderConfiguration>");
        ResponseHeaderConfiguration::parse(body.as_bytes())
    }

    fn one(operations: &str, headers: &str) -> String {
        format!(
            "<Rule><Name>a</Name><Filters>{operations}</Filters><HideHeaders>{headers}</HideHeaders></Rule>"
        )
    }

    #[test]
    fn hides_by_operation() {
        // Go SDK, client_test.go, TestBucketResponseHeader.
        let first =
            one("<Operation>Put</Operation><Operation>GetObject</Operation>", "<Header>ETag</Header>");
        let all = one("<Operation>*</Operation>", "<Header>Last-Modified</Header>");
        let read = read(&format!("{first}{all}")).expect("rules");
        let hidden = |operation: &str| read.hidden(operation).collect::<Vec<_>>();
        assert_eq!(hidden("GetObject"), ["ETag", "Last-Modified"]);
        assert_eq!(hidden("PutObject"), ["Last-Modified"]);
        assert!(ResponseHeaderConfiguration::default().hidden("GetObject").next().is_none());
    }

    #[test]
    fn refuses_bad_documents() {
        let (operation, header) = ("<Operation>*</Operation>", "<Header>ETag</Header>");
        let check = |rules: &str, code: ErrorCode| {
            assert_eq!(read(rules).expect_err(rules).code(), code, "{rules}");
        };
        check("", ErrorCode::MalformedXML);
        check(&one("", header), ErrorCode::MalformedXML);
        check(&one(operation, ""), ErrorCode::MalformedXML);
        check(&one(operation, "<Header>a b</Header>"), ErrorCode::MalformedXML);
        check(&one(operation, "<Header>Content-length</Header>"), ErrorCode::InvalidArgument);
        check(&one(operation, header).replace("<Name>a</Name>", ""), ErrorCode::MalformedXML);
        check(&one(operation, header).repeat(21), ErrorCode::MalformedXML);
        check(&one(&operation.repeat(101), header), ErrorCode::MalformedXML);
    }
}
