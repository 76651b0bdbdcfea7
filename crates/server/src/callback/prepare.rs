//! From a wanted callback and the facts of an upload to a request that only waits for the commit: the body is rendered,
//! the journal record is made, and the signature is being computed while the object is still being committed.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use ossicle_callback::{Finding, Message, Variables};
use ossicle_store::{DeliveryState, Lease, NewDelivery, Store};
use tokio::task::JoinHandle;

use super::Callbacks;
use super::image::Source;
use super::keys::KeyVersions;
use super::outcome::Outcome;
use super::record::{FailureMessage, Record, TOO_MANY};
use super::requested::{Wanted, invalid};
use crate::oss::call::Call;
use crate::oss::failure::Failure;

/// The facts of an upload whose data is here.
pub(crate) struct Facts<'a> {
    pub(crate) bucket: &'a str,
    pub(crate) object: &'a str,
    pub(crate) etag: &'a str,
    pub(crate) size: u64,
    pub(crate) mime_type: &'a str,
    pub(crate) crc64: u64,
    pub(crate) content_md5: Option<&'a str>,
    pub(crate) operation: &'a str,
    /// The data, for the case that an image's size is asked for.
    pub(crate) source: Source<'a>,
}

/// A signature that is being made, and the keys that it is made with.
pub(crate) struct Signing {
    keys: Arc<KeyVersions>,
    signature: JoinHandle<Option<String>>,
}

/// A callback that is ready to go.
pub(crate) struct Prepared {
    record: Record,
    /// The signature for the first URL, which is being made while the object is committed.
    first: Signing,
    /// The lease of this process on the delivery.
    lease: Lease,
    callbacks: Arc<Callbacks>,
    store: Store,
}

impl Wanted {
    /// Renders the body and starts signing.
    pub(crate) async fn prepare(self, call: &Call, facts: &Facts<'_>) -> Result<Prepared, Failure> {
        let image = match self.parameters.needs_image() {
            true => facts.source.image(&call.app.store).await,
            false => None,
        };
        let callbacks = Arc::clone(&call.app.callbacks);
        let (client_ip, request_id) = (call.client_ip.to_string(), call.request_id.to_string());
        let variables = Variables {
            bucket: facts.bucket,
            object: facts.object,
            etag: facts.etag,
            size: facts.size,
            mime_type: facts.mime_type,
            image,
            crc64: facts.crc64,
            content_md5: facts.content_md5,
            vpc_id: &callbacks.settings.vpc_id,
            client_ip: &client_ip,
            request_id: &request_id,
            operation: facts.operation,
        };
        let rendered = self.parameters.render(&variables, &self.variables).map_err(invalid)?;
        for finding in &rendered.findings {
            tracing::warn!(%request_id, bucket = facts.bucket, object = facts.object, "callback: {finding}");
        }
        let keys = callbacks.keys.now();
        let public_key_url = callbacks.settings.public_key_url.of(keys.newest());
        let message = self.message(call, facts.bucket, rendered.body, public_key_url);
        let first = Signing { signature: begin_to_sign(&keys, &message, 0), keys };
        let record = Record {
            version: Record::VERSION,
            id: request_id,
            created_ms: call.now.unix_millis(),
            operation: facts.operation.to_owned(),
            object: facts.object.to_owned(),
            message,
            findings: rendered.findings,
            attempts: Vec::new(),
            failure: None,
        };
        let lease = callbacks.new_lease();
        Ok(Prepared { record, first, lease, callbacks, store: call.app.store.clone() })
    }

    fn message(&self, call: &Call, bucket: &str, body: Vec<u8>, public_key_url: String) -> Message {
        let parameters = &self.parameters;
        Message {
            urls: parameters.urls().to_vec(),
            host: parameters.host().map(str::to_owned),
            sni: parameters.sni(),
            content_type: parameters.body_type(),
            additional_headers: parameters.additional_headers().to_vec(),
            body,
            signatures: Vec::new(),
            public_key_url,
            bucket: bucket.to_owned(),
            request_id: call.request_id.to_string(),
            requester: call.caller.name().to_owned(),
            owner: call.owner().to_owned(),
            date: String::new(),
            delivery_id: Some(call.request_id.to_string()),
            attempt: 1,
        }
    }
}

impl Prepared {
    /// Makes the journal record that belongs into the object's commit.
    pub(crate) fn journal(&self) -> Result<NewDelivery, Failure> {
        let record = &self.record;
        let payload = record.to_payload().map_err(|error| {
            // Without a record a callback could get lost, so that the upload must not succeed either.
            Failure::internal("a callback's record cannot be written", &error)
        })?;
        // A delivery without an outcome is due, for others as soon as this process's lease has ended.
        let due_ms = Some(record.created_ms);
        Ok(NewDelivery { id: record.id.clone(), due_ms, lease: Some(self.lease), payload })
    }

    /// Calls the application server, once for each URL until one succeeds, and writes down what happened.
    pub(crate) async fn deliver(self) -> Result<Bytes, FailureMessage> {
        let Self { mut record, first, lease, callbacks, store } = self;
        let outcome = match callbacks.destinations.permit_upload(&record.message.urls) {
            None => Err(callbacks.refuse()),
            Some(_permit) => callbacks.attempt(&mut record, Some(first)).await,
        };
        record.failure = outcome.as_ref().err().cloned();
        log(&record);
        let state = if outcome.is_ok() { DeliveryState::Delivered } else { DeliveryState::Failed };
        let due_ms = callbacks.next_due(&record, state);
        callbacks.queue_outcome(&store, Outcome { record, claim: Some(lease.claim), state, due_ms });
        outcome
    }
}

impl Callbacks {
    /// Makes one attempt at the URLs of a record, and adds what happened to it. Each request is signed when its URL's turn
    /// comes, but for the first where that has begun.
    pub(crate) async fn attempt(
        &self,
        record: &mut Record,
        first: Option<Signing>,
    ) -> Result<Bytes, FailureMessage> {
        let mut message = record.message.clone();
        message.date = crate::app::now().http_date();
        let (keys, mut first) = match first {
            Some(Signing { keys, signature }) => (keys, Some(signature)),
            None => (self.keys.now(), None),
        };
        message.public_key_url = self.settings.public_key_url.of(keys.newest());
        let started = Instant::now();
        let sign = |place| {
            let begun = first.take().filter(|_| place == 0);
            let signing = begun.unwrap_or_else(|| begin_to_sign(&keys, &message, place));
            async { signing.await.ok().flatten() }
        };
        let delivery = self.client.deliver_signing(&message, sign).await;
        record.attempts.extend(delivery.attempts);
        let outcome = delivery.outcome.map_err(|failure| FailureMessage::from(&failure));
        self.metrics
            .callback(outcome.as_ref().err().map_or("", |failure| failure.ec.as_str()), started.elapsed());
        outcome
    }

    /// Counts a callback that was not sent because too many are in flight.
    pub(crate) fn refuse(&self) -> FailureMessage {
        self.metrics.callback(TOO_MANY, Duration::ZERO);
        FailureMessage::too_many()
    }
}

/// Signs the request to the URL at this place, off the I/O threads.
fn begin_to_sign(keys: &Arc<KeyVersions>, message: &Message, place: usize) -> JoinHandle<Option<String>> {
    let target = message.urls.get(place).map(|url| url.request_target().to_owned());
    let (keys, body) = (Arc::clone(keys), message.body.clone());
    tokio::task::spawn_blocking(move || keys.sign(&[target?], &body)?.pop())
}

fn log(record: &Record) {
    let (request_id, object) = (&record.id, &record.object);
    let bucket = &record.message.bucket;
    let Some(failure) = &record.failure else {
        tracing::debug!(request_id, bucket, object, "callback delivered");
        return;
    };
    let findings: Vec<String> = record.all_findings().map(Finding::to_string).collect();
    tracing::warn!(
        request_id,
        bucket,
        object,
        ec = failure.ec,
        "callback failed: {} {}",
        failure.message,
        findings.join(" ")
    );
}
