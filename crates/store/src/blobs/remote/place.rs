//! Where content is kept outside of the data folder, as a URL says it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use opendal::layers::{RetryLayer, TimeoutLayer};
use opendal::services::{Fs, S3};
use opendal::{Operator, OperatorUri};

use super::multipart_uploads::MultipartUploads;
use crate::OpenError;

/// How long one attempt may take at a question without content, and at one piece of content.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10);
const PIECE_ATTEMPT_TIMEOUT: Duration = Duration::from_secs(30);

/// How long it may take with all attempts and the pauses between them.
const TIMEOUT: Duration = Duration::from_secs(20);
const PIECE_TIMEOUT: Duration = Duration::from_secs(60);

/// What passes is tried again so often, the first time after so long.
const RETRIES: usize = 3;
const FIRST_RETRY: Duration = Duration::from_millis(100);
const LAST_RETRY: Duration = Duration::from_secs(2);

/// Where a folder has what is not whole, beside the blobs.
pub(super) const TEMPORARY: &str = "tmp";

/// The region of places that have none.
const NO_REGION: &str = "us-east-1";

/// Where the nodes of a cluster keep content: `s3://BUCKET/PREFIX?endpoint=URL&region=REGION` or `fs:///FOLDER`.
#[derive(Clone, PartialEq, Eq)]
pub struct ContentPlace(Kind);

#[derive(Clone, PartialEq, Eq)]
enum Kind {
    S3(Bucket),
    Folder(PathBuf),
}

#[derive(Clone, PartialEq, Eq)]
pub(super) struct Bucket {
    pub(super) name: String,
    pub(super) prefix: String,
    pub(super) endpoint: Option<String>,
    pub(super) region: String,
    /// Without one, those of the environment are used, as AWS's tools find them.
    pub(super) key: Option<(String, String)>,
    /// The bucket is part of the host's name.
    pub(super) virtual_host: bool,
}

/// Where AWS's tools look for the endpoint.
const ENDPOINTS: [&str; 3] = ["AWS_ENDPOINT_URL", "AWS_ENDPOINT", "AWS_S3_ENDPOINT"];

impl ContentPlace {
    /// Reads a place from its URL. `key` is an access key's id and secret, which the URL may have as well.
    ///
    /// # Errors
    /// [`OpenError::Place`], which tells what is wrong with it.
    pub fn parse(url: &str, key: Option<(String, String)>) -> Result<Self, OpenError> {
        let uri = OperatorUri::new(url, []).map_err(|_| wrong("it is not a URL"))?;
        match uri.scheme() {
            "s3" => bucket(&uri, key).map(|bucket| Self(Kind::S3(bucket))),
            "fs" => folder(&uri).map(|folder| Self(Kind::Folder(folder))),
            other => Err(wrong(&format!("`{other}://` is neither `s3://BUCKET/PREFIX` nor `fs:///FOLDER`"))),
        }
    }

    /// The folder, of a file system.
    pub(super) fn folder(&self) -> Option<&Path> {
        match &self.0 {
            Kind::Folder(folder) => Some(folder),
            Kind::S3(_) => None,
        }
    }

    /// Makes what talks with the place.
    pub(super) fn operator(&self) -> Result<Operator, OpenError> {
        opendal::install_default();
        let operator = match &self.0 {
            Kind::S3(bucket) => Operator::new(bucket.service()),
            Kind::Folder(folder) => {
                let temporary = folder.join(TEMPORARY);
                let service = Fs::default().root(&folder.to_string_lossy());
                Operator::new(service.atomic_write_dir(&temporary.to_string_lossy()))
            }
        };
        let operator = operator.map_err(|error| wrong(&error.to_string()))?;
        let attempts =
            TimeoutLayer::new().with_timeout(ATTEMPT_TIMEOUT).with_io_timeout(PIECE_ATTEMPT_TIMEOUT);
        let all = TimeoutLayer::new().with_timeout(TIMEOUT).with_io_timeout(PIECE_TIMEOUT);
        let retries = RetryLayer::new()
            .with_max_times(RETRIES)
            .with_min_delay(FIRST_RETRY)
            .with_max_delay(LAST_RETRY)
            .with_jitter();
        Ok(operator.layer(attempts).layer(retries).layer(all))
    }

    /// Makes what finds uploads in parts that were left unfinished, where the place has such.
    pub(super) fn multipart_uploads(&self) -> Option<MultipartUploads> {
        match &self.0 {
            Kind::S3(bucket) => Some(MultipartUploads::new(bucket)),
            Kind::Folder(_) => None,
        }
    }
}

fn wrong(what: &str) -> OpenError {
    OpenError::Place { what: what.to_owned() }
}

fn bucket(uri: &OperatorUri, key: Option<(String, String)>) -> Result<Bucket, OpenError> {
    const KNOWN: [&str; 5] =
        ["endpoint", "region", "access_key_id", "secret_access_key", "virtual_host_style"];
    if let Some(unknown) = uri.options().keys().find(|name| !KNOWN.contains(&name.as_str())) {
        return Err(wrong(&format!("`{unknown}` is not one of {}", KNOWN.join(", "))));
    }
    let option = |name| uri.option(name).map(str::to_owned);
    let key = match (option("access_key_id"), option("secret_access_key")) {
        (Some(id), Some(secret)) => Some((id, secret)),
        (None, None) => key,
        _ => return Err(wrong("an access key has an id and a secret")),
    };
    let virtual_host = match uri.option("virtual_host_style") {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => return Err(wrong("`virtual_host_style` is `true` or `false`")),
    };
    // OpenDAL looks for it there too if it is to look for a key there.
    let of_environment =
        || ENDPOINTS.iter().find_map(|name| std::env::var(name).ok()).filter(|_| key.is_none());
    let endpoint = option("endpoint").or_else(of_environment);
    if endpoint
        .as_ref()
        .is_some_and(|endpoint| !endpoint.starts_with("http://") && !endpoint.starts_with("https://"))
    {
        return Err(wrong("`endpoint` begins with `http://` or `https://`"));
    }
    Ok(Bucket {
        name: uri.name().ok_or_else(|| wrong("there is no bucket in it"))?.to_owned(),
        prefix: uri.root().unwrap_or_default().to_owned(),
        endpoint,
        region: option("region").unwrap_or_else(|| NO_REGION.to_owned()),
        key,
        virtual_host,
    })
}

fn folder(uri: &OperatorUri) -> Result<PathBuf, OpenError> {
    match (uri.name(), uri.root()) {
        (None, Some(root)) => Ok(Path::new("/").join(root)),
        _ => Err(wrong("a folder is given by its whole path, as in `fs:///srv/content`")),
    }
}

impl Bucket {
    fn service(&self) -> S3 {
        let mut service = S3::default().bucket(&self.name).root(&self.prefix).region(&self.region);
        if let Some(endpoint) = &self.endpoint {
            service = service.endpoint(endpoint);
        }
        if let Some((id, secret)) = &self.key {
            service = service
                .access_key_id(id)
                .secret_access_key(secret)
                .disable_config_load()
                .disable_ec2_metadata();
        }
        if self.virtual_host { service.enable_virtual_host_style() } else { service }
    }
}

impl fmt::Display for ContentPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::S3(Bucket { name, prefix, endpoint, .. }) => {
                write!(f, "s3://{name}/{prefix}")?;
                endpoint.as_ref().map_or(Ok(()), |endpoint| write!(f, " at {endpoint}"))
            }
            Kind::Folder(folder) => write!(f, "fs://{}", folder.display()),
        }
    }
}

/// Without the key.
impl fmt::Debug for ContentPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ContentPlace({self})")
    }
}
