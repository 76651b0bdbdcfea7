//! `PostResponse`: the answer of `PostObject` with `success_action_status` 201.

use super::writer::document;

/// The object that a form upload made.
#[derive(Clone, Copy, Debug)]
pub struct PostResponse<'a> {
    /// Its bucket.
    pub bucket: &'a str,
    /// Its URL.
    pub location: &'a str,
    /// Its key.
    pub key: &'a str,
    /// Its tag, without quotes.
    pub etag: &'a str,
}

impl PostResponse<'_> {
    /// Writes the document.
    #[must_use]
    pub fn to_xml(&self) -> String {
        document("PostResponse", 512, |c| {
            c.text("Bucket", self.bucket);
            c.text("Location", self.location);
            c.text("Key", self.key);
            c.etag(self.etag);
        })
    }
}

#[cfg(test)]
mod tests {
    use super::PostResponse;

    #[test]
    fn has_the_elements_of_the_manual() {
        // OSS manual, PostObject, response elements.
        let xml = PostResponse {
            bucket: "oss-example",
            location: "http://oss-example.oss-cn-hangzhou.aliyuncs.com/a%26b",
            key: "a&b",
            etag: "D41D8CD98F00B204E9800998ECF8427E",
        }
        .to_xml();
        assert_eq!(
            xml,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<PostResponse><Bucket>oss-example</Bucket>\
             <Location>http://oss-example.oss-cn-hangzhou.aliyuncs.com/a%26b</Location><Key>a&amp;b</Key>\
             <ETag>\"D41D8CD98F00B204E9800998ECF8427E\"</ETag></PostResponse>"
        );
    }
}
