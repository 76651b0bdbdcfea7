//! Uploads in parts that a node left unfinished in an S3 store when it died: they take space and are in no list of objects.
//! OpenDAL cannot list them, so that the two requests this takes are made here, signed by what OpenDAL signs with.

use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

use http::{Method, Request, Response, StatusCode, header};
use opendal::raw::Timestamp;
use opendal::{Buffer, HttpTransporter};
use reqsign_aws_v4::{Credential, DefaultCredentialProvider, RequestSigner, StaticCredentialProvider};
use reqsign_core::{Context, OsEnv, ProvideCredentialChain, Signer};
use reqsign_file_read_tokio::TokioFileRead;

use super::place::Bucket;
use crate::Error;
use crate::id::DataId;

/// How long one request may take.
const TIMEOUT: Duration = Duration::from_secs(20);

/// A list is no longer than so many answers, of a thousand uploads each; the rest is for the next time.
const MOST_ANSWERS: usize = 100;

/// The uploads of one place.
pub(super) struct MultipartUploads {
    signer: Signer<Credential>,
    transport: HttpTransporter,
    /// The bucket's address, without a slash at the end.
    bucket: String,
    /// What begins the names of the place's objects: nothing, or a path with a slash at its end.
    prefix: String,
}

/// An upload that is not finished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct UnfinishedUpload {
    /// The blob that it was to be.
    pub(super) blob: DataId,
    key: String,
    upload_id: String,
    began: Option<SystemTime>,
}

/// An answer of the list.
#[derive(Debug, Default, PartialEq, Eq)]
struct Page {
    uploads: Vec<UnfinishedUpload>,
    /// What the next request goes on after.
    next: Option<(String, String)>,
}

impl MultipartUploads {
    pub(super) fn new(bucket: &Bucket) -> Self {
        let mut provider = ProvideCredentialChain::new();
        provider = match &bucket.key {
            Some((id, secret)) => provider.push(StaticCredentialProvider::new(id, secret)),
            None => provider.push(DefaultCredentialProvider::builder().build()),
        };
        let transport = HttpTransporter::default();
        let context =
            Context::new().with_file_read(TokioFileRead).with_env(OsEnv).with_http_send(transport.clone());
        let prefix = match bucket.prefix.trim_matches('/') {
            "" => String::new(),
            prefix => format!("{prefix}/"),
        };
        let signer = Signer::new(context, provider, RequestSigner::new("s3", &bucket.region));
        Self { signer, transport, bucket: address(bucket), prefix }
    }

    /// Lists the uploads of blobs that were begun before a time.
    pub(super) async fn begun_before(&self, time: SystemTime) -> Result<Vec<UnfinishedUpload>, Error> {
        let mut uploads = Vec::new();
        let mut after = None;
        for _ in 0..MOST_ANSWERS {
            let page = self.list(after.as_ref()).await?;
            // What does not tell its age is taken for new.
            uploads
                .extend(page.uploads.into_iter().filter(|upload| upload.began.is_some_and(|at| at <= time)));
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        Ok(uploads)
    }

    /// Gives up an upload; that it is gone already is no error.
    pub(super) async fn abort(&self, upload: &UnfinishedUpload) -> Result<(), Error> {
        let url = format!(
            "{}/{}?uploadId={}",
            self.bucket,
            encoded(&upload.key, true),
            encoded(&upload.upload_id, false)
        );
        let answer = self.ask(Method::DELETE, &url).await?;
        match answer.status() {
            status if status.is_success() => Ok(()),
            StatusCode::NOT_FOUND => Ok(()),
            status => Err(refused("giving up an upload", status)),
        }
    }

    async fn list(&self, after: Option<&(String, String)>) -> Result<Page, Error> {
        let mut url = format!("{}/?uploads=&prefix={}", self.bucket, encoded(&self.prefix, false));
        if let Some((key, upload_id)) = after {
            url = format!(
                "{url}&key-marker={}&upload-id-marker={}",
                encoded(key, false),
                encoded(upload_id, false)
            );
        }
        let answer = self.ask(Method::GET, &url).await?;
        if !answer.status().is_success() {
            return Err(refused("listing uploads", answer.status()));
        }
        Ok(Page::read(&String::from_utf8_lossy(&answer.into_body().to_bytes()), &self.prefix))
    }

    async fn ask(&self, method: Method, url: &str) -> Result<Response<Buffer>, Error> {
        let request = Request::builder().method(method).uri(url).body(()).map_err(|e| unavailable(&e))?;
        let (mut head, ()) = request.into_parts();
        let exchange = async {
            self.signer.sign(&mut head, None).await.map_err(|e| unavailable(&e))?;
            // The transport sets it as the version of HTTP needs it.
            head.headers.remove(header::HOST);
            let request = Request::from_parts(head, Buffer::new());
            self.transport.send(request).await.map_err(|e| unavailable(&e))
        };
        tokio::time::timeout(TIMEOUT, exchange)
            .await
            .unwrap_or_else(|_| Err(Error::unavailable("unfinished uploads: no answer in time".to_owned())))
    }
}

impl Page {
    /// Reads an answer. Names that are no blobs' are somebody else's.
    fn read(answer: &str, prefix: &str) -> Self {
        let mut page = Self::default();
        for upload in answer.split("<Upload>").skip(1) {
            let upload = upload.split("</Upload>").next().unwrap_or_default();
            let (Some(key), Some(upload_id)) = (text_of(upload, "Key"), text_of(upload, "UploadId")) else {
                continue;
            };
            let Some(blob) = blob_of(&key, prefix) else { continue };
            let began = text_of(upload, "Initiated").and_then(|time| time.parse::<Timestamp>().ok());
            page.uploads.push(UnfinishedUpload { blob, key, upload_id, began: began.map(SystemTime::from) });
        }
        if text_of(answer, "IsTruncated").as_deref() == Some("true")
            && let Some(key) = text_of(answer, "NextKeyMarker").filter(|key| !key.is_empty())
        {
            page.next = Some((key, text_of(answer, "NextUploadIdMarker").unwrap_or_default()));
        }
        page
    }
}

fn address(bucket: &Bucket) -> String {
    let endpoint = bucket.endpoint.as_deref().map(|endpoint| endpoint.trim_end_matches('/'));
    let endpoint =
        endpoint.map_or_else(|| format!("https://s3.{}.amazonaws.com", bucket.region), str::to_owned);
    if bucket.virtual_host {
        endpoint.replacen("//", &format!("//{}.", bucket.name), 1)
    } else {
        format!("{endpoint}/{}", bucket.name)
    }
}

/// Reads which blob a name of the place is.
fn blob_of(key: &str, prefix: &str) -> Option<DataId> {
    let blob = DataId::parse(key.rsplit('/').next()?)?;
    (key == format!("{prefix}{}", super::name(blob))).then_some(blob)
}

/// Returns the text of the first element of the name.
fn text_of(xml: &str, name: &str) -> Option<String> {
    let rest = xml.split(&format!("<{name}>")).nth(1)?;
    let text = rest.split(&format!("</{name}>")).next()?;
    let plain = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
    Some(plain.replace("&apos;", "'").replace("&#39;", "'").replace("&#34;", "\"").replace("&amp;", "&"))
}

/// Writes a text for a URL; slashes of a path stay.
fn encoded(text: &str, is_path: bool) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) || (is_path && byte == b'/') {
            encoded.push(char::from(byte));
        } else {
            // Writing to a text does not fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

fn refused(what: &str, status: StatusCode) -> Error {
    Error::unavailable(format!("{what}: the place answers {status}"))
}

fn unavailable(error: &impl std::fmt::Display) -> Error {
    Error::unavailable(format!("unfinished uploads: {error}"))
}

impl std::fmt::Debug for MultipartUploads {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MultipartUploads").field("bucket", &self.bucket).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read() {
        let blob = DataId::from_bytes([7; 16]);
        let name = super::super::name(blob);
        let answer = format!(
            "<?xml version=\"1.0\"?><ListMultipartUploadsResult><Bucket>b</Bucket><KeyMarker></KeyMarker>\
             <NextKeyMarker>a&amp;b/zz</NextKeyMarker><NextUploadIdMarker>u2</NextUploadIdMarker>\
             <IsTruncated>true</IsTruncated>\
             <Upload><Key>a&amp;b/{name}</Key><UploadId>u1</UploadId><Initiated>2026-01-31T12:00:00.000Z</Initiated></Upload>\
             <Upload><Key>a&amp;b/other</Key><UploadId>u2</UploadId></Upload>\
             <Upload><Key>c/{name}</Key><UploadId>u3</UploadId></Upload></ListMultipartUploadsResult>"
        );
        let page = Page::read(&answer, "a&b/");
        assert_eq!(page.next, Some(("a&b/zz".to_owned(), "u2".to_owned())));
        let [upload] = &page.uploads[..] else { panic!("{page:?}") };
        assert_eq!((upload.blob, upload.upload_id.as_str()), (blob, "u1"));
        let since = upload.began.unwrap().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        assert_eq!(since.as_secs(), 1_769_860_800);
        assert_eq!(Page::read("", ""), Page::default());
    }
}
