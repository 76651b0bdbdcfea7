//! Who pays for requests to a bucket, and who may use it then.

use std::sync::Arc;

use ossicle_protocol::Operation;

use crate::access::Cast;
use crate::harness::form::{Form, Policy};
use crate::harness::request::Auth;
use crate::harness::server::folder;
use crate::harness::{Answer, Bucket, Request, Setup};
use crate::inputs::{Inputs, Proof};

pub(crate) const INPUTS: Inputs = Inputs::of(&[Operation::PutBucketRequestPayment])
    .request(|_, draft| draft.body(&document("Requester")))
    .proven(&[(
        "RequestPaymentConfiguration/Payer",
        Proof::Test("bucket_request_payment::nobody_stays_anonymous_where_the_requester_pays"),
    )]);

fn document(payer: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<RequestPaymentConfiguration><Payer>{payer}</Payer>\
         </RequestPaymentConfiguration>"
    )
}

pub(crate) fn set(bucket: &Bucket, payer: &str) {
    bucket.root("PUT", "?requestPayment").body(document(payer)).send().expect(200);
}

#[track_caller]
fn assert_refused(answer: Answer, ec: &str) -> Answer {
    let answer = answer
        .expect_error(403, "AccessDenied")
        .with_ec(ec)
        .with("Message", "Access denied for requester pay bucket");
    assert!(!answer.element("BucketName").is_empty());
    answer
}

#[test]
fn replaces_the_payer() {
    let bucket = Bucket::new();
    let assert_set = |payer: &str| {
        let answer = bucket.root("GET", "?requestPayment").send().expect(200);
        assert_eq!(String::from_utf8_lossy(&answer.body), document(payer));
    };
    assert_set("BucketOwner");
    for payer in ["Requester", "Requester", "BucketOwner"] {
        set(&bucket, payer);
        assert_set(payer);
    }
    set(&bucket, "Requester");
    for body in ["", "<RequestPaymentConfiguration/>", &document("Somebody"), &document("")] {
        bucket.root("PUT", "?requestPayment").body(body).send().expect_error(400, "MalformedXML");
    }
    for method in ["GET", "PUT"] {
        bucket.root(method, "?requestPayment").anonymous().send().expect_error(403, "AccessDenied");
    }
    bucket.root("DELETE", "?requestPayment").send().expect_error(405, "MethodNotAllowed");
    assert_set("Requester");
    bucket.server.request("GET", "/nobody-made-this?requestPayment").send().expect_error(404, "NoSuchBucket");
}

#[test]
fn nobody_stays_anonymous_where_the_requester_pays() {
    let bucket = Bucket::new();
    bucket.set_acl("public-read-write");
    bucket.put("k", "x");
    let payer = |request: Request| request.header("x-oss-request-payer", "requester");
    let anonymous = |method: &str, rest: &str| bucket.at(method, rest).anonymous().body("x");
    set(&bucket, "Requester");
    for (method, rest) in
        [("GET", "k"), ("PUT", "k"), ("DELETE", "k"), ("GET", ""), ("GET", "?uploads"), ("GET", "?acl")]
    {
        assert_refused(anonymous(method, rest).send(), "0003-00000701");
        // Nobody could be charged.
        assert_refused(payer(anonymous(method, rest)).send(), "0003-00000701");
        assert_refused(
            anonymous(method, rest).query("x-oss-request-payer", "requester").send(),
            "0003-00000701",
        );
    }
    assert_eq!(bucket.root("HEAD", "").anonymous().send().status, 403);
    let form = Form::new().field("key", "form").field("x-oss-request-payer", "requester").file("f", "y");
    assert_refused(payer(form.onto(bucket.root("POST", ""))).send(), "0003-00000701");
    bucket.assert_keys(&["k"]);
    set(&bucket, "BucketOwner");
    payer(anonymous("GET", "k")).send().expect(200);
    anonymous("GET", "").send().expect(200);
}

#[test]
fn the_owner_needs_no_header() {
    let bucket = Bucket::new();
    set(&bucket, "Requester");
    bucket.put("k", "x");
    for value in ["requester", "bucketowner", "nonsense"] {
        let answer = bucket.key("GET", "k").header("x-oss-request-payer", value).send().expect(200);
        assert_eq!(answer.header("x-oss-request-charged"), None, "{value}");
    }
    bucket.key("GET", "k").auth(Auth::UrlV4).send().expect(200);
    let form = Form::new()
        .field("key", "form")
        .fields(Policy::new().condition(r#"["content-length-range", 0, 100]"#).v4())
        .file("f", "y");
    let answer = form.onto(bucket.root("POST", "")).send().expect(204);
    assert_eq!(answer.header("x-oss-request-charged"), None);
    bucket.assert_keys(&["form", "k"]);
}

#[test]
fn the_source_of_a_copy_is_paid_for_too() {
    let [source, target] = [Bucket::new(), Bucket::new()];
    source.set_acl("public-read-write");
    target.set_acl("public-read-write");
    source.put("k", "x");
    set(&source, "Requester");
    let header = format!("/{}/k", source.name);
    let copy = target.key("PUT", "copy").header("x-oss-copy-source", &header);
    let refused = copy.anonymous().header("x-oss-request-payer", "requester").send();
    let refused = assert_refused(refused, "0003-00000701");
    assert_eq!(refused.element("BucketName"), source.name);
    target.assert_keys(&[]);
    target.key("PUT", "copy").header("x-oss-copy-source", &header).send().expect(200);
}

#[test]
fn other_accounts_say_that_they_would_pay() {
    let folder = folder();
    let cast = Cast::in_folder(folder.path());
    let server = Arc::new(Setup::new().data(folder.path()).start());
    let bucket = Bucket::on(&server);
    bucket.set_acl("public-read-write");
    bucket.put("k", "x");
    set(&bucket, "Requester");
    let other = &cast.other_account;
    let delete = "<Delete><Object><Key>none</Key></Object></Delete>";
    for (method, rest, body, status) in [
        ("GET", "k", "", 200),
        ("GET", "k?objectMeta", "", 200),
        ("PUT", "new", "y", 200),
        ("POST", "appended?append&position=0", "y", 200),
        ("POST", "begun?uploads", "", 200),
        ("GET", "", "", 200),
        ("GET", "?list-type=2", "", 200),
        ("POST", "?delete", delete, 200),
        ("DELETE", "new", "", 204),
    ] {
        let ask = || bucket.at(method, rest).body(body).key(&other.id, &other.secret);
        assert_refused(ask().send(), "0003-00000703");
        // What the query of a request says that is signed in a header does not count, nor does another payer.
        assert_refused(ask().query("x-oss-request-payer", "requester").send(), "0003-00000703");
        assert_refused(ask().header("x-oss-request-payer", "BucketOwner").send(), "0003-00000703");
        let answer = ask().header("x-oss-request-payer", "requester").send().expect(status);
        assert_eq!(answer.must("x-oss-request-charged"), "requester", "{method} {rest}");
        let url = || ask().auth(Auth::UrlV4);
        assert_refused(url().send(), "0003-00000702");
        let query = url().query("x-oss-request-payer", "bucketowner").send();
        assert_refused(query, "0003-00000702");
    }
    let url = bucket.key("GET", "k").key(&other.id, &other.secret).auth(Auth::UrlV4);
    let answer = url.query("x-oss-request-payer", "requester").send().expect(200);
    assert_eq!(answer.must("x-oss-request-charged"), "requester");
    // The bucket itself is no data, and a user of the owner's account is no other.
    let head = bucket.root("HEAD", "").key(&other.id, &other.secret).send().expect(200);
    assert_eq!(head.header("x-oss-request-charged"), None);
    let user = cast.user("without-policy");
    let answer = bucket.key("GET", "k").key(&user.id, &user.secret).send().expect(200);
    assert_eq!(answer.header("x-oss-request-charged"), None);
}

#[test]
fn forms_and_copies_of_other_accounts_are_paid_for() {
    let folder = folder();
    let cast = Cast::in_folder(folder.path());
    let server = Arc::new(Setup::new().data(folder.path()).start());
    let [bucket, free] = [Bucket::on(&server), Bucket::on(&server)];
    for bucket in [&bucket, &free] {
        bucket.set_acl("public-read-write");
    }
    bucket.put("k", "x");
    set(&bucket, "Requester");
    let other = &cast.other_account;
    let form = |payer: Option<&str>| {
        let policy =
            Policy::new().condition(r#"["content-length-range", 0, 100]"#).key(&other.id, &other.secret);
        let form = Form::new().field("key", "form").fields(policy.v4());
        let form = payer.iter().fold(form, |form, payer| form.field("x-oss-request-payer", payer));
        form.file("f", "y").onto(bucket.root("POST", ""))
    };
    assert_refused(form(None).send(), "0003-00000703");
    assert_refused(form(Some("bucketowner")).send(), "0003-00000703");
    bucket.assert_keys(&["k"]);
    for request in [form(Some("requester")), form(None).header("x-oss-request-payer", "requester")] {
        assert_eq!(request.send().expect(204).must("x-oss-request-charged"), "requester");
    }
    bucket.assert_keys(&["form", "k"]);
    let copy = || {
        let source = format!("/{}/k", bucket.name);
        free.key("PUT", "copy").header("x-oss-copy-source", &source).key(&other.id, &other.secret)
    };
    assert_refused(copy().send(), "0003-00000703");
    free.assert_keys(&[]);
    copy().header("x-oss-request-payer", "requester").send().expect(200);
}
