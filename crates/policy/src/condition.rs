//! Conditions of statements. All conditions of a statement must be met; of the values of one, any suffices. An operator with
//! *Not* in its name is met where its opposite is not, also where the request has no such value.

use crate::address::Range;
use crate::context::{self, Context, Value};
use crate::error::{PolicyError, echo};
use crate::json::Json;
use crate::key::Key;
use crate::pattern::Pattern;

/// One key of one operator.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Condition {
    key: Key,
    /// Whether it is met where the test fails.
    negated: bool,
    test: Test,
}

/// What a value is compared with, any of which suffices.
#[derive(Debug, Clone, PartialEq)]
enum Test {
    Text(Box<[Box<str>]>),
    TextIgnoringCase(Box<[Box<str>]>),
    Pattern(Box<[Pattern]>),
    Number(Comparison, Box<[f64]>),
    Time(Comparison, Box<[i64]>),
    Flag(Box<[bool]>),
    Address(Box<[Range]>),
}

/// How a value of the request is compared with one of the condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// What an operator compares.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    TextIgnoringCase,
    Pattern,
    Number(Comparison),
    Time(Comparison),
    Flag,
    Address,
}

/// The operators that RAM has, with what each compares and whether it is negated.
const OPERATORS: [(&str, Kind, bool); 23] = [
    ("StringEquals", Kind::Text, false),
    ("StringNotEquals", Kind::Text, true),
    ("StringEqualsIgnoreCase", Kind::TextIgnoringCase, false),
    ("StringNotEqualsIgnoreCase", Kind::TextIgnoringCase, true),
    ("StringLike", Kind::Pattern, false),
    ("StringNotLike", Kind::Pattern, true),
    ("NumericEquals", Kind::Number(Comparison::Equal), false),
    ("NumericNotEquals", Kind::Number(Comparison::Equal), true),
    ("NumericLessThan", Kind::Number(Comparison::Less), false),
    ("NumericLessThanEquals", Kind::Number(Comparison::LessOrEqual), false),
    ("NumericGreaterThan", Kind::Number(Comparison::Greater), false),
    ("NumericGreaterThanEquals", Kind::Number(Comparison::GreaterOrEqual), false),
    ("DateEquals", Kind::Time(Comparison::Equal), false),
    ("DateNotEquals", Kind::Time(Comparison::Equal), true),
    ("DateLessThan", Kind::Time(Comparison::Less), false),
    ("DateLessThanEquals", Kind::Time(Comparison::LessOrEqual), false),
    ("DateGreaterThan", Kind::Time(Comparison::Greater), false),
    ("DateGreaterThanEquals", Kind::Time(Comparison::GreaterOrEqual), false),
    ("Bool", Kind::Flag, false),
    ("IpAddress", Kind::Address, false),
    ("IpAddressIncludeBorder", Kind::Address, false),
    ("NotIpAddress", Kind::Address, true),
    ("NotIpAddressIncludeBorder", Kind::Address, true),
];

impl Condition {
    /// Reads the element `Condition`.
    pub(crate) fn parse_all(element: Json) -> Result<Box<[Self]>, PolicyError> {
        let mut conditions = Vec::new();
        for (operator, keys) in element.members()? {
            let (_, kind, negated) =
                OPERATORS.iter().find(|(name, ..)| *name == operator).ok_or_else(|| {
                    PolicyError::invalid("", format!("{} is no condition operator", echo(&operator)))
                })?;
            for (name, values) in keys.members().map_err(|error| error.inside(&operator))? {
                let condition = Key::parse(&name).and_then(|key| {
                    let test = Test::parse(*kind, values.values()?)?;
                    Ok(Self { key, negated: *negated, test })
                });
                conditions.push(condition.map_err(|error| error.inside(&operator))?);
            }
        }
        Ok(conditions.into())
    }

    /// Returns the key that it asks for.
    pub(crate) fn key(&self) -> &Key {
        &self.key
    }

    /// Returns whether a request meets it.
    pub(crate) fn is_met(&self, context: &dyn Context) -> bool {
        let passes = context.value(&self.key).is_some_and(|value| self.test.passes(&value));
        passes != self.negated
    }

    /// Returns whether it lets only requests pass from networks, or with access keys, that are fixed.
    pub(crate) fn is_fixed(&self) -> bool {
        if self.negated {
            return false;
        }
        match (&self.key, &self.test) {
            (Key::SourceVpc | Key::AccessId, Test::Text(_) | Test::TextIgnoringCase(_)) => true,
            (Key::SourceVpc | Key::AccessId, Test::Pattern(patterns)) => {
                !patterns.iter().any(Pattern::has_star)
            }
            (Key::SourceIp | Key::SourceVpcIp, Test::Address(ranges)) => ranges.iter().all(Range::is_fixed),
            _ => false,
        }
    }
}

impl Test {
    fn parse(kind: Kind, values: Vec<String>) -> Result<Self, PolicyError> {
        if values.is_empty() {
            return Err(PolicyError::invalid("", "a condition key without a value"));
        }
        Ok(match kind {
            Kind::Text => Self::Text(values.into_iter().map(Box::from).collect()),
            Kind::TextIgnoringCase => Self::TextIgnoringCase(values.into_iter().map(Box::from).collect()),
            Kind::Pattern => Self::Pattern(values.iter().map(|value| Pattern::new(value)).collect()),
            Kind::Number(comparison) => Self::Number(comparison, read(&values, "number", context::number)?),
            Kind::Time(comparison) => {
                Self::Time(comparison, read(&values, "time of ISO 8601", context::time)?)
            }
            Kind::Flag => Self::Flag(read(&values, "boolean: true or false", context::flag)?),
            Kind::Address => {
                Self::Address(values.iter().map(|value| Range::parse(value)).collect::<Result<_, _>>()?)
            }
        })
    }

    fn passes(&self, value: &Value<'_>) -> bool {
        match self {
            Self::Text(wanted) => {
                let text = value.text();
                wanted.iter().any(|wanted| **wanted == *text)
            }
            Self::TextIgnoringCase(wanted) => {
                let text = value.text();
                wanted.iter().any(|wanted| equal_ignoring_case(wanted, &text))
            }
            Self::Pattern(patterns) => {
                let text = value.text();
                patterns.iter().any(|pattern| pattern.matches(&text))
            }
            Self::Number(comparison, wanted) => value
                .number()
                .is_some_and(|number| wanted.iter().any(|wanted| comparison.holds(number, *wanted))),
            Self::Time(comparison, wanted) => {
                value.time().is_some_and(|time| wanted.iter().any(|wanted| comparison.holds(time, *wanted)))
            }
            Self::Flag(wanted) => value.flag().is_some_and(|flag| wanted.contains(&flag)),
            Self::Address(ranges) => {
                value.address().is_some_and(|address| ranges.iter().any(|range| range.contains(address)))
            }
        }
    }
}

fn read<T>(values: &[String], what: &str, one: fn(&str) -> Option<T>) -> Result<Box<[T]>, PolicyError> {
    let read = |value: &String| {
        one(value).ok_or_else(|| PolicyError::invalid("", format!("{} is no {what}", echo(value))))
    };
    values.iter().map(read).collect()
}

fn equal_ignoring_case(one: &str, other: &str) -> bool {
    one.chars().flat_map(char::to_lowercase).eq(other.chars().flat_map(char::to_lowercase))
}

impl Comparison {
    fn holds<T: PartialOrd + Copy>(self, value: T, wanted: T) -> bool {
        match self {
            Self::Equal => value == wanted,
            Self::Less => value < wanted,
            Self::LessOrEqual => value <= wanted,
            Self::Greater => value > wanted,
            Self::GreaterOrEqual => value >= wanted,
        }
    }
}
