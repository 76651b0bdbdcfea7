//! `ossicle callback send`: a signed callback from nothing.

use std::fs;

use crate::harness::server::folder;
use crate::harness::{Application, Reply, Setup};
use crate::run::{ossicle, path};

#[test]
fn the_application_server_gets_what_an_upload_would_send() {
    let (folder, application) = (folder(), Application::json("{\"Status\":\"OK\"}"));
    let file = path(folder.path(), "photo.txt");
    fs::write(&file, "Hello OSS!").unwrap();
    // The key of a server's data folder signs as the server would.
    let mut server = Setup::new().start();
    let (data, pem) = (server.data().to_str().unwrap().to_owned(), server.public_key());
    server.terminate();
    assert!(server.wait().success());
    let done = ossicle(&[
        "callback",
        "send",
        "--url",
        &application.url("/callback?a=1"),
        "--body",
        "bucket=${bucket}&object=${object}&size=${size}&user=${x:user}",
        "--var",
        "x:user=me",
        "--object",
        &file,
        "--bucket",
        "photos",
        "--header",
        "X-Trace: 7",
        "--data-dir",
        &data,
        "--public-key-url",
        "http://127.0.0.1:1/callback_pub_key_v1.pem",
    ])
    .exits(0);
    assert!(done.out.contains("HTTP/1.1 200 OK"), "{done:?}");
    let request = application.only();
    assert_eq!(request.target(), "/callback?a=1");
    assert_eq!(request.text(), "bucket=photos&object=photo.txt&size=10&user=me");
    assert_eq!(request.header("x-trace"), "7");
    assert!(request.is_signed_by(&pem));
}

#[test]
fn failures_and_mistakes() {
    let application = Application::always(Reply::new("500 Internal Server Error", &[], b""));
    let url = application.url("/");
    let failed = ossicle(&["callback", "send", "--url", &url, "--body", "a=b", "--format", "json"]).exits(1);
    assert!(failed.err.contains("Error status : 500."), "{failed:?}");
    assert_eq!(failed.lines().len(), 1, "{failed:?}");
    for (arguments, expected) in [
        (vec!["--url", "", "--body", "a=b"], "--url is empty"),
        (vec!["--url", "ftp://app.example.com/", "--body", "a=b"], "EC 0007-0000"),
        (vec!["--url", &url], "--body"),
        (vec!["--url", &url, "--body", "a=b", "--var", "user=me"], "x:"),
        (
            vec!["--url", &url, "--body", "a=b", "--object", "/no/such/file"],
            "cannot read --object /no/such/file",
        ),
    ] {
        let arguments = [&["callback", "send"], arguments.as_slice()].concat();
        let done = ossicle(&arguments).exits(2);
        assert!(done.err.contains(expected), "{arguments:?}: {done:?}");
    }
    assert_eq!(application.requests().len(), 1, "a mistake sends nothing");
}
