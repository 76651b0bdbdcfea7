//! Looking into the journal: rows for lists, one delivery in full, counts over time. The console and the
//! command line show what is made here; what the operator wants masked is masked here.

use ossicle_callback::{Attempt, Finding, VerifyingKey};
use ossicle_store::{self as store, Delivery, DeliveryFilter, DeliveryState, Store};
use regex::Regex;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Callbacks;
use super::record::{Event, FailureMessage, Record};

/// Records that one search looks through before it hands back a cursor, so that a rare URL keeps nobody
/// waiting.
const SEARCH_BUDGET: usize = 20_000;

/// Records that one summary counts at most.
const SUMMARY_BUDGET: usize = 100_000;

/// Records asked of the store at once while counting.
const SUMMARY_CHUNK: usize = 1_000;

/// The state of a delivery, as people are told it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    /// Under way, or waiting to be tried again after a crash.
    Pending,
    /// The application server accepted it.
    Delivered,
    /// It failed.
    Failed,
    /// It failed so often that it is not tried any more.
    Abandoned,
    /// The server stopped before it learned of the outcome, and nobody will try again.
    Unknown,
}

/// The selection of deliveries to show.
#[derive(Debug, Clone, Default)]
pub(crate) struct Search {
    pub(crate) bucket: Option<String>,
    /// Any if empty.
    pub(crate) states: Vec<State>,
    pub(crate) since_ms: Option<i64>,
    pub(crate) before_ms: Option<i64>,
    /// Part of a URL, or of the object's key.
    pub(crate) text: Option<String>,
}

/// A delivery in one line.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) id: String,
    pub(crate) state: State,
    pub(crate) created_ms: i64,
    pub(crate) due_ms: Option<i64>,
    pub(crate) bucket: String,
    pub(crate) object: String,
    pub(crate) operation: String,
    /// The URL of the last attempt, or the first one to try.
    pub(crate) url: String,
    /// Requests sent so far.
    pub(crate) attempts: usize,
    /// The status of the last answer.
    pub(crate) status: Option<u16>,
    pub(crate) verdict: String,
    pub(crate) ec: Option<String>,
    /// The duration of the last attempt, in microseconds.
    pub(crate) total_us: Option<u64>,
    /// Findings, in words.
    pub(crate) findings: Vec<String>,
}

/// A page of rows, newest first.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Page {
    pub(crate) deliveries: Vec<Row>,
    /// The cursor to go on with, if there may be more.
    pub(crate) cursor: Option<String>,
}

/// A delivery in full.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Detail {
    #[serde(flatten)]
    pub(crate) row: Row,
    pub(crate) updated_ms: i64,
    pub(crate) urls: Vec<String>,
    pub(crate) host: Option<String>,
    pub(crate) sni: bool,
    pub(crate) content_type: &'static str,
    /// Text, or `{"base64": …}` where it is none.
    pub(crate) body: Value,
    pub(crate) public_key_url: String,
    pub(crate) requester: String,
    pub(crate) failure: Option<FailureMessage>,
    /// Findings about the template.
    pub(crate) template_findings: Vec<Finding>,
    pub(crate) log: Vec<AttemptDetail>,
}

/// An attempt in full.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct AttemptDetail {
    #[serde(flatten)]
    pub(crate) attempt: Attempt,
    /// The file of the public key that verifies the signature sent; none if there was no signature that any
    /// key verifies.
    pub(crate) verified_with: Option<String>,
}

/// Counts of deliveries in equal spans of time.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Summary {
    pub(crate) from_ms: i64,
    pub(crate) slot_ms: i64,
    pub(crate) slots: Vec<Counts>,
    /// False when there were more deliveries than are counted; the oldest are missing then.
    pub(crate) complete: bool,
}

/// Deliveries by state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Counts {
    pub(crate) pending: u64,
    pub(crate) delivered: u64,
    pub(crate) failed: u64,
    pub(crate) abandoned: u64,
    pub(crate) unknown: u64,
}

/// The journal as somebody looks at it at one moment.
pub(crate) struct Journal<'a> {
    pub(crate) store: &'a Store,
    pub(crate) callbacks: &'a Callbacks,
    pub(crate) now_ms: i64,
}

impl Journal<'_> {
    /// Returns a page of deliveries. It may hold fewer than `limit` and still have a cursor.
    pub(crate) async fn search(
        &self,
        search: &Search,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Page, store::Error> {
        let filter = search.filter();
        let mut page = Page { deliveries: Vec::new(), cursor: cursor.map(str::to_owned) };
        let mut looked_at = 0;
        loop {
            // The cursor that comes back stands after the last delivery of the page, so that no more may be asked for
            // than there is room for.
            let room = limit - page.deliveries.len();
            let found = self.store.deliveries(&filter, page.cursor.as_deref(), room).await?;
            looked_at += found.deliveries.len().max(1);
            page.deliveries.extend(
                found.deliveries.iter().map(|delivery| self.row(delivery)).filter(|row| search.wants(row)),
            );
            page.cursor = found.cursor;
            let enough = page.deliveries.len() * 2 >= limit || looked_at >= SEARCH_BUDGET;
            if page.cursor.is_none() || enough {
                return Ok(page);
            }
        }
    }

    /// Returns one delivery with all its attempts.
    pub(crate) async fn detail(&self, id: &str) -> Result<Option<Detail>, store::Error> {
        let Some(delivery) = self.store.delivery(id).await? else { return Ok(None) };
        let row = self.row(&delivery);
        let Ok(record) = Record::from_payload(&delivery.payload) else { return Ok(None) };
        let patterns = &self.callbacks.settings.mask;
        let verified: Vec<Option<String>> =
            record.attempts.iter().map(|attempt| self.verified_with(attempt)).collect();
        let shown = record.masked(patterns);
        let log = shown.attempts.into_iter().zip(verified);
        Ok(Some(Detail {
            row,
            updated_ms: delivery.updated_ms,
            urls: shown.message.urls.iter().map(|url| mask(patterns, url.as_str())).collect(),
            host: shown.message.host,
            sni: shown.message.sni,
            content_type: shown.message.content_type.as_str(),
            body: readable(&shown.message.body),
            public_key_url: shown.message.public_key_url,
            requester: shown.message.requester,
            failure: shown.failure,
            template_findings: shown.findings,
            log: log.map(|(attempt, verified_with)| AttemptDetail { attempt, verified_with }).collect(),
        }))
    }

    /// Counts the deliveries from `since_ms` until now, in `slots` equal spans.
    pub(crate) async fn summary(&self, since_ms: i64, slots: usize) -> Result<Summary, store::Error> {
        let span = (self.now_ms - since_ms).max(1);
        let slot_ms = span / i64::try_from(slots.max(1)).unwrap_or(1) + 1;
        let mut summary =
            Summary { from_ms: since_ms, slot_ms, slots: vec![Counts::default(); slots], complete: true };
        let filter = DeliveryFilter { since_ms: Some(since_ms), ..DeliveryFilter::default() };
        let (mut cursor, mut counted) = (None, 0);
        loop {
            let found = self.store.deliveries(&filter, cursor.as_deref(), SUMMARY_CHUNK).await?;
            counted += found.deliveries.len().max(1);
            for delivery in &found.deliveries {
                let slot = usize::try_from((delivery.created_ms - since_ms) / slot_ms).ok();
                if let Some(counts) = slot.and_then(|slot| summary.slots.get_mut(slot)) {
                    counts.add(self.state(delivery));
                }
            }
            cursor = found.cursor;
            if cursor.is_none() || counted >= SUMMARY_BUDGET {
                summary.complete = cursor.is_none();
                return Ok(summary);
            }
        }
    }

    /// Makes the row of a delivery.
    pub(crate) fn row(&self, delivery: &Delivery) -> Row {
        let state = self.state(delivery);
        match Record::from_payload(&delivery.payload) {
            Ok(record) => {
                // Redelivery may have been switched off since.
                let due_ms = delivery.due_ms.and(delivery.scheduled_ms());
                let due_ms = due_ms.filter(|_| self.callbacks.redelivers(&delivery.bucket));
                Row { due_ms, ..row(&record, state, &self.callbacks.settings.mask) }
            }
            Err(error) => Row::unreadable(delivery, state, &error),
        }
    }

    fn state(&self, delivery: &Delivery) -> State {
        let under_way = delivery.lease.is_some_and(|lease| lease.until_ms >= self.now_ms);
        let comes_again = delivery.due_ms.is_some() && self.callbacks.redelivers(&delivery.bucket);
        let lost = !under_way && !comes_again;
        match delivery.state {
            DeliveryState::Delivered => State::Delivered,
            DeliveryState::Failed => State::Failed,
            DeliveryState::Abandoned => State::Abandoned,
            DeliveryState::Pending if !lost => State::Pending,
            _ => State::Unknown,
        }
    }

    /// Checks the signature of a sent request as its receiver would.
    fn verified_with(&self, attempt: &Attempt) -> Option<String> {
        let mut lines = attempt.request_head.lines();
        let target = lines.next()?.split(' ').nth(1)?;
        let signature = lines
            .filter_map(|line| line.split_once(':'))
            .find(|(name, _)| name.eq_ignore_ascii_case("authorization"))
            .map(|(_, value)| value.trim())?;
        let names = (1..=self.callbacks.keys.now().newest())
            .rev()
            .map(|version| format!("callback_pub_key_v{version}.pem"));
        names
            .filter_map(|name| Some((self.callbacks.public_pem(&name)?, name)))
            .filter_map(|(pem, name)| Some((VerifyingKey::from_pem(&pem).ok()?, name)))
            .find(|(key, _)| key.verify(target, &attempt.request_body, signature).is_ok())
            .map(|(_, name)| name)
    }
}

impl Search {
    fn filter(&self) -> DeliveryFilter {
        let mut states: Vec<DeliveryState> = self.states.iter().map(|state| state.stored()).collect();
        states.dedup();
        DeliveryFilter {
            bucket: self.bucket.clone(),
            states,
            since_ms: self.since_ms,
            before_ms: self.before_ms,
        }
    }

    /// Filters by what the store does not know: the state as it is shown, and the text.
    fn wants(&self, row: &Row) -> bool {
        let state = self.states.is_empty() || self.states.contains(&row.state);
        let text = self.text.as_ref().is_none_or(|text| row.url.contains(text) || row.object.contains(text));
        state && text
    }
}

impl State {
    /// Reads the name that a user gives.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        serde_json::from_value(Value::from(name)).ok()
    }

    fn stored(self) -> DeliveryState {
        match self {
            Self::Pending | Self::Unknown => DeliveryState::Pending,
            Self::Delivered => DeliveryState::Delivered,
            Self::Failed => DeliveryState::Failed,
            Self::Abandoned => DeliveryState::Abandoned,
        }
    }
}

impl Counts {
    fn add(&mut self, state: State) {
        let count = match state {
            State::Pending => &mut self.pending,
            State::Delivered => &mut self.delivered,
            State::Failed => &mut self.failed,
            State::Abandoned => &mut self.abandoned,
            State::Unknown => &mut self.unknown,
        };
        *count += 1;
    }
}

impl Row {
    /// Makes the row of a delivery that has just changed.
    pub(crate) fn of_event(event: &Event, callbacks: &Callbacks) -> Self {
        let state = State::parse(event.state).unwrap_or(State::Unknown);
        row(&event.record, state, &callbacks.settings.mask)
    }

    /// Makes the row of a delivery whose record this version does not understand.
    fn unreadable(delivery: &Delivery, state: State, error: &serde_json::Error) -> Self {
        Self {
            id: delivery.id.clone(),
            state,
            created_ms: delivery.created_ms,
            due_ms: delivery.due_ms,
            bucket: delivery.bucket.clone(),
            object: delivery.key.clone(),
            operation: String::new(),
            url: String::new(),
            attempts: usize::try_from(delivery.attempts).unwrap_or(usize::MAX),
            status: None,
            verdict: format!("The record cannot be read by this version: {error}"),
            ec: None,
            total_us: None,
            findings: Vec::new(),
        }
    }
}

fn row(record: &Record, state: State, patterns: &[Regex]) -> Row {
    let last = record.attempts.last();
    let url = last.map(|attempt| attempt.url.as_str());
    let url =
        url.or_else(|| record.message.urls.first().map(ossicle_callback::CallbackUrl::as_str)).unwrap_or("");
    let verdict = match (&record.failure, last) {
        (Some(failure), _) => failure.message.clone(),
        (None, Some(attempt)) => attempt.verdict.clone(),
        (None, None) => String::new(),
    };
    Row {
        id: record.id.clone(),
        state,
        created_ms: record.created_ms,
        due_ms: None,
        bucket: record.message.bucket.clone(),
        object: record.object.clone(),
        operation: record.operation.clone(),
        url: mask(patterns, url),
        attempts: record.attempts.len(),
        status: last.and_then(|attempt| status(attempt.response_head.as_deref()?)),
        verdict,
        ec: record.failure.as_ref().map(|failure| failure.ec.clone()),
        total_us: last.map(|attempt| attempt.timings.total),
        findings: record.all_findings().map(|finding| mask(patterns, &finding.sentence)).collect(),
    }
}

/// Returns the number in `HTTP/1.1 200 OK`.
fn status(head: &str) -> Option<u16> {
    head.split_ascii_whitespace().nth(1)?.parse().ok()
}

fn mask(patterns: &[Regex], text: &str) -> String {
    patterns.iter().fold(text.to_owned(), |text, pattern| pattern.replace_all(&text, "***").into_owned())
}

fn readable(bytes: &[u8]) -> Value {
    use base64::Engine as _;
    match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => json!({ "base64": base64::engine::general_purpose::STANDARD.encode(bytes) }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_have_the_names_of_the_api() {
        for (name, state) in [
            ("pending", Some(State::Pending)),
            ("delivered", Some(State::Delivered)),
            ("failed", Some(State::Failed)),
            ("abandoned", Some(State::Abandoned)),
            ("unknown", Some(State::Unknown)),
            ("Failed", None),
            ("", None),
        ] {
            assert_eq!(State::parse(name), state, "{name}");
        }
    }

    #[test]
    fn reads_the_status_of_an_answer() {
        for (head, expected) in [
            ("HTTP/1.1 200 OK\r\nServer: x\r\n", Some(200)),
            ("HTTP/1.1 502\r\n", Some(502)),
            ("HTTP/1.1 many\r\n", None),
            ("", None),
        ] {
            assert_eq!(status(head), expected, "{head:?}");
        }
    }

    #[test]
    fn masks_every_match() {
        let patterns = [Regex::new("token=[^&]+").unwrap(), Regex::new("//[^/@]+@").unwrap()];
        assert_eq!(mask(&patterns, "http://a/b?token=1&x=2&token=3"), "http://a/b?***&x=2&***");
    }
}
