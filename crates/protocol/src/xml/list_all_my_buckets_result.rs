//! `ListAllMyBucketsResult`: the answer of `ListBuckets`.

use super::writer::document;
use crate::Timestamp;

/// The buckets of an owner.
#[derive(Clone, Debug, Default)]
pub struct ListAllMyBucketsResult<'a> {
    /// The id of the owner.
    pub owner: &'a str,
    /// What is said about the page; OSS leaves all of it out when the answer holds all buckets.
    pub page: Option<BucketsPage<'a>>,
    /// The buckets, in order of their names.
    pub buckets: Vec<ListedBucket<'a>>,
}

/// Which part of the buckets an answer holds.
#[derive(Clone, Copy, Debug)]
pub struct BucketsPage<'a> {
    /// Names begin with this.
    pub prefix: &'a str,
    /// Names come after this.
    pub marker: &'a str,
    /// How many buckets were asked for.
    pub max_keys: u32,
    /// Where the next page begins; `None` on the last one.
    pub next_marker: Option<&'a str>,
}

/// A bucket in the list.
#[derive(Clone, Copy, Debug)]
pub struct ListedBucket<'a> {
    /// The owner's remark; OSS sends the element even without one.
    pub comment: &'a str,
    /// When it was created.
    pub creation_date: Timestamp,
    /// Host name for access from anywhere.
    pub extranet_endpoint: &'a str,
    /// Host name for access from the data center.
    pub intranet_endpoint: &'a str,
    /// Its region as OSS names it, such as `oss-cn-hangzhou`.
    pub location: &'a str,
    /// Its name.
    pub name: &'a str,
    /// Its region, such as `cn-hangzhou`.
    pub region: &'a str,
    /// The resource group it belongs to.
    pub resource_group_id: &'a str,
    /// `Standard` and so on.
    pub storage_class: &'a str,
}

impl ListAllMyBucketsResult<'_> {
    /// Writes the document.
    #[must_use]
    pub fn to_xml(&self) -> String {
        document("ListAllMyBucketsResult", 512 + self.buckets.len() * 512, |c| {
            if let Some(page) = &self.page {
                c.text("Prefix", page.prefix);
                c.text("Marker", page.marker);
                c.number("MaxKeys", page.max_keys.into());
                c.flag("IsTruncated", page.next_marker.is_some());
                c.optional("NextMarker", page.next_marker);
            }
            c.owner(self.owner);
            c.nested("Buckets", |c| {
                for bucket in &self.buckets {
                    c.nested("Bucket", |c| {
                        c.text("Comment", bucket.comment);
                        c.time("CreationDate", bucket.creation_date);
                        c.text("ExtranetEndpoint", bucket.extranet_endpoint);
                        c.text("IntranetEndpoint", bucket.intranet_endpoint);
                        c.text("Location", bucket.location);
                        c.text("Name", bucket.name);
                        c.text("Region", bucket.region);
                        c.text("ResourceGroupId", bucket.resource_group_id);
                        c.text("StorageClass", bucket.storage_class);
                    });
                }
            });
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{BucketsPage, ListAllMyBucketsResult, ListedBucket};
    use crate::Timestamp;

    #[test]
    fn has_the_elements_of_the_manual() {
        // OSS manual, GetService (ListBuckets), second example, with what the SDKs read besides.
        let bucket = ListedBucket {
            comment: "",
            creation_date: Timestamp::from_unix_millis(1_400_152_712_000),
            extranet_endpoint: "oss-cn-hangzhou.aliyuncs.com",
            intranet_endpoint: "oss-cn-hangzhou-internal.aliyuncs.com",
            location: "oss-cn-hangzhou",
            name: "xz02tphky6fjfiuc0",
            region: "cn-hangzhou",
            resource_group_id: "rg-aek27tc",
            storage_class: "Standard",
        };
        let page = BucketsPage {
            prefix: "xz02tphky6fjfiuc",
            marker: "",
            max_keys: 1,
            next_marker: Some("xz02tphky6fjfiuc0"),
        };
        let xml =
            ListAllMyBucketsResult { owner: "ut_test", page: Some(page), buckets: vec![bucket] }.to_xml();
        assert_eq!(
            xml,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListAllMyBucketsResult><Prefix>xz02tphky6fjfiuc\
             </Prefix>\
             <Marker></Marker><MaxKeys>1</MaxKeys><IsTruncated>true</IsTruncated>\
             <NextMarker>xz02tphky6fjfiuc0</NextMarker><Owner><ID>ut_test</ID><DisplayName>ut_test\
             </DisplayName>\
             </Owner><Buckets><Bucket><Comment></Comment><CreationDate>2014-05-15T11:18:32.000Z</CreationDate>\
             <ExtranetEndpoint>oss-cn-hangzhou.aliyuncs.com</ExtranetEndpoint>\
             <IntranetEndpoint>oss-cn-hangzhou-internal.aliyuncs.com</IntranetEndpoint>\
             <Location>oss-cn-hangzhou</Location><Name>xz02tphky6fjfiuc0</Name><Region>cn-hangzhou</Region>\
             <ResourceGroupId>rg-aek27tc</ResourceGroupId><StorageClass>Standard</StorageClass></Bucket></Buckets></ListAllMyBucketsResult>"
        );
    }

    #[test]
    fn a_whole_list_says_nothing_of_pages() {
        // OSS manual, GetService (ListBuckets), note on response elements.
        let xml = ListAllMyBucketsResult { owner: "512", ..ListAllMyBucketsResult::default() }.to_xml();
        assert!(
            xml.ends_with(
                "<ListAllMyBucketsResult><Owner><ID>512</ID><DisplayName>512</DisplayName></Owner><Buckets>\
                 </Buckets>\
                 </ListAllMyBucketsResult>"
            ),
            "{xml}"
        );
    }
}
