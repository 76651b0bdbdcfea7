//! The record of a delivery in the journal: enough to show every attempt, and to make the request again.

use ossicle_callback::{Attempt, Failure, Finding, Message};
use ossicle_store::DeliveryState;
use regex::Regex;
use serde::{Deserialize, Serialize};

/// The payload of a journal record, as JSON. Its version allows older records to be read for as long as they are kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) version: u32,
    pub(crate) id: String,
    pub(crate) created_ms: i64,
    pub(crate) operation: String,
    pub(crate) object: String,
    /// The request to the application server. Signatures are made anew for each attempt and not kept here.
    pub(crate) message: Message,
    /// Findings about the template.
    pub(crate) findings: Vec<Finding>,
    pub(crate) attempts: Vec<Attempt>,
    /// The words of the last failure; none if the last attempt succeeded or there was none.
    pub(crate) failure: Option<FailureMessage>,
}

/// A failure in the words of the answer to the client.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct FailureMessage {
    pub(crate) message: String,
    pub(crate) ec: String,
}

/// The code of a callback that was not sent because too many are in flight.
pub(crate) const TOO_MANY: &str = "0007-00000201";

impl FailureMessage {
    /// Words the failure of a callback for which there is no room.
    pub(crate) fn too_many() -> Self {
        Self { message: "Too many callback requests.".to_owned(), ec: TOO_MANY.to_owned() }
    }
}

impl From<&Failure> for FailureMessage {
    fn from(failure: &Failure) -> Self {
        Self { message: failure.message.clone(), ec: failure.ec.to_owned() }
    }
}

/// A delivery that has just changed, for those who watch.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Event {
    pub(crate) state: &'static str,
    #[serde(flatten)]
    pub(crate) record: Record,
}

/// Returns a delivery's state in the words of the console, the command line and the metrics.
pub(crate) fn state_name(state: DeliveryState) -> &'static str {
    match state {
        DeliveryState::Pending => "pending",
        DeliveryState::Delivered => "delivered",
        DeliveryState::Failed => "failed",
        DeliveryState::Abandoned => "abandoned",
        _ => "unknown",
    }
}

impl Record {
    /// The version that this server writes.
    pub(crate) const VERSION: u32 = 1;

    /// Writes the bytes that go into the journal.
    pub(crate) fn to_payload(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(self)
    }

    /// Reads what [`Record::to_payload`] wrote.
    pub(crate) fn from_payload(payload: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(payload)
    }

    /// Returns everything that is worth telling, of the template and of the last attempt.
    pub(crate) fn all_findings(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().chain(self.attempts.last().into_iter().flat_map(|attempt| &attempt.findings))
    }

    /// Makes a copy to show, with what matches the operator's patterns hidden in URLs and request lines.
    pub(crate) fn masked(&self, patterns: &[Regex]) -> Self {
        let mut shown = self.clone();
        if patterns.is_empty() {
            return shown;
        }
        for attempt in &mut shown.attempts {
            for pattern in patterns {
                attempt.url = pattern.replace_all(&attempt.url, "***").into_owned();
                attempt.request_head = pattern.replace_all(&attempt.request_head, "***").into_owned();
            }
        }
        shown
    }
}
