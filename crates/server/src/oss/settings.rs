//! What is set on buckets, at hand for every request. A document is read once for each of its versions.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use ossicle_policy::Policy;
use ossicle_protocol::configurations::{
    ArchiveDirectReadConfiguration, BucketCallbackPolicy, HttpsConfiguration, OverwriteConfiguration,
    RequestPaymentConfiguration, ResponseHeaderConfiguration, ServerSideEncryptionRule, WebsiteConfiguration,
};
use ossicle_protocol::{CorsRules, Error, LifecycleRules, RefererConfiguration};
use ossicle_store::{self as store, AccountDocument, Bucket, BucketDocument, Sought, Store, Visit};

use crate::oss::kept::Kept;
use crate::oss::stored_policy::{self, read_stored};
use crate::sync;

/// More buckets than this are not kept at hand.
const MAX_BUCKETS: usize = 4096;

/// The documents whose configurations are kept at hand may have so many bytes together.
const MAX_BYTES: usize = 8 * 1024 * 1024;

/// A policy takes up to so many times the bytes of its document, as its patterns are compiled.
const POLICY_GROWS: usize = 16;

/// A bucket and those of its configurations that change what requests do.
#[derive(Debug)]
pub(crate) struct BucketSettings {
    bucket: Arc<Bucket>,
    /// Whether the owner's account blocks public access to all its buckets.
    account_blocks: bool,
    cors: Setting<CorsRules>,
    callback_policy: Setting<BucketCallbackPolicy>,
    lifecycle: Setting<LifecycleRules>,
    referer: Setting<RefererConfiguration>,
    request_payment: Setting<RequestPaymentConfiguration>,
    website: Setting<WebsiteConfiguration>,
    overwrite: Setting<OverwriteConfiguration>,
    encryption: Setting<ServerSideEncryptionRule>,
    https_config: Setting<HttpsConfiguration>,
    response_header: Setting<ResponseHeaderConfiguration>,
    archive_direct_read: Setting<ArchiveDirectReadConfiguration>,
    policy: Setting<Policy>,
}

impl BucketSettings {
    /// Returns the bucket itself.
    pub(crate) fn bucket(&self) -> &Arc<Bucket> {
        &self.bucket
    }

    /// Returns whether what ACLs allow to everybody does not count: by the bucket's own setting, or for all of its owner's.
    pub(crate) fn blocks_public_access(&self) -> bool {
        self.bucket.block_public_access || self.account_blocks
    }

    /// Returns the CORS rules.
    pub(crate) fn cors(&self) -> Result<Option<&CorsRules>, Error> {
        self.cors.get()
    }

    /// Returns the named callbacks.
    pub(crate) fn callback_policy(&self) -> Result<Option<&BucketCallbackPolicy>, Error> {
        self.callback_policy.get()
    }

    /// Returns the lifecycle rules.
    pub(crate) fn lifecycle(&self) -> Result<Option<&LifecycleRules>, Error> {
        self.lifecycle.get()
    }

    /// Returns the pages that may use the objects.
    pub(crate) fn referer(&self) -> Result<Option<&RefererConfiguration>, Error> {
        self.referer.get()
    }

    /// Returns who pays for requests.
    pub(crate) fn request_payment(&self) -> Result<Option<&RequestPaymentConfiguration>, Error> {
        self.request_payment.get()
    }

    /// Returns the pages and redirects of a bucket that is a website.
    pub(crate) fn website(&self) -> Result<Option<&WebsiteConfiguration>, Error> {
        self.website.get()
    }

    /// Returns the rules against overwriting.
    pub(crate) fn overwrite(&self) -> Result<Option<&OverwriteConfiguration>, Error> {
        self.overwrite.get()
    }

    /// Returns the versions of TLS by which the bucket may be reached.
    pub(crate) fn https_config(&self) -> Result<Option<&HttpsConfiguration>, Error> {
        self.https_config.get()
    }

    /// Returns the headers that answers do not have.
    pub(crate) fn response_header(&self) -> Result<Option<&ResponseHeaderConfiguration>, Error> {
        self.response_header.get()
    }

    /// Returns whether objects of the class `Archive` are read without being restored.
    pub(crate) fn archive_direct_read(&self) -> Result<Option<&ArchiveDirectReadConfiguration>, Error> {
        self.archive_direct_read.get()
    }

    /// Returns how objects are encrypted whose requests do not say it.
    pub(crate) fn encryption(&self) -> Result<Option<&ServerSideEncryptionRule>, Error> {
        self.encryption.get()
    }

    /// Returns the bucket policy.
    pub(crate) fn policy(&self) -> Option<&Policy> {
        // Every document of it makes a policy.
        self.policy.get().ok().flatten()
    }

    /// Reads what is set on a bucket. Of what was known `before`, documents that are the same are not read again.
    async fn read(store: &Store, bucket: Arc<Bucket>, before: Option<&Self>) -> Result<Self, store::Error> {
        let documents = store.bucket_documents(&bucket.name).await?;
        let account = store.account_document(&bucket.owner, AccountDocument::PublicAccessBlock).await?;
        let there = &documents[..];
        let policy = |document: &[u8]| Ok(read_stored(document));
        Ok(Self {
            account_blocks: account.is_some(),
            cors: Setting::read(there, before.map(|before| &before.cors)),
            callback_policy: Setting::read(there, before.map(|before| &before.callback_policy)),
            lifecycle: Setting::read(there, before.map(|before| &before.lifecycle)),
            referer: Setting::read(there, before.map(|before| &before.referer)),
            request_payment: Setting::read(there, before.map(|before| &before.request_payment)),
            website: Setting::read(there, before.map(|before| &before.website)),
            overwrite: Setting::read(there, before.map(|before| &before.overwrite)),
            encryption: Setting::read(there, before.map(|before| &before.encryption)),
            https_config: Setting::read(there, before.map(|before| &before.https_config)),
            response_header: Setting::read(there, before.map(|before| &before.response_header)),
            archive_direct_read: Setting::read(there, before.map(|before| &before.archive_direct_read)),
            policy: Setting::read_by(
                there,
                stored_policy::PLACE,
                policy,
                before.map(|before| &before.policy),
            ),
            bucket,
        })
    }

    fn bytes(&self) -> usize {
        let rules = self.cors.bytes() + self.callback_policy.bytes() + self.lifecycle.bytes();
        let pages = self.website.bytes()
            + self.https_config.bytes()
            + self.response_header.bytes()
            + self.archive_direct_read.bytes();
        rules
            + pages
            + self.overwrite.bytes()
            + self.encryption.bytes()
            + self.referer.bytes()
            + self.request_payment.bytes()
            + POLICY_GROWS * self.policy.bytes()
    }
}

/// A configuration and the document that it was read from.
#[derive(Debug)]
struct Setting<C> {
    document: Option<Arc<[u8]>>,
    /// An error where the document cannot be read, which only those are told who need it.
    parsed: Result<Option<Arc<C>>, Error>,
}

/// The documents of a bucket.
type Documents<'a> = &'a [(BucketDocument, Arc<[u8]>)];

impl<C: Kept> Setting<C> {
    fn read(documents: Documents<'_>, before: Option<&Self>) -> Self {
        Self::read_by(documents, C::DOCUMENT, C::parse, before)
    }
}

impl<C> Setting<C> {
    fn read_by(
        documents: Documents<'_>,
        place: BucketDocument,
        parse: impl Fn(&[u8]) -> Result<C, Error>,
        before: Option<&Self>,
    ) -> Self {
        let document =
            documents.iter().find(|(at, _)| *at == place).map(|(_, document)| Arc::clone(document));
        let parsed = match (&document, before) {
            (_, Some(before)) if before.document == document => before.parsed.clone(),
            (None, _) => Ok(None),
            (Some(document), _) => parse(document).map(|parsed| Some(Arc::new(parsed))),
        };
        Self { document, parsed }
    }

    fn get(&self) -> Result<Option<&C>, Error> {
        self.parsed.as_ref().map(Option::as_deref).map_err(Error::clone)
    }

    fn bytes(&self) -> usize {
        self.document.as_deref().map_or(0, <[u8]>::len)
    }
}

/// The settings of the buckets that requests were about lately.
#[derive(Debug, Default)]
pub(crate) struct Settings {
    known: RwLock<Known>,
}

#[derive(Debug, Default)]
struct Known {
    buckets: HashMap<String, Arc<BucketSettings>>,
    bytes: usize,
}

impl Settings {
    /// Returns what is set on a bucket, if it exists.
    pub(crate) async fn of(
        &self,
        store: &Store,
        name: &str,
    ) -> Result<Option<Arc<BucketSettings>>, store::Error> {
        match store.bucket(name).await? {
            Some(bucket) => self.of_bucket(store, bucket).await.map(Some),
            None => Ok(None),
        }
    }

    /// Returns what is set on a bucket, if it exists, with what the store had besides.
    pub(crate) async fn visit(
        &self,
        store: &Store,
        name: &str,
        sought: Option<Sought<'_>>,
    ) -> Result<(Option<Arc<BucketSettings>>, Visit), store::Error> {
        let mut visit = store.visit(name, sought).await?;
        let settings = match visit.bucket.take() {
            Some(bucket) => Some(self.of_bucket(store, bucket).await?),
            None => None,
        };
        Ok((settings, visit))
    }

    /// The store hands out another bucket after every change of any bucket's settings, which is when its documents are looked at
    /// again.
    async fn of_bucket(
        &self,
        store: &Store,
        bucket: Arc<Bucket>,
    ) -> Result<Arc<BucketSettings>, store::Error> {
        let name = bucket.name.clone();
        let known = sync::read(&self.known).buckets.get(&name).cloned();
        if let Some(known) = known.as_ref().filter(|known| Arc::ptr_eq(&known.bucket, &bucket)) {
            return Ok(Arc::clone(known));
        }
        // Boxed: every request's future would have room for it, and what is known is not read again.
        let read = Arc::new(Box::pin(BucketSettings::read(store, bucket, known.as_deref())).await?);
        sync::write(&self.known).insert(&name, &read);
        Ok(read)
    }
}

impl Known {
    fn insert(&mut self, name: &str, settings: &Arc<BucketSettings>) {
        if let Some(before) = self.buckets.remove(name) {
            self.bytes -= before.bytes();
        }
        if self.buckets.len() >= MAX_BUCKETS || self.bytes + settings.bytes() > MAX_BYTES {
            *self = Self::default();
        }
        self.bytes += settings.bytes();
        self.buckets.insert(name.to_owned(), Arc::clone(settings));
    }
}

#[cfg(test)]
mod tests {
    use ossicle_store::{Acl, Bucket, StoreOptions};

    use super::*;

    async fn create(store: &Store, name: &str) {
        let bucket = Bucket {
            name: name.to_owned(),
            acl: Acl::Private,
            storage_class: "Standard".to_owned(),
            redundancy: "LRS".to_owned(),
            owner: String::new(),
            comment: String::new(),
            block_public_access: false,
            created_ms: 0,
            ..Bucket::default()
        };
        store.create_bucket(bucket).await.unwrap();
    }

    fn cors(method: &str) -> Vec<u8> {
        format!(
            "<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>{method}</AllowedMethod>\
             </CORSRule></CORSConfiguration>"
        )
        .into_bytes()
    }

    #[tokio::test]
    async fn a_document_is_read_once_for_each_of_its_versions() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), StoreOptions::default()).unwrap();
        let settings = Settings::default();
        assert!(settings.of(&store, "one").await.unwrap().is_none());
        create(&store, "one").await;
        let set =
            async |document| store.set_bucket_document("one", CorsRules::DOCUMENT, document).await.unwrap();
        let get = async || settings.of(&store, "one").await.unwrap().unwrap();
        assert_eq!(get().await.cors(), Ok(None));
        set(Some(cors("PUT"))).await;
        let first = get().await;
        assert_eq!(first.cors().unwrap().unwrap().rules()[0].allowed_methods(), ["PUT"]);
        assert!(Arc::ptr_eq(&first, &get().await));
        // Another bucket's settings change, and the rules are still those that were read.
        create(&store, "two").await;
        let second = get().await;
        assert!(std::ptr::eq(first.cors().unwrap().unwrap(), second.cors().unwrap().unwrap()));
        set(Some(cors("GET"))).await;
        assert_eq!(get().await.cors().unwrap().unwrap().rules()[0].allowed_methods(), ["GET"]);
        set(Some(b"<CORS".to_vec())).await;
        assert!(get().await.cors().is_err());
        set(None).await;
        assert_eq!(get().await.cors(), Ok(None));
        store.delete_bucket("one").await.unwrap();
        assert!(settings.of(&store, "one").await.unwrap().is_none());
    }
}
