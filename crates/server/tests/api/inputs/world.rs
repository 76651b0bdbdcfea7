//! A bucket with something of every kind in it, a valid request of every operation on it, and the state of it all as text
//! in which two such buckets that were treated alike are equal.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ossicle_protocol::Operation;
use ossicle_protocol::inputs::Place;
use serde_json::json;

use crate::harness::form::{Form, Policy};
use crate::harness::{Answer, Bucket, Request, Server};

/// The content of every object and part.
const CONTENT: &str = "Hello OSS!";

/// The page that may use the bucket.
pub(super) const ORIGIN: &str = "http://page.example";

/// A callback that nobody takes: an upload that makes it is answered with 203.
pub(super) fn callback() -> String {
    STANDARD.encode(json!({"callbackUrl": "http://127.0.0.1:1/", "callbackBody": "a=b"}).to_string())
}

/// What differs between two answers to the same request.
const VARYING_HEADERS: [&str; 6] =
    ["date", "last-modified", "x-oss-request-id", "x-oss-server-time", "content-length", "x-oss-err"];
const VARYING_ELEMENTS: [&str; 6] =
    ["LastModified", "CreationDate", "Initiated", "UploadId", "NextUploadIdMarker", "RequestId"];

/// A bucket `<name>`, an empty one `<name>-empty`, and none `<name>-new`.
pub(super) struct World {
    bucket: Bucket,
    upload: String,
    etag: String,
}

/// A request of an operation in which inputs can be replaced.
#[derive(Clone)]
pub(super) struct Draft {
    method: &'static str,
    path: String,
    query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    /// The fields of a form, in place of a body.
    fields: Vec<(String, String)>,
    body: String,
    anonymous: bool,
}

/// The tags that a request sets.
const TAGS: &str = "<Tagging><TagSet><Tag><Key>set</Key><Value>1</Value></Tag></TagSet></Tagging>";

/// CORS rules that a request sets.
const CORS: &str = "<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>PUT</AllowedMethod>\
    </CORSRule></CORSConfiguration>";

/// Lifecycle rules that a request sets.
pub(super) const LIFECYCLE: &str = "<LifecycleConfiguration><Rule><ID>set</ID><Prefix>none/</Prefix>\
    <Status>Enabled</Status><Expiration><Days>30</Days></Expiration></Rule></LifecycleConfiguration>";

impl World {
    pub(super) fn new(server: &Arc<Server>) -> Self {
        let bucket = Bucket::on(server);
        server.request("PUT", &format!("/{}-empty", bucket.name)).send().expect(200);
        for key in ["k", "source"] {
            let put = bucket.key("PUT", key).header("x-oss-meta-a", "1").header("Content-Type", "text/plain");
            put.body(CONTENT).send().expect(200);
        }
        bucket.at("POST", "folder/appendable?append&position=0").body(CONTENT).send().expect(200);
        let cors = format!(
            "<CORSConfiguration><CORSRule><AllowedOrigin>{ORIGIN}</AllowedOrigin><AllowedMethod>GET</AllowedMethod>\
             <AllowedHeader>x-oss-a</AllowedHeader></CORSRule></CORSConfiguration>"
        );
        let block = "<PublicAccessBlockConfiguration><BlockPublicAccess>true</BlockPublicAccess>\
                     </PublicAccessBlockConfiguration>";
        server
            .request("PUT", &format!("/{}-empty?publicAccessBlock", bucket.name))
            .body(block)
            .send()
            .expect(200);
        bucket.root("PUT", "?cors").body(cors).send().expect(200);
        bucket.root("PUT", "?lifecycle").body(LIFECYCLE.replace("set", "was")).send().expect(200);
        for place in [bucket.root("PUT", "?tagging"), bucket.at("PUT", "k?tagging")] {
            place.body(TAGS.replace("set", "was")).send().expect(200);
        }
        bucket.root("PUT", "?policy&comp=callback").body(policy("p")).send().expect(200);
        let upload = bucket.initiate("folder/parts");
        let etag = bucket.part("folder/parts", &upload, 1, CONTENT.as_bytes());
        Self { bucket, upload, etag }
    }

    /// A request that succeeds.
    #[expect(clippy::too_many_lines, reason = "a table with one row for each operation")]
    pub(super) fn draft(&self, operation: Operation) -> Draft {
        use Operation as Op;
        let name = self.bucket.name.as_str();
        let of_bucket = |method, query: &str| Draft::new(method, &format!("/{name}"), query);
        let of_key = |method, key: &str, query: &str| Draft::new(method, &format!("/{name}/{key}"), query);
        let upload = format!("uploadId={}", self.upload);
        let part = format!("partNumber=2&{upload}");
        match operation {
            Op::ListBuckets => Draft::new("GET", "/", ""),
            // Others use the same server.
            Op::PutPublicAccessBlock => Draft::new("PUT", "/", "publicAccessBlock").body(
                "<PublicAccessBlockConfiguration><BlockPublicAccess>false</BlockPublicAccess>\
                 </PublicAccessBlockConfiguration>",
            ),
            Op::GetPublicAccessBlock => Draft::new("GET", "/", "publicAccessBlock"),
            Op::DeletePublicAccessBlock => Draft::new("DELETE", "/", "publicAccessBlock"),
            Op::PutBucket => Draft::new("PUT", &format!("/{name}-new"), ""),
            Op::DeleteBucket => Draft::new("DELETE", &format!("/{name}-empty"), ""),
            Op::HeadBucket => of_bucket("HEAD", ""),
            Op::GetBucketInfo => of_bucket("GET", "bucketInfo"),
            Op::GetBucketLocation => of_bucket("GET", "location"),
            Op::GetBucketAcl => of_bucket("GET", "acl"),
            Op::PutBucketAcl => of_bucket("PUT", "acl").with(Place::Header, "x-oss-acl", "public-read"),
            Op::GetBucketStat => of_bucket("GET", "stat"),
            Op::GetBucketVersioning => of_bucket("GET", "versioning"),
            Op::PutBucketCors | Op::GetBucketCors | Op::DeleteBucketCors => {
                self.configuration(operation, "cors", CORS)
            }
            Op::PutBucketLifecycle | Op::GetBucketLifecycle | Op::DeleteBucketLifecycle => {
                self.configuration(operation, "lifecycle", LIFECYCLE)
            }
            Op::PutBucketPublicAccessBlock => of_bucket("PUT", "publicAccessBlock").body(
                "<PublicAccessBlockConfiguration><BlockPublicAccess>true</BlockPublicAccess>\
                 </PublicAccessBlockConfiguration>",
            ),
            Op::PutBucketTags | Op::PutObjectTagging => self.tagging("PUT", operation).body(TAGS),
            Op::GetBucketTags | Op::GetObjectTagging => self.tagging("GET", operation),
            Op::DeleteBucketTags | Op::DeleteObjectTagging => self.tagging("DELETE", operation),
            Op::GetBucketPublicAccessBlock => of_bucket("GET", "publicAccessBlock"),
            Op::DeleteBucketPublicAccessBlock => {
                Draft::new("DELETE", &format!("/{name}-empty"), "publicAccessBlock")
            }
            Op::PutBucketCallbackPolicy => of_bucket("PUT", "policy&comp=callback").body(&policy("other")),
            Op::GetBucketCallbackPolicy => of_bucket("GET", "policy&comp=callback"),
            Op::DeleteBucketCallbackPolicy => of_bucket("DELETE", "policy&comp=callback"),
            Op::Preflight => of_key("OPTIONS", "k", "")
                .with(Place::Header, "Origin", ORIGIN)
                .with(Place::Header, "Access-Control-Request-Method", "GET")
                .anonymous(),
            Op::ListObjects => of_bucket("GET", ""),
            Op::ListObjectsV2 => of_bucket("GET", "list-type=2"),
            Op::ListObjectVersions => of_bucket("GET", "versions"),
            Op::ListLiveChannel => of_bucket("GET", "live"),
            Op::ListMultipartUploads => of_bucket("GET", "uploads"),
            Op::PostObject => self.form(),
            Op::DeleteMultipleObjects => {
                of_bucket("POST", "delete").body("<Delete><Object><Key>k</Key></Object></Delete>")
            }
            Op::PutObject => of_key("PUT", "k", "").body("new content"),
            Op::CopyObject => of_key("PUT", "k", "")
                .with(Place::Header, "x-oss-copy-source", &format!("/{name}/source"))
                .with(Place::Header, "x-oss-metadata-directive", "REPLACE"),
            Op::AppendObject => of_key("POST", "appended", "append&position=0").body("new content"),
            Op::GetObject => of_key("GET", "k", ""),
            Op::HeadObject => of_key("HEAD", "k", ""),
            Op::GetObjectMeta => of_key("HEAD", "k", "objectMeta"),
            Op::DeleteObject => of_key("DELETE", "k", ""),
            Op::GetObjectAcl => of_key("GET", "k", "acl"),
            Op::PutObjectAcl => {
                of_key("PUT", "k", "acl").with(Place::Header, "x-oss-object-acl", "public-read")
            }
            Op::InitiateMultipartUpload => of_key("POST", "begun", "uploads"),
            Op::UploadPart => of_key("PUT", "folder/parts", &part).body("new content"),
            Op::UploadPartCopy => of_key("PUT", "folder/parts", &part).with(
                Place::Header,
                "x-oss-copy-source",
                &format!("/{name}/source"),
            ),
            Op::CompleteMultipartUpload => of_key("POST", "folder/parts", &upload).body(&format!(
                "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{}</ETag></Part>\
                 </CompleteMultipartUpload>",
                self.etag
            )),
            Op::AbortMultipartUpload => of_key("DELETE", "folder/parts", &upload),
            Op::ListParts => of_key("GET", "folder/parts", &upload),
            Op::ProcessObject => of_key("POST", "k", "x-oss-process")
                .body(&format!("x-oss-process=trigger/callback,callback_{}", callback())),
        }
    }

    /// What sets, tells or removes a document of the bucket.
    fn configuration(&self, operation: Operation, name: &str, document: &str) -> Draft {
        let method = match operation.name().get(..3) {
            Some("Put") => "PUT",
            Some("Get") => "GET",
            _ => "DELETE",
        };
        let draft = Draft::new(method, &format!("/{}", self.bucket.name), name);
        if method == "PUT" { draft.body(document) } else { draft }
    }

    fn tagging(&self, method: &'static str, operation: Operation) -> Draft {
        let key = if operation.name().contains("Object") { "/k" } else { "" };
        Draft::new(method, &format!("/{}{key}", self.bucket.name), "tagging")
    }

    fn form(&self) -> Draft {
        let bucket = &self.bucket.name;
        let mut draft = Draft::new("POST", &format!("/{bucket}"), "").anonymous();
        draft.fields.push(("key".to_owned(), "posted".to_owned()));
        draft.fields.extend(Policy::new().condition(&format!("{{\"bucket\":\"{bucket}\"}}")).v1());
        draft
    }

    /// Sends the request and tells the answer as text that is the same for an equal world.
    #[track_caller]
    pub(super) fn send(&self, draft: &Draft) -> (u16, String) {
        let answer = draft.request(&self.bucket.server).send();
        (answer.status, self.text_of(&answer))
    }

    /// Everything that can be seen of the world.
    pub(super) fn state(&self) -> String {
        let (bucket, name) = (&self.bucket, &self.bucket.name);
        let mut answers = Vec::new();
        for other in ["-empty", "-new"] {
            let request = |query: &str| bucket.server.request("GET", &format!("/{name}{other}?{query}"));
            answers.extend([request("bucketInfo").send(), request("acl").send()]);
        }
        for query in [
            "?bucketInfo",
            "?acl",
            "?cors",
            "?lifecycle",
            "?tagging",
            "?policy&comp=callback",
            "?encoding-type=url",
            "?uploads",
        ] {
            answers.push(bucket.root("GET", query).send());
        }
        for key in answers[answers.len() - 2].elements("Key") {
            answers.push(bucket.at("HEAD", &key).send());
            answers.push(bucket.at("GET", &format!("{key}?acl")).send());
            answers.push(bucket.at("GET", &format!("{key}?tagging")).send());
        }
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
        text.replace(&self.bucket.name, "BUCKET").replace(&self.upload, "UPLOAD")
    }
}

impl Draft {
    fn new(method: &'static str, path: &str, query: &str) -> Self {
        let query = query.split('&').filter(|pair| !pair.is_empty());
        let query = query.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        Self {
            method,
            path: path.to_owned(),
            query: query.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            headers: Vec::new(),
            fields: Vec::new(),
            body: String::new(),
            anonymous: false,
        }
    }

    fn anonymous(mut self) -> Self {
        self.anonymous = true;
        self
    }

    /// Whether the request changes nothing.
    pub(super) fn only_reads(&self) -> bool {
        matches!(self.method, "GET" | "HEAD" | "OPTIONS")
    }

    pub(super) fn body(mut self, body: &str) -> Self {
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

    fn request(&self, server: &Arc<Server>) -> Request {
        let mut request = server.request(self.method, &self.path);
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

fn policy(name: &str) -> String {
    format!(
        "<BucketCallbackPolicy><PolicyItem><PolicyName>{name}</PolicyName><Callback>{}</Callback><CallbackVar/>\
         </PolicyItem></BucketCallbackPolicy>",
        callback()
    )
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
