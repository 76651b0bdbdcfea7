//! `OverwriteConfiguration`: which objects may not be overwritten and by whom, both what `PutBucketOverwriteConfig` is sent and
//! what `GetBucketOverwriteConfig` answers.

use std::collections::HashSet;

use crate::inputs::Fate::Honoured;
use crate::inputs::Input;
use crate::xml::Document;
use crate::xml::reader::{Element, malformed};
use crate::xml::writer::document;
use crate::{Error, ErrorCode, ObjectKey};

/// The most rules of a bucket, as the manual has it.
const MAX_RULES: usize = 100;

/// The most principals of a rule.
const MAX_PRINCIPALS: usize = 100;

/// The longest id of a rule and the longest name of a principal.
const MAX_NAME: usize = 255;

/// Rules against overwriting. An object that one of them is about is not overwritten.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OverwriteConfiguration {
    rules: Vec<OverwriteRule>,
}

/// Who may not overwrite which objects.
#[derive(Clone, Debug, PartialEq, Eq)]
struct OverwriteRule {
    /// Empty until it is given one.
    id: String,
    prefix: String,
    suffix: String,
    /// Everybody if there are none.
    principals: Vec<String>,
}

impl OverwriteConfiguration {
    /// Gives an id to each rule that came without one.
    pub fn fill_in_ids(&mut self, new_id: impl Fn() -> String) {
        for rule in self.rules.iter_mut().filter(|rule| rule.id.is_empty()) {
            rule.id = new_id();
        }
    }

    /// Returns whether overwriting the key is forbidden to somebody, whose names `is_named` knows.
    pub fn forbids(&self, key: &str, is_named: impl Fn(&str) -> bool) -> bool {
        self.rules.iter().any(|rule| {
            key.starts_with(&rule.prefix)
                && key.ends_with(&rule.suffix)
                && (rule.principals.is_empty() || rule.principals.iter().any(|name| is_named(name)))
        })
    }
}

impl Document for OverwriteConfiguration {
    const MAX_BODY: usize = 512 * 1024;

    const ELEMENTS: &'static [Input] = &[
        Input::element("OverwriteConfiguration/Rule/ID", Honoured),
        Input::element("OverwriteConfiguration/Rule/Action", Honoured),
        Input::element("OverwriteConfiguration/Rule/Prefix", Honoured),
        Input::element("OverwriteConfiguration/Rule/Suffix", Honoured),
        Input::element("OverwriteConfiguration/Rule/Principals/Principal", Honoured),
    ];

    fn parse(body: &[u8]) -> Result<Self, Error> {
        let root = Element::parse(body, "OverwriteConfiguration", Self::MAX_BODY)?;
        let rules = root.children("Rule").map(rule).collect::<Result<Vec<_>, _>>()?;
        if rules.is_empty() || rules.len() > MAX_RULES {
            return Err(malformed(format!("There must be 1 to {MAX_RULES} rules.")));
        }
        let mut ids = HashSet::new();
        if let Some(twice) = rules.iter().find(|rule| !rule.id.is_empty() && !ids.insert(&rule.id)) {
            return Err(Error::invalid_argument("The ID of a rule must be unique.", "ID", &twice.id));
        }
        Ok(Self { rules })
    }

    fn unset() -> Result<Self, ErrorCode> {
        Err(ErrorCode::NoSuchBucketOverwriteConfig)
    }

    fn to_xml(&self) -> String {
        document("OverwriteConfiguration", 128 + self.rules.len() * 256, |c| {
            for rule in &self.rules {
                c.nested("Rule", |c| {
                    c.text("ID", &rule.id);
                    c.text("Action", "forbid");
                    c.text("Prefix", &rule.prefix);
                    c.text("Suffix", &rule.suffix);
                    c.nested("Principals", |c| {
                        for principal in &rule.principals {
                            c.text("Principal", principal);
                        }
                    });
                });
            }
        })
    }
}

fn rule(element: &Element) -> Result<OverwriteRule, Error> {
    let action = element.required("Action")?;
    if action.trim() != "forbid" {
        return Err(Error::invalid_argument("The Action must be forbid.", "Action", action));
    }
    let principals = match element.child("Principals")? {
        Some(list) => {
            list.children("Principal").map(|name| within("Principal", name.text().trim(), MAX_NAME))
        }
        None => return filtered(element, Vec::new()),
    };
    let principals = principals.filter(|name| !matches!(name, Ok(name) if name.is_empty()));
    filtered(element, principals.collect::<Result<_, _>>()?)
}

fn filtered(element: &Element, principals: Vec<String>) -> Result<OverwriteRule, Error> {
    if principals.len() > MAX_PRINCIPALS {
        return Err(malformed(format!("A rule has at most {MAX_PRINCIPALS} principals.")));
    }
    let text = |name, most| within(name, element.optional(name)?.unwrap_or(""), most);
    Ok(OverwriteRule {
        id: text("ID", MAX_NAME)?,
        prefix: text("Prefix", ObjectKey::MAX_LENGTH)?,
        suffix: text("Suffix", ObjectKey::MAX_LENGTH)?,
        principals,
    })
}

fn within(name: &'static str, text: &str, most: usize) -> Result<String, Error> {
    if text.len() > most {
        let message = format!("{name} must not be longer than {most} bytes.");
        return Err(Error::invalid_argument(message, name, ""));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::OverwriteConfiguration;
    use crate::ErrorCode;
    use crate::xml::Document;

    fn parse(rules: &str) -> Result<OverwriteConfiguration, crate::Error> {
        let body = format!("<OverwriteConfiguration>{rules}</OverwriteConfiguration>");
        OverwriteConfiguration::parse(body.as_bytes())
    }

    #[test]
    fn rules_are_about_prefix_suffix_and_principals_at_once() {
        let rules = "<Rule><ID>1</ID><Action>forbid</Action><Prefix>a/</Prefix><Suffix>.txt</Suffix><Principals>\
                     <Principal>1234</Principal></Principals></Rule><Rule><Action>forbid</Action><Prefix>b/</Prefix></Rule>";
        let mut read = parse(rules).expect(rules);
        read.fill_in_ids(|| "new".into());
        assert_eq!(OverwriteConfiguration::parse(read.to_xml().as_bytes()).expect("its own document"), read);
        let check = |key: &str, who: &str, expected: bool| {
            assert_eq!(read.forbids(key, |name| name == who), expected, "{key} by {who}");
        };
        check("a/b.txt", "1234", true);
        check("a/b.txt", "5", false);
        check("a/b.gif", "1234", false);
        check("c/b.txt", "1234", false);
        check("b/x", "5", true);
    }

    #[test]
    fn refuses_bad_documents() {
        let check = |rules: &str, code: ErrorCode| {
            assert_eq!(parse(rules).expect_err(rules).code(), code, "{rules}");
        };
        let rule = "<Rule><ID>1</ID><Action>forbid</Action></Rule>";
        check("", ErrorCode::MalformedXML);
        check("<Rule/>", ErrorCode::MalformedXML);
        check(&rule.repeat(2), ErrorCode::InvalidArgument);
        check(&rule.replace("forbid", "allow"), ErrorCode::InvalidArgument);
        check(&rule.replace("<ID>1</ID>", "").repeat(101), ErrorCode::MalformedXML);
        let long = format!("<Prefix>{}</Prefix><Action>", "a".repeat(1024));
        check(&rule.replace("<Action>", &long), ErrorCode::InvalidArgument);
        let many = format!("<Principals>{}</Principals><Action>", "<Principal>1</Principal>".repeat(101));
        check(&rule.replace("<Action>", &many), ErrorCode::MalformedXML);
    }
}
