//! Keeping connections, and losing them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use ossicle_callback::{DeliveryClient, FindingKind};
use tokio::io::AsyncWriteExt;

use crate::application::{answering, client, config, message, ok, read_request, serve};

/// Counts the connections that a server sees while `deliveries` callbacks are sent one after the other.
async fn connections_for(answer: &'static str, deliveries: usize) -> usize {
    let count = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&count);
    let address = serve(move |mut stream, _| {
        counter.fetch_add(1, Ordering::SeqCst);
        async move {
            while read_request(&mut stream).await.is_some() {
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        }
    })
    .await;
    let client = client();
    for number in 0..deliveries {
        let delivery = client.deliver(&message(&[&format!("http://{address}")])).await;
        assert_eq!(delivery.attempts.len(), 1);
        let reused = delivery.attempts[0].reused_connection;
        assert_eq!(reused, number > 0 && count.load(Ordering::SeqCst) == 1, "{answer}");
    }
    count.load(Ordering::SeqCst)
}

#[tokio::test]
async fn a_connection_carries_many_callbacks() {
    assert_eq!(connections_for("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", 5).await, 1);
    // A refusal that was read to its end does not cost the connection, nor does bad JSON.
    assert_eq!(connections_for("HTTP/1.1 500 No\r\nContent-Length: 2\r\n\r\n{}", 5).await, 1);
    assert_eq!(connections_for("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK", 5).await, 1);
}

#[tokio::test]
async fn a_connection_in_doubt_is_not_kept() {
    for answer in [
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}",
        "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}surplus",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    ] {
        assert_eq!(connections_for(answer, 3).await, 3, "{answer}");
    }
}

#[tokio::test]
async fn a_connection_that_died_while_idle_costs_nothing() {
    // Every connection answers once. The second request is met by a close: at once, or only when it arrives, unread.
    for close_at_once in [true, false] {
        let address = serve(move |mut stream, _| async move {
            read_request(&mut stream).await;
            stream.write_all(ok("{}").as_bytes()).await.unwrap();
            if !close_at_once {
                stream.readable().await.unwrap();
            }
        })
        .await;
        let client = client();
        for number in 0..4 {
            let delivery = client.deliver(&message(&[&format!("http://{address}")])).await;
            assert!(delivery.outcome.is_ok(), "{close_at_once} {number}");
            let attempt = &delivery.attempts[0];
            assert!(!attempt.reused_connection);
            let resent = attempt.findings.iter().any(|finding| finding.kind == FindingKind::Resent);
            assert_eq!(resent, number > 0 && !close_at_once, "{:?}", attempt.findings);
            if close_at_once {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }
}

#[tokio::test]
async fn a_server_that_takes_a_callback_and_hangs_up_gets_it_once() {
    let (requests, connections) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (counter, opened) = (Arc::clone(&requests), Arc::clone(&connections));
    let address = serve(move |mut stream, _| {
        let counter = Arc::clone(&counter);
        opened.fetch_add(1, Ordering::SeqCst);
        async move {
            for answer in [ok("{}"), String::new()] {
                read_request(&mut stream).await;
                counter.fetch_add(1, Ordering::SeqCst);
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        }
    })
    .await;
    let client = client();
    assert!(client.deliver(&message(&[&format!("http://{address}")])).await.outcome.is_ok());
    let delivery = client.deliver(&message(&[&format!("http://{address}")])).await;
    assert_eq!(delivery.outcome.unwrap_err().message, "Error status : 502.");
    assert!(delivery.attempts[0].reused_connection);
    assert_eq!((requests.load(Ordering::SeqCst), connections.load(Ordering::SeqCst)), (2, 1));
}

#[tokio::test]
async fn a_reused_connection_that_breaks_within_the_answer_is_a_failure() {
    let requests = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&requests);
    let address = serve(move |mut stream, _| {
        let counter = Arc::clone(&counter);
        async move {
            for answer in [ok("{}"), "HTTP/1.1 200".to_owned()] {
                read_request(&mut stream).await;
                counter.fetch_add(1, Ordering::SeqCst);
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        }
    })
    .await;
    let client = client();
    assert!(client.deliver(&message(&[&format!("http://{address}")])).await.outcome.is_ok());
    let delivery = client.deliver(&message(&[&format!("http://{address}")])).await;
    assert_eq!(delivery.outcome.unwrap_err().message, "Error status : 502.");
    assert_eq!(
        requests.load(Ordering::SeqCst),
        2,
        "a callback that was answered in part must not be sent again"
    );
}

#[tokio::test]
async fn idle_connections_are_closed_in_time() {
    let closed = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&closed);
    let address = serve(move |mut stream, _| {
        let counter = Arc::clone(&counter);
        async move {
            while read_request(&mut stream).await.is_some() {
                stream.write_all(ok("{}").as_bytes()).await.unwrap();
            }
            counter.fetch_add(1, Ordering::SeqCst);
        }
    })
    .await;
    let mut config = config();
    config.idle_timeout = Duration::from_millis(50);
    let client = DeliveryClient::new(config).unwrap();
    assert!(client.deliver(&message(&[&format!("http://{address}")])).await.outcome.is_ok());
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(closed.load(Ordering::SeqCst), 1);
    assert!(client.deliver(&message(&[&format!("http://{address}")])).await.outcome.is_ok());
}

#[tokio::test]
async fn slow_servers_do_not_hold_up_others() {
    let silent =
        serve(|mut stream, _| async move { while read_request(&mut stream).await.is_some() {} }).await;
    let (good, _) = answering(ok("{}")).await;
    let client = client();
    let mut stuck = tokio::task::JoinSet::new();
    for _ in 0..200 {
        let client = client.clone();
        stuck.spawn(async move { client.deliver(&message(&[&format!("http://{silent}")])).await });
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    let started = std::time::Instant::now();
    for _ in 0..20 {
        assert!(client.deliver(&message(&[&format!("http://{good}")])).await.outcome.is_ok());
    }
    assert!(started.elapsed() < Duration::from_millis(280), "{:?}", started.elapsed());
    while let Some(delivery) = stuck.join_next().await {
        assert_eq!(delivery.unwrap().outcome.unwrap_err().ec, "0007-00000202");
    }
}
