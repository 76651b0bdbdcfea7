//! A bucket with something of every kind in it, a valid request of every operation on it, and the state of it all as text
//! in which two such buckets that were treated alike are equal.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use ossicle_protocol::inputs::Place;
use ossicle_protocol::{Level, Operation, Pattern};
use serde_json::json;

use super::stated;
use crate::harness::form::Form;
use crate::harness::{Answer, Bucket, Request, Server};

/// The content of every object and part.
const CONTENT: &str = "Hello OSS!";

/// The page that may use the bucket.
pub(crate) const ORIGIN: &str = "http://page.example";

/// A callback that nobody takes: an upload that makes it is answered with 203.
pub(crate) fn callback() -> String {
    STANDARD.encode(json!({"callbackUrl": "http://127.0.0.1:1/", "callbackBody": "a=b"}).to_string())
}

/// What differs between two answers to the same request.
const VARYING_HEADERS: [&str; 7] = [
    "x-oss-worm-id",
    "date",
    "last-modified",
    "x-oss-request-id",
    "x-oss-server-time",
    "content-length",
    "x-oss-err",
];
const VARYING_ELEMENTS: [&str; 10] = [
    "WormId",
    "CreateTime",
    "LastModifyTime",
    "LastModified",
    "LastModifiedTime",
    "CreationDate",
    "Initiated",
    "UploadId",
    "NextUploadIdMarker",
    "RequestId",
];

/// A bucket `<name>`, an empty one `<name>-empty`, and none `<name>-new`.
pub(crate) struct World {
    bucket: Bucket,
    upload: String,
    etag: String,
}

/// A request of an operation in which inputs can be replaced.
#[derive(Clone)]
pub(crate) struct Draft {
    method: Method,
    path: String,
    query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    /// The fields of a form, in place of a body.
    fields: Vec<(String, String)>,
    body: String,
    anonymous: bool,
}

impl World {
    pub(crate) fn new(server: &Arc<Server>) -> Self {
        let bucket = Bucket::on(server);
        server.request("PUT", &format!("/{}-empty", bucket.name)).send().expect(200);
        for key in ["k", "source"] {
            let put = bucket.key("PUT", key).header("x-oss-meta-a", "1").header("Content-Type", "text/plain");
            put.body(CONTENT).send().expect(200);
        }
        bucket.at("POST", "folder/appendable?append&position=0").body(CONTENT).send().expect(200);
        for inputs in crate::INPUTS {
            (inputs.before)(&bucket);
        }
        let upload = bucket.initiate("folder/parts");
        let etag = bucket.part("folder/parts", &upload, 1, CONTENT.as_bytes());
        Self { bucket, upload, etag }
    }

    /// Returns the bucket itself.
    pub(crate) fn bucket(&self) -> &Bucket {
        &self.bucket
    }

    /// Returns the name of the bucket.
    pub(crate) fn name(&self) -> &str {
        &self.bucket.name
    }

    /// Returns the upload of `folder/parts`, which has a first part.
    pub(crate) fn upload(&self) -> &str {
        &self.upload
    }

    /// Returns the ETag of that part.
    pub(crate) fn etag(&self) -> &str {
        &self.etag
    }

    /// A request that succeeds.
    pub(crate) fn draft(&self, operation: Operation) -> Draft {
        let least = Draft::least(operation, self.name());
        stated::of(operation).fold(least, |draft, inputs| (inputs.request)(self, draft))
    }

    /// Sends the request and tells the answer as text that is the same for an equal world.
    #[track_caller]
    pub(super) fn send(&self, draft: &Draft) -> (u16, String) {
        let answer = draft.request(&self.bucket.server).send();
        (answer.status, self.text_of(&answer))
    }

    /// Everything that can be seen of the world.
    pub(crate) fn state(&self) -> String {
        let (bucket, name) = (&self.bucket, &self.bucket.name);
        let mut answers = Vec::new();
        for other in ["-empty", "-new"] {
            let request = |query: &str| bucket.server.request("GET", &format!("/{name}{other}?{query}"));
            answers.extend([request("bucketInfo").send(), request("acl").send()]);
        }
        let settings = Operation::ALL
            .into_iter()
            .filter(|operation| operation.name().starts_with("Get") || *operation == Operation::ListStyle);
        let settings: Vec<Pattern> = settings.map(Operation::pattern).collect();
        let of = |level| settings.iter().filter(move |pattern| pattern.level == level);
        let of_bucket = of(Level::Bucket).map(|pattern| (pattern, bucket.root(pattern.method.as_str(), "")));
        answers.extend(of_bucket.map(|(pattern, request)| of_pattern(request, pattern).send()));
        let objects = bucket.root("GET", "?encoding-type=url").send();
        for key in objects.elements("Key") {
            answers.push(bucket.at("HEAD", &key).send());
            for pattern in of(Level::Object).filter(|pattern| !pattern.query.is_empty()) {
                answers.push(of_pattern(bucket.at(pattern.method.as_str(), &key), pattern).send());
            }
        }
        answers.extend([objects, bucket.root("GET", "?uploads").send()]);
        for upload in bucket.root("GET", "?uploads").send().elements("UploadId") {
            // What was said at its beginning shows when it is whole.
            let part =
                bucket.at("PUT", &format!("begun?partNumber=1&uploadId={upload}")).body(CONTENT).send();
            if part.status == 200 {
                let parts = [(1, part.must("ETag").to_owned())];
                bucket.complete("begun", &upload, &parts).send().expect(200);
                answers.extend([bucket.at("HEAD", "begun").send(), bucket.at("GET", "begun?acl").send()]);
            }
            for key in ["folder/parts", "begun"] {
                answers.push(bucket.at("GET", &format!("{key}?uploadId={upload}")).send());
            }
        }
        answers.iter().map(|answer| self.text_of(answer)).collect::<Vec<_>>().join("\n")
    }

    /// An answer without what differs each time.
    fn text_of(&self, answer: &Answer) -> String {
        let mut text = format!("{}\n", answer.status);
        for (name, value) in &answer.headers {
            if !VARYING_HEADERS.contains(&name.to_ascii_lowercase().as_str()) {
                text.push_str(&format!("{}: {value}\n", name.to_ascii_lowercase()));
            }
        }
        text.push_str(&String::from_utf8_lossy(&answer.body));
        for element in VARYING_ELEMENTS {
            text = blanked(&text, element);
        }
        text = without_dates(&text);
        text.replace(&self.bucket.name, "BUCKET").replace(&self.upload, "UPLOAD")
    }
}

impl Draft {
    /// The least that a request for the operation has, about the bucket and its object `k`.
    fn least(operation: Operation, bucket: &str) -> Self {
        let pattern = operation.pattern();
        let path = match pattern.level {
            Level::Service => "/".to_owned(),
            Level::Bucket => format!("/{bucket}"),
            Level::Object => format!("/{bucket}/k"),
        };
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Self {
            method: pattern.method,
            path,
            query: pattern.query.into_iter().map(owned).collect(),
            headers: Vec::new(),
            fields: Vec::new(),
            body: String::new(),
            anonymous: false,
        }
    }

    pub(crate) fn method(&self) -> &str {
        self.method.as_str()
    }

    pub(crate) fn anonymous(mut self) -> Self {
        self.anonymous = true;
        self
    }

    /// The same about another bucket.
    pub(crate) fn at(mut self, path: &str) -> Self {
        path.clone_into(&mut self.path);
        self
    }

    /// The same about another key of the bucket.
    pub(crate) fn of_key(self, key: &str) -> Self {
        let path = self.path.trim_end_matches('k').to_owned();
        self.at(&format!("{path}{key}"))
    }

    pub(crate) fn query(self, name: &str, value: &str) -> Self {
        self.with(Place::Query, name, value)
    }

    pub(crate) fn header(self, name: &str, value: &str) -> Self {
        self.with(Place::Header, name, value)
    }

    pub(crate) fn field(self, name: &str, value: &str) -> Self {
        self.with(Place::Field, name, value)
    }

    /// The same form without a field.
    pub(crate) fn without_field(mut self, name: &str) -> Self {
        self.fields.retain(|(present, _)| present != name);
        self
    }

    /// The same with a document, where it is a request that sets one.
    pub(crate) fn body_to_set(self, document: &str) -> Self {
        if self.method == Method::PUT { self.body(document) } else { self }
    }

    /// Whether the request changes nothing.
    pub(crate) fn only_reads(&self) -> bool {
        self.method.is_safe()
    }

    pub(crate) fn body(mut self, body: &str) -> Self {
        self.body = body.to_owned();
        self
    }

    /// The same request with this input, in place of one of the same name.
    pub(super) fn with(mut self, place: Place, name: &str, value: &str) -> Self {
        let list = match place {
            Place::Header => &mut self.headers,
            Place::Query => &mut self.query,
            Place::Field => &mut self.fields,
            Place::Element => return self.body(value),
        };
        list.retain(|(present, _)| !present.eq_ignore_ascii_case(name));
        list.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Writes the request out.
    pub(crate) fn request(&self, server: &Arc<Server>) -> Request {
        let mut request = server.request(self.method(), &self.path);
        for (name, value) in &self.query {
            request = request.query(name, value);
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if !self.fields.is_empty() {
            return Form::new().fields(self.fields.clone()).file("a.txt", "new content").onto(request);
        }
        let request = if self.body.is_empty() { request } else { request.body(&self.body) };
        if self.anonymous { request.anonymous() } else { request }
    }
}

/// The request with the parameters of a pattern.
fn of_pattern(request: Request, pattern: &Pattern) -> Request {
    pattern.query.iter().fold(request, |request, (name, value)| request.query(name, value))
}

/// The text without the dates on which restored objects are frozen again.
fn without_dates(text: &str) -> String {
    let mut pieces = text.split("expiry-date=");
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        out.push_str("expiry-date=");
        out.push_str(piece.split_once(" GMT").map_or("", |(_, rest)| rest));
    }
    out
}

/// The text with nothing in the elements of this name.
fn blanked(text: &str, element: &str) -> String {
    let (open, close) = (format!("<{element}>"), format!("</{element}>"));
    let mut pieces = text.split(&open);
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        out.push_str(&format!("<{element}/>"));
        out.push_str(piece.split_once(&close).map_or("", |(_, rest)| rest));
    }
    out
}
