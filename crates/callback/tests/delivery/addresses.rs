//! Names, addresses and the guard between them.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use ossicle_callback::{AddressGuard, Delivery, DeliveryClient, FindingKind};
use tokio::net::TcpListener;

use crate::application::{answering, assert_failed, config, deliver_to, message, ok};

const UNREACHABLE: &str = "Error status : -1.OSS can not connect to your callbackUrl, please check it.";
const STATUS: &str = "0007-00000203";

async fn deliver(guard: AddressGuard, hosts: &[(&str, &[&str])], url: &str) -> Delivery {
    let mut config = config();
    config.guard = guard;
    for (name, addresses) in hosts {
        let addresses: Vec<IpAddr> = addresses.iter().map(|address| address.parse().unwrap()).collect();
        config.hosts.insert((*name).to_owned(), addresses);
    }
    DeliveryClient::new(config).unwrap().deliver(&message(&[url])).await
}

#[tokio::test]
async fn a_name_that_leads_to_a_private_address_fails_the_callback() {
    let (address, log) = answering(ok("{}")).await;
    let guard = AddressGuard::default().with_setting("callback.allow_cidrs");
    let url = format!("http://localhost:{}/", address.port());
    let delivery = deliver(guard.clone(), &[], &url).await;
    assert_failed(&delivery, UNREACHABLE, STATUS, FindingKind::AddressRefused);
    let sentence = &delivery.attempts[0].findings[0].sentence;
    assert!(
        sentence.contains("localhost") && sentence.contains("callback.allow_cidrs would allow it"),
        "{sentence}"
    );

    // A literal address is judged here as well, whatever was checked before the upload.
    let delivery = deliver(guard.clone(), &[], &format!("http://{address}/")).await;
    assert_failed(&delivery, UNREACHABLE, STATUS, FindingKind::AddressRefused);
    let delivery = deliver(
        guard,
        &[("evil.example.com", &["169.254.169.254", "::ffff:127.0.0.1"])],
        "http://evil.example.com/",
    )
    .await;
    assert_failed(&delivery, UNREACHABLE, STATUS, FindingKind::AddressRefused);
    assert!(log.lock().unwrap().is_empty(), "nothing may arrive");
}

#[tokio::test]
async fn only_the_allowed_addresses_of_a_name_are_connected_to() {
    let (address, log) = answering(ok("{}")).await;
    let guard = AddressGuard::new(vec!["127.0.0.1/32".parse().unwrap()]);
    let url = format!("http://app.example.com:{}/", address.port());
    let delivery = deliver(guard, &[("app.example.com", &["10.255.255.1", "127.0.0.1"])], &url).await;
    assert!(delivery.outcome.is_ok());
    assert_eq!(delivery.attempts[0].address, Some(address));
    assert!(log.lock().unwrap()[0].contains(&format!("Host: app.example.com:{}\r\n", address.port())));
}

#[tokio::test]
async fn the_next_address_is_tried_when_one_does_not_connect() {
    let (address, _) = answering(ok("{}")).await;
    let url = format!("http://app.example.com:{}/", address.port());
    // Nobody listens on 127.0.0.9 at that port.
    let delivery =
        deliver(AddressGuard::loopback(), &[("app.example.com", &["127.0.0.9", "127.0.0.1"])], &url).await;
    assert!(delivery.outcome.is_ok());
    assert_eq!(delivery.attempts[0].address, Some(address));
}

#[tokio::test]
async fn a_name_with_only_ipv6_addresses_works() {
    let listener = TcpListener::bind("[::1]:0").await;
    let Ok(listener) = listener else { return };
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        crate::application::read_request(&mut stream).await;
        tokio::io::AsyncWriteExt::write_all(&mut stream, ok("{}").as_bytes()).await.unwrap();
    });
    let url = format!("http://six.example.com:{}/", address.port());
    let delivery = deliver(AddressGuard::loopback(), &[("six.example.com", &["::1"])], &url).await;
    assert!(delivery.outcome.is_ok(), "{:?}", delivery.attempts);
    assert_eq!(delivery.attempts[0].address, Some(address));
}

#[tokio::test]
async fn what_cannot_be_reached_is_502() {
    let delivery = deliver(AddressGuard::default(), &[], "http://no-such-name.invalid/").await;
    assert_failed(&delivery, "Error status : 502.", STATUS, FindingKind::NameNotResolved);
    let delivery =
        deliver(AddressGuard::default(), &[("empty.example.com", &[])], "http://empty.example.com/").await;
    assert_failed(&delivery, "Error status : 502.", STATUS, FindingKind::NameNotResolved);

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closed = listener.local_addr().unwrap();
    drop(listener);
    assert_failed(&deliver_to(closed).await, "Error status : 502.", STATUS, FindingKind::ConnectFailed);
}

#[tokio::test]
async fn a_connect_that_hangs_is_a_late_reply() {
    // A full accept queue leaves further connection requests without an answer.
    let listener = full_listener();
    let address = listener.local_addr().unwrap();
    let mut held = Vec::new();
    for _ in 0..64 {
        match tokio::time::timeout(Duration::from_millis(100), tokio::net::TcpStream::connect(address)).await
        {
            Ok(stream) => held.push(stream),
            Err(_) => break,
        }
    }
    let started = Instant::now();
    let delivery = deliver_to(address).await;
    let failure = delivery.outcome.unwrap_err();
    assert_eq!(failure.ec, "0007-00000202", "{}", failure.message);
    assert!(failure.message.starts_with(&format!("Error status : -1 {address} reply timeout, cost:")));
    assert!(started.elapsed() < Duration::from_millis(1500));
}

/// A listener that never accepts and whose queue is as short as the system allows.
fn full_listener() -> TcpListener {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    socket.listen(0).unwrap()
}
