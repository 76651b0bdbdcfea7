//! What every operation does with every header, query parameter, form field and XML element that OSS has: one table, in which
//! the rows of the table of operations say a few, and point to lists in the files below or of a document for many. Whatever a client may ask for is done,
//! refused, or has no effect for a reason; nothing is accepted and dropped.
//!
//! A name that is in no row of an operation has no effect there, as OSS ignores what it does not know. How a value that is
//! honoured must look is the business of the code that reads it.

pub(crate) mod bucket;
pub(crate) mod form;
mod input;
pub(crate) mod lifecycle;
pub(crate) mod multipart;
pub(crate) mod object;
pub(crate) mod service;
mod shared;

use http::HeaderMap;

pub(crate) use self::input::NOT_IMPLEMENTED;
pub use self::input::{Fate, Input, Place};
pub(crate) use self::shared::{CONTENT_MD5, USUAL, USUAL_OF_OBJECTS};

use crate::{Error, Operation, Query};

/// Returns the operation's rows.
pub fn of(operation: Operation) -> impl Iterator<Item = &'static Input> {
    operation.inputs()
}

/// Refuses a request that asks by a header or a parameter for what this server does not do.
///
/// # Errors
/// The code of the row that refuses, with the name of the input.
pub fn refuse(operation: Operation, query: &Query, headers: &HeaderMap) -> Result<(), Error> {
    of(operation).filter(|input| input.can_refuse()).try_for_each(|input| match input.place {
        Place::Header if input.name.ends_with('*') => headers
            .iter()
            .filter(|(name, _)| input.is_named(name.as_str()))
            .try_for_each(|(_, value)| input.judge(value.as_bytes())),
        Place::Header => headers
            .get_all(input.name)
            .iter()
            .filter(|value| !input.is_repeated(headers, value))
            .try_for_each(|value| input.judge(value.as_bytes())),
        Place::Query => query
            .iter()
            .filter(|(name, _)| input.is_named(name))
            .try_for_each(|(_, value)| input.judge(value.as_bytes())),
        Place::Field | Place::Element => Ok(()),
    })
}

/// Refuses one input that asks for what this server does not do, such as a form field or an XML element.
///
/// # Errors
/// The code of the row that refuses, with the name of the input.
pub fn refuse_value(operation: Operation, place: Place, name: &str, value: &str) -> Result<(), Error> {
    of(operation)
        .filter(|input| input.place == place && input.is_named(name))
        .try_for_each(|input| input.judge(value.as_bytes()))
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderName, HeaderValue};

    use super::{Fate, Place, of, refuse, refuse_value};
    use crate::{Error, ErrorCode, Operation, Query};

    fn ask(operation: Operation, query: &str, headers: &[(&'static str, &'static str)]) -> Result<(), Error> {
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        refuse(operation, &Query::parse(query).unwrap(), &headers)
    }

    #[test]
    fn an_input_has_one_row() {
        for operation in Operation::ALL {
            let mut seen = Vec::new();
            for input in of(operation) {
                let name = match input.place {
                    Place::Header | Place::Field => input.name.to_ascii_lowercase(),
                    Place::Query | Place::Element => input.name.to_owned(),
                };
                assert!(!seen.contains(&(input.place, name.clone())), "{} {name} twice", operation.name());
                seen.push((input.place, name));
                let (Fate::Ignored(reason), false) = (input.fate, input.name.is_empty()) else { continue };
                assert!(reason.len() > 10, "{} {}: {reason}", operation.name(), input.name);
            }
            assert!(!seen.is_empty(), "{} has no rows", operation.name());
        }
    }

    #[test]
    fn names_of_headers_and_fields_are_written_in_any_case() {
        use Operation::{GetObject, PostObject, PutObject};
        let check = |operation, place, name: &str, found: bool| {
            let row = of(operation).find(|input| input.place == place && input.is_named(name));
            assert_eq!(row.is_some(), found, "{} {name}", operation.name());
        };
        check(PutObject, Place::Header, "CONTENT-type", true);
        check(PutObject, Place::Header, "X-Oss-Meta-Author", true);
        check(PutObject, Place::Header, "x-oss-meta-", true);
        check(PutObject, Place::Header, "x-oss-met", false);
        check(PutObject, Place::Header, "x-oss-méta-a", false);
        check(PostObject, Place::Field, "OSSACCESSKEYID", true);
        check(PostObject, Place::Field, "x:var", true);
        check(GetObject, Place::Query, "versionId", true);
        check(GetObject, Place::Query, "versionid", false);
    }

    #[test]
    fn refusals() {
        use Operation::{AppendObject, CopyObject, DeleteObject, GetObject, PutBucket, PutObject};
        let check = |operation, query: &str, headers: &[(&'static str, &'static str)], code, named: &str| {
            let error = ask(operation, query, headers).unwrap_err();
            assert_eq!(error.code(), code, "{query} {headers:?}");
            assert!(error.details().any(|(_, value)| value == named), "{query} {headers:?} {error:?}");
        };
        let missing = ErrorCode::NotImplemented;
        let wrong = ErrorCode::InvalidArgument;
        check(PutObject, "versionId=null", &[], wrong, "versionId");
        check(AppendObject, "versionId=null&versionId=CAE", &[], wrong, "versionId");
        check(DeleteObject, "x-oss-process=image/info", &[], missing, "x-oss-process");
        check(GetObject, "x-oss-process=image/info", &[], missing, "x-oss-process");
        let encryption = "x-oss-server-side-encryption";
        check(Operation::PutBucket, "", &[(encryption, "KMS")], missing, encryption);
        check(Operation::UploadPart, "", &[(encryption, "AES256")], ErrorCode::InvalidArgument, encryption);
        check(CopyObject, "", &[("if-match", "a")], missing, "If-Match");
        let other = [("if-none-match", "a"), ("x-oss-copy-source-if-none-match", "b")];
        check(CopyObject, "", &other, missing, "If-None-Match");
        check(GetObject, "", &[(encryption, "AES256")], ErrorCode::InvalidArgument, encryption);
        check(AppendObject, "", &[("x-oss-object-worm-mode", "COMPLIANCE")], missing, "x-oss-object-worm-*");
        check(PutObject, "", &[("x-oss-object-worm-mode", "COMPLIANCE")], missing, "x-oss-object-worm-*");
        check(PutBucket, "", &[("x-oss-hns-status", "enabled")], missing, "x-oss-hns-status");
        let error = ask(PutObject, "", &[("if-match", "a")]).unwrap_err();
        assert_eq!(error.ec(), "0017-00000245");
        assert_eq!(error.message(), "A header you provided implies functionality that is not implemented.");
    }

    #[test]
    fn what_asks_for_nothing_is_let_through() {
        use Operation::{CopyObject, GetObject, PostObject, PutBucket, PutObject, UploadPartCopy};
        for (operation, query, headers) in [
            (GetObject, "versionId=null", &[][..]),
            (PutObject, "versionId", &[]),
            (UploadPartCopy, "versionId=CAE", &[]),
            (GetObject, "x-oss-process=", &[]),
            (PutObject, "", &[("x-oss-tagging", ""), ("x-oss-server-side-encryption", "")]),
            (PutBucket, "", &[("x-oss-hns-status", "Disabled")]),
            (GetObject, "unheard-of=1", &[("x-oss-unheard-of", "1")]),
            // What `copy` of ali-oss sends.
            (CopyObject, "", &[("if-match", "a"), ("x-oss-copy-source-if-match", "a")]),
        ] {
            ask(operation, query, headers).unwrap();
        }
        let tags = |value| refuse_value(PostObject, Place::Field, "x-oss-tagging", value);
        tags("").unwrap();
        assert_eq!(tags("a=1").unwrap_err().code(), ErrorCode::NotImplemented);
    }
}
