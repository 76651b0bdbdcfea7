//! `PolicyStatus`: what `GetBucketPolicyStatus` answers.

use super::writer::document;

/// Whether the policy of a bucket gives everybody a right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PolicyStatus {
    /// Whether it does.
    pub is_public: bool,
}

impl PolicyStatus {
    /// Writes the document.
    #[must_use]
    pub fn to_xml(&self) -> String {
        document("PolicyStatus", 128, |root| root.flag("IsPublic", self.is_public))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_the_manual_shows_it() {
        let xml = PolicyStatus { is_public: true }.to_xml();
        let expected = "<PolicyStatus><IsPublic>true</IsPublic></PolicyStatus>";
        assert_eq!(xml, format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{expected}"));
    }
}
