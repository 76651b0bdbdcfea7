//! `Delete`, what `DeleteMultipleObjects` is sent, and `DeleteResult`, what it answers.

use super::KeyEncoding;
use super::reader::{Element, malformed};
use super::writer::document;
use crate::{Error, ObjectKey};

/// The objects to delete.
#[derive(Clone, Debug)]
pub struct DeleteRequest {
    quiet: bool,
    objects: Vec<ObjectToDelete>,
}

/// An object to delete.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ObjectToDelete {
    /// Its key.
    pub key: ObjectKey,
    /// The version to delete, if one is named.
    pub version_id: Option<String>,
}

impl DeleteRequest {
    /// Longest body that is read, as in OSS.
    pub const MAX_BODY: usize = 2 * 1024 * 1024;

    /// Most objects that one request may name.
    const MAX_OBJECTS: usize = 1000;

    /// Reads the document.
    ///
    /// # Errors
    /// `MalformedXML`, also for no objects or more than a thousand; `InvalidObjectName` for keys that cannot
    /// exist.
    pub fn parse(body: &[u8]) -> Result<Self, Error> {
        let root = Element::parse(body, "Delete", Self::MAX_BODY)?;
        let count = root.children("Object").count();
        if count == 0 || count > Self::MAX_OBJECTS {
            // The words of OSS for either.
            let told = if count == 0 { "no object to delete" } else { "batch delete objects too large" };
            return Err(malformed(told).with_ec(if count == 0 { "0015-00000231" } else { "0016-00000609" }));
        }
        let objects = root.children("Object").map(|object| {
            let key = object.required("Key").map_err(|error| error.with_ec("0016-00000613"))?;
            if key.is_empty() {
                return Err(malformed("Key is empty.").with_ec("0016-00000613"));
            }
            let version_id = object.optional("VersionId")?.filter(|id| !id.is_empty()).map(str::to_owned);
            Ok(ObjectToDelete { key: ObjectKey::parse(key)?, version_id })
        });
        Ok(Self {
            quiet: root.flag("Quiet").map_err(|error| error.with_ec("0016-00000610"))?,
            objects: objects.collect::<Result<_, Error>>()?,
        })
    }

    /// Returns whether only failures are to be answered; if all objects could be deleted the answer has no body
    /// at all.
    #[must_use]
    pub fn quiet(&self) -> bool {
        self.quiet
    }

    /// Returns the objects, in the order of the request, which is also that of the answer.
    #[must_use]
    pub fn objects(&self) -> &[ObjectToDelete] {
        &self.objects
    }
}

/// The objects that were deleted.
#[derive(Clone, Debug, Default)]
pub struct DeleteResult<'a> {
    /// How keys are written.
    pub encoding: KeyEncoding,
    /// The objects.
    pub deleted: Vec<DeletedObject<'a>>,
}

/// An object that was deleted.
#[derive(Clone, Copy, Debug, Default)]
pub struct DeletedObject<'a> {
    /// Its key.
    pub key: &'a str,
    /// The version that the request named.
    pub version_id: Option<&'a str>,
    /// The version id of the delete marker that was made or removed.
    pub delete_marker_version_id: Option<&'a str>,
}

impl DeleteResult<'_> {
    /// Writes the document.
    #[must_use]
    pub fn to_xml(&self) -> String {
        let keys: usize = self.deleted.iter().map(|object| object.key.len()).sum();
        document("DeleteResult", 128 + keys + self.deleted.len() * 40, |c| {
            c.encoding_type(self.encoding);
            for object in &self.deleted {
                c.nested("Deleted", |c| {
                    c.key("Key", object.key, self.encoding);
                    c.optional("VersionId", object.version_id);
                    if let Some(id) = object.delete_marker_version_id {
                        c.flag("DeleteMarker", true);
                        c.text("DeleteMarkerVersionId", id);
                    }
                });
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::{DeleteRequest, DeleteResult, DeletedObject};
    use crate::ErrorCode;
    use crate::xml::KeyEncoding;

    #[test]
    fn reads_keys() {
        let check = |body: &str, quiet: bool, keys: &[&str]| {
            let request = DeleteRequest::parse(body.as_bytes()).expect(body);
            assert_eq!(request.quiet(), quiet, "{body}");
            let found: Vec<_> = request.objects().iter().map(|object| object.key.as_str()).collect();
            assert_eq!(found, keys, "{body}");
        };
        // OSS manual, DeleteMultipleObjects.
        check(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Delete> \n  <Quiet>false</Quiet>  \n  <Object> \n\
             <Key>multipart.data</Key> \n  </Object>  \n  <Object> <Key>test.jpg</Key> </Object></Delete>",
            false,
            &["multipart.data", "test.jpg"],
        );
        check("<Delete><Object><Key>a</Key></Object><Quiet>true</Quiet></Delete>", true, &["a"]);
        // Keys are not trimmed.
        check("<Delete><Object><Key> a b </Key></Object></Delete>", false, &[" a b "]);
        // The Ruby SDK sends control characters raw, the Go SDK as references; both must find their objects.
        check("<Delete><Object><Key>a\u{1}\r\n\u{7}</Key></Object></Delete>", false, &["a\u{1}\r\n\u{7}"]);
        check("<Delete><Object><Key>&#x01;&#x0D;&lt;&amp;</Key></Object></Delete>", false, &["\u{1}\r<&"]);
        check("<Delete><Object><Key><![CDATA[a<b]]></Key></Object></Delete>", false, &["a<b"]);
    }

    #[test]
    fn reads_versions() {
        let body = "<Delete><Object><Key>a</Key><VersionId>null</VersionId></Object>\
                    <Object><Key>b</Key><VersionId/></Object></Delete>";
        let request = DeleteRequest::parse(body.as_bytes()).expect("a request");
        let versions: Vec<_> = request.objects().iter().map(|object| object.version_id.as_deref()).collect();
        assert_eq!(versions, [Some("null"), None]);
    }

    #[test]
    fn refuses_bad_requests() {
        let check = |body: &str, expected: ErrorCode| {
            let error = DeleteRequest::parse(body.as_bytes()).expect_err(body);
            assert_eq!(error.code(), expected, "{body}");
        };
        let many = "<Object><Key>a</Key></Object>".repeat(1001);
        check("", ErrorCode::MalformedXML);
        check("<Delete/>", ErrorCode::MalformedXML);
        check("<Delete><Quiet>true</Quiet></Delete>", ErrorCode::MalformedXML);
        check("<Delete><Object/></Delete>", ErrorCode::MalformedXML);
        check("<Delete><Object><Key/></Object></Delete>", ErrorCode::MalformedXML);
        check("<Delete><Object><Key>a</Key><Key>b</Key></Object></Delete>", ErrorCode::MalformedXML);
        check("<Delete><Quiet>maybe</Quiet><Object><Key>a</Key></Object></Delete>", ErrorCode::MalformedXML);
        check(&format!("<Delete>{many}</Delete>"), ErrorCode::MalformedXML);
        let long = "k".repeat(1024);
        check(&format!("<Delete><Object><Key>{long}</Key></Object></Delete>"), ErrorCode::InvalidObjectName);
        let huge = "x".repeat(DeleteRequest::MAX_BODY);
        check(&format!("<Delete><!--{huge}--></Delete>"), ErrorCode::MalformedXML);
    }

    #[test]
    fn a_thousand_keys_fit() {
        let body = format!("<Delete>{}</Delete>", "<Object><Key>a</Key></Object>".repeat(1000));
        assert_eq!(DeleteRequest::parse(body.as_bytes()).expect("a request").objects().len(), 1000);
    }

    #[test]
    fn answers_with_the_elements_of_the_manual() {
        let deleted = |key| DeletedObject { key, ..DeletedObject::default() };
        let check = |encoding, deleted: Vec<DeletedObject<'_>>, expected: &str| {
            let xml = DeleteResult { encoding, deleted }.to_xml();
            assert_eq!(
                xml,
                format!(
                    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<DeleteResult>{expected}</DeleteResult>"
                )
            );
        };
        // OSS manual, DeleteMultipleObjects.
        check(
            KeyEncoding::Plain,
            vec![deleted("multipart.data"), deleted("a&b")],
            "<Deleted><Key>multipart.data</Key></Deleted><Deleted><Key>a&amp;b</Key></Deleted>",
        );
        // Go SDK v2, api_op_object_test.go.
        check(
            KeyEncoding::Url,
            vec![deleted("go-sdk-v1\u{1}\u{2}\u{1F}")],
            "<EncodingType>url</EncodingType><Deleted><Key>go-sdk-v1%01%02%1F</Key></Deleted>",
        );
        check(
            KeyEncoding::Plain,
            vec![DeletedObject { key: "k", version_id: Some("v"), delete_marker_version_id: Some("m") }],
            "<Deleted><Key>k</Key><VersionId>v</VersionId><DeleteMarker>true</DeleteMarker>\
             <DeleteMarkerVersionId>m</DeleteMarkerVersionId></Deleted>",
        );
    }

    proptest! {
        #[test]
        fn never_panics(body in any::<Vec<u8>>(), inside in "(<Object>|</Object>|<Key>|</Key>|<Quiet>|true|\
        </Quiet>|[a&;#x1]){0,24}") {
            let _ = DeleteRequest::parse(&body);
            let _ = DeleteRequest::parse(format!("<Delete>{inside}</Delete>").as_bytes());
        }
    }
}
