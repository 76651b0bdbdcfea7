//! The parameters of an RPC request: those of the query and those of a form in the body are one set.

use std::collections::BTreeMap;

use super::{Fault, FaultCode};
use crate::{Query, percent_encode};

/// Decoded parameters by name, each there once: two values of one name could be read in two ways.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Parameters(BTreeMap<String, String>);

impl Parameters {
    /// Parses a query and a form.
    ///
    /// # Errors
    /// `InvalidParameter` for what is not UTF-8, too much, or there twice.
    pub(super) fn parse(query: &str, form: &str) -> Result<Self, Fault> {
        let mut all = BTreeMap::new();
        for raw in [query, form] {
            let pairs = Query::parse(raw)
                .map_err(|error| Fault::with_message(FaultCode::InvalidParameter, error.message()))?;
            for (name, value) in pairs.iter() {
                if all.insert(name.to_owned(), value.to_owned()).is_some() {
                    let message = format!("The parameter {name} was given more than once.");
                    return Err(Fault::with_message(FaultCode::InvalidParameter, &message));
                }
            }
        }
        Ok(Self(all))
    }

    /// Returns a value that is not empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Returns a value without which a request cannot be checked.
    ///
    /// # Errors
    /// `MissingParameter`.
    pub(super) fn require(&self, name: &str) -> Result<&str, Fault> {
        self.get(name).ok_or_else(|| {
            let message = format!(
                "The input parameter \"{name}\" that is mandatory for processing this request is not supplied."
            );
            Fault::with_message(FaultCode::MissingParameter, &message)
        })
    }

    /// Writes all but `without`, sorted and encoded, as signatures cover them.
    pub(super) fn canonical(&self, without: Option<&str>) -> String {
        let mut out = String::new();
        for (name, value) in self.0.iter().filter(|(name, _)| Some(name.as_str()) != without) {
            if !out.is_empty() {
                out.push('&');
            }
            out.push_str(&percent_encode(name));
            out.push('=');
            out.push_str(&percent_encode(value));
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::Parameters;
    use crate::sts::FaultCode;

    #[test]
    fn query_and_form_are_one_set() {
        let parameters = Parameters::parse("B=2&A=a+b", "C=%2A~").unwrap();
        assert_eq!(parameters.get("A"), Some("a b"));
        assert_eq!(parameters.canonical(None), "A=a%20b&B=2&C=%2A~");
        assert_eq!(parameters.canonical(Some("B")), "A=a%20b&C=%2A~");
    }

    #[test]
    fn refuses_a_name_that_is_there_twice() {
        for (query, form) in [("A=1&A=1", ""), ("A=1", "A=2"), ("", "A&A"), ("a=%FF", "")] {
            let fault = Parameters::parse(query, form).unwrap_err();
            assert_eq!(fault.code(), FaultCode::InvalidParameter, "{query} {form}");
        }
    }
}
