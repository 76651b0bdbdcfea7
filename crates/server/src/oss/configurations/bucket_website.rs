//! A bucket as a website. Who does not sign gets the page of a folder in the place of a listing or of a key that ends with a
//! slash, is redirected as the rules say, and gets a page in the place of an error about a missing object. Whatever is sent
//! instead is asked for like any object, so that nobody sees more than he may.

use std::sync::Arc;

use http::header::{
    HeaderName, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_UNMODIFIED_SINCE, LOCATION, RANGE,
};
use http::{HeaderMap, StatusCode};
use ossicle_protocol::configurations::{IndexDocument, RoutingRule, WebsiteConfiguration, WithoutSlash};
use ossicle_protocol::{
    AddressStyle, BucketName, ErrorCode, ObjectKey, Operation, Query, Target, percent_encode_path,
};
use tokio::sync::OnceCell;

use crate::http::reply::Reply;
use crate::oss::call::Call;
use crate::oss::failure::Failure;

/// What a page in the place of another is not asked for by.
const OF_ANOTHER: [HeaderName; 5] = [RANGE, IF_MATCH, IF_NONE_MATCH, IF_MODIFIED_SINCE, IF_UNMODIFIED_SINCE];

/// Returns the website that a call visits: those who sign speak to a store.
fn visited(call: &Call) -> Result<Option<&WebsiteConfiguration>, Failure> {
    let reads =
        matches!(call.operation, Operation::GetObject | Operation::HeadObject | Operation::ListObjects);
    let settings = call.settings.as_deref().filter(|_| reads && call.caller.identity().is_none());
    Ok(settings.map(|settings| settings.website()).transpose()?.flatten())
}

/// Returns whether a call visits a website.
pub(crate) fn is_visited(call: &Call) -> Result<bool, Failure> {
    Ok(visited(call)?.is_some())
}

/// Returns the call for the page of a folder where a folder is visited: by a key that ends with a slash, or the bucket's own
/// host without any key.
pub(crate) fn page_of_folder(call: &Call) -> Result<Option<Call>, Failure> {
    let Some(index) = visited(call)?.and_then(|website| website.index.as_ref()) else { return Ok(None) };
    let folder = match &call.target {
        Target::Object(_, key) if key.as_str().ends_with('/') => key.as_str(),
        Target::Bucket(_) if call.query.is_empty() && call.style != AddressStyle::Path => "",
        _ => return Ok(None),
    };
    let folder = if index.support_sub_dir == Some(true) { folder } else { "" };
    Ok(page(call, &format!("{folder}{}", index.suffix), call.head.headers.clone()))
}

/// Returns the call for an object in the place of another.
fn page(call: &Call, key: &str, headers: HeaderMap) -> Option<Call> {
    let bucket = call.target.bucket()?;
    let operation = match call.operation {
        Operation::HeadObject => Operation::HeadObject,
        _ => Operation::GetObject,
    };
    let mut head = http::Request::new(()).into_parts().0;
    head.method = call.head.method.clone();
    head.uri = call.head.uri.clone();
    head.version = call.head.version;
    head.headers = headers;
    Some(Call {
        operation,
        target: Target::Object(BucketName::clone(bucket), ObjectKey::parse(key).ok()?),
        query: Query::default(),
        head: Arc::new(head),
        object: OnceCell::new(),
        ..call.clone()
    })
}

/// What becomes of a visit that was answered.
pub(crate) enum Instead {
    /// The answer is sent.
    Nothing,
    /// The client is sent elsewhere.
    Redirect(Reply),
    /// The object of this call is sent with this status if it can be, and else the answer; or the client is sent to its folder.
    Page(Box<Call>, Shown),
}

/// How a page in the place of another is shown.
pub(crate) enum Shown {
    /// With this status.
    WithStatus(StatusCode),
    /// By its own address, to which the client is sent.
    At(String),
}

/// Returns what is sent in the place of an answer, in the order in which OSS looks: redirects, then the page of a folder
/// without its slash.
pub(crate) fn instead(call: &Call, status: StatusCode, code: Option<ErrorCode>) -> Result<Instead, Failure> {
    let Some(website) = visited(call)? else { return Ok(Instead::Nothing) };
    let Some(key) = call.target.key() else { return Ok(Instead::Nothing) };
    let header = |name: &str| call.head.headers.get(name).and_then(|value| value.to_str().ok());
    let mut rules = website.rules.iter();
    if let Some(rule) = rules.find(|rule| rule.fits(key.as_str(), status.as_u16(), header)) {
        return Ok(Instead::Redirect(redirect(call, rule, key)?));
    }
    let index = website.index.as_ref().filter(|_| code == Some(ErrorCode::NoSuchKey));
    Ok(index.and_then(|index| without_slash(call, index, key)).unwrap_or(Instead::Nothing))
}

/// Returns the page in the place of a missing object, where the website has one.
pub(crate) fn error_page(
    call: &Call,
    code: Option<ErrorCode>,
) -> Result<Option<(Call, StatusCode)>, Failure> {
    let website = visited(call)?.filter(|_| code == Some(ErrorCode::NoSuchKey));
    let Some(error) = website.and_then(|website| website.error.as_ref()) else { return Ok(None) };
    let status = match error.status {
        Some(200) => StatusCode::OK,
        _ => StatusCode::NOT_FOUND,
    };
    Ok(page(call, &error.key, whole(call)).map(|page| (page, status)))
}

/// Returns what becomes of a missing key that may be that of a folder without its slash.
fn without_slash(call: &Call, index: &IndexDocument, key: &ObjectKey) -> Option<Instead> {
    let kind = index.without_slash.unwrap_or_default();
    if index.support_sub_dir != Some(true) || kind == WithoutSlash::Nothing || key.as_str().ends_with('/') {
        return None;
    }
    let page = page(call, &format!("{}/{}", key.as_str(), index.suffix), whole(call))?;
    let shown = match kind {
        WithoutSlash::Page => Shown::WithStatus(StatusCode::OK),
        _ => {
            let folder = percent_encode_path(&format!("{}/", key.as_str()));
            match call.style {
                AddressStyle::Path => Shown::At(format!("/{}/{folder}", call.target.bucket()?.as_str())),
                _ => Shown::At(format!("/{folder}")),
            }
        }
    };
    Some(Instead::Page(Box::new(page), shown))
}

/// Returns the headers of the call without those that ask for a part or under a condition.
fn whole(call: &Call) -> HeaderMap {
    let mut headers = call.head.headers.clone();
    for name in OF_ANOTHER {
        headers.remove(name);
    }
    headers
}

/// Makes the answer that sends the client where the rule says.
fn redirect(call: &Call, rule: &RoutingRule, key: &ObjectKey) -> Result<Reply, Failure> {
    let to = &rule.redirect;
    let scheme = to.protocol.as_deref().unwrap_or(call.scheme);
    let key = rule.key_for(key.as_str());
    let mut location = match &to.host {
        Some(host) => format!("{scheme}://{host}/{}", percent_encode_path(&key)),
        None => call.style.url_of(scheme, &call.host_id, call.bucket_name()?, &key),
    };
    if to.passes_query == Some(true) && !call.query.is_empty() {
        location = format!("{location}?{}", call.query.encode());
    }
    let status = match to.status {
        Some(302) => StatusCode::FOUND,
        Some(307) => StatusCode::TEMPORARY_REDIRECT,
        _ => StatusCode::MOVED_PERMANENTLY,
    };
    Ok(Reply::new(status).with_header(LOCATION, location))
}
