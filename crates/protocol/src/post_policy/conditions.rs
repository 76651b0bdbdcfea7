//! The conditions of a policy: reading one and asking whether it holds.

use std::fmt;

use serde_json::Value;

use super::{SHOWN, invalid};
use crate::{BucketName, Error, shortened};

/// One condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Condition {
    /// `{"field": "value"}` or `["eq", "$field", "value"]`
    Equal { field: String, value: String },
    /// `["starts-with", "$field", "prefix"]`
    StartsWith { field: String, prefix: String },
    /// `["in", "$field", ["a", "b"]]`
    In { field: String, values: Vec<String> },
    /// `["not-in", "$field", ["a", "b"]]`
    NotIn { field: String, values: Vec<String> },
    /// `["content-length-range", 0, 1024]`
    Length { least: u64, most: u64 },
}

impl Condition {
    pub(super) fn parse(item: &Value) -> Result<Self, Error> {
        match item {
            Value::Object(members) => {
                let mut members = members.iter();
                let (Some((field, value)), None) = (members.next(), members.next()) else {
                    let message = "Invalid Simple-Condition: Simple-Conditions must have exactly one property \
                                   specified.";
                    return Err(invalid(message).with_detail("ErrorDetail", shown(item)));
                };
                Ok(Self::Equal { field: name(field), value: text(value, item)? })
            }
            Value::Array(parts) => match parts.as_slice() {
                [Value::String(operator), first, second] => Self::parse_list(operator, first, second, item),
                _ => Err(wrong(item, "0006-00000224")),
            },
            _ => Err(wrong(item, "0006-00000222")),
        }
    }

    /// Returns whether the fields satisfy this condition. Lengths are asked for elsewhere.
    pub(super) fn holds<N: AsRef<str>, V: AsRef<str>>(&self, fields: &[(N, V)], bucket: &BucketName) -> bool {
        let check = |field: &str, missing: bool, fits: &dyn Fn(&str) -> bool| {
            if field == "bucket" {
                return fits(bucket.as_str());
            }
            let mut values =
                fields.iter().filter(|(name, _)| name.as_ref().eq_ignore_ascii_case(field)).peekable();
            if values.peek().is_none() { missing } else { values.all(|(_, value)| fits(value.as_ref())) }
        };
        match self {
            Self::Equal { field, value } => check(field, false, &|given| given == value),
            Self::StartsWith { field, prefix } => {
                check(field, prefix.is_empty(), &|given| given.starts_with(prefix.as_str()))
            }
            Self::In { field, values } => {
                check(field, false, &|given| values.iter().any(|value| value == given))
            }
            Self::NotIn { field, values } => {
                check(field, true, &|given| values.iter().all(|value| value != given))
            }
            Self::Length { .. } => true,
        }
    }

    /// Returns the least and the greatest length, if this is about length.
    pub(super) fn length(&self) -> Option<(u64, u64)> {
        match self {
            Self::Length { least, most } => Some((*least, *most)),
            _ => None,
        }
    }

    fn parse_list(operator: &str, first: &Value, second: &Value, item: &Value) -> Result<Self, Error> {
        let field = || text(first, item).map(|field| name(&field));
        match operator.to_ascii_lowercase().as_str() {
            "eq" => Ok(Self::Equal { field: field()?, value: text(second, item)? }),
            "starts-with" => Ok(Self::StartsWith { field: field()?, prefix: text(second, item)? }),
            "in" => Ok(Self::In { field: field()?, values: list(second, item)? }),
            "not-in" => Ok(Self::NotIn { field: field()?, values: list(second, item)? }),
            "content-length-range" => match (first.as_u64(), second.as_u64()) {
                (Some(least), Some(most)) if least <= most => Ok(Self::Length { least, most }),
                _ => Err(wrong(item, "0006-00000220")),
            },
            _ => Err(wrong(item, "0006-00000224")),
        }
    }
}

/// As OSS writes a condition in its answer when it fails.
impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quoted = |text: &str| Value::from(text).to_string();
        let joined = |texts: &[String]| texts.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(", ");
        let variable = |field: &str| quoted(&format!("${field}"));
        match self {
            Self::Equal { field, value } => write!(f, "[\"eq\", {}, {}]", variable(field), quoted(value)),
            Self::StartsWith { field, prefix } => {
                write!(f, "[\"starts-with\", {}, {}]", variable(field), quoted(prefix))
            }
            Self::In { field, values } => write!(f, "[\"in\", {}, [{}]]", variable(field), joined(values)),
            Self::NotIn { field, values } => {
                write!(f, "[\"not-in\", {}, [{}]]", variable(field), joined(values))
            }
            Self::Length { least, most } => write!(f, "[\"content-length-range\", {least}, {most}]"),
        }
    }
}

/// Returns a field's name without the dollar sign, in lower case.
fn name(text: &str) -> String {
    text.strip_prefix('$').unwrap_or(text).to_ascii_lowercase()
}

fn text(value: &Value, item: &Value) -> Result<String, Error> {
    match value {
        // One SDK's sample escapes the dollar sign twice, for JSON and for the policy.
        Value::String(text) => Ok(text.replace("\\$", "$")),
        _ => Err(wrong(item, "0006-00000224")),
    }
}

fn list(value: &Value, item: &Value) -> Result<Vec<String>, Error> {
    match value {
        Value::Array(values) => values.iter().map(|value| text(value, item)).collect(),
        _ => Err(wrong(item, "0006-00000224")),
    }
}

fn wrong(item: &Value, ec: &'static str) -> Error {
    invalid(&format!("Invalid condition: {}", shown(item))).with_ec(ec)
}

/// Returns a condition as it came, as far as an answer shows it.
fn shown(item: &Value) -> String {
    shortened(&item.to_string(), SHOWN).into_owned()
}
