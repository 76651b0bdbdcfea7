//! `ListBucketResult` as `ListObjectsV2` answers it, and its continuation tokens.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::KeyEncoding;
use super::listed_object::{ListedObject, write_common_prefixes};
use super::writer::document;
use crate::Error;

/// A page of a bucket's objects.
#[derive(Clone, Debug, Default)]
pub struct ListBucketResultV2<'a> {
    /// The bucket.
    pub name: &'a str,
    /// Keys begin with this.
    pub prefix: &'a str,
    /// Keys come after this, if it was asked for.
    pub start_after: Option<&'a str>,
    /// The token this page was asked for with.
    pub continuation_token: Option<&'a str>,
    /// How many objects and prefixes were asked for.
    pub max_keys: u32,
    /// Where keys are rolled up.
    pub delimiter: Option<&'a str>,
    /// How keys are written.
    pub encoding: KeyEncoding,
    /// The token of the next page; `None` on the last one.
    pub next_continuation_token: Option<&'a str>,
    /// The objects, in order of their keys.
    pub contents: Vec<ListedObject<'a>>,
    /// The rolled-up prefixes, in order.
    pub common_prefixes: Vec<&'a str>,
}

impl ListBucketResultV2<'_> {
    /// Writes the document.
    #[must_use]
    pub fn to_xml(&self) -> String {
        let count = self.contents.len() + self.common_prefixes.len();
        document("ListBucketResult", 1024 + count * ListedObject::LENGTH, |c| {
            c.text("Name", self.name);
            c.key("Prefix", self.prefix, self.encoding);
            c.optional_key("StartAfter", self.start_after, self.encoding);
            c.optional_key("ContinuationToken", self.continuation_token, self.encoding);
            c.number("MaxKeys", self.max_keys.into());
            c.optional_key("Delimiter", self.delimiter, self.encoding);
            c.encoding_type(self.encoding);
            c.flag("IsTruncated", self.next_continuation_token.is_some());
            c.optional_key("NextContinuationToken", self.next_continuation_token, self.encoding);
            for object in &self.contents {
                object.write(c, self.encoding);
            }
            write_common_prefixes(c, &self.common_prefixes, self.encoding);
            c.number("KeyCount", count as u64);
        })
    }
}

/// First byte of a token, so that other forms can follow.
const TOKEN_VERSION: u8 = 1;

/// Makes the token of a page that begins after the key or prefix `after`.
///
/// It consists of characters that need no encoding anywhere, because clients differ in whether they decode
/// it.
#[must_use]
pub fn continuation_token(after: &str) -> String {
    let mut bytes = Vec::with_capacity(1 + after.len());
    bytes.push(TOKEN_VERSION);
    bytes.extend_from_slice(after.as_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads the key or prefix that the page of this token begins after.
///
/// # Errors
/// `InvalidArgument` if the token is none of [`continuation_token`].
pub fn read_continuation_token(token: &str) -> Result<String, Error> {
    URL_SAFE_NO_PAD
        .decode(token)
        .ok()
        .filter(|bytes| bytes.first() == Some(&TOKEN_VERSION))
        .and_then(|bytes| std::str::from_utf8(bytes.get(1..)?).ok().map(str::to_owned))
        .ok_or_else(|| {
            Error::invalid_argument(
                "The continuation token provided is incorrect.",
                "continuation-token",
                token,
            )
        })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::{ListBucketResultV2, continuation_token, read_continuation_token};
    use crate::xml::{KeyEncoding, ListedObject};
    use crate::{ErrorCode, Timestamp};

    #[test]
    fn has_the_elements_of_the_manual() {
        // OSS manual, ListObjectsV2, last example; the manual leaves out Type, which the Python SDK insists
        // on.
        let object = |key, owner| ListedObject {
            key,
            last_modified: Timestamp::from_unix_millis(1_589_780_754_000),
            etag: "35A27C2B9EAEEB6F48FD7FB5861D0000",
            object_type: "Normal",
            size: 25,
            storage_class: "Standard",
            restore: None,
            owner,
        };
        let xml = ListBucketResultV2 {
            name: "oss-example",
            start_after: Some("b"),
            max_keys: 3,
            encoding: KeyEncoding::Url,
            next_continuation_token: Some("CgJiYw--"),
            contents: vec![object("b/c", Some("1686240967192623")), object("ba", None)],
            common_prefixes: vec!["bb/"],
            ..ListBucketResultV2::default()
        }
        .to_xml();
        assert_eq!(
            xml,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult><Name>oss-example</Name><Prefix>\
             </Prefix>\
             <StartAfter>b</StartAfter><MaxKeys>3</MaxKeys><EncodingType>url</EncodingType>\
             <IsTruncated>true</IsTruncated><NextContinuationToken>CgJiYw--</NextContinuationToken>\
             <Contents><Key>b%2Fc</Key><LastModified>2020-05-18T05:45:54.000Z</LastModified>\
             <ETag>\"35A27C2B9EAEEB6F48FD7FB5861D0000\"</ETag><Type>Normal</Type><Size>25</Size>\
             <StorageClass>Standard</StorageClass><Owner><ID>1686240967192623</ID>\
             <DisplayName>1686240967192623</DisplayName></Owner></Contents>\
             <Contents><Key>ba</Key><LastModified>2020-05-18T05:45:54.000Z</LastModified>\
             <ETag>\"35A27C2B9EAEEB6F48FD7FB5861D0000\"</ETag><Type>Normal</Type><Size>25</Size>\
             <StorageClass>Standard</StorageClass></Contents>\
             <CommonPrefixes><Prefix>bb%2F</Prefix></CommonPrefixes><KeyCount>3</KeyCount></ListBucketResult>"
        );
    }

    #[test]
    fn echoes_what_was_asked_for() {
        let xml = ListBucketResultV2 {
            continuation_token: Some("AWI"),
            delimiter: Some("/"),
            ..ListBucketResultV2::default()
        }
        .to_xml();
        assert!(xml.contains("<ContinuationToken>AWI</ContinuationToken><MaxKeys>0</MaxKeys>"), "{xml}");
        assert!(xml.contains("<Delimiter>/</Delimiter><IsTruncated>false</IsTruncated>"), "{xml}");
        assert!(xml.ends_with("<KeyCount>0</KeyCount></ListBucketResult>"), "{xml}");
    }

    #[test]
    fn refuses_foreign_tokens() {
        for token in ["", "CgJiYw--", "notbase64!", "Ag", "AYA", "AQ=="] {
            let error = read_continuation_token(token).expect_err(token);
            assert_eq!(error.code(), ErrorCode::InvalidArgument);
        }
        assert_eq!(read_continuation_token("AWI").expect("a token"), "b");
    }

    proptest! {
        #[test]
        fn tokens_bring_the_key_back(key in any::<String>()) {
            let token = continuation_token(&key);
            assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'));
            assert_eq!(read_continuation_token(&token).expect("a token"), key);
        }
    }
}
