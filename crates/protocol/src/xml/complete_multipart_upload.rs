//! `CompleteMultipartUpload`, what `CompleteMultipartUpload` is sent, and `CompleteMultipartUploadResult`,
//! what it answers.

use super::KeyEncoding;
use super::reader::{Element, malformed};
use super::writer::document;
use crate::{ETag, Error, ErrorCode};

/// The parts that make up an object, in ascending order of their numbers.
#[derive(Clone, Debug)]
pub struct CompleteMultipartUpload {
    parts: Vec<(u32, ETag)>,
}

impl CompleteMultipartUpload {
    /// Longest body that is read: ten thousand parts with room for whitespace.
    pub const MAX_BODY: usize = 4 * 1024 * 1024;

    /// Reads the document. A list without parts is one; it makes an empty object.
    ///
    /// # Errors
    /// `MalformedXML`; `InvalidPartOrder` for numbers outside 1 to 10,000 or not in ascending order.
    pub fn parse(body: &[u8]) -> Result<Self, Error> {
        let root = Element::parse(body, "CompleteMultipartUpload", Self::MAX_BODY)?;
        let mut parts = Vec::new();
        let mut previous = 0;
        for part in root.children("Part") {
            let number = part_number(part.required("PartNumber")?)?;
            if number <= previous {
                return Err(
                    Error::new(ErrorCode::InvalidPartOrder).with_detail("PartNumber", number.to_string())
                );
            }
            previous = number;
            parts.push((number, ETag::read(part.required("ETag")?)));
        }
        Ok(Self { parts })
    }

    /// Returns the number and the tag of each part.
    #[must_use]
    pub fn parts(&self) -> &[(u32, ETag)] {
        &self.parts
    }
}

/// The object that a multipart upload made.
#[derive(Clone, Copy, Debug)]
pub struct CompleteMultipartUploadResult<'a> {
    /// How the key is written.
    pub encoding: KeyEncoding,
    /// The URL of the object.
    pub location: &'a str,
    /// Its bucket.
    pub bucket: &'a str,
    /// Its key.
    pub key: &'a str,
    /// Its tag, without quotes.
    pub etag: &'a str,
}

impl CompleteMultipartUploadResult<'_> {
    /// Writes the document.
    #[must_use]
    pub fn to_xml(&self) -> String {
        document("CompleteMultipartUploadResult", 1024, |c| {
            c.encoding_type(self.encoding);
            c.text("Location", self.location);
            c.text("Bucket", self.bucket);
            c.key("Key", self.key, self.encoding);
            c.etag(self.etag);
        })
    }
}

fn part_number(text: &str) -> Result<u32, Error> {
    let text = text.trim();
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(malformed("PartNumber must be a number."));
    }
    text.parse().ok().filter(|number| (1..=10_000).contains(number)).ok_or_else(|| {
        Error::new(ErrorCode::InvalidPartOrder)
            .with_message("Part number must be an integer between 1 and 10000, inclusive.")
            .with_detail("PartNumber", text)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::{CompleteMultipartUpload, CompleteMultipartUploadResult};
    use crate::ErrorCode;
    use crate::xml::KeyEncoding;

    fn parts(body: &str) -> Vec<(u32, String)> {
        let request = CompleteMultipartUpload::parse(body.as_bytes()).expect(body);
        request.parts().iter().map(|(number, etag)| (*number, etag.to_string())).collect()
    }

    #[test]
    fn reads_parts() {
        let check = |body: &str, expected: &[(u32, &str)]| {
            let expected: Vec<_> =
                expected.iter().map(|(number, etag)| (*number, (*etag).to_owned())).collect();
            assert_eq!(parts(body), expected, "{body}");
        };
        // OSS manual, CompleteMultipartUpload.
        check(
            "<CompleteMultipartUpload> \n <Part> \n <PartNumber>1</PartNumber>  \n <ETag>\"3349DC7\"\
             </ETag> \n </Part>  \n\
             <Part> <PartNumber>5</PartNumber> <ETag>\"8EFDA8B\"</ETag> </Part> </CompleteMultipartUpload>",
            &[(1, "3349DC7"), (5, "8EFDA8B")],
        );
        // The SDKs send tags in quotes, escaped quotes or bare, tag and number in either order.
        check(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><CompleteMultipartUpload><Part><ETag>&quot;A&quot;\
             </ETag>\
             <PartNumber>2</PartNumber></Part><Part><PartNumber> 3 </PartNumber><ETag>B</ETag></Part>\
             <Part><PartNumber>10000</PartNumber><ETag>&amp;quot;C&amp;quot;</ETag></Part>\
             </CompleteMultipartUpload>",
            &[(2, "A"), (3, "B"), (10_000, "C")],
        );
        // The PHP SDK completes uploads without parts.
        check("<CompleteMultipartUpload/>", &[]);
        check(
            "<CompleteMultipartUpload xmlns=\"http://doc.oss-cn-hangzhou.aliyuncs.com\">\
             </CompleteMultipartUpload>",
            &[],
        );
    }

    #[test]
    fn refuses_bad_lists() {
        let check = |inside: &str, expected: ErrorCode| {
            let body = format!("<CompleteMultipartUpload>{inside}</CompleteMultipartUpload>");
            let error = CompleteMultipartUpload::parse(body.as_bytes()).expect_err(inside);
            assert_eq!(error.code(), expected, "{inside}");
        };
        let part = |number: &str| format!("<Part><PartNumber>{number}</PartNumber><ETag>A</ETag></Part>");
        check("<Part><PartNumber>1</PartNumber></Part>", ErrorCode::MalformedXML);
        check("<Part><ETag>A</ETag></Part>", ErrorCode::MalformedXML);
        check("<Part><PartNumber>1</PartNumber><ETag>A</ETag><ETag>B</ETag></Part>", ErrorCode::MalformedXML);
        check(&part("one"), ErrorCode::MalformedXML);
        check(&part("-1"), ErrorCode::MalformedXML);
        check(&part(""), ErrorCode::MalformedXML);
        check("<Part>", ErrorCode::MalformedXML);
        // OSS manual, "HTTP 400 status code", InvalidPartOrder.
        check(&part("0"), ErrorCode::InvalidPartOrder);
        check(&part("10001"), ErrorCode::InvalidPartOrder);
        check(&part("99999999999"), ErrorCode::InvalidPartOrder);
        check(&(part("2") + &part("1")), ErrorCode::InvalidPartOrder);
        check(&(part("1") + &part("1")), ErrorCode::InvalidPartOrder);
        for body in ["", "{}", "<Delete></Delete>"] {
            let error = CompleteMultipartUpload::parse(body.as_bytes()).expect_err(body);
            assert_eq!(error.code(), ErrorCode::MalformedXML);
        }
    }

    #[test]
    fn ten_thousand_parts_fit() {
        let part = |number: u32| {
            format!(
                "\n    <Part>\n        <PartNumber>{number}</PartNumber>\n        <ETag>&quot;{:032X}&quot;\
                 </ETag>\n    </Part>",
                7
            )
        };
        let list: String = (1..=10_000).map(part).collect();
        let body = format!("<CompleteMultipartUpload>{list}\n</CompleteMultipartUpload>");
        assert_eq!(parts(&body).len(), 10_000);
    }

    #[test]
    fn answers_with_the_elements_of_the_manual() {
        // OSS manual, CompleteMultipartUpload, first example.
        let xml = CompleteMultipartUploadResult {
            encoding: KeyEncoding::Url,
            location: "http://oss-example.oss-cn-hangzhou.aliyuncs.com/multipart.data",
            bucket: "oss-example",
            key: "dir/multipart.data",
            etag: "B864DB6A936D376F9F8D3ED3BBE54000-3",
        }
        .to_xml();
        assert_eq!(
            xml,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<CompleteMultipartUploadResult>\
             <EncodingType>url</EncodingType>\
             <Location>http://oss-example.oss-cn-hangzhou.aliyuncs.com/multipart.data</Location>\
             <Bucket>oss-example</Bucket><Key>dir%2Fmultipart.data</Key>\
             <ETag>\"B864DB6A936D376F9F8D3ED3BBE54000-3\"</ETag></CompleteMultipartUploadResult>"
        );
    }

    proptest! {
        #[test]
        fn never_panics(body in any::<Vec<u8>>(), inside in "(<Part>|</Part>|<PartNumber>|</PartNumber>|\
        <ETag>|</ETag>|[0-9a-z\"&;]){0,24}") {
            let _ = CompleteMultipartUpload::parse(&body);
            let body = format!("<CompleteMultipartUpload>{inside}</CompleteMultipartUpload>");
            let _ = CompleteMultipartUpload::parse(body.as_bytes());
        }
    }
}
