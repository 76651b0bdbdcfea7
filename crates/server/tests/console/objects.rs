//! Buckets, objects, links and the signed form of an upload.

use serde_json::{Value, json};

use crate::http::{Answer, request};
use crate::server::{KEY_ID, KEY_SECRET, Server};

pub(crate) fn get(server: &Server, target: &str) -> Answer {
    request(&server.console, "GET", target).keyed().send()
}

pub(crate) fn post(server: &Server, target: &str, document: &Value) -> Answer {
    request(&server.console, "POST", target).keyed().json(document).send()
}

pub(crate) fn make_bucket(server: &Server) {
    assert_eq!(post(server, "/api/buckets", &json!({ "name": "demo" })).status, 200);
}

/// Sends a form as a browser does.
pub(crate) fn send_form(
    server: &Server,
    fields: &[(String, String)],
    content: &str,
    origin: Option<&str>,
) -> Answer {
    let mut body = String::new();
    for (name, value) in fields {
        body += &format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    }
    body += "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\nContent-Type: text/plain\r\n\r\n";
    body += &format!("{content}\r\n--edge--\r\n");
    let form = request(&server.endpoint, "POST", "/demo/")
        .header("Content-Type", "multipart/form-data; boundary=edge")
        .body(body.into_bytes());
    match origin {
        Some(origin) => form.header("Origin", origin).send(),
        None => form.send(),
    }
}

/// The signed fields for an upload.
pub(crate) fn form_fields(server: &Server, upload: &Value) -> Vec<(String, String)> {
    let form = post(server, "/api/upload-form", upload);
    assert_eq!(form.status, 200, "{}", String::from_utf8_lossy(&form.body));
    let form = form.json();
    assert_eq!(form["url"], format!("http://{}/demo/", server.endpoint));
    serde_json::from_value(form["fields"].clone()).unwrap()
}

pub(crate) fn put(server: &Server, key: &str, content: &str) {
    let fields = form_fields(server, &json!({ "bucket": "demo", "key": key }));
    assert_eq!(send_form(server, &fields, content, None).status, 204);
}

#[test]
fn a_form_stores_this_object_and_no_other() {
    let server = Server::start(&[]);
    make_bucket(&server);
    let fields = form_fields(&server, &json!({ "bucket": "demo", "key": "a/ä.txt" }));
    assert_eq!(send_form(&server, &fields, "hello", None).status, 204);
    let object = get(&server, "/api/object?bucket=demo&key=a/%C3%A4.txt").json();
    assert_eq!((&object["size"], &object["etag"]), (&json!(5), &json!("5D41402ABC4B2A76B9719D911017C592")));
    let changed = |name: &str, value: &str| {
        let change = |(known, old): &(String, String)| {
            let new = if known == name { value.to_owned() } else { old.clone() };
            (known.clone(), new)
        };
        let fields: Vec<(String, String)> = fields.iter().map(change).collect();
        send_form(&server, &fields, "hello", None).status
    };
    assert_eq!(changed("key", "b.txt"), 403, "another key");
    assert_eq!(changed("x-oss-signature", "00"), 403, "another signature");
}

#[test]
fn mistakes_in_a_form_are_told_before_the_upload() {
    let server = Server::start(&[]);
    make_bucket(&server);
    for (upload, status, error) in [
        (json!({ "bucket": "demo" }), 422, "InvalidDocument"),
        (json!({ "bucket": "no-such", "key": "a" }), 404, "NoSuchBucket"),
        (json!({ "bucket": "No", "key": "a" }), 400, "InvalidBucketName"),
        (json!({ "bucket": "demo", "key": "" }), 400, "InvalidObjectName"),
        (json!({ "bucket": "demo", "key": "a", "callback": { "url": "" } }), 400, "InvalidArgument"),
        (
            json!({ "bucket": "demo", "key": "a", "callback": { "url": "ftp://a.example/" } }),
            400,
            "InvalidArgument",
        ),
        (
            json!({ "bucket": "demo", "key": "a", "callback": { "url": "http://a.example/", "body": "$x" } }),
            400,
            "InvalidArgument",
        ),
        (
            json!({ "bucket": "demo", "key": "a", "callback": { "url": "http://a.example/", "body_type": "text/plain" } }),
            400,
            "InvalidArgument",
        ),
    ] {
        let answer = post(&server, "/api/upload-form", &upload);
        assert_eq!((answer.status, answer.error().as_str()), (status, error), "{upload}");
    }
    let broken = request(&server.console, "POST", "/api/upload-form")
        .keyed()
        .header("Content-Type", "application/json")
        .body(b"{".to_vec())
        .send();
    assert_eq!((broken.status, broken.error().as_str()), (400, "InvalidDocument"));
    let large = request(&server.console, "POST", "/api/upload-form")
        .keyed()
        .header("Content-Type", "application/json")
        .body(vec![b' '; 300 * 1024])
        .send();
    assert_eq!(large.status, 413);
}

#[test]
fn pages_of_a_console_that_somebody_uses_may_upload_and_others_may_not() {
    let server = Server::start(&[]);
    make_bucket(&server);
    let origin = format!("http://{}", server.console);
    let preflight = |origin: &str, method: &str| {
        request(&server.endpoint, "OPTIONS", "/demo/")
            .header("Origin", origin)
            .header("Access-Control-Request-Method", method)
            .send()
    };
    assert_eq!(preflight(&origin, "POST").status, 403, "nobody has logged in yet");
    let log_in = request(&server.console, "POST", "/api/session")
        .header("Origin", &origin)
        .json(&json!({ "access_key_id": KEY_ID, "access_key_secret": KEY_SECRET }));
    assert_eq!(log_in.send().status, 200);
    let allowed = preflight(&origin, "POST");
    assert_eq!((allowed.status, allowed.header("access-control-allow-origin")), (200, Some(origin.as_str())));
    assert_eq!(preflight(&origin, "PUT").status, 200);
    assert_eq!(preflight(&origin, "GET").status, 403);
    assert_eq!(preflight("http://evil.example", "POST").status, 403);
    let fields = form_fields(&server, &json!({ "bucket": "demo", "key": "a" }));
    let sent = send_form(&server, &fields, "x", Some(&origin));
    assert_eq!((sent.status, sent.header("access-control-allow-origin")), (204, Some(origin.as_str())));
    let sent = send_form(&server, &fields, "x", Some("http://evil.example"));
    assert_eq!(sent.header("access-control-allow-origin"), None);
}

#[test]
fn lists_come_in_pages_and_folders() {
    let server = Server::start(&[]);
    make_bucket(&server);
    for key in ["a.txt", "b/1", "b/2", "c/d/e", "z"] {
        put(&server, key, key);
    }
    let keys = |target: &str| {
        let page = get(&server, target).json();
        let names = |name: &str, field: Option<&str>| -> Vec<String> {
            let items = page[name].as_array().unwrap().iter();
            items.map(|item| field.map_or(item, |field| &item[field]).as_str().unwrap().to_owned()).collect()
        };
        (
            names("objects", Some("key")).join(" "),
            names("common_prefixes", None).join(" "),
            page["next"].clone(),
        )
    };
    let none = Value::Null;
    for (target, objects, prefixes, next) in [
        ("/api/objects?bucket=demo", "a.txt b/1 b/2 c/d/e z", "", &none),
        ("/api/objects?bucket=demo&delimiter=/", "a.txt z", "b/ c/", &none),
        ("/api/objects?bucket=demo&delimiter=/&prefix=b/", "b/1 b/2", "", &none),
        ("/api/objects?bucket=demo&limit=2", "a.txt b/1", "", &json!("b/1")),
        ("/api/objects?bucket=demo&limit=2&after=b/1", "b/2 c/d/e", "", &json!("c/d/e")),
        ("/api/objects?bucket=demo&prefix=nothing", "", "", &none),
    ] {
        assert_eq!(keys(target), (objects.to_owned(), prefixes.to_owned(), next.clone()), "{target}");
    }
    let bucket = &get(&server, "/api/buckets").json()["buckets"][0];
    assert_eq!(
        (&bucket["name"], &bucket["objects"], &bucket["acl"]),
        (&json!("demo"), &json!(5), &json!("private"))
    );
    assert_eq!(get(&server, "/api/objects?bucket=no-such").status, 404);
    assert_eq!(get(&server, "/api/objects").status, 400);
    assert_eq!(get(&server, "/api/objects?bucket=demo&limit=many").status, 400);
}

#[test]
fn a_link_reads_the_object_and_deleting_ends_it() {
    let server = Server::start(&[]);
    make_bucket(&server);
    let key = "b/ö & c?.txt";
    put(&server, key, "content");
    let names = "bucket=demo&key=b/%C3%B6%20%26%20c%3F.txt";
    let follow = |url: &str| {
        let target = url.strip_prefix(&format!("http://{}", server.endpoint)).unwrap();
        request(&server.endpoint, "GET", target).send()
    };
    let saved =
        get(&server, &format!("/api/download-url?{names}")).json()["url"].as_str().unwrap().to_owned();
    let answer = follow(&saved);
    assert_eq!((answer.status, answer.body.as_slice()), (200, b"content".as_slice()));
    let disposition = "attachment; filename*=UTF-8''%C3%B6%20%26%20c%3F.txt";
    assert_eq!(answer.header("content-disposition"), Some(disposition));
    assert_eq!(follow(&saved.replace("b/", "a/")).status, 403, "the link is for this object alone");
    let shown = get(&server, &format!("/api/download-url?{names}&inline=true&seconds=60")).json();
    assert_eq!(shown["seconds"], 60);
    assert_eq!(follow(shown["url"].as_str().unwrap()).header("content-disposition"), None);
    let delete = || request(&server.console, "DELETE", &format!("/api/object?{names}")).keyed().send().json();
    assert_eq!(delete(), json!({ "deleted": true }));
    assert_eq!(delete(), json!({ "deleted": false }));
    assert_eq!(follow(&saved).status, 404);
    assert_eq!(get(&server, &format!("/api/object?{names}")).error(), "NoSuchKey");
    assert_eq!(get(&server, &format!("/api/download-url?{names}")).error(), "NoSuchKey");
}

#[test]
fn signed_requests_make_an_object_of_parts_and_serve_nothing_else() {
    let server = Server::start(&[]);
    make_bucket(&server);
    let signed = |step: &Value| {
        let mut step = step.clone();
        step["bucket"] = json!("demo");
        step["key"] = json!("a/ä b.bin");
        post(&server, "/api/upload-parts", &step)
    };
    let follow = |step: &Value, body: &str| {
        let signed = signed(step).json();
        let target =
            signed["url"].as_str().unwrap().strip_prefix(&format!("http://{}", server.endpoint)).unwrap();
        let request = request(&server.endpoint, signed["method"].as_str().unwrap(), target);
        let request = match signed["content_type"].as_str() {
            Some(content_type) => request.header("Content-Type", content_type),
            None => request,
        };
        (request.body(body.as_bytes().to_vec()).send(), target.to_owned())
    };
    let (begun, _) = follow(&json!({ "step": "begin", "content_type": "video/mp4" }), "");
    assert_eq!(begun.status, 200);
    let document = String::from_utf8(begun.body).unwrap();
    let id = document.split("<UploadId>").nth(1).unwrap().split('<').next().unwrap();
    let (part, target) = follow(&json!({ "step": "part", "upload_id": id, "number": 1 }), "hello");
    assert_eq!(part.status, 200);
    let other = target.replace("partNumber=1", "partNumber=2");
    assert_eq!(request(&server.endpoint, "PUT", &other).body(b"x".to_vec()).send().status, 403);
    let etag = part.header("etag").unwrap();
    let list = format!(
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part></CompleteMultipartUpload>"
    );
    assert_eq!(follow(&json!({ "step": "complete", "upload_id": id }), &list).0.status, 200);
    let object = get(&server, "/api/object?bucket=demo&key=a/%C3%A4%20b.bin").json();
    assert_eq!((&object["size"], &object["content_type"]), (&json!(5), &json!("video/mp4")));
    assert_eq!(follow(&json!({ "step": "abort", "upload_id": id }), "").0.status, 404, "it has ended");

    let callback = json!({ "url": "http://10.0.0.1/", "body": "{$a}" });
    for (step, error) in [
        (json!({ "step": "begin", "callback": callback }), "InvalidArgument"),
        (json!({ "step": "complete", "upload_id": id, "callback": callback }), "InvalidArgument"),
        (json!({ "step": "begin", "content_type": "a\nb" }), "InvalidArgument"),
        (json!({ "step": "other" }), "InvalidDocument"),
        (json!({ "step": "part", "upload_id": id }), "InvalidDocument"),
    ] {
        assert_eq!(signed(&step).error(), error, "{step}");
    }
    let nowhere = json!({ "step": "begin", "bucket": "no-such", "key": "k" });
    assert_eq!(post(&server, "/api/upload-parts", &nowhere).error(), "NoSuchBucket");
    let anonymous = request(&server.console, "POST", "/api/upload-parts").json(&nowhere).send();
    assert_eq!(anonymous.status, 401);
}

#[test]
fn many_objects_go_at_once_and_bad_names_are_told_one_by_one() {
    let server = Server::start(&[]);
    make_bucket(&server);
    for key in ["a", "b", "c"] {
        put(&server, key, key);
    }
    let delete =
        |keys: Value| post(&server, "/api/objects/delete", &json!({ "bucket": "demo", "keys": keys }));
    let answer = delete(json!(["a", "", "none", "b"])).json();
    assert_eq!(answer["deleted"], 3, "what was not there counts as deleted");
    assert_eq!((&answer["errors"][0]["key"], &answer["errors"][1]), (&json!(""), &Value::Null));
    assert_eq!(get(&server, "/api/objects?bucket=demo").json()["objects"][0]["key"], "c");
    assert_eq!(delete(json!([])).error(), "InvalidArgument");
    assert_eq!(delete(json!(vec!["a"; 1001])).error(), "InvalidArgument");
    let elsewhere = post(&server, "/api/objects/delete", &json!({ "bucket": "no-such", "keys": ["a"] }));
    assert_eq!(elsewhere.error(), "NoSuchBucket");
    let anonymous = request(&server.console, "POST", "/api/objects/delete")
        .json(&json!({ "bucket": "demo", "keys": ["c"] }));
    assert_eq!(anonymous.send().status, 401);
}
