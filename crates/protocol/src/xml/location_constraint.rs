//! `LocationConstraint`: the answer of `GetBucketLocation`.

use super::writer::text_document;

/// Where a bucket is.
#[derive(Clone, Copy, Debug)]
pub struct LocationConstraint<'a> {
    /// Its region as OSS names it, such as `oss-cn-hangzhou`.
    pub location: &'a str,
}

impl LocationConstraint<'_> {
    /// Writes the document.
    #[must_use]
    pub fn to_xml(&self) -> String {
        text_document("LocationConstraint", self.location)
    }
}

#[cfg(test)]
mod tests {
    use super::LocationConstraint;

    #[test]
    fn has_the_text_of_the_manual() {
        // OSS manual, GetBucketLocation.
        assert_eq!(
            LocationConstraint { location: "oss-cn-hangzhou" }.to_xml(),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<LocationConstraint>oss-cn-hangzhou\
             </LocationConstraint>"
        );
    }
}
