//! The rules for success: status 200, a length, and JSON.

use std::time::Duration;

use serde::de::IgnoredAny;

use super::attempt_error::{AttemptError, JsonError};
use crate::finding::{Finding, FindingKind};
use crate::http1::{Head, Length};

/// Judges status and length, and returns the length of the body to read when both are good.
pub(super) fn head(head: &Head, max_body: u64) -> Result<usize, AttemptError> {
    if head.status != 200 {
        let redirects = (300..400).contains(&head.status);
        let location = head.location.clone().filter(|_| redirects);
        return Err(AttemptError::Status { status: head.status, location });
    }
    match head.length {
        Length::Missing => Err(AttemptError::MissingLength { chunked: head.chunked }),
        Length::Invalid => Err(AttemptError::InvalidLength),
        Length::Known(length) if length <= max_body => {
            usize::try_from(length).map_err(|_| AttemptError::TooLong { limit: max_body })
        }
        Length::Known(_) | Length::Huge => Err(AttemptError::TooLong { limit: max_body }),
    }
}

/// Judges the body: any JSON value will do.
pub(super) fn body(body: &[u8]) -> Result<(), AttemptError> {
    let refuse = |error| Err(AttemptError::NotJson { error });
    if body.is_empty() {
        return refuse(JsonError::Empty);
    }
    if body.starts_with(b"\xef\xbb\xbf") {
        return refuse(JsonError::ByteOrderMark);
    }
    let text = match std::str::from_utf8(body) {
        Ok(text) => text,
        Err(error) => return refuse(JsonError::Syntax(error.to_string())),
    };
    match serde_json::from_str::<IgnoredAny>(text) {
        Ok(IgnoredAny) => Ok(()),
        Err(error) => refuse(JsonError::Syntax(error.to_string())),
    }
}

/// Returns a warning for an application server that was nearly too slow.
pub(super) fn slow(took: Duration, timeout: Duration) -> Option<Finding> {
    (took > timeout / 2).then(|| {
        let (took, timeout) = (took.as_secs_f64(), timeout.as_secs_f64());
        Finding::new(
            FindingKind::Slow,
            format!("The callback took {took:.1} s of the {timeout:.1} s there are."),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_json_value_is_an_answer() {
        let deep = "[".repeat(100_000) + &"]".repeat(100_000);
        for text in
            ["{}", "[]", "\"OK\"", "5", "null", " {\"Status\":\"OK\"}\n", "{\"a\":1e400}", deep.as_str()]
        {
            assert!(body(text.as_bytes()).is_ok(), "{text:.40}");
        }
    }

    #[test]
    fn the_rest_is_not() {
        for (bytes, kind) in [
            (b"".as_slice(), FindingKind::EmptyBody),
            (b"\xef\xbb\xbf{}", FindingKind::ByteOrderMark),
            (b"OK", FindingKind::AnswerNotJson),
            (b"{}x", FindingKind::AnswerNotJson),
            (b"{'a':1}", FindingKind::AnswerNotJson),
            (b"{\"a\":1,}", FindingKind::AnswerNotJson),
            (b"\"\xff\"", FindingKind::AnswerNotJson),
            (b" ", FindingKind::AnswerNotJson),
        ] {
            let error = body(bytes).unwrap_err();
            assert_eq!(error.finding().kind, kind, "{bytes:?}");
            assert_eq!(error.failure().message, "Response body is not valid json format.");
            assert_eq!(error.failure().ec, "0007-00000205");
        }
    }
}
