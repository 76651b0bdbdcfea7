//! JSON of policies, as a tree. An object that has a name twice is refused: which of two effects was meant is not guessed.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::error::{PolicyError, echo};

/// A value of a document.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Json {
    Null,
    Flag(bool),
    /// A number, as text.
    Number(String),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Reads a document.
    pub(crate) fn parse(document: &str) -> Result<Self, PolicyError> {
        serde_json::from_str(document).map_err(|error| PolicyError::NotJson(error.to_string()))
    }

    /// Returns the members of an object.
    pub(crate) fn members(self) -> Result<Vec<(String, Json)>, PolicyError> {
        match self {
            Self::Object(members) => Ok(members),
            _ => Err(PolicyError::invalid("", "must be an object")),
        }
    }

    /// Returns a string.
    pub(crate) fn text(self) -> Result<String, PolicyError> {
        match self {
            Self::Text(text) => Ok(text),
            _ => Err(PolicyError::invalid("", "must be a string")),
        }
    }

    /// Returns the strings of a list, or the one string that stands for a list of one.
    pub(crate) fn texts(self) -> Result<Vec<String>, PolicyError> {
        match self {
            Self::Text(text) => Ok(vec![text]),
            Self::List(items) => items.into_iter().map(Json::text).collect(),
            _ => Err(PolicyError::invalid("", "must be a string or a list of strings")),
        }
    }

    /// Returns the values of a condition, where numbers and flags may lack their quotation marks.
    pub(crate) fn values(self) -> Result<Vec<String>, PolicyError> {
        let one = |value| match value {
            Self::Text(text) | Self::Number(text) => Ok(text),
            Self::Flag(flag) => Ok(flag.to_string()),
            _ => Err(PolicyError::invalid("", "must be a string or a list of strings")),
        };
        match self {
            Self::List(items) => items.into_iter().map(one).collect(),
            value => one(value).map(|text| vec![text]),
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Json, E> {
        Ok(Json::Flag(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Json, E> {
        Ok(Json::Number(number.to_string()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Json, E> {
        Ok(Json::Number(number.to_string()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Json, E> {
        Ok(Json::Number(number.to_string()))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Json, A::Error> {
        let mut members: Vec<(String, Json)> = Vec::new();
        while let Some((name, value)) = entries.next_entry::<String, Json>()? {
            if members.iter().any(|(known, _)| *known == name) {
                return Err(de::Error::custom(format_args!("{} appears twice", echo(&name))));
            }
            members.push((name, value));
        }
        Ok(Json::Object(members))
    }
}
