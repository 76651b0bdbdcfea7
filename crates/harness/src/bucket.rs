//! A bucket of a test's own.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::request::Request;
use crate::server::Server;
use crate::signing;
use crate::wire::Answer;

/// A bucket that no other test uses.
#[derive(Debug, Clone)]
pub struct Bucket {
    /// The server that it is on.
    pub server: Arc<Server>,
    /// Its name.
    pub name: String,
}

impl Bucket {
    /// Makes a bucket on the shared server.
    #[track_caller]
    pub fn new() -> Self {
        Self::on(&Server::shared())
    }

    /// Makes a bucket on a server of the test's own.
    #[track_caller]
    pub fn on(server: &Arc<Server>) -> Self {
        let bucket = Self::unmade_on(server);
        bucket.root("PUT", "").send().expect(200);
        bucket
    }

    /// Returns a name that no bucket has yet, on the shared server.
    pub fn unmade() -> Self {
        Self::unmade_on(&Server::shared())
    }

    fn unmade_on(server: &Arc<Server>) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(1);
        let name = format!("bucket-{}", COUNT.fetch_add(1, Ordering::Relaxed));
        Self { server: Arc::clone(server), name }
    }

    /// Returns a request for the bucket itself; `query` with its `?`.
    pub fn root(&self, method: &str, query: &str) -> Request {
        self.server.request(method, &format!("/{}/{query}", self.name))
    }

    /// Returns a request for an object; `rest` is the encoded key and whatever follows.
    pub fn at(&self, method: &str, rest: &str) -> Request {
        self.server.request(method, &format!("/{}/{rest}", self.name))
    }

    /// Returns a request for the object of this very key, encoded here.
    pub fn key(&self, method: &str, key: &str) -> Request {
        self.at(method, &signing::encode(key, true))
    }

    /// Stores an object.
    #[track_caller]
    pub fn put(&self, key: &str, content: impl AsRef<[u8]>) -> Answer {
        self.key("PUT", key).body(content).send().expect(200)
    }

    /// Returns an object's content.
    #[track_caller]
    pub fn get(&self, key: &str) -> Vec<u8> {
        self.key("GET", key).send().expect(200).body
    }

    /// Checks that nothing is stored under the key.
    #[track_caller]
    pub fn assert_absent(&self, key: &str) {
        self.key("HEAD", key).send().expect_head_error(404, "NoSuchKey");
    }

    /// Checks that the bucket holds exactly these keys and no unfinished upload.
    #[track_caller]
    pub fn assert_keys(&self, keys: &[&str]) {
        let listing = self.root("GET", "?max-keys=1000&encoding-type=url").send().expect(200);
        let listed: Vec<String> = listing.elements("Key").iter().map(|key| signing::decode(key)).collect();
        assert_eq!(listed, keys);
    }

    /// Sets the ACL.
    #[track_caller]
    pub fn set_acl(&self, acl: &str) {
        self.root("PUT", "?acl").header("x-oss-acl", acl).send().expect(200);
    }

    /// Begins a multipart upload, and tells its id.
    #[track_caller]
    pub fn initiate(&self, key: &str) -> String {
        self.key("POST", key).query("uploads", "").send().expect(200).element("UploadId")
    }

    /// Uploads a part, and tells its ETag as it came.
    #[track_caller]
    pub fn part(&self, key: &str, upload: &str, number: u32, content: &[u8]) -> String {
        let request = self.key("PUT", key).query("partNumber", &number.to_string()).query("uploadId", upload);
        request.body(content).send().expect(200).must("ETag").to_owned()
    }

    /// Returns the request that completes an upload with these parts.
    pub fn complete(&self, key: &str, upload: &str, parts: &[(u32, String)]) -> Request {
        let parts: String = parts
            .iter()
            .map(|(number, etag)| {
                format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>")
            })
            .collect();
        let document = format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>");
        self.key("POST", key).query("uploadId", upload).body(document)
    }
}
