//! `BucketInfo`: the answer of `GetBucketInfo`.

use super::writer::{Content, document};
use crate::{BucketAcl, Sse, Timestamp};

/// What a bucket is like.
#[derive(Clone, Copy, Debug)]
pub struct BucketInfo<'a> {
    /// `Enabled` or `Disabled`: whether the last access to objects is followed.
    pub access_monitor: &'a str,
    /// Whether public access lists and policies are refused.
    pub block_public_access: bool,
    /// The owner's remark; OSS sends the element even without one.
    pub comment: &'a str,
    /// When it was created.
    pub creation_date: Timestamp,
    /// `LRS` or `ZRS`.
    pub data_redundancy_type: &'a str,
    /// Host name for access from anywhere.
    pub extranet_endpoint: &'a str,
    /// Host name for access from the data center.
    pub intranet_endpoint: &'a str,
    /// Its region as OSS names it, such as `oss-cn-hangzhou`.
    pub location: &'a str,
    /// Its name.
    pub name: &'a str,
    /// The resource group it belongs to.
    pub resource_group_id: &'a str,
    /// `Standard` and so on.
    pub storage_class: &'a str,
    /// `Enabled` or `Disabled`.
    pub transfer_acceleration: &'a str,
    /// `Enabled` or `Suspended`; absent until versioning is first set.
    pub versioning: Option<&'a str>,
    /// The id of its owner.
    pub owner: &'a str,
    /// Who may use its objects.
    pub acl: BucketAcl,
    /// The default encryption, `None` in OSS's words if there is none.
    pub encryption: Option<&'a Sse>,
}

impl BucketInfo<'_> {
    /// Writes the document.
    #[must_use]
    pub fn to_xml(&self) -> String {
        document("BucketInfo", 1536, |c| c.nested("Bucket", |c| self.write(c)))
    }

    fn write(&self, c: &mut Content) {
        c.text("AccessMonitor", self.access_monitor);
        c.flag("BlockPublicAccess", self.block_public_access);
        c.text("Comment", self.comment);
        c.time("CreationDate", self.creation_date);
        c.text("CrossRegionReplication", "Disabled");
        c.text("DataRedundancyType", self.data_redundancy_type);
        c.text("ExtranetEndpoint", self.extranet_endpoint);
        c.text("IntranetEndpoint", self.intranet_endpoint);
        c.text("Location", self.location);
        c.text("Name", self.name);
        c.text("ResourceGroupId", self.resource_group_id);
        c.text("StorageClass", self.storage_class);
        c.text("TransferAcceleration", self.transfer_acceleration);
        c.optional("Versioning", self.versioning);
        c.owner(self.owner);
        c.nested("AccessControlList", |c| c.text("Grant", self.acl.as_str()));
        c.nested("ServerSideEncryptionRule", |c| {
            c.text("SSEAlgorithm", self.encryption.map_or("None", Sse::algorithm));
            c.optional("KMSMasterKeyID", self.encryption.and_then(Sse::key_id));
            c.optional("KMSDataEncryption", self.encryption.and_then(Sse::data_algorithm));
        });
        c.nested("BucketPolicy", |c| {
            c.text("LogBucket", "");
            c.text("LogPrefix", "");
        });
    }
}

#[cfg(test)]
mod tests {
    use super::BucketInfo;
    use crate::{BucketAcl, Timestamp};

    #[test]
    fn has_the_elements_of_the_sdks() {
        // Go SDK v2, api_op_bucket_test.go, and the manual's GetBucketInfo.
        let mut info = BucketInfo {
            access_monitor: "Disabled",
            block_public_access: false,
            comment: "test",
            creation_date: Timestamp::from_unix_millis(1_375_268_181_000),
            data_redundancy_type: "LRS",
            extranet_endpoint: "oss-cn-hangzhou.aliyuncs.com",
            intranet_endpoint: "oss-cn-hangzhou-internal.aliyuncs.com",
            location: "oss-cn-hangzhou",
            name: "oss-example",
            resource_group_id: "rg-default-id",
            storage_class: "Standard",
            transfer_acceleration: "Disabled",
            versioning: None,
            owner: "27183473914",
            acl: BucketAcl::Private,
            encryption: None,
        };
        assert_eq!(
            info.to_xml(),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<BucketInfo><Bucket><AccessMonitor>Disabled\
             </AccessMonitor>\
             <BlockPublicAccess>false</BlockPublicAccess><Comment>test</Comment>\
             <CreationDate>2013-07-31T10:56:21.000Z</CreationDate>\
             <CrossRegionReplication>Disabled</CrossRegionReplication>\
             <DataRedundancyType>LRS</DataRedundancyType>\
             <ExtranetEndpoint>oss-cn-hangzhou.aliyuncs.com</ExtranetEndpoint>\
             <IntranetEndpoint>oss-cn-hangzhou-internal.aliyuncs.com</IntranetEndpoint>\
             <Location>oss-cn-hangzhou</Location><Name>oss-example</Name>\
             <ResourceGroupId>rg-default-id</ResourceGroupId><StorageClass>Standard</StorageClass>\
             <TransferAcceleration>Disabled</TransferAcceleration>\
             <Owner><ID>27183473914</ID><DisplayName>27183473914</DisplayName></Owner>\
             <AccessControlList><Grant>private</Grant></AccessControlList>\
             <ServerSideEncryptionRule><SSEAlgorithm>None</SSEAlgorithm></ServerSideEncryptionRule>\
             <BucketPolicy><LogBucket></LogBucket><LogPrefix></LogPrefix></BucketPolicy></Bucket>\
             </BucketInfo>"
        );
        info.versioning = Some("Enabled");
        assert!(info.to_xml().contains("<Versioning>Enabled</Versioning>"));
    }
}
