//! Sessions, the access key, the proof that a change comes from the console's page, and names that lead here.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::http::{Answer, request};
use crate::server::{KEY_ID, KEY_SECRET, Server};

/// A session as a browser holds it.
struct Session {
    cookie: String,
    csrf: String,
    origin: String,
}

fn log_in(server: &Server) -> (Answer, Session) {
    let origin = format!("http://{}", server.console);
    let answer = request(&server.console, "POST", "/api/session")
        .header("Origin", &origin)
        .json(&json!({ "access_key_id": KEY_ID, "access_key_secret": KEY_SECRET }))
        .send();
    assert_eq!(answer.status, 200, "{}", answer.head);
    let cookie = answer.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    let csrf = answer.json()["csrf"].as_str().unwrap().to_owned();
    (answer, Session { cookie, csrf, origin })
}

#[test]
fn what_machines_ask_for_is_open_and_the_rest_is_not() {
    let server = Server::start(&[]);
    for (method, target, status) in [
        ("GET", "/healthz", 200),
        ("GET", "/readyz", 200),
        ("GET", "/metrics", 200),
        ("GET", "/callback_pub_key_v1.pem", 200),
        ("GET", "/callback_pub_key_v2.pem", 404),
        ("GET", "/callback_key_v1.pem", 404),
        ("GET", "/", 200),
        ("GET", "/assets/main.js", 200),
        ("GET", "/assets/..%2f..%2fCargo.toml", 404),
        ("GET", "/api/session", 200),
        ("DELETE", "/api/session", 401),
        ("GET", "/api/info", 401),
        ("GET", "/api/nodes", 401),
        ("GET", "/api/buckets", 401),
        ("POST", "/api/buckets", 401),
        ("GET", "/api/objects?bucket=a", 401),
        ("GET", "/api/object?bucket=a&key=b", 401),
        ("DELETE", "/api/object?bucket=a&key=b", 401),
        ("GET", "/api/download-url?bucket=a&key=b", 401),
        ("POST", "/api/upload-form", 401),
        ("GET", "/api/deliveries", 401),
        ("GET", "/api/deliveries/summary", 401),
        ("GET", "/api/deliveries/X", 401),
        ("POST", "/api/deliveries/X/replay", 401),
        ("GET", "/api/events", 401),
        ("POST", "/api/lifecycle/run", 401),
        ("GET", "/api/access/accounts", 401),
        ("POST", "/api/access/keys", 401),
        ("GET", "/api/nothing", 404),
    ] {
        let answer = request(&server.console, method, target).send();
        assert_eq!(answer.status, status, "{method} {target}");
        if target.starts_with("/api/") && status >= 400 {
            assert!(answer.json()["message"].is_string(), "{method} {target}");
        }
    }
}

#[test]
fn strange_names_are_refused_except_for_the_public_key_and_health() {
    let server = Server::start(&[("OSSICLE_SERVER_CONSOLE_HOSTS", "console.example.com")]);
    for (host, target, status) in [
        ("evil.example", "/", 421),
        ("evil.example", "/api/session", 421),
        ("evil.example:9001", "/assets/main.js", 421),
        ("", "/api/session", 421),
        ("localhost", "/api/session", 200),
        ("console.example.com", "/api/session", 200),
        ("10.1.2.3:9001", "/api/session", 200),
        ("gosspublic.alicdn.com", "/callback_pub_key_v1.pem", 200),
        ("gosspublic.alicdn.com", "/healthz", 200),
        ("evil.example", "/readyz", 200),
        ("evil.example", "/metrics", 421),
        ("", "/metrics", 421),
        ("localhost", "/metrics", 200),
        ("console.example.com", "/metrics", 200),
        ("10.1.2.3:9001", "/metrics", 200),
    ] {
        let answer = request(&server.console, "GET", target).header("Host", host).send();
        assert_eq!(answer.status, status, "{host} {target}");
    }
}

#[test]
fn metrics_on_a_listener_of_their_own() {
    let server = Server::start(&[("OSSICLE_METRICS_LISTEN", "127.0.0.1:0")]);
    let metrics = server.metrics.clone().unwrap();
    for (target, status) in [
        ("/metrics", 200),
        ("/healthz", 200),
        ("/readyz", 200),
        ("/", 404),
        ("/api/session", 404),
        ("/assets/main.js", 404),
        ("/callback_pub_key_v1.pem", 404),
    ] {
        let answer = request(&metrics, "GET", target).header("Host", "ossicle.monitoring.internal").send();
        assert_eq!(answer.status, status, "{target}");
        assert_eq!(answer.header("x-content-type-options").is_some(), status == 200, "{target}");
    }
    let answer = request(&metrics, "GET", "/metrics").send();
    assert!(String::from_utf8(answer.body).unwrap().contains("ossicle_build_info"));
    assert_eq!(request(&metrics, "POST", "/metrics").send().status, 405);
}

#[test]
fn every_answer_to_people_carries_the_policy() {
    let server = Server::start(&[]);
    for target in ["/", "/assets/console.css", "/api/session", "/api/info", "/api/nothing"] {
        let answer = request(&server.console, "GET", target).send();
        let policy = answer.header("content-security-policy").unwrap_or_default();
        assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{target}: {policy}");
        assert!(
            policy.contains(&format!("connect-src 'self' http://{};", server.endpoint)),
            "{target}: {policy}"
        );
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{target}");
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"), "{target}");
        let stored = answer.header("cache-control");
        assert_eq!(
            stored,
            Some(if target.starts_with("/api") { "no-store" } else { "no-cache" }),
            "{target}"
        );
    }
}

#[test]
fn a_session_needs_the_right_key_and_ends_with_the_log_out() {
    let server = Server::start(&[]);
    for (id, secret) in [(KEY_ID, "wrong"), ("wrong", KEY_SECRET), ("", ""), (KEY_ID, "")] {
        let answer = request(&server.console, "POST", "/api/session")
            .json(&json!({ "access_key_id": id, "access_key_secret": secret }))
            .send();
        assert_eq!((answer.status, answer.error().as_str()), (401, "WrongAccessKey"));
        assert_eq!(answer.header("set-cookie"), None);
    }
    let (answer, session) = log_in(&server);
    let cookie = answer.header("set-cookie").unwrap();
    for attribute in ["HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    let info =
        || request(&server.console, "GET", "/api/info").header("Cookie", &session.cookie).send().status;
    assert_eq!(info(), 200);
    let out = request(&server.console, "DELETE", "/api/session")
        .header("Cookie", &session.cookie)
        .header("Origin", &session.origin)
        .header("X-Ossicle-Csrf", &session.csrf)
        .send();
    assert_eq!(out.status, 200);
    assert_eq!(info(), 401);
    // The log-out holds for the cookie wherever it was copied to.
    let session = request(&server.console, "GET", "/api/session").header("Cookie", &session.cookie).send();
    assert_eq!(session.json()["logged_in"], false);
}

#[test]
fn a_session_outlives_the_server_and_so_does_the_log_out() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start_in(data.path(), &[]);
    let (_, session) = log_in(&server);
    let (_, ended) = log_in(&server);
    let log_out = |server: &Server, session: &Session| {
        request(&server.console, "DELETE", "/api/session")
            .header("Cookie", &session.cookie)
            .header("Origin", &session.origin)
            .header("X-Ossicle-Csrf", &session.csrf)
            .send()
            .status
    };
    assert_eq!(log_out(&server, &ended), 200);
    // Browsers reach the next server under the same name, as behind a load balancer.
    let host = server.console.clone();
    server.stop();
    let info = |server: &Server, session: &Session| {
        let asked = request(&server.console, "GET", "/api/info").header("Host", &host);
        asked.header("Cookie", &session.cookie).send().status
    };
    let server = Server::start_in(data.path(), &[]);
    assert_eq!((info(&server, &session), info(&server, &ended)), (200, 401));
    let change = request(&server.console, "POST", "/api/buckets")
        .header("Host", &host)
        .header("Cookie", &session.cookie)
        .header("Origin", &session.origin)
        .header("X-Ossicle-Csrf", &session.csrf)
        .json(&json!({ "name": "after-the-restart" }));
    assert_eq!(change.send().status, 200);
    // The page may upload again.
    let asked = request(&server.endpoint, "OPTIONS", "/after-the-restart/key")
        .header("Origin", &session.origin)
        .header("Access-Control-Request-Method", "PUT")
        .send();
    assert_eq!(asked.header("access-control-allow-origin"), Some(session.origin.as_str()), "{}", asked.head);
    server.stop();
    // Whoever has another root key now is somebody else.
    let other_key = [("OSSICLE_ROOT_ACCESS_KEY_SECRET", "another-root-secret")];
    let server = Server::start_in(data.path(), &other_key);
    assert_eq!(info(&server, &session), 401);
}

#[test]
fn changes_need_the_token_and_the_consoles_own_origin() {
    let server = Server::start(&[]);
    let (_, session) = log_in(&server);
    let (own, token) = (Some(session.origin.as_str()), Some(session.csrf.as_str()));
    for (number, (origin, csrf, site, status)) in [
        (own, token, None, 200),
        (own, token, Some("same-origin"), 200),
        (own, None, None, 403),
        (own, Some(""), None, 403),
        (own, Some("0000"), None, 403),
        (None, token, None, 403),
        (Some("null"), token, None, 403),
        (Some("http://evil.example"), token, None, 403),
        (Some(&*format!("http://{}", server.endpoint)), token, None, 403),
        (own, token, Some("cross-site"), 403),
        (own, token, Some("same-site"), 403),
    ]
    .into_iter()
    .enumerate()
    {
        let mut change = request(&server.console, "POST", "/api/buckets")
            .header("Cookie", &session.cookie)
            .json(&json!({ "name": format!("bucket-{number}") }));
        let optional = [("Origin", origin), ("X-Ossicle-Csrf", csrf), ("Sec-Fetch-Site", site)];
        for (name, value) in optional {
            if let Some(value) = value {
                change = change.header(name, value);
            }
        }
        assert_eq!(change.send().status, status, "row {number}");
    }
    // Reading needs no token, but a page of another site may not even do that.
    let read = || request(&server.console, "GET", "/api/info").header("Cookie", &session.cookie);
    assert_eq!(read().send().status, 200);
    assert_eq!(read().header("Sec-Fetch-Site", "cross-site").send().status, 403);
    assert_eq!(read().header("Origin", "http://evil.example").send().status, 403);
}

#[test]
fn behind_a_proxy_with_tls_the_cookie_is_for_tls_alone() {
    let server = Server::start(&[("OSSICLE_SERVER_CONSOLE_HOSTS", "console.example.com")]);
    let answer = request(&server.console, "POST", "/api/session")
        .header("Host", "console.example.com")
        .header("Origin", "https://console.example.com")
        .json(&json!({ "access_key_id": KEY_ID, "access_key_secret": KEY_SECRET }))
        .send();
    assert_eq!(answer.status, 200);
    assert!(answer.header("set-cookie").unwrap().contains("; Secure"), "{}", answer.head);
}

#[test]
fn guessing_is_slowed_down_and_locks_nobody_out() {
    let server = Server::start(&[("OSSICLE_SERVER_TRUSTED_PROXIES", "127.0.0.1/32")]);
    let guess = |name: &str, address: &str, number: usize| {
        let begun = Instant::now();
        let answer = request(&server.console, "GET", "/api/info")
            .basic(name, &number.to_string())
            .header("X-Forwarded-For", address)
            .send();
        (answer, begun.elapsed())
    };
    let statuses: Vec<u16> = (0..10).map(|number| guess(KEY_ID, "192.0.2.1", number).0.status).collect();
    assert_eq!(statuses, [401; 10]);
    // The next takes longer, and the one after it longer still, from every address of the network.
    for (number, least) in [(10, 250), (11, 500), (12, 1000)] {
        let (refused, took) = guess(KEY_ID, &format!("192.0.2.{number}"), number);
        assert_eq!((refused.status, refused.error().as_str()), (429, "TooManyFailures"));
        assert!(took >= Duration::from_millis(least), "{took:?}");
        assert_eq!(refused.header("retry-after"), Some("1"));
    }
    // Others are not slowed down by that: another name, another network, another holder of the key behind the same proxy.
    assert_eq!(guess("somebody", "192.0.2.1", 1).0.status, 401);
    assert_eq!(guess(KEY_ID, "198.51.100.1", 1).0.status, 401);
    let begun = Instant::now();
    let keyed = request(&server.console, "GET", "/api/info").keyed().header("X-Forwarded-For", "192.0.2.1");
    assert_eq!(keyed.send().status, 200);
    let form = request(&server.console, "POST", "/api/session")
        .header("X-Forwarded-For", "192.0.2.1")
        .json(&json!({ "access_key_id": KEY_ID, "access_key_secret": KEY_SECRET }));
    assert_eq!(form.send().status, 200);
    assert!(begun.elapsed() < Duration::from_secs(1), "the right key is let in at once");
}

#[test]
fn a_header_that_anybody_can_write_makes_no_other_address() {
    let server = Server::start(&[]);
    let guess = |number: usize| {
        let request = request(&server.console, "GET", "/api/info").basic(KEY_ID, "wrong");
        request.header("X-Forwarded-For", &format!("10.{number}.0.1")).send().status
    };
    let statuses: Vec<u16> = (0..11).map(guess).collect();
    assert_eq!(statuses[9..], [401, 429]);
}

#[test]
fn a_flood_of_guesses_leaves_the_console_to_others() {
    let server = Server::start(&[]);
    let guesses: Vec<_> = (0..100)
        .map(|_| {
            let console = server.console.clone();
            thread::spawn(move || {
                let answers =
                    (0..2).map(|_| request(&console, "GET", "/api/info").basic(KEY_ID, "wrong").send());
                answers.map(|answer| answer.status).collect::<Vec<u16>>()
            })
        })
        .collect();
    for _ in 0..20 {
        let begun = Instant::now();
        assert_eq!(request(&server.console, "GET", "/api/info").keyed().send().status, 200);
        assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    }
    let statuses: Vec<u16> = guesses.into_iter().flat_map(|guess| guess.join().unwrap()).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 401).count(), 10);
    assert!(statuses.iter().all(|status| matches!(status, 401 | 429)), "{statuses:?}");
}

#[test]
fn programs_use_the_key_itself_and_learn_no_secret() {
    let server = Server::start(&[]);
    let info = request(&server.console, "GET", "/api/info").keyed().send();
    assert_eq!(info.status, 200);
    let text = String::from_utf8(info.body.clone()).unwrap();
    assert!(!text.contains(KEY_SECRET) && !text.contains("PRIVATE"), "{text}");
    let info = info.json();
    assert_eq!(info["endpoint"], format!("http://{}", server.endpoint));
    assert_eq!(info["region"], "cn-hangzhou");
    assert_eq!(info["storage"]["durability"], "durable");
    assert_eq!(info["callback"]["key_file"], "callback_pub_key_v1.pem");
    assert!(info["callback"]["key_fingerprint"].as_str().unwrap().starts_with("SHA256:"));
    let created = request(&server.console, "POST", "/api/buckets")
        .keyed()
        .json(&json!({ "name": "by-program" }))
        .send();
    assert_eq!(created.status, 200);
    for credentials in ["Basic", "Basic !", "Basic Og==", "Bearer x", ""] {
        let answer = request(&server.console, "GET", "/api/info").header("Authorization", credentials).send();
        assert_eq!(answer.status, 401, "{credentials}");
        assert_eq!(answer.header("www-authenticate"), None, "browsers shall not keep the key");
    }
}

#[test]
fn dev_lets_this_machine_in_and_nobody_else() {
    let server = Server::start_dev();
    let ask = |headers: &[(&str, &str)]| {
        let plain = request(&server.console, "GET", "/api/session");
        headers.iter().fold(plain, |request, (name, value)| request.header(name, value)).send()
    };
    let entered = ask(&[]);
    assert_eq!(entered.json()["logged_in"], true);
    assert!(entered.header("set-cookie").is_some());
    for headers in [
        [("Host", "192.168.1.7:9001")].as_slice(),
        &[("X-Forwarded-For", "192.0.2.1")],
        &[("Forwarded", "for=192.0.2.1")],
    ] {
        let answer = ask(headers);
        assert_eq!((answer.status, &answer.json()["logged_in"]), (200, &json!(false)), "{headers:?}");
        assert_eq!(answer.header("set-cookie"), None, "{headers:?}");
    }
    assert_eq!(ask(&[("Host", "evil.example")]).status, 421);
    assert_eq!(ask(&[("Origin", "http://evil.example")]).status, 403);
    assert_eq!(ask(&[("Sec-Fetch-Site", "cross-site")]).status, 403);
    // Changes still need the token.
    let cookie = entered.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    let change = request(&server.console, "POST", "/api/buckets")
        .header("Cookie", &cookie)
        .header("Origin", &format!("http://{}", server.console))
        .json(&json!({ "name": "no-token" }))
        .send();
    assert_eq!(change.status, 403);
}

/// `ossicle callback list` and its like need no key where the console needs none.
#[test]
fn dev_lets_programs_of_this_machine_in_and_no_page_without_a_session() {
    let server = Server::start_dev();
    let check = |headers: &[(&str, &str)], expected: u16| {
        let plain = request(&server.console, "GET", "/api/info");
        let answer = headers.iter().fold(plain, |request, (name, value)| request.header(name, value)).send();
        assert_eq!(answer.status, expected, "{headers:?}");
    };
    let origin = format!("http://{}", server.console);
    check(&[], 200);
    check(&[("Origin", &origin)], 401);
    check(&[("Sec-Fetch-Site", "same-origin")], 401);
    check(&[("Sec-Fetch-Site", "none")], 401);
    check(&[("X-Forwarded-For", "192.0.2.1")], 401);
    check(&[("Host", "192.168.1.7:9001")], 401);
    let make = |origin: Option<&str>| {
        let change =
            request(&server.console, "POST", "/api/buckets").json(&json!({ "name": "by-a-program" }));
        origin.into_iter().fold(change, |change, origin| change.header("Origin", origin)).send().status
    };
    assert_eq!(make(Some("http://evil.example")), 403);
    assert_eq!(make(Some(&origin)), 401);
    assert_eq!(make(None), 200);
}
