//! `ServerSideEncryptionRule`: how objects of a bucket are encrypted whose requests do not say it, both what
//! `PutBucketEncryption` is sent and what `GetBucketEncryption` answers.

use crate::inputs::Fate::Honoured;
use crate::inputs::Input;
use crate::xml::Document;
use crate::xml::reader::{Element, malformed};
use crate::xml::writer::document;
use crate::{Error, ErrorCode, Sse};

/// The one child of the root.
const APPLY: &str = "ApplyServerSideEncryptionByDefault";

/// The encryption that a bucket's objects get.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerSideEncryptionRule {
    /// The default.
    pub sse: Sse,
}

impl Document for ServerSideEncryptionRule {
    const MAX_BODY: usize = 64 * 1024;

    const ELEMENTS: &'static [Input] = &[
        Input::element("ServerSideEncryptionRule/ApplyServerSideEncryptionByDefault/SSEAlgorithm", Honoured),
        Input::element(
            "ServerSideEncryptionRule/ApplyServerSideEncryptionByDefault/KMSMasterKeyID",
            Honoured,
        ),
        Input::element(
            "ServerSideEncryptionRule/ApplyServerSideEncryptionByDefault/KMSDataEncryption",
            Honoured,
        ),
    ];

    fn parse(body: &[u8]) -> Result<Self, Error> {
        let root = Element::parse(body, "ServerSideEncryptionRule", Self::MAX_BODY)?;
        let rule = root.child(APPLY)?.ok_or_else(|| malformed(format!("There must be one {APPLY}.")))?;
        let text = |name| Ok::<_, Error>(rule.optional(name)?.map(str::trim).filter(|text| !text.is_empty()));
        let (key_id, data) = (text("KMSMasterKeyID")?, text("KMSDataEncryption")?);
        let algorithm = rule.required("SSEAlgorithm")?.trim();
        let sse = Sse::of_rule(algorithm, key_id, data)?;
        Ok(Self { sse })
    }

    fn unset() -> Result<Self, ErrorCode> {
        Err(ErrorCode::NoSuchServerSideEncryptionRule)
    }

    fn to_xml(&self) -> String {
        document("ServerSideEncryptionRule", 384, |c| {
            c.nested(APPLY, |c| {
                c.text("SSEAlgorithm", self.sse.algorithm());
                c.optional("KMSMasterKeyID", self.sse.key_id());
                c.optional("KMSDataEncryption", self.sse.data_algorithm());
            });
        })
    }
}

#[cfg(test)]
mod tests {
    use super::ServerSideEncryptionRule;
    use crate::ErrorCode;
    use crate::xml::Document;

    fn parse(inside: &str) -> Result<ServerSideEncryptionRule, crate::Error> {
        let apply = "ApplyServerSideEncryptionByDefault";
        let body =
            format!("<ServerSideEncryptionRule><{apply}>{inside}</{apply}></ServerSideEncryptionRule>");
        ServerSideEncryptionRule::parse(body.as_bytes())
    }

    /// The suite of oss2 (test_put_bucket_encryption) sets these and asks for them.
    #[test]
    fn rules_come_back_without_what_does_not_apply() {
        let check = |algorithm: &str, id: &str, data: &str, expected: (&str, Option<&str>, Option<&str>)| {
            let inside = format!(
                "<SSEAlgorithm>{algorithm}</SSEAlgorithm><KMSMasterKeyID>{id}</KMSMasterKeyID>\
                 <KMSDataEncryption>{data}</KMSDataEncryption>"
            );
            let rule = parse(&inside).expect(&inside);
            let sse = &rule.sse;
            assert_eq!((sse.algorithm(), sse.key_id(), sse.data_algorithm()), expected, "{inside}");
            assert_eq!(ServerSideEncryptionRule::parse(rule.to_xml().as_bytes()).expect(&inside), rule);
        };
        check("SM4", "", "", ("SM4", None, None));
        check("SM4", "", "SM4", ("SM4", None, None));
        check("AES256", "", "SM4", ("AES256", None, None));
        check("KMS", "", "SM4", ("KMS", None, Some("SM4")));
        check("KMS", "123", "SM4", ("KMS", Some("123"), Some("SM4")));
        check("KMS", "123", "", ("KMS", Some("123"), None));
        check("KMS", "", "AES256", ("KMS", None, None));
    }

    #[test]
    fn refuses_bad_rules() {
        let check = |inside: &str, code: ErrorCode| {
            assert_eq!(parse(inside).expect_err(inside).code(), code, "{inside}");
        };
        check("", ErrorCode::MalformedXML);
        check("<SSEAlgorithm>DES</SSEAlgorithm>", ErrorCode::InvalidEncryptionAlgorithmError);
        check(
            "<SSEAlgorithm>AES256</SSEAlgorithm><KMSMasterKeyID>1</KMSMasterKeyID>",
            ErrorCode::InvalidArgument,
        );
        check(
            "<SSEAlgorithm>KMS</SSEAlgorithm><KMSDataEncryption>DES</KMSDataEncryption>",
            ErrorCode::InvalidEncryptionAlgorithmError,
        );
        let long =
            format!("<SSEAlgorithm>KMS</SSEAlgorithm><KMSMasterKeyID>{}</KMSMasterKeyID>", "a".repeat(56));
        check(&long, ErrorCode::InvalidArgument);
    }
}
