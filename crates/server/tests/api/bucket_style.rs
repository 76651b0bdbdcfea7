//! Named styles of images, which are kept and told.

use std::time::Duration;

use ossicle_protocol::{ErrorCode, Operation};

use crate::harness::checksum::content_md5;
use crate::harness::{Answer, Bucket};
use crate::inputs::{Inputs, Proof};

const NAME: Proof = Proof::Refused("no name", ErrorCode::InvalidArgument);

pub(crate) const INPUTS: Inputs =
    Inputs::of(&[Operation::PutStyle, Operation::GetStyle, Operation::DeleteStyle])
        .before(|bucket| {
            put(bucket, "was", "image/resize,w_200").expect(200);
        })
        .request(|_, draft| draft.query("styleName", "was").body_to_set(&document("image/resize,w_300")))
        .proven(&[
            ("styleName", NAME),
            ("category", Proof::Refused("sound", ErrorCode::InvalidArgument)),
            ("Style/Content", Proof::Test("bucket_style::styles_are_told_as_they_were_set")),
        ]);

fn document(content: &str) -> String {
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Style><Content>{content}</Content></Style>")
}

fn put(bucket: &Bucket, name: &str, content: &str) -> Answer {
    bucket.root("PUT", "?style").query("styleName", name).body(document(content)).send()
}

fn get(bucket: &Bucket, name: &str) -> Answer {
    bucket.root("GET", "?style").query("styleName", name).send()
}

#[test]
fn styles_are_told_as_they_were_set() {
    let bucket = Bucket::new();
    let list = || bucket.root("GET", "?style").send().expect(200);
    assert!(list().elements("Style").is_empty());
    get(&bucket, "imagestyle").expect_error(404, "NoSuchStyle").with("BucketName", &bucket.name);
    for (name, content) in
        [("z.last", "image/resize,p_50"), ("a_first", "image/resize,w_300"), ("other-", "csdar5324")]
    {
        put(&bucket, name, content).expect(200);
        let answer = get(&bucket, name).expect(200);
        assert_eq!(answer.element("Name"), name);
        assert_eq!(answer.element("Content"), content);
        assert_eq!(answer.element("Category"), "image");
        assert!(answer.element("CreateTime").ends_with(" GMT"));
        assert_eq!(answer.element("LastModifyTime"), answer.element("CreateTime"));
    }
    assert_eq!(list().elements("Name"), ["z.last", "a_first", "other-"]);
    let made = get(&bucket, "a_first").element("CreateTime");
    std::thread::sleep(Duration::from_millis(1100));
    let changed = bucket.root("PUT", "?style").query("styleName", "a_first").query("category", "video");
    changed.body(document("video/snapshot")).send().expect(200);
    let answer = get(&bucket, "a_first").expect(200);
    assert_eq!(answer.element("Category"), "video");
    assert_eq!(answer.element("CreateTime"), made);
    assert_ne!(answer.element("LastModifyTime"), made);
    assert_eq!(list().elements("Content"), ["image/resize,p_50", "video/snapshot", "csdar5324"]);
    for _ in 0..2 {
        bucket.root("DELETE", "?style").query("styleName", "a_first").send().expect(204);
        assert_eq!(list().elements("Name"), ["z.last", "other-"]);
    }
    get(&bucket, "a_first").expect_error(404, "NoSuchStyle");
}

#[test]
fn bad_styles_leave_nothing() {
    let bucket = Bucket::new();
    put(&bucket, "@%$^&%(&(*(*", "image/resize,w_200").expect_error(400, "InvalidArgument");
    put(&bucket, "", "image/resize,w_200").expect_error(400, "InvalidArgument");
    let nameless = bucket.root("PUT", "?style").body(document("a")).send();
    nameless.expect_error(400, "InvalidArgument");
    put(&bucket, "a", "").expect_error(400, "InvalidArgument").with("Message", "Style content is invalid.");
    put(&bucket, "a", &"c".repeat(1025)).expect_error(400, "InvalidArgument");
    let ask = |body: &str| bucket.root("PUT", "?style").query("styleName", "a").body(body);
    for body in ["", "<Style>", "<Content>a</Content>", &format!("<Style>{}</Style>", " ".repeat(16 * 1024))]
    {
        ask(body).send().expect_error(400, "MalformedXML");
    }
    let wrong = ask(&document("a")).header("Content-MD5", &content_md5(b"another")).send();
    wrong.expect_error(400, "InvalidDigest");
    bucket.root("DELETE", "?style").send().expect_error(400, "InvalidArgument");
    for method in ["GET", "PUT", "DELETE"] {
        let anonymous = bucket.root(method, "?style&styleName=a").anonymous().body(document("a"));
        anonymous.send().expect_error(403, "AccessDenied");
    }
    assert!(bucket.root("GET", "?style").send().expect(200).elements("Style").is_empty());
}
