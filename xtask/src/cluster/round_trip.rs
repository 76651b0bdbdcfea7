//! An upload with a callback to an application server of this machine: through each node, read back through all others, and
//! through nginx.

use std::net::SocketAddr;

use anyhow::{Context, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::bench::{Application, Connection, Dialect, SignedRequest, Signer};
use crate::running_server::{ACCESS_KEY_ID, ACCESS_KEY_SECRET, RunningServer};

const BUCKET: &str = "cluster-example";
/// What the application server answers, which the uploader gets.
const ANSWER: &[u8] = br#"{"Status":"OK"}"#;
/// More than what is kept with an object's row, so that both the database and the content store are part of it.
const SIZE: usize = 300_000;

/// Makes the round trips; how many uploads there were.
pub(super) async fn make(nodes: &[RunningServer], proxy: SocketAddr) -> anyhow::Result<u64> {
    let application = Application::start().await?;
    let callback = STANDARD.encode(
        serde_json::json!({
            "callbackUrl": format!("http://{}/callback", application.address),
            "callbackBody": r#"{"object":${object},"size":${size}}"#,
            "callbackBodyType": "application/json",
        })
        .to_string(),
    );
    let mut addresses = Vec::new();
    for node in nodes {
        addresses.push(node.address()?);
    }
    let bucket = format!("/{BUCKET}/");
    ask(proxy, "PUT", &bucket, &[], None).await.context("making a bucket")?;
    let entrances = addresses.iter().enumerate().map(|(at, address)| (format!("node {}", at + 1), *address));
    let entrances: Vec<_> = entrances.chain([("nginx".to_owned(), proxy)]).collect();
    for ((name, entrance), seed) in entrances.iter().zip(1_u8..) {
        let key = format!("{bucket}{}", name.replace(' ', "-"));
        let content = vec![seed; SIZE];
        let answer =
            ask(*entrance, "PUT", &key, &content, Some(&callback)).await.with_context(|| name.clone())?;
        if answer != ANSWER || application.answered() != u64::from(seed) {
            bail!(
                "{name}: {} callbacks, answer {}",
                application.answered(),
                String::from_utf8_lossy(&answer)
            );
        }
        for address in &addresses {
            let read =
                ask(*address, "GET", &key, &[], None).await.with_context(|| format!("{name}: read back"))?;
            if read != content {
                bail!("{name}: another node has other content");
            }
        }
        println!(
            "{name}: uploaded, the application server was called back and answered, every node has the object"
        );
    }
    Ok(application.answered())
}

async fn ask(
    address: SocketAddr,
    method: &'static str,
    path: &str,
    body: &[u8],
    callback: Option<&str>,
) -> anyhow::Result<Vec<u8>> {
    let mut signer = Signer::new(Dialect::Oss, address.to_string(), ACCESS_KEY_ID, ACCESS_KEY_SECRET);
    let request = SignedRequest { method, path, query: "", body: body.len(), callback };
    let mut answer = Vec::new();
    let mut connection = Connection::open(address).await?;
    let status = connection.exchange(&signer.head(&request), body, Some(&mut answer)).await?.status;
    if status != 200 {
        bail!("{method} {path}: {status} {}", String::from_utf8_lossy(&answer));
    }
    Ok(answer)
}
