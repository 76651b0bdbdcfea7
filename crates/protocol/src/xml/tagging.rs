//! `Tagging`: the tags of an object or a bucket, both what is sent and what is answered.

use super::reader::Element;
use super::writer::document;
use crate::Error;

/// The document; what tags may be is not decided here.
pub(crate) struct Tagging;

impl Tagging {
    /// Longest body that is read: twenty tags of the greatest length, written as wastefully as XML allows, have room.
    pub(crate) const MAX_BODY: usize = 64 * 1024;

    /// Reads keys and values, in order. A tag without a value has an empty one.
    pub(crate) fn parse(body: &[u8]) -> Result<Vec<(String, String)>, Error> {
        let root = Element::parse(body, "Tagging", Self::MAX_BODY)?;
        root.only("TagSet")?
            .children("Tag")
            .map(|tag| Ok((tag.required("Key")?.to_owned(), tag.optional("Value")?.unwrap_or("").to_owned())))
            .collect()
    }

    /// Writes the document with these keys and values.
    pub(crate) fn to_xml(tags: &[(String, String)]) -> String {
        document("Tagging", 128 + tags.len() * 64, |c| {
            c.nested("TagSet", |c| {
                for (key, value) in tags {
                    c.nested("Tag", |c| {
                        c.text("Key", key);
                        c.text("Value", value);
                    });
                }
            });
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Tagging;
    use crate::ErrorCode;

    #[test]
    fn reads_and_writes_the_document() {
        // OSS manual, PutObjectTagging.
        let body = "<Tagging>\n<TagSet>\n<Tag>\n<Key>age</Key>\n<Value>18</Value>\n</Tag>\n<Tag><Key>b</Key></Tag></TagSet></Tagging>";
        let tags = Tagging::parse(body.as_bytes()).unwrap();
        assert_eq!(tags, [("age".to_owned(), "18".to_owned()), ("b".to_owned(), String::new())]);
        assert_eq!(
            Tagging::to_xml(&tags),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Tagging><TagSet><Tag><Key>age</Key><Value>18</Value></Tag>\
             <Tag><Key>b</Key><Value></Value></Tag></TagSet></Tagging>"
        );
    }

    #[test]
    fn documents_that_cannot_be_read() {
        for body in ["", "<Tagging/>", "<Tagging><TagSet><Tag><Value>1</Value></Tag></TagSet></Tagging>"] {
            let error = Tagging::parse(body.as_bytes()).expect_err(body);
            assert_eq!(error.code(), ErrorCode::MalformedXML, "{body}");
        }
    }
}
