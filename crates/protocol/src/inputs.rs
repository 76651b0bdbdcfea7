//! What every operation does with every header, query parameter, form field and XML element that OSS has: one table, in the
//! files below, a level each. Whatever a client may ask for is done, refused, or has no effect for a reason; nothing is
//! accepted and dropped.
//!
//! A name that is in no row of an operation has no effect there, as OSS ignores what it does not know. How a value that is
//! honoured must look is the business of the code that reads it.

mod bucket;
mod form;
mod multipart;
mod object;
mod service;
mod shared;

use http::{HeaderMap, HeaderValue};

use crate::{Error, ErrorCode, Operation, Query};

/// Where an input stands in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    /// A header of the request.
    Header,
    /// A parameter of the query.
    Query,
    /// A field of a form.
    Field,
    /// An element of an XML body, with those that it stands in: `Delete/Object/Key`.
    Element,
}

/// What becomes of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// What it asks for is done, and a value that makes no sense is refused.
    Honoured,
    /// The request is refused and changes nothing.
    Refused {
        /// With this code.
        code: ErrorCode,
        /// But for these values, which ask for what is done anyway.
        unless: &'static [&'static str],
    },
    /// It has no effect beside this header with the same value; on its own it is refused as not implemented.
    Repeats(&'static str),
    /// It has no effect, for this reason.
    Ignored(&'static str),
}

/// One row of the table: an input of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Input {
    /// Where it stands.
    pub place: Place,
    /// Its name, as OSS's manual writes it; `*` at its end stands for any text.
    pub name: &'static str,
    /// What becomes of it.
    pub fate: Fate,
}

impl Input {
    const fn header(name: &'static str, fate: Fate) -> Self {
        Self { place: Place::Header, name, fate }
    }

    const fn query(name: &'static str, fate: Fate) -> Self {
        Self { place: Place::Query, name, fate }
    }

    const fn field(name: &'static str, fate: Fate) -> Self {
        Self { place: Place::Field, name, fate }
    }

    const fn element(name: &'static str, fate: Fate) -> Self {
        Self { place: Place::Element, name, fate }
    }

    /// Returns whether this row is about the name. Headers and fields are written in any case, parameters and
    /// elements are not.
    #[must_use]
    pub fn is_named(&self, name: &str) -> bool {
        let any_case = matches!(self.place, Place::Header | Place::Field);
        let equal =
            |text: &str, row: &str| if any_case { text.eq_ignore_ascii_case(row) } else { text == row };
        match self.name.strip_suffix('*') {
            None => equal(name, self.name),
            Some(prefix) => name.get(..prefix.len()).is_some_and(|start| equal(start, prefix)),
        }
    }

    /// Refuses the value if this row does. An empty value asks for nothing.
    fn judge(&self, value: &[u8]) -> Result<(), Error> {
        match self.fate {
            Fate::Refused { code, unless }
                if !value.is_empty()
                    && !unless.iter().any(|known| known.as_bytes().eq_ignore_ascii_case(value)) =>
            {
                Err(self.refusal(code))
            }
            Fate::Repeats(_) if !value.is_empty() => Err(self.refusal(ErrorCode::NotImplemented)),
            _ => Ok(()),
        }
    }

    /// Returns whether the header that this row repeats has the same value.
    fn is_repeated(&self, headers: &HeaderMap, value: &HeaderValue) -> bool {
        matches!(self.fate, Fate::Repeats(other) if headers.get(other) == Some(value))
    }

    fn can_refuse(&self) -> bool {
        matches!(self.fate, Fate::Refused { .. } | Fate::Repeats(_))
    }

    fn refusal(&self, code: ErrorCode) -> Error {
        let (kind, what) = match self.place {
            Place::Header => ("Header", "header"),
            Place::Query => ("Parameter", "parameter"),
            Place::Field => ("Field", "form field"),
            Place::Element => ("Element", "element"),
        };
        if code == ErrorCode::NotImplemented {
            let message = format!("A {what} you provided implies functionality that is not implemented.");
            let error = Error::new(code).with_message(message).with_detail(kind, self.name);
            return if self.place == Place::Header { error.with_ec("0017-00000245") } else { error };
        }
        let message = format!("The {what} {} is not allowed here.", self.name);
        Error::new(code).with_message(message).with_detail("ArgumentName", self.name)
    }
}

/// Returns the operation's rows.
pub fn of(operation: Operation) -> impl Iterator<Item = &'static Input> {
    groups(operation).iter().copied().flatten()
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

const NOT_IMPLEMENTED: Fate = Fate::Refused { code: ErrorCode::NotImplemented, unless: &[] };

/// Returns the groups of an operation's rows. A new operation has to state its own.
fn groups(operation: Operation) -> &'static [&'static [Input]] {
    match operation {
        Operation::ListBuckets => service::LIST_BUCKETS,
        Operation::PutBucket => bucket::PUT_BUCKET,
        Operation::DeleteBucket
        | Operation::HeadBucket
        | Operation::GetBucketInfo
        | Operation::GetBucketLocation
        | Operation::GetBucketAcl
        | Operation::GetBucketStat
        | Operation::GetBucketPublicAccessBlock
        | Operation::DeleteBucketPublicAccessBlock
        | Operation::GetBucketVersioning
        | Operation::GetBucketTags
        | Operation::GetBucketCors
        | Operation::DeleteBucketCors => bucket::NOTHING_BESIDES,
        Operation::PutBucketAcl => bucket::PUT_BUCKET_ACL,
        Operation::PutBucketCors => bucket::PUT_BUCKET_CORS,
        Operation::PutBucketPublicAccessBlock => bucket::PUT_BUCKET_PUBLIC_ACCESS_BLOCK,
        Operation::PutBucketTags => bucket::PUT_BUCKET_TAGS,
        Operation::DeleteBucketTags => bucket::DELETE_BUCKET_TAGS,
        Operation::PutBucketCallbackPolicy => bucket::PUT_BUCKET_CALLBACK_POLICY,
        Operation::GetBucketCallbackPolicy | Operation::DeleteBucketCallbackPolicy => bucket::CALLBACK_POLICY,
        Operation::Preflight => bucket::PREFLIGHT,
        Operation::ListObjects => bucket::LIST_OBJECTS,
        Operation::ListObjectsV2 => bucket::LIST_OBJECTS_V2,
        Operation::ListObjectVersions => bucket::LIST_OBJECT_VERSIONS,
        Operation::ListLiveChannel => bucket::LIST_LIVE_CHANNEL,
        Operation::DeleteMultipleObjects => bucket::DELETE_MULTIPLE_OBJECTS,
        Operation::PostObject => form::POST_OBJECT,
        Operation::PutObject => object::PUT_OBJECT,
        Operation::CopyObject => object::COPY_OBJECT,
        Operation::AppendObject => object::APPEND_OBJECT,
        Operation::GetObject => object::GET_OBJECT,
        Operation::HeadObject => object::HEAD_OBJECT,
        Operation::GetObjectMeta => object::GET_OBJECT_META,
        Operation::DeleteObject => object::DELETE_OBJECT,
        Operation::GetObjectAcl => object::GET_OBJECT_ACL,
        Operation::PutObjectAcl => object::PUT_OBJECT_ACL,
        Operation::PutObjectTagging => object::PUT_OBJECT_TAGGING,
        Operation::GetObjectTagging | Operation::DeleteObjectTagging => object::TAGGING,
        Operation::ProcessObject => object::PROCESS_OBJECT,
        Operation::InitiateMultipartUpload => multipart::INITIATE_MULTIPART_UPLOAD,
        Operation::UploadPart => multipart::UPLOAD_PART,
        Operation::UploadPartCopy => multipart::UPLOAD_PART_COPY,
        Operation::CompleteMultipartUpload => multipart::COMPLETE_MULTIPART_UPLOAD,
        Operation::AbortMultipartUpload => multipart::ABORT_MULTIPART_UPLOAD,
        Operation::ListParts => multipart::LIST_PARTS,
        Operation::ListMultipartUploads => multipart::LIST_MULTIPART_UPLOADS,
    }
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
        check(GetObject, "versionId=CAE", &[], missing, "versionId");
        check(DeleteObject, "versionId=CAE", &[], missing, "versionId");
        check(GetObject, "x-oss-process=image/info", &[], missing, "x-oss-process");
        check(GetObject, "versionId=null&versionId=CAE", &[], missing, "versionId");
        let encryption = "x-oss-server-side-encryption";
        check(PutObject, "", &[(encryption, "KMS")], missing, encryption);
        check(CopyObject, "", &[(encryption, "AES256")], missing, encryption);
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
        use Operation::{CopyObject, DeleteMultipleObjects, GetObject, PutBucket, PutObject};
        for (operation, query, headers) in [
            (GetObject, "versionId=null", &[][..]),
            (GetObject, "versionId", &[]),
            (GetObject, "x-oss-process=", &[]),
            (PutObject, "", &[("x-oss-tagging", ""), ("x-oss-server-side-encryption", "")]),
            (PutBucket, "", &[("x-oss-hns-status", "Disabled")]),
            (GetObject, "unheard-of=1", &[("x-oss-unheard-of", "1")]),
            // What `copy` of ali-oss sends.
            (CopyObject, "", &[("if-match", "a"), ("x-oss-copy-source-if-match", "a")]),
        ] {
            ask(operation, query, headers).unwrap();
        }
        let version =
            |value| refuse_value(DeleteMultipleObjects, Place::Element, "Delete/Object/VersionId", value);
        version("null").unwrap();
        assert_eq!(version("CAE").unwrap_err().code(), ErrorCode::NotImplemented);
    }
}
