//! A bucket that is there before the tests, for those that want one by its name.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, bail};

use super::dns::SERVER;
use crate::bench::{Dialect, SignedRequest, Signer};
use crate::running_server;

/// Not below the prefixes whose buckets the suites clear away.
pub(super) const NAME: &str = "suites-made-before";

const HOST: &str = "oss-cn-hangzhou.aliyuncs.com";
const PATIENCE: Duration = Duration::from_secs(30);

/// Makes the bucket, with the account's own key.
pub(super) fn make() -> anyhow::Result<()> {
    let mut signer = Signer::new(
        Dialect::Oss,
        HOST.to_owned(),
        running_server::ACCESS_KEY_ID,
        running_server::ACCESS_KEY_SECRET,
    );
    let path = Dialect::Oss.bucket_path(NAME);
    let head = signer.head(&SignedRequest { method: "PUT", path: &path, query: "", body: 0, callback: None });
    let mut connection = TcpStream::connect(SocketAddr::from((SERVER, 80)))?;
    connection.set_read_timeout(Some(PATIENCE))?;
    connection.write_all(&head)?;
    let mut status = String::new();
    BufReader::new(connection).read_line(&mut status).context("PutBucket was not answered")?;
    if !status.starts_with("HTTP/1.1 200 ") {
        bail!("PutBucket: {}", status.trim());
    }
    Ok(())
}
