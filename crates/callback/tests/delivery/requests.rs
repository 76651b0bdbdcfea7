//! What stands on the wire.

use std::sync::{Arc, Mutex};

use ossicle_callback::{Attempt, Message};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::application::{answering, client, message, ok, serve};

#[tokio::test]
async fn the_request_is_exactly_what_oss_sends() {
    let (address, log) = answering(ok("{}")).await;
    let delivery = client().deliver(&message(&[&format!("http://{address}/a%20b/../c?x=%2F+#f")])).await;
    assert_eq!(delivery.outcome.unwrap().as_ref(), b"{}");
    let expected = format!(
        "POST /a%20b/../c?x=%2F+ HTTP/1.1\r\n\
         Host: {address}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: 27\r\n\
         Content-MD5: 8JGgn8XdmnC9kf93ksK5PA==\r\n\
         User-Agent: aliyun-oss-callback\r\n\
         Date: Mon, 14 Sep 2015 12:37:27 GMT\r\n\
         Authorization: signature0\r\n\
         x-oss-pub-key-url: aHR0cDovL2dvc3NwdWJsaWMuYWxpY2RuLmNvbS9jYWxsYmFja19wdWJfa2V5X3YxLnBlbQ==\r\n\
         x-oss-bucket: examplebucket\r\n\
         x-oss-request-id: 534B371674E88A4D8906008B\r\n\
         x-oss-requester: 1234\r\n\
         x-oss-owner: 5678\r\n\
         x-oss-signature-version: 1.0\r\n\
         x-oss-tag: CALLBACK\r\n\
         Key1: val1\r\n\
         \r\n\
         bucket=examplebucket&size=9"
    );
    assert_eq!(*log.lock().unwrap(), std::slice::from_ref(&expected));
    let attempt = &delivery.attempts[0];
    assert_eq!(
        format!("{}{}", attempt.request_head, String::from_utf8_lossy(&attempt.request_body)),
        expected
    );
    assert_eq!(
        attempt.response_head.as_deref(),
        Some("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2")
    );
    assert_eq!((attempt.response_body.as_slice(), attempt.verdict.as_str()), (b"{}".as_slice(), "delivered"));
    assert_eq!(
        (attempt.address, attempt.succeeded, attempt.findings.as_slice()),
        (Some(address), true, [].as_slice())
    );
    assert!(attempt.timings.resolve.is_some() && attempt.timings.connect.is_some());
    assert!(attempt.timings.first_byte.unwrap() <= attempt.timings.total);
}

#[tokio::test]
async fn head_and_body_leave_in_one_write() {
    let first_read = Arc::new(Mutex::new(String::new()));
    let kept = Arc::clone(&first_read);
    let address = serve(move |mut stream, _| {
        let kept = Arc::clone(&kept);
        async move {
            let mut bytes = vec![0; 65536];
            let count = stream.read(&mut bytes).await.unwrap();
            *kept.lock().unwrap() = String::from_utf8_lossy(&bytes[..count]).into_owned();
            stream.write_all(ok("{}").as_bytes()).await.unwrap();
        }
    })
    .await;
    assert!(client().deliver(&message(&[&format!("http://{address}")])).await.outcome.is_ok());
    let first_read = first_read.lock().unwrap();
    assert!(first_read.starts_with("POST / HTTP/1.1\r\n") && first_read.ends_with("size=9"), "{first_read}");
}

#[tokio::test]
async fn host_and_delivery_id_are_sent_when_given() {
    let (address, log) = answering(ok("{}")).await;
    let mut message = message(&[&format!("http://{address}")]);
    message.host = Some("app.example.com".into());
    message.delivery_id = Some("01J".into());
    message.attempt = 3;
    // A message out of a journal is not trusted to be clean.
    message.requester = "a\r\nX-Evil: 1".into();
    client().deliver(&message).await.outcome.unwrap();
    let seen = log.lock().unwrap()[0].clone();
    assert!(seen.contains("\r\nHost: app.example.com\r\n"), "{seen}");
    assert!(seen.contains("\r\nx-ossicle-delivery-id: 01J\r\nx-ossicle-attempt: 3\r\n"), "{seen}");
    assert!(seen.contains("\r\nx-oss-requester: aX-Evil: 1\r\n"), "{seen}");
}

#[tokio::test]
async fn urls_are_tried_in_order_until_one_succeeds() {
    let (broken, broken_log) = answering("HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n").await;
    let (good, good_log) = answering(ok("{\"a\":1}")).await;
    let (never, never_log) = answering(ok("{}")).await;
    let urls = [format!("http://{broken}/1"), format!("http://{good}/2"), format!("http://{never}/3")];
    let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
    let delivery = client().deliver(&message(&urls)).await;
    assert_eq!(delivery.outcome.unwrap().as_ref(), b"{\"a\":1}");
    let verdicts: Vec<&str> = delivery.attempts.iter().map(|attempt| attempt.verdict.as_str()).collect();
    assert_eq!(verdicts, ["Error status : 500.", "delivered"]);
    assert!(broken_log.lock().unwrap()[0].contains("Authorization: signature0\r\n"));
    assert!(good_log.lock().unwrap()[0].contains("Authorization: signature1\r\n"));
    assert!(never_log.lock().unwrap().is_empty());

    let delivery =
        client().deliver(&message(&["http://no-such-name.invalid/", &format!("http://{broken}/")])).await;
    assert_eq!(delivery.outcome.unwrap_err().message, "Error status : 500.", "the last URL's message");
}

#[tokio::test]
async fn records_and_messages_survive_the_journal() {
    let mut answer = ok("\"a\"").into_bytes();
    let length = answer.len();
    answer[length - 2] = 0xff;
    let (address, _) = answering(answer).await;
    let mut message = message(&[&format!("http://{address}")]);
    message.body = vec![b'{', 0xff];
    let delivery = client().deliver(&message).await;
    let json = serde_json::to_string(&delivery.attempts).unwrap();
    assert!(json.contains(r#""request_body":{"base64":"e/8="}"#), "{json}");
    assert_eq!(serde_json::from_str::<Vec<Attempt>>(&json).unwrap(), delivery.attempts);
    let json = serde_json::to_string(&message).unwrap();
    assert_eq!(serde_json::from_str::<Message>(&json).unwrap(), message);
}

#[tokio::test]
async fn each_request_is_signed_when_its_turn_comes() {
    let (bad, _) = answering("HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n".to_owned()).await;
    let (good, log) = answering(ok("{}")).await;
    let urls = [format!("http://{bad}/"), format!("http://{good}/"), format!("http://{good}/never")];
    let message = message(&urls.each_ref().map(String::as_str));
    let signed = Mutex::new(Vec::new());
    let sign = |place: usize| {
        signed.lock().unwrap().push(place);
        std::future::ready(Some(format!("made for {place}")))
    };
    let delivery = client().deliver_signing(&message, sign).await;
    assert_eq!(delivery.outcome.unwrap().as_ref(), b"{}");
    assert_eq!(*signed.lock().unwrap(), [0, 1], "the third URL is not needed, nor is its signature");
    assert!(log.lock().unwrap()[0].contains("Authorization: made for 1\r\n"));

    let delivery = client().deliver_signing(&message, |_| std::future::ready(None)).await;
    assert!(delivery.attempts.is_empty());
    assert_eq!(delivery.outcome.unwrap_err().message, "Error status : 502.");
    let delivery =
        client().deliver_signing(&message, |place| std::future::ready((place == 1).then(String::new))).await;
    assert_eq!(delivery.attempts.len(), 1, "what cannot be signed is passed over");
}
