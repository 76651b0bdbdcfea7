//! The named styles of images of a bucket, set and taken away one by one. Images are not processed, so that a style does nothing
//! but be there.

use ossicle_protocol::configurations::{MAX_STYLE_BODY, Style, StyleList};
use ossicle_protocol::{Error, ErrorCode};

use crate::http::body::RequestBody;
use crate::http::reply::Reply;
use crate::oss::announced::check_document_md5;
use crate::oss::call::Call;
use crate::oss::failure::Failure;
use crate::oss::kept;

/// Runs `PutStyle`.
pub(crate) async fn put_style(call: &Call, body: RequestBody) -> Result<Reply, Failure> {
    let body = body.read(MAX_STYLE_BODY).await?;
    check_document_md5(call, &body)?;
    let style = Style::new(name(call), call.query.get("category"), &body, &call.now.http_date())?;
    let set = |present: Option<StyleList>| {
        let mut styles = present.unwrap_or_default();
        styles.set(&style)?;
        Ok(Some(styles))
    };
    kept::update(&call.app.store, call.bucket_name()?.as_str(), set).await?;
    Ok(Reply::ok())
}

/// Runs `GetStyle`.
pub(crate) async fn get_style(call: &Call, _: RequestBody) -> Result<Reply, Failure> {
    let name = name(call);
    Style::check_name(name)?;
    let bucket = call.bucket_name()?.as_str();
    let styles = kept::read::<StyleList>(&call.app.store, bucket).await?.unwrap_or_default();
    let style = styles.find(name).ok_or_else(|| {
        Error::new(ErrorCode::NoSuchStyle).with_detail("BucketName", bucket).with_detail("StyleName", name)
    })?;
    Ok(Reply::xml(style.to_xml()))
}

/// Runs `DeleteStyle`; 204 also where there is none of that name.
pub(crate) async fn delete_style(call: &Call, _: RequestBody) -> Result<Reply, Failure> {
    let name = name(call);
    Style::check_name(name)?;
    let without = |present: Option<StyleList>| Ok(present.and_then(|styles| styles.without(name)));
    kept::update(&call.app.store, call.bucket_name()?.as_str(), without).await?;
    Ok(Reply::no_content())
}

fn name(call: &Call) -> &str {
    call.query.get("styleName").unwrap_or_default()
}
