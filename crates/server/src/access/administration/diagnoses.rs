//! Messages that denied clients were given, opened for who administers.

use http::Method;
use serde::Deserialize;
use serde_json::Value;

use super::{Administration, Refusal, Request};
use crate::access::diagnosis;

/// A message to open.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sealed {
    message: String,
}

impl Administration<'_> {
    pub(super) fn diagnoses(&self, request: &Request, rest: &[&str]) -> Result<Value, Refusal> {
        match (&request.method, rest) {
            (&Method::POST, []) => {
                let Sealed { message } = request.body()?;
                let opened = diagnosis::decode(self.master_key, &message);
                opened.ok_or_else(|| Refusal::invalid("The message was not given out by this server."))
            }
            _ => Err(Refusal::no_such_path()),
        }
    }
}
