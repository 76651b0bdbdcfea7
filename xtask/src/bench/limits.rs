//! What the machine itself can do, measured in the same run: no server can be judged without it.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use md5::{Digest, Md5};

/// One measurement of the machine.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Median of appending 4 KiB and making it durable, in milliseconds.
    pub(crate) fdatasync_ms: f64,
    /// MD5 on as many threads as the reference machine has cores, in MiB a second.
    pub(crate) md5_two_threads: f64,
    /// Median of sending 200 bytes over loopback and getting 200 back, in milliseconds.
    pub(crate) loopback_ms: f64,
}

/// Measures for about three times `time`, with a file in this folder.
pub(crate) fn measure(folder: &Path, time: Duration) -> anyhow::Result<Limits> {
    Ok(Limits {
        fdatasync_ms: fdatasync(folder, time).context("measuring fdatasync")?,
        md5_two_threads: md5_on_two_threads(time)?,
        loopback_ms: loopback(time).context("measuring loopback")?,
    })
}

fn fdatasync(folder: &Path, time: Duration) -> anyhow::Result<f64> {
    let path = folder.join("fdatasync.probe");
    let mut file = File::create(&path)?;
    let page = [7_u8; 4096];
    let median = median_of(time, || {
        file.write_all(&page)?;
        file.sync_data()
    });
    std::fs::remove_file(&path)?;
    median
}

fn md5_on_two_threads(time: Duration) -> anyhow::Result<f64> {
    let threads = [(); 2].map(|()| {
        std::thread::spawn(move || {
            let piece = vec![7_u8; 64 * 1024];
            let mut hash = Md5::new();
            let started = Instant::now();
            let mut pieces = 0_u32;
            while started.elapsed() < time {
                hash.update(&piece);
                pieces += 1;
            }
            std::hint::black_box(hash.finalize());
            f64::from(pieces) / 16.0 / started.elapsed().as_secs_f64()
        })
    });
    let mut total = 0.0;
    for thread in threads {
        match thread.join() {
            Ok(rate) => total += rate,
            Err(_) => bail!("the MD5 probe panicked"),
        }
    }
    Ok(total)
}

fn loopback(time: Duration) -> anyhow::Result<f64> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let mut client = TcpStream::connect(listener.local_addr()?)?;
    let (mut server, _) = listener.accept()?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let echo = std::thread::spawn(move || {
        let mut message = [0_u8; 200];
        while server.read_exact(&mut message).is_ok() && server.write_all(&message).is_ok() {}
    });
    let mut message = [7_u8; 200];
    let median = median_of(time, || {
        client.write_all(&message)?;
        client.read_exact(&mut message)
    });
    drop(client);
    if echo.join().is_err() {
        bail!("the loopback probe panicked");
    }
    median
}

/// Returns the median time of a step, in milliseconds.
fn median_of(time: Duration, mut step: impl FnMut() -> std::io::Result<()>) -> anyhow::Result<f64> {
    let started = Instant::now();
    let mut times = Vec::new();
    while started.elapsed() < time {
        let before = Instant::now();
        step()?;
        times.push(before.elapsed());
    }
    times.sort_unstable();
    let median = times.get(times.len() / 2).context("not one step in the given time")?;
    Ok(median.as_secs_f64() * 1000.0)
}
