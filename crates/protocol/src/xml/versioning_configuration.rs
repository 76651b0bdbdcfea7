//! `VersioningConfiguration`: the answer of `GetBucketVersioning` for a bucket that never kept versions.

use super::writer::document;

/// Whether a bucket keeps versions.
#[derive(Clone, Copy, Debug, Default)]
pub struct VersioningConfiguration;

impl VersioningConfiguration {
    /// Writes the document. It has no `Status`, which OSS leaves out until versioning is first set.
    #[must_use]
    pub fn to_xml(self) -> String {
        document("VersioningConfiguration", 128, |_| {})
    }
}

#[cfg(test)]
mod tests {
    use super::VersioningConfiguration;

    #[test]
    fn has_no_status() {
        // C++ SDK, BucketVersioningTest; Python SDK, test_bucket_versioning.py: no status until it is set.
        assert_eq!(
            VersioningConfiguration.to_xml(),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<VersioningConfiguration></VersioningConfiguration>"
        );
    }
}
