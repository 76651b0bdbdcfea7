//! `RequestPaymentConfiguration`: who pays for requests to a bucket, both what `PutBucketRequestPayment` is sent and what
//! `GetBucketRequestPayment` answers.

use crate::inputs::Fate::Honoured;
use crate::inputs::Input;
use crate::xml::Document;
use crate::xml::reader::{Element, malformed};
use crate::xml::writer::document;
use crate::{Error, ErrorCode};

/// Who pays for requests to a bucket. Nobody is charged here; what counts is that others than the owner have to say that they
/// would pay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RequestPaymentConfiguration {
    /// The payer.
    pub payer: Payer,
}

/// Who pays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Payer {
    /// The owner of the bucket.
    #[default]
    BucketOwner,
    /// Whoever sends the request.
    Requester,
}

impl Document for RequestPaymentConfiguration {
    const MAX_BODY: usize = 4 * 1024;

    const ELEMENTS: &'static [Input] = &[Input::element("RequestPaymentConfiguration/Payer", Honoured)];

    fn parse(body: &[u8]) -> Result<Self, Error> {
        let root = Element::parse(body, "RequestPaymentConfiguration", Self::MAX_BODY)?;
        match root.required("Payer")?.trim() {
            "BucketOwner" => Ok(Self { payer: Payer::BucketOwner }),
            "Requester" => Ok(Self { payer: Payer::Requester }),
            _ => Err(malformed("Payer must be BucketOwner or Requester.")),
        }
    }

    fn unset() -> Result<Self, ErrorCode> {
        Ok(Self::default())
    }

    fn to_xml(&self) -> String {
        let payer = match self.payer {
            Payer::BucketOwner => "BucketOwner",
            Payer::Requester => "Requester",
        };
        document("RequestPaymentConfiguration", 192, |c| c.text("Payer", payer))
    }
}

#[cfg(test)]
mod tests {
    use super::{Payer, RequestPaymentConfiguration};
    use crate::ErrorCode;
    use crate::xml::Document;

    #[test]
    fn reads_and_writes_the_document() {
        let check = |inside: &str, payer: Payer, name: &str| {
            let body = format!("<RequestPaymentConfiguration>{inside}</RequestPaymentConfiguration>");
            let read = RequestPaymentConfiguration::parse(body.as_bytes()).expect(inside);
            assert_eq!(read.payer, payer, "{inside}");
            assert_eq!(
                read.to_xml(),
                format!(
                    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<RequestPaymentConfiguration><Payer>{name}</Payer>\
                     </RequestPaymentConfiguration>"
                )
            );
        };
        // OSS manual, PutBucketRequestPayment.
        check("\n  <Payer>Requester</Payer>\n", Payer::Requester, "Requester");
        check("<Payer>BucketOwner</Payer>", Payer::BucketOwner, "BucketOwner");
    }

    #[test]
    fn refuses_bad_documents() {
        // The first: Go SDK, client_test.go, TestSetBucketRequestPaymentNegative.
        for inside in ["<Payer>Requesterttttt</Payer>", "<Payer/>", "", "<Payer>requester</Payer>"] {
            let body = format!("<RequestPaymentConfiguration>{inside}</RequestPaymentConfiguration>");
            let error = RequestPaymentConfiguration::parse(body.as_bytes()).expect_err(inside);
            assert_eq!(error.code(), ErrorCode::MalformedXML);
        }
        assert!(RequestPaymentConfiguration::parse(b"").is_err());
    }
}
