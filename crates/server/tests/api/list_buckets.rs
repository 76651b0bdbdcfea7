//! `ListBuckets`.

use std::sync::Arc;

use ossicle_protocol::{ErrorCode, Operation};

use crate::harness::{Server, Setup};
use crate::inputs::{Inputs, Proof};

pub(crate) const INPUTS: Inputs = Inputs::of(&[Operation::ListBuckets]).proven(&[
    ("marker", Proof::Differs("zzz")),
    ("tag-key", Proof::Differs("a")),
    ("tag-value", Proof::Refused("a", ErrorCode::InvalidArgument)),
    ("tagging", Proof::Refused("a", ErrorCode::InvalidArgument)),
    ("x-oss-resource-group-id", Proof::Differs("another")),
]);

fn with_buckets(names: &[&str]) -> Arc<Server> {
    let server = Arc::new(Setup::new().start());
    for name in names {
        server.request("PUT", &format!("/{name}")).send().expect(200);
    }
    server
}

#[test]
fn lists_names_in_order_and_in_pages() {
    let server = with_buckets(&["zeta", "alpha-2", "beta", "alpha-1"]);
    let list = |query: &str| server.request("GET", &format!("/{query}")).send().expect(200);
    let all = list("");
    assert_eq!(all.spelled("Content-Type"), "application/xml");
    assert_eq!(all.elements("Name"), ["alpha-1", "alpha-2", "beta", "zeta"]);
    assert!(all.elements("IsTruncated").is_empty(), "not said of a listing that is whole and was not paged");
    assert_eq!(
        (all.element("ID").as_str(), all.element("DisplayName").as_str()),
        ("1000000000000001", "1000000000000001")
    );
    for name in [
        "Comment",
        "CreationDate",
        "ExtranetEndpoint",
        "IntranetEndpoint",
        "Location",
        "Region",
        "ResourceGroupId",
        "StorageClass",
    ] {
        assert_eq!(all.elements(name).len(), 4, "{name}");
    }
    assert_eq!(
        (all.element("Comment").as_str(), all.element("ResourceGroupId").as_str()),
        ("", "rg-default")
    );
    assert_eq!(
        (all.elements("Location")[0].as_str(), all.elements("Region")[0].as_str()),
        ("oss-cn-hangzhou", "cn-hangzhou")
    );

    assert_eq!(list("?prefix=alpha").elements("Name"), ["alpha-1", "alpha-2"]);
    let first = list("?max-keys=2");
    assert_eq!(first.elements("Name"), ["alpha-1", "alpha-2"]);
    assert_eq!((first.element("IsTruncated").as_str(), first.element("MaxKeys").as_str()), ("true", "2"));
    let marker = first.element("NextMarker");
    let second = list(&format!("?max-keys=2&marker={marker}"));
    assert_eq!(second.elements("Name"), ["beta", "zeta"]);
    assert_eq!((second.element("IsTruncated").as_str(), second.elements("NextMarker").len()), ("false", 0));
    assert_eq!(list("?marker=beta").elements("Name"), ["zeta"]);
    assert!(list("?prefix=none").elements("Name").is_empty());
}

#[test]
fn there_are_no_buckets_of_other_resource_groups_or_with_tags() {
    let server = with_buckets(&["alpha"]);
    let names = |query: &str, group: &str| {
        let request = server.request("GET", &format!("/{query}"));
        request.header("x-oss-resource-group-id", group).send().expect(200).elements("Name")
    };
    assert_eq!(
        (names("", "rg-default"), names("?tag-key=", "")),
        (vec!["alpha".to_owned()], vec!["alpha".to_owned()])
    );
    assert!(names("", "rg-other").is_empty() && names("?tag-key=k", "").is_empty());
    assert!(
        names("?tag-key=k&tag-value=v", "").is_empty() && names("?tagging=%22k%22:%22v%22", "").is_empty()
    );
}

#[test]
fn errors() {
    let server = Server::shared();
    let list = |query: &str| server.request("GET", &format!("/{query}")).send();
    for query in ["?max-keys=0", "?max-keys=1001", "?max-keys=many", "?max-keys=-1", "?prefix=Upper"] {
        let answer = list(query).expect_error(400, "InvalidArgument");
        // OSS manual, page of the detail code.
        let ec = query.starts_with("?max-keys").then_some("0017-00000289");
        assert_eq!(answer.header("x-oss-ec"), ec, "{query}");
    }
    server.request("GET", "/").anonymous().send().expect_error(403, "AccessDenied");
    server.request("PUT", "/").send().expect_error(405, "MethodNotAllowed");
    server.request("DELETE", "/").send().expect_error(405, "MethodNotAllowed");
    list("?qosInfo").expect_error(501, "NotImplemented");
}
