//! Answers that count, and all the ones that do not.

use std::time::{Duration, Instant};

use ossicle_callback::{DeliveryClient, FindingKind};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::application::{answering, assert_failed, config, deliver_to, message, ok, read_request, serve};

const STATUS: &str = "0007-00000203";

#[tokio::test]
async fn any_json_with_a_length_is_returned_byte_for_byte() {
    for body in ["{\"Status\":\"OK\"}", " [1] \n", "null", "\"中\""] {
        let (address, _) = answering(ok(body)).await;
        assert_eq!(deliver_to(address).await.outcome.unwrap(), body.as_bytes());
    }
    let (address, _) =
        answering(format!("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\n{}", ok("{}")))
            .await;
    assert!(deliver_to(address).await.outcome.is_ok(), "interim answers are skipped");
    let (address, _) = answering("HTTP/1.0 200\ncontent-length: 2\n\n{}").await;
    assert!(deliver_to(address).await.outcome.is_ok(), "bare line feeds are tolerated");
}

#[tokio::test]
async fn failures_have_the_words_of_oss() {
    let bom = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n\u{feff}{}";
    for (answer, message, ec, finding) in [
        (
            "HTTP/1.1 502 Bad\r\nContent-Length: 2\r\n\r\n{}",
            "Error status : 502.",
            STATUS,
            FindingKind::Status,
        ),
        ("HTTP/1.1 204 No\r\n\r\n", "Error status : 204.", STATUS, FindingKind::Status),
        (
            "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}",
            "Error status : 201.",
            STATUS,
            FindingKind::Status,
        ),
        ("HTTP/1.1 101 Switch\r\n\r\n", "Error status : 101.", STATUS, FindingKind::Status),
        (
            "HTTP/1.1 301 M\r\nLocation: https://www.aliyun.com/\r\nContent-Length: 0\r\n\r\n",
            "Error status : 301.",
            STATUS,
            FindingKind::Redirect,
        ),
        (
            "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{}",
            "Error status : 400.User server missing content-length.",
            STATUS,
            FindingKind::NoContentLength,
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
            "Error status : 400.User server missing content-length.",
            STATUS,
            FindingKind::Chunked,
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}",
            "Error status : 400.User server return invalid content-length value.",
            STATUS,
            FindingKind::BadContentLength,
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
            "Error status : 400.User server return invalid content-length value.",
            STATUS,
            FindingKind::BadContentLength,
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 3145729\r\n\r\n{}",
            "Error status : 400.User server return too long content-length value.",
            STATUS,
            FindingKind::TooLong,
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n{}",
            "Error status : 400.User server return too long content-length value.",
            STATUS,
            FindingKind::TooLong,
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK",
            "Response body is not valid json format.",
            "0007-00000205",
            FindingKind::AnswerNotJson,
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
            "Response body is not valid json format.",
            "0007-00000205",
            FindingKind::EmptyBody,
        ),
        (bom, "Response body is not valid json format.", "0007-00000205", FindingKind::ByteOrderMark),
        ("220 smtp.example.com ESMTP\r\n", "Error status : 502.", STATUS, FindingKind::NotHttp),
    ] {
        let (address, _) = answering(answer).await;
        let started = Instant::now();
        let delivery = deliver_to(address).await;
        assert_failed(&delivery, message, ec, finding);
        assert!(started.elapsed() < Duration::from_millis(380), "{answer}: {:?}", started.elapsed());
    }
}

#[tokio::test]
async fn the_largest_answer_is_three_mebibytes() {
    let body = format!("\"{}\"", "x".repeat(3 * 1024 * 1024 - 2));
    let (address, _) = answering(ok(&body)).await;
    let mut config = config();
    config.timeout = Duration::from_secs(20);
    let delivery =
        DeliveryClient::new(config).unwrap().deliver(&message(&[&format!("http://{address}")])).await;
    assert_eq!(delivery.outcome.unwrap().len(), 3 * 1024 * 1024);
    let attempt = &delivery.attempts[0];
    assert_eq!((attempt.response_body.len(), attempt.response_truncated), (64 * 1024, true));
}

#[tokio::test]
async fn the_body_of_a_refusal_is_on_record() {
    let (address, _) = answering("HTTP/1.1 403 No\r\nContent-Length: 9\r\n\r\nwrong key").await;
    let delivery = deliver_to(address).await;
    assert_eq!(delivery.attempts[0].response_body, b"wrong key");
    // Without a length the record takes what comes, but does not keep the uploader waiting for it.
    let (address, _) = answering("HTTP/1.1 500 No\r\n\r\nTraceback").await;
    let delivery = deliver_to(address).await;
    assert_eq!(delivery.attempts[0].response_body, b"Traceback");
    assert_eq!(delivery.outcome.unwrap_err().message, "Error status : 500.");
}

#[tokio::test]
async fn connections_that_break_are_502() {
    // Closed without a byte, within the head, within the body; reset.
    for part in ["", "HTTP/1.1 200 OK\r\nConte", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}"] {
        let address = serve(move |mut stream, _| async move {
            read_request(&mut stream).await;
            stream.write_all(part.as_bytes()).await.unwrap();
        })
        .await;
        assert_failed(&deliver_to(address).await, "Error status : 502.", STATUS, FindingKind::ClosedEarly);
    }
    let address = serve(|stream, _| async move {
        // Closing with unread data resets the connection.
        stream.readable().await.unwrap();
        drop(stream);
    })
    .await;
    assert_failed(&deliver_to(address).await, "Error status : 502.", STATUS, FindingKind::ClosedEarly);
}

#[tokio::test]
async fn an_answer_before_the_request_was_read_counts() {
    let address = serve(|mut stream, _| async move {
        let _ = stream.write_all(b"HTTP/1.1 413 Large\r\nContent-Length: 0\r\n\r\n").await;
        let _ = stream.shutdown().await;
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest).await;
    })
    .await;
    let mut message = message(&[&format!("http://{address}")]);
    message.body = vec![b'a'; 8 * 1024 * 1024];
    let delivery = DeliveryClient::new(config()).unwrap().deliver(&message).await;
    assert_failed(&delivery, "Error status : 413.", STATUS, FindingKind::Status);
}

#[tokio::test]
async fn five_seconds_are_for_the_whole_exchange() {
    async fn check(address: std::net::SocketAddr) {
        let started = Instant::now();
        let delivery = deliver_to(address).await;
        let took = started.elapsed();
        assert!(took >= Duration::from_millis(400) && took < Duration::from_millis(1500), "{took:?}");
        let failure = delivery.outcome.as_ref().unwrap_err();
        assert_eq!(failure.ec, "0007-00000202");
        let cost = failure
            .message
            .strip_prefix(&format!("Error status : -1 {address} reply timeout, cost:"))
            .unwrap();
        let cost = cost.strip_suffix("ms, timeout:400ms (err -4, errno0).").unwrap();
        assert!((400..1500).contains(&cost.parse::<u64>().unwrap()), "{cost}");
        assert_eq!(delivery.attempts[0].findings[0].kind, FindingKind::Late);
    }
    // Silent; a head that trickles; a body that trickles; a body that never ends.
    check(serve(|mut stream, _| async move { while read_request(&mut stream).await.is_some() {} }).await)
        .await;
    let trickle = |bytes: &'static str| {
        serve(move |mut stream, _| async move {
            read_request(&mut stream).await;
            for byte in bytes.bytes() {
                if stream.write_all(&[byte]).await.is_err() {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        })
    };
    check(trickle("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}").await).await;
    let address = serve(|mut stream, _| async move {
        read_request(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 3000000\r\n\r\n").await.unwrap();
        while stream.write_all(b"1").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    check(address).await;
}

#[tokio::test]
async fn a_slow_success_is_pointed_out() {
    let address = serve(|mut stream, _| async move {
        read_request(&mut stream).await;
        tokio::time::sleep(Duration::from_millis(250)).await;
        stream.write_all(ok("{}").as_bytes()).await.unwrap();
    })
    .await;
    let delivery = deliver_to(address).await;
    assert!(delivery.outcome.is_ok());
    assert_eq!(delivery.attempts[0].findings[0].kind, FindingKind::Slow);
}

#[tokio::test]
async fn endless_heads_are_cut_off() {
    let address = serve(|mut stream, _| async move {
        read_request(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n").await;
        while stream.write_all(format!("A: {}\r\n", "x".repeat(8000)).as_bytes()).await.is_ok() {}
    })
    .await;
    assert_failed(&deliver_to(address).await, "Error status : 502.", STATUS, FindingKind::NotHttp);
}
