//! What operators read: metrics as docs/production.md has them, health, log lines with request ids, the access log.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::harness::server::folder;
use crate::harness::{Application, Bucket, Reply, Server, Setup};

/// Type and labels of each metric.
type Described = BTreeMap<String, (String, BTreeSet<String>)>;

/// The rows of the page's table: name, type, labels, meaning.
fn documented() -> Described {
    let page = include_str!("../../../../docs/production.md");
    let rows = page.lines().filter(|line| line.starts_with("| `ossicle_"));
    rows.map(|row| {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let labels = cells[3].split(',').map(|label| label.trim().trim_matches('`').to_owned());
        let labels = labels.filter(|label| !label.is_empty()).collect();
        assert!(!cells[4].is_empty(), "{row}");
        (cells[1].trim_matches('`').to_owned(), (cells[2].to_owned(), labels))
    })
    .collect()
}

fn exported(text: &str) -> Described {
    let mut described = Described::new();
    for line in text.lines() {
        if let Some(declared) = line.strip_prefix("# TYPE ") {
            let (name, kind) = declared.split_once(' ').unwrap();
            described.insert(name.to_owned(), (kind.to_owned(), BTreeSet::new()));
        } else if !line.starts_with('#') {
            let (series, _) = line.rsplit_once(' ').unwrap();
            let (name, labels) = series.split_once('{').unwrap_or((series, ""));
            let name = ["_bucket", "_sum", "_count"]
                .iter()
                .filter_map(|suffix| name.strip_suffix(suffix))
                .find(|name| described.contains_key(*name))
                .unwrap_or(name);
            let known = &mut described.get_mut(name).unwrap().1;
            let names = labels.trim_end_matches('}').split("\",").filter_map(|label| label.split_once('='));
            known.extend(names.map(|(name, _)| name.to_owned()).filter(|name| name != "le"));
        }
    }
    described
}

#[track_caller]
fn metrics(server: &Server) -> String {
    server.ask_console("/metrics").expect(200).text().to_owned()
}

/// The value of a series, written as it is shown; 0 where there is none.
fn value(text: &str, series: &str) -> f64 {
    let line = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    line.map_or(0.0, |value| value.parse().unwrap())
}

#[track_caller]
fn wait_for_value(server: &Server, series: &str, expected: f64) {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let text = metrics(server);
        if (value(&text, series) - expected).abs() < 0.001 {
            return;
        }
        assert!(Instant::now() < deadline, "{series} is not {expected}:\n{text}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn put(bucket: &Bucket, key: &str, application: &Application, status: u16) {
    use base64::Engine as _;
    let callback = format!("{{\"callbackUrl\":\"{}\",\"callbackBody\":\"a\"}}", application.url("/"));
    let callback = base64::engine::general_purpose::STANDARD.encode(callback);
    bucket.key("PUT", key).header("x-oss-callback", &callback).body("hello").send().expect(status);
}

#[test]
fn each_metric_is_documented_and_each_documented_one_is_there() {
    let server = Arc::new(Setup::new().start());
    let bucket = Bucket::on(&server);
    put(&bucket, "a", &Application::json("{}"), 200);
    put(&bucket, "b", &Application::always(Reply::new("500 No", &[], b"")), 203);
    assert_eq!(exported(&metrics(&server)), documented());
}

#[test]
fn the_journal_is_counted_by_state_and_a_restart_changes_nothing() {
    let data = folder();
    let setup = || {
        let often = Setup::new().data(data.path()).set("OSSICLE_REDELIVERY_ENABLED", "true");
        often
            .set("OSSICLE_REDELIVERY_FIRST_DELAY_MS", "30000")
            .set("OSSICLE_REDELIVERY_BREAKER_FAILURES", "1")
    };
    let server = Arc::new(setup().start());
    let bucket = Bucket::on(&server);
    let (good, bad) = (Application::json("{}"), Application::always(Reply::new("500 No", &[], b"")));
    for number in 0..3 {
        put(&bucket, &format!("good/{number}"), &good, 200);
    }
    for number in 0..2 {
        put(&bucket, &format!("bad/{number}"), &bad, 203);
    }
    let check = |server: &Server| {
        wait_for_value(server, "ossicle_journal_records{state=\"delivered\"}", 3.0);
        wait_for_value(server, "ossicle_journal_records{state=\"failed\"}", 2.0);
        let text = metrics(server);
        for (series, expected) in [
            ("ossicle_journal_records{state=\"pending\"}", 0.0),
            ("ossicle_journal_records{state=\"abandoned\"}", 0.0),
            ("ossicle_redelivery_scheduled", 2.0),
            ("ossicle_redelivery_due", 0.0),
            ("ossicle_callbacks_in_flight", 0.0),
            ("ossicle_store_health{state=\"good\"}", 1.0),
            ("ossicle_store_health{state=\"impaired\"}", 0.0),
        ] {
            assert_eq!(value(&text, series), expected, "{series}\n{text}");
        }
    };
    check(&server);
    let text = metrics(&server);
    for (series, expected) in [
        ("ossicle_callbacks_total{ec=\"\",outcome=\"delivered\"}", 3.0),
        ("ossicle_callbacks_total{ec=\"0007-00000203\",outcome=\"failed\"}", 2.0),
        ("ossicle_requests_total{operation=\"PutObject\",status=\"203\"}", 2.0),
        ("ossicle_request_duration_seconds_count{operation=\"PutObject\"}", 5.0),
        ("ossicle_received_bytes_total{operation=\"PutObject\"}", 25.0),
        ("ossicle_requests_in_flight", 0.0),
    ] {
        assert_eq!(value(&text, series), expected, "{series}\n{text}");
    }
    for series in
        ["ossicle_store_commits_total", "ossicle_store_log_bytes_total", "ossicle_store_disk_free_bytes"]
    {
        assert!(value(&text, series) >= 1.0, "{series}\n{text}");
    }
    drop((bucket, server));
    check(&setup().start());
}

#[test]
fn redelivery_shows_its_attempts_and_the_destinations_that_rest() {
    let server = Setup::new()
        .set("OSSICLE_REDELIVERY_ENABLED", "true")
        .set("OSSICLE_REDELIVERY_FIRST_DELAY_MS", "50")
        .set("OSSICLE_REDELIVERY_MAX_ATTEMPTS", "2")
        .set("OSSICLE_REDELIVERY_BREAKER_FAILURES", "1");
    let server = Arc::new(server.start());
    let bucket = Bucket::on(&server);
    put(&bucket, "a", &Application::always(Reply::new("500 No", &[], b"")), 203);
    wait_for_value(&server, "ossicle_redeliveries_total{outcome=\"failed\"}", 1.0);
    wait_for_value(&server, "ossicle_redelivery_resting_destinations", 1.0);
    wait_for_value(&server, "ossicle_journal_records{state=\"abandoned\"}", 1.0);
    wait_for_value(&server, "ossicle_redelivery_scheduled", 0.0);
}

#[test]
fn what_a_request_logs_has_its_id() {
    let server =
        Setup::new().set("OSSICLE_LOG_FORMAT", "json").set("OSSICLE_LOG_LEVEL", "ossicle_server=debug");
    let server = Arc::new(server.start());
    let bucket = Bucket::on(&server);
    let bad = Application::always(Reply::new("500 No", &[], b""));
    put(&bucket, "a", &bad, 203);
    let refused = bucket.key("GET", "none").send().expect(404).must("x-oss-request-id").to_owned();
    server.wait_for_log(&refused);
    let log = server.log();
    let lines: Vec<serde_json::Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let id = |line: &serde_json::Value| {
        let id = [&line["request_id"], &line["span"]["request_id"]].into_iter().find_map(|id| id.as_str());
        id.map(str::to_owned)
    };
    for words in ["callback failed", "request refused"] {
        let found: Vec<_> =
            lines.iter().filter(|line| line["message"].as_str().unwrap().contains(words)).collect();
        assert!(!found.is_empty(), "{words}: {log}");
        assert!(found.iter().all(|line| id(line).is_some_and(|id| id.len() == 24)), "{found:#?}");
    }
    // With a filter that lets only failures pass, the id still comes along.
    let quiet = Setup::new().set("OSSICLE_LOG_FORMAT", "json").set("OSSICLE_LOG_LEVEL", "warn");
    let bucket = Bucket::on(&Arc::new(quiet.start()));
    put(&bucket, "a", &bad, 203);
    bucket.server.wait_for_log("callback failed");
    let log = bucket.server.log();
    let line: serde_json::Value = serde_json::from_str(log.lines().next().unwrap()).unwrap();
    assert_eq!(line["span"]["request_id"].as_str().map(str::len), Some(24), "{line:#}");
}

#[test]
fn a_wish_for_what_is_not_built_is_no_failure_in_the_log() {
    let ask = |level: &str| {
        let server = Setup::new().set("OSSICLE_LOG_FORMAT", "json").set("OSSICLE_LOG_LEVEL", level);
        let bucket = Bucket::on(&Arc::new(server.start()));
        for query in ["?metaQuery", "?cname"] {
            bucket.root("GET", query).send().expect_error(501, "NotImplemented");
        }
        bucket.put("k", "x");
        bucket.key("GET", "k").query("x-oss-process", "image/info").send().expect(501);
        bucket
    };
    let bucket = ask("ossicle_server=debug");
    bucket.server.wait_for_log("\"GetObject\"");
    let lines = bucket.server.log();
    let refused: Vec<_> = lines.lines().filter(|line| line.contains("\"NotImplemented\"")).collect();
    assert_eq!(refused.len(), 3, "{lines}");
    assert!(refused.iter().all(|line| line.contains("\"level\":\"DEBUG\"")), "{refused:#?}");
    let bucket = ask("info");
    assert!(!bucket.server.log().contains("NotImplemented"), "{}", bucket.server.log());
}

/// Fields as OSS's manual has them ("Log storage"), split at spaces outside quotes and brackets.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut closing = None;
    for letter in line.chars() {
        match (closing, letter) {
            (None, ' ') => fields.push(String::new()),
            (None, '"') => closing = Some('"'),
            (None, '[') => closing = Some(']'),
            (Some(end), _) if letter == end => closing = None,
            _ => fields.last_mut().unwrap().push(letter),
        }
    }
    fields
}

/// The access log as soon as it has the line of this request.
pub(crate) fn access_log_with(path: &Path, request_id: &str) -> String {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let lines = std::fs::read_to_string(path).unwrap();
        if lines.contains(request_id) || Instant::now() > deadline {
            return lines;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_line_of_the_access_log_has_a_bound() {
    let folder = folder();
    let path = folder.path().join("access.log");
    let server = Setup::new().set("OSSICLE_LOG_ACCESS_LOG", path.to_str().unwrap());
    let bucket = Bucket::on(&Arc::new(server.start()));
    let long = "\"v".repeat(6_000);
    let request = bucket.key("GET", "k").query("a", &long).header("Host", &long);
    let answer = request.header("User-Agent", &long).header("Referer", &long).send();
    let lines = access_log_with(&path, answer.must("x-oss-request-id"));
    let line = lines.lines().last().unwrap();
    assert!(line.contains(answer.must("x-oss-request-id")), "{line}");
    assert!((4_000..8_000).contains(&line.len()), "{} {line}", line.len());
}

#[test]
fn what_is_not_built_has_its_name_in_access_log_and_metrics() {
    let folder = folder();
    let path = folder.path().join("access.log");
    let server = Arc::new(Setup::new().set("OSSICLE_LOG_ACCESS_LOG", path.to_str().unwrap()).start());
    let bucket = Bucket::on(&server);
    for (method, at, name) in [
        ("POST", "?replication&comp=add", "PutBucketReplication"),
        ("GET", "?inventory&inventoryId=a", "GetBucketInventory"),
        ("PUT", "?inventory&inventoryId=a", "PutBucketInventory"),
        ("PUT", "k?retention", "PutObjectRetention"),
        // OSS has no such operation.
        ("PUT", "?replication", "-"),
    ] {
        let answer = bucket.at(method, at).send().expect(501);
        let lines = access_log_with(&path, answer.must("x-oss-request-id"));
        assert_eq!(fields(lines.lines().last().unwrap())[14], name, "{method} {at}");
    }
    let counted = metrics(&server);
    let series = "ossicle_requests_total{operation=\"PutObjectRetention\",status=\"501\"} 1";
    assert!(counted.contains(series), "{counted}");
}

#[test]
fn the_access_log_has_the_fields_of_the_manual() {
    let example = "192.168.0.1 - - [03/Jan/2021:14:59:49 +0800] \"GET /example.jpg HTTP/1.0\" 200 999131 127 \
        \"http://www.aliyun.com/product/oss\" \"curl/7.15.5\" \"examplebucket.oss-cn-hangzhou.aliyuncs.com\" \
        \"5FF16B65F05BC932307A3C3C\" \"true\" \"16571836914537****\" \"GetObject\" \"examplebucket\" \"example.jpg\" \
        999131 88 \"-\" 302 \"16571836914537****\" - \"cdn\" \"standard\" \"-\" \"-\" \"LTAI4FrfJPUSoKm4JHb5****\"";
    let (folder, owner) = (folder(), "1000000000000001");
    let path = folder.path().join("access.log");
    let server = Setup::new().set("OSSICLE_LOG_ACCESS_LOG", path.to_str().unwrap());
    let bucket = Bucket::on(&Arc::new(server.start()));
    let name = bucket.name.clone();
    let answers = [
        bucket.put("a b", "hello"),
        bucket
            .key("GET", "a b")
            .header("Range", "bytes=1-2")
            .header("User-Agent", "a \"b\"")
            .send()
            .expect(206),
        bucket.key("HEAD", "a b").send().expect(200),
        bucket.key("GET", "none").send().expect(404),
        bucket.at("GET", "a%20b").anonymous().header("Referer", "http://x/").send().expect(403),
    ];
    let last = answers[4].must("x-oss-request-id").to_owned();
    let lines = access_log_with(&path, &last);
    let lines: Vec<Vec<String>> = lines.lines().skip(1).map(fields).collect();
    assert_eq!(lines.len(), answers.len());
    // Status, sent, referer, user agent, requester, operation, size, error, key id.
    let (key, key_id) = ("a%20b", "TestAccessKeyId");
    let expected = [
        ["200", "0", "-", "-", owner, "PutObject", key, "5", "-", key_id],
        ["206", "2", "-", "a _b_", owner, "GetObject", key, "5", "-", key_id],
        ["200", "0", "-", "-", owner, "HeadObject", key, "5", "-", key_id],
        ["404", "*", "-", "-", owner, "GetObject", "none", "-", "NoSuchKey", key_id],
        ["403", "*", "http://x/", "-", "-", "GetObject", key, "-", "AccessDenied", "-"],
    ];
    for ((line, expected), answer) in lines.iter().zip(expected).zip(&answers) {
        assert_eq!(line.len(), fields(example).len(), "{line:?}");
        let shown = [5, 6, 8, 9, 13, 14, 16, 17, 19, 27].map(|at| line[at].as_str());
        for (shown, expected) in shown.into_iter().zip(expected) {
            assert!(shown == expected || expected == "*", "{shown} is not {expected} in {line:?}");
        }
        assert_eq!(line[11], answer.must("x-oss-request-id"));
        let fixed = [1, 2, 12, 15, 21, 22, 23, 25, 26].map(|at| line[at].as_str());
        assert_eq!(fixed, ["-", "-", "true", &name, owner, "-", "-", "-", "-"], "{line:?}");
        for number in [7, 18, 20] {
            assert!(line[number].parse::<u32>().is_ok(), "{line:?}");
        }
    }
    assert_eq!(lines[2][24], "Standard", "the storage class where the answer tells it");
}

#[test]
fn background_jobs_say_when_they_ran() {
    let server = Setup::new().set("OSSICLE_STORAGE_ABORT_MULTIPART_DAYS", "3").start();
    for job in ["prune-journal", "abort-abandoned-uploads", "lifecycle", "forget-nonces"] {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let metrics = server.ask_console("/metrics").expect(200);
            let done = format!("ossicle_job_turns_total{{job=\"{job}\",outcome=\"done\"}} 1");
            if metrics.text().contains(&done) {
                let last = format!("ossicle_job_last_run_timestamp_seconds{{job=\"{job}\"}} 1");
                assert!(metrics.text().contains(&last), "{}", metrics.text());
                break;
            }
            assert!(Instant::now() < deadline, "{job}: {}", metrics.text());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}
