//! The Security Token Service: who is asking, and what is refused, however a request is signed and wherever it arrives.

use crate::harness::request::now;
use crate::harness::sts::Style;
use crate::harness::{Answer, Server, Setup, StsRequest, Wire};
use ossicle_protocol::Timestamp;
use serde_json::Value;

fn server() -> Server {
    Setup::new().set("OSSICLE_STS_LISTEN", "127.0.0.1:0").start()
}

fn json(answer: &Answer) -> Value {
    assert_eq!(answer.must("Content-Type"), "application/json;charset=utf-8");
    serde_json::from_slice(&answer.body).unwrap()
}

#[track_caller]
fn expect_fault(answer: Answer, status: u16, code: &str) -> Value {
    let fault = json(&answer.expect(status));
    assert_eq!(fault["Code"], code, "{fault}");
    fault
}

#[test]
fn get_caller_identity_tells_an_account_who_it_is() {
    let server = server();
    for style in Style::ALL {
        let answer = StsRequest::new(server.sts(), "GetCallerIdentity").style(style).send().expect(200);
        let caller = json(&answer);
        assert_eq!(caller["IdentityType"], "Account", "{style:?}");
        assert_eq!(caller["AccountId"], "1000000000000001");
        assert_eq!(caller["Arn"], "acs:ram::1000000000000001:root");
        assert_eq!(caller["RequestId"], answer.must("x-acs-request-id"));
        assert_eq!(answer.must("Cache-Control"), "no-store");
    }
}

#[test]
fn the_answer_has_the_format_that_the_client_asks_for() {
    let server = server();
    let ask = |style, format| {
        let request = StsRequest::new(server.sts(), "GetCallerIdentity").style(style);
        request.with("Format", format).send().expect(200)
    };
    for style in Style::ALL {
        let xml = ask(style, "XML");
        assert_eq!(xml.must("Content-Type"), "text/xml;charset=utf-8");
        assert_eq!(xml.element("AccountId"), "1000000000000001");
        json(&ask(style, "json"));
    }
    // Without a word about it, clients of the older signature mean XML, those of the newer JSON.
    assert_eq!(ask(Style::Form, "").must("Content-Type"), "text/xml;charset=utf-8");
    json(&ask(Style::Acs3, ""));
}

#[test]
fn the_api_answers_for_sts_under_its_host_names() {
    let server = Server::shared();
    for host in ["sts.aliyuncs.com", "sts.cn-hangzhou.aliyuncs.com", "sts-vpc.cn-hangzhou.aliyuncs.com:9000"]
    {
        for style in Style::ALL {
            let request = StsRequest::new(server.address(), "GetCallerIdentity").host(host).style(style);
            assert_eq!(json(&request.send().expect(200))["IdentityType"], "Account", "{host}");
        }
    }
    // A bucket of that name stays one.
    let request =
        StsRequest::new(server.address(), "GetCallerIdentity").host("sts.oss-cn-hangzhou.aliyuncs.com");
    request.send().expect_error(404, "NoSuchBucket");
}

#[test]
fn a_request_is_carried_out_once() {
    let server = server();
    for style in Style::ALL {
        let request = StsRequest::new(server.sts(), "GetCallerIdentity").style(style);
        request.send().expect(200);
        expect_fault(request.send(), 400, "SignatureNonceUsed");
        expect_fault(request.host("sts.aliyuncs.com").send(), 400, "SignatureNonceUsed");
    }
}

#[test]
fn a_request_is_carried_out_once_by_all_servers_of_a_store() {
    let server = server();
    let request = StsRequest::new(server.sts(), "GetCallerIdentity").host("sts.aliyuncs.com");
    request.send().expect(200);
    // As another node, the server of afterwards knows of it from the store alone.
    let folder = server.kill();
    let server =
        Setup::new().data(&folder.path().join("data")).set("OSSICLE_STS_LISTEN", "127.0.0.1:0").start();
    expect_fault(request.to(server.sts()).send(), 400, "SignatureNonceUsed");
    StsRequest::new(server.sts(), "GetCallerIdentity").send().expect(200);
}

#[test]
fn who_is_not_known_or_signs_wrongly_is_refused() {
    let server = server();
    let ask = |action: &str| StsRequest::new(server.sts(), action);
    for style in Style::ALL {
        let request = ask("GetCallerIdentity").style(style);
        expect_fault(request.clone().key("nobody", "x").send(), 404, "InvalidAccessKeyId.NotFound");
        let wrong = request.clone().key("TestAccessKeyId", "x");
        let fault = expect_fault(wrong.send(), 400, "SignatureDoesNotMatch");
        assert!(fault["Message"].as_str().unwrap().contains("server string to sign is:"), "{fault}");
        // A request that was refused has not used its nonce up.
        request.send().expect(200);
        let at = |seconds: i64| Timestamp::from_unix_seconds(now().unix_seconds() + seconds);
        for seconds in [-1000, 1000] {
            let request = ask("GetCallerIdentity").style(style).at(at(seconds));
            expect_fault(request.send(), 400, "InvalidTimeStamp.Expired");
        }
        let token = ask("GetCallerIdentity").style(style).token("bogus");
        expect_fault(token.send(), 400, "InvalidSecurityToken.MismatchWithAccessKey");
        expect_fault(ask("AssumeRoleWithSAML").style(style).send(), 404, "InvalidAction.NotFound");
    }
}

/// Only users and roles may, as the manual has it.
#[test]
fn an_account_assumes_no_role() {
    let server = server();
    let request = StsRequest::new(server.sts(), "AssumeRole").with("RoleSessionName", "alice");
    expect_fault(request.send(), 400, "MissingRoleArn");
    let request = request.with("RoleArn", "acs:ram::1000000000000001:role/writer");
    let fault = expect_fault(request.send(), 403, "NoPermission");
    assert_eq!(fault["Message"], "Roles may not be assumed by root accounts.");
}

#[test]
fn what_is_no_request_to_sts_is_refused() {
    let server = server();
    let ask = |text: &str| {
        let mut wire = Wire::open(server.sts());
        wire.send(text);
        wire.answer()
    };
    let get = |target: &str| ask(&format!("GET {target} HTTP/1.1\r\nHost: h\r\n\r\n"));
    assert_eq!(get("/").expect(400).element("Code"), "MissingParameter");
    assert_eq!(get("/other").expect(404).element("Code"), "InvalidAction.NotFound");
    assert_eq!(get("/?a=1&a=2").expect(400).element("Code"), "InvalidParameter");
    assert_eq!(ask("PUT / HTTP/1.1\r\nHost: h\r\n\r\n").expect(405).element("Code"), "UnsupportedHTTPMethod");
    let long = format!("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n\r\n", 64 * 1024 + 1);
    assert_eq!(ask(&long).expect(413).element("Code"), "RequestEntityTooLarge");
    let plain = "POST / HTTP/1.1\r\nHost: h\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\na=1";
    assert_eq!(ask(plain).expect(400).element("Code"), "InvalidParameter");
    ask("nonsense\r\n\r\n").expect(400);
}
