//! The values of a form upload that act. Some may come from more than one place, and the policy of the form has to judge the
//! one that acts, so that both are made here from one list.

use std::collections::HashSet;

use http::{HeaderName, HeaderValue};
use ossicle_protocol::{Error, ObjectKey, media_type_for};
use ossicle_store::Attributes;

use super::Fields;
use crate::oss::attributes;
use crate::oss::call::Call;

/// What may stand in a header of the request instead of a field. A field wins, as the manual has it for the ACL.
const IN_HEADERS: [&str; 3] = ["x-oss-object-acl", "x-oss-forbid-overwrite", TRAFFIC_LIMIT];

/// This one may also stand in the query. It is refused in two places at once, so that there is but one to judge.
const TRAFFIC_LIMIT: &str = "x-oss-traffic-limit";

/// What a form says about its object.
#[derive(Debug)]
pub(crate) struct Acting<'a> {
    fields: &'a Fields,
    headers: Vec<(&'static str, &'a str)>,
    content_type: &'a str,
}

impl<'a> Acting<'a> {
    /// Puts together the fields, those headers that no field takes the place of, and the type of the file's part.
    pub(crate) fn new(
        call: &'a Call,
        fields: &'a Fields,
        part_type: Option<&'a str>,
        key: &ObjectKey,
    ) -> Result<Self, Error> {
        let given = |name: &str| fields.get(name).filter(|value| !value.is_empty());
        let mut headers = Vec::new();
        for name in IN_HEADERS {
            if given(name).is_none() {
                let in_query = call.query.get(name).filter(|_| name == TRAFFIC_LIMIT);
                headers.extend(call.header(name)?.or(in_query).map(|value| (name, value)));
            }
        }
        // The order is the manual's: browsers give every part a type by themselves, which a field has to be able to replace.
        let content_type = given("x-oss-content-type")
            .or(part_type)
            .or_else(|| given("content-type"))
            .unwrap_or_else(|| media_type_for(key.as_str()));
        Ok(Self { fields, headers, content_type })
    }

    /// Returns the value that acts.
    pub(crate) fn get(&self, name: &str) -> Option<&'a str> {
        let header = || self.headers.iter().find(|(header, _)| *header == name).map(|(_, value)| *value);
        self.fields.get(name).filter(|value| !value.is_empty()).or_else(header)
    }

    /// Returns everything that a policy's conditions speak of: what acts, and fields that occur more than once
    /// each time.
    pub(crate) fn judged(&self) -> Vec<(&'a str, &'a str)> {
        let fields = self.fields.as_slice().iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let fields = fields.filter(|(name, _)| !name.eq_ignore_ascii_case("content-type"));
        fields.chain(self.headers.iter().copied()).chain([("content-type", self.content_type)]).collect()
    }

    /// Returns the attributes of the object to be stored.
    pub(crate) fn attributes(&self, key: &ObjectKey) -> Result<Attributes, Error> {
        let mut names = HashSet::new();
        let mut list: Vec<(String, &str)> = Vec::new();
        // Headers come first: where one is listed, the field of its name is missing or empty.
        let fields = self.headers.iter().copied().chain(self.judged());
        for (name, value) in fields {
            let name = name.to_ascii_lowercase();
            if names.insert(name.clone()) {
                list.push((name, value));
            }
        }
        let attributes =
            attributes::from_fields(list.iter().map(|(name, value)| (name.as_str(), value.as_bytes())), key)?;
        check_header("content-type", attributes.content_type.as_bytes())?;
        for (name, value) in attributes::stored_headers(&attributes) {
            check_header(&name, value)?;
        }
        Ok(attributes)
    }
}

/// Refuses what could not be given back: fields of a form may hold line ends, headers of an answer may not.
fn check_header(name: &str, value: &[u8]) -> Result<(), Error> {
    if HeaderName::try_from(name).is_ok() && HeaderValue::from_bytes(value).is_ok() {
        return Ok(());
    }
    let message = "The name or the value of a form field cannot stand in a header.";
    Err(Error::invalid_argument(message, name, String::from_utf8_lossy(value)))
}
