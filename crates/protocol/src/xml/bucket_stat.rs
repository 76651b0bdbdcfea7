//! `BucketStat`: the answer of `GetBucketStat`.

use super::writer::document;

/// How much a bucket holds.
#[derive(Clone, Copy, Debug, Default)]
pub struct BucketStat {
    /// Bytes of all objects.
    pub storage: u64,
    /// Number of objects.
    pub object_count: u64,
    /// Number of multipart uploads that are neither completed nor aborted.
    pub multipart_upload_count: u64,
    /// Number of live channels.
    pub live_channel_count: u64,
    /// Number of parts of those multipart uploads.
    pub multipart_part_count: u64,
    /// Number of delete markers.
    pub delete_marker_count: u64,
    /// Seconds since 1970 at which the numbers were taken.
    pub last_modified_time: u64,
    /// Objects of class `Standard`.
    pub standard: ClassStat,
    /// Objects of class `IA`.
    pub infrequent_access: ClassStat,
    /// Objects of class `Archive`.
    pub archive: ClassStat,
    /// Objects of class `ColdArchive`.
    pub cold_archive: ClassStat,
    /// Objects of class `DeepColdArchive`.
    pub deep_cold_archive: ClassStat,
}

/// How much of one storage class a bucket holds.
#[derive(Clone, Copy, Debug, Default)]
pub struct ClassStat {
    /// Bytes that are charged.
    pub storage: u64,
    /// Bytes that are there.
    pub real_storage: u64,
    /// Number of objects.
    pub object_count: u64,
}

impl BucketStat {
    /// Writes the document.
    #[must_use]
    pub fn to_xml(&self) -> String {
        document("BucketStat", 1536, |c| {
            c.number("Storage", self.storage);
            c.number("ObjectCount", self.object_count);
            c.number("MultipartUploadCount", self.multipart_upload_count);
            c.number("LiveChannelCount", self.live_channel_count);
            c.number("MultipartPartCount", self.multipart_part_count);
            c.number("DeleteMarkerCount", self.delete_marker_count);
            c.number("LastModifiedTime", self.last_modified_time);
            c.number("StandardStorage", self.standard.storage);
            c.number("StandardObjectCount", self.standard.object_count);
            c.number("InfrequentAccessStorage", self.infrequent_access.storage);
            c.number("InfrequentAccessRealStorage", self.infrequent_access.real_storage);
            c.number("InfrequentAccessObjectCount", self.infrequent_access.object_count);
            c.number("ArchiveStorage", self.archive.storage);
            c.number("ArchiveRealStorage", self.archive.real_storage);
            c.number("ArchiveObjectCount", self.archive.object_count);
            c.number("ColdArchiveStorage", self.cold_archive.storage);
            c.number("ColdArchiveRealStorage", self.cold_archive.real_storage);
            c.number("ColdArchiveObjectCount", self.cold_archive.object_count);
            c.number("DeepColdArchiveStorage", self.deep_cold_archive.storage);
            c.number("DeepColdArchiveRealStorage", self.deep_cold_archive.real_storage);
            c.number("DeepColdArchiveObjectCount", self.deep_cold_archive.object_count);
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{BucketStat, ClassStat};

    #[test]
    fn has_the_elements_of_the_sdks() {
        // Go SDK v2, api_op_bucket_test.go, GetBucketStat.
        let class = |storage, real_storage, object_count| ClassStat { storage, real_storage, object_count };
        let xml = BucketStat {
            storage: 1600,
            object_count: 230,
            multipart_upload_count: 40,
            live_channel_count: 4,
            multipart_part_count: 1,
            delete_marker_count: 6276,
            last_modified_time: 1_643_341_269,
            standard: class(430, 0, 66),
            infrequent_access: class(2_359_296, 360, 54),
            archive: class(2_949_120, 450, 74),
            cold_archive: class(2_359_296, 360, 36),
            deep_cold_archive: class(2_340_340_840, 2_340_340_840, 2),
        }
        .to_xml();
        assert_eq!(
            xml,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<BucketStat><Storage>1600</Storage>\
             <ObjectCount>230</ObjectCount><MultipartUploadCount>40</MultipartUploadCount>\
             <LiveChannelCount>4</LiveChannelCount><MultipartPartCount>1</MultipartPartCount>\
             <DeleteMarkerCount>6276</DeleteMarkerCount><LastModifiedTime>1643341269</LastModifiedTime>\
             <StandardStorage>430</StandardStorage><StandardObjectCount>66</StandardObjectCount>\
             <InfrequentAccessStorage>2359296</InfrequentAccessStorage>\
             <InfrequentAccessRealStorage>360</InfrequentAccessRealStorage>\
             <InfrequentAccessObjectCount>54</InfrequentAccessObjectCount>\
             <ArchiveStorage>2949120</ArchiveStorage>\
             <ArchiveRealStorage>450</ArchiveRealStorage><ArchiveObjectCount>74</ArchiveObjectCount>\
             <ColdArchiveStorage>2359296</ColdArchiveStorage><ColdArchiveRealStorage>360\
             </ColdArchiveRealStorage>\
             <ColdArchiveObjectCount>36</ColdArchiveObjectCount>\
             <DeepColdArchiveStorage>2340340840</DeepColdArchiveStorage>\
             <DeepColdArchiveRealStorage>2340340840</DeepColdArchiveRealStorage>\
             <DeepColdArchiveObjectCount>2</DeepColdArchiveObjectCount></BucketStat>"
        );
    }
}
