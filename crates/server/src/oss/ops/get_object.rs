//! `GetObject`: the bytes of an object or a range of them, under conditions, with headers overridden as asked.

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use http::StatusCode;
use http::header::CONTENT_RANGE;
use ossicle_protocol::{ByteRange, Error, ErrorCode};
use ossicle_store::{Object, Reader};
use tracing::Span;

use crate::http::body::RequestBody;
use crate::http::reply::Reply;
use crate::lifecycle::expiration::show_expiration;
use crate::oss::attributes;
use crate::oss::call::Call;
use crate::oss::caller_overrides::override_headers;
use crate::oss::conditions;
use crate::oss::failure::Failure;
use crate::oss::restoring;
use crate::oss::symlink::Readable;
use crate::oss::throttle::Throttle;

/// Runs `GetObject`.
pub(crate) async fn get_object(call: &Call, _: RequestBody) -> Result<Reply, Failure> {
    let readable = Readable::of(call).await?;
    conditions::check(&call.head.headers, &readable)?;
    let object = readable.content();
    restoring::demand_readable(call, call.settings()?, object)?;
    let range = ByteRange::from_headers(&call.head.headers, object.size);
    let described = attributes::describe(Reply::ok(), call.bucket()?, &readable);
    let described = restoring::show(described, object, call.now);
    let reply = show_expiration(call, readable.named, override_headers(call, described)?)?;
    match range {
        ByteRange::Full => send(call, reply, object, 0..object.size).await,
        ByteRange::Partial { first, last } => {
            let mut reply = reply.with_status(StatusCode::PARTIAL_CONTENT);
            if let Some(content_range) = range.content_range(object.size) {
                reply = reply.with_header(CONTENT_RANGE, content_range);
            }
            send(call, reply, object, first..last + 1).await
        }
        ByteRange::Unsatisfiable => Err(Error::new(ErrorCode::InvalidRange)
            .with_detail("ActualObjectSize", object.size.to_string())
            .with_detail("RangeRequested", call.header("range")?.unwrap_or(""))
            .into()),
    }
}

/// Makes the answer with the bytes. The first piece is read before it begins, so that unreadable data is an error and not a
/// broken answer.
async fn send(
    call: &Call,
    reply: Reply,
    object: &Object,
    range: std::ops::Range<u64>,
) -> Result<Reply, Failure> {
    let length = range.end - range.start;
    let throttle = Throttle::of(call)?;
    let reply = throttle.delay_of(length).show_on(reply);
    let mut reader = call.app.store.read(object, range);
    let Some(first) = reader.next().await.transpose()? else { return Ok(reply) };
    if first.len() as u64 == length && !throttle.is_on() {
        return Ok(reply.with_bytes(first));
    }
    // The rest is read after this function has returned.
    let rest = futures_util::stream::unfold((reader, Span::current()), next_piece);
    let pieces = futures_util::stream::iter([Ok(first)]).chain(rest).boxed();
    Ok(reply.with_stream(length, if throttle.is_on() { throttled(pieces, throttle) } else { pieces }))
}

type Pieces = BoxStream<'static, Result<Bytes, std::io::Error>>;

/// Passes the bytes on at the pace of the throttle.
fn throttled(pieces: Pieces, throttle: Throttle) -> Pieces {
    let state = (pieces, Bytes::new(), throttle);
    futures_util::stream::unfold(state, |(mut pieces, mut piece, mut throttle)| async move {
        while piece.is_empty() {
            match pieces.next().await? {
                Ok(next) => piece = next,
                Err(error) => return Some((Err(error), (pieces, piece, throttle))),
            }
        }
        let next = throttle.next_of(&mut piece);
        throttle.pass(next.len()).await;
        Some((Ok(next), (pieces, piece, throttle)))
    })
    .boxed()
}

async fn next_piece(
    (mut reader, span): (Reader, Span),
) -> Option<(Result<Bytes, std::io::Error>, (Reader, Span))> {
    let piece = reader.next().await?;
    if let Err(error) = &piece {
        span.in_scope(|| {
            tracing::error!(%error, "an object cannot be read to its end; its answer is cut off");
        });
    }
    Some((piece.map_err(std::io::Error::other), (reader, span)))
}
