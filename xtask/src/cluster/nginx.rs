//! nginx before the nodes, with examples/cluster/nginx.conf.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use crate::process::Running;
use crate::running_server::RunningServer;
use crate::{tools, workspace};

const START_BOUND: Duration = Duration::from_secs(30);

/// A running nginx.
pub(super) struct Nginx {
    pub(super) endpoint: SocketAddr,
    pub(super) console: SocketAddr,
    _process: Running,
}

impl Nginx {
    /// Starts nginx with its files in this folder, at these ports for the API and the console.
    pub(super) fn start(folder: &Path, nodes: &[RunningServer], ports: [u16; 2]) -> anyhow::Result<Nginx> {
        let program =
            tools::NGINX.find().with_context(|| format!("nginx is not here: {}", tools::NGINX.cure))?;
        let [endpoint, console] = ports.map(free);
        let (endpoint, console) = (endpoint?, console?);
        let folder = folder.join("nginx");
        std::fs::create_dir_all(&folder)?;
        let file = folder.join("nginx.conf");
        std::fs::write(&file, configuration(nodes, endpoint, console)?)?;
        let log = folder.join("error.log");
        let mut nginx = Command::new(program);
        nginx.arg("-p").arg(&folder).arg("-e").arg(&log).arg("-c").arg(&file);
        nginx.args(["-g", "daemon off; master_process off;"]).stdin(Stdio::null());
        let mut process = Running(nginx.spawn().context("nginx could not be started")?);
        let deadline = Instant::now() + START_BOUND;
        while TcpStream::connect(endpoint).is_err() {
            if process.0.try_wait()?.is_some() || Instant::now() > deadline {
                bail!("nginx does not start: {}", std::fs::read_to_string(&log).unwrap_or_default());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(Nginx { endpoint, console, _process: process })
    }
}

/// Puts the addresses of this run in the place of the example's.
fn configuration(
    nodes: &[RunningServer],
    endpoint: SocketAddr,
    console: SocketAddr,
) -> anyhow::Result<String> {
    let mut text = std::fs::read_to_string(workspace::root().join("examples/cluster/nginx.conf"))?;
    let mut put = |example: &str, ours: &str| {
        if text.matches(example).count() != 1 {
            bail!("examples/cluster/nginx.conf does not have {example} once");
        }
        // What was put there must not be taken for an example's.
        text = text.replace(example, &ours.replace("127.0.0.1:", "localhost!"));
        Ok(())
    };
    for (number, node) in (1..).zip(nodes) {
        put(&format!("127.0.0.1:910{number};"), &format!("{};", authority(&node.endpoint)))?;
        put(&format!("127.0.0.1:920{number};"), &format!("{};", authority(&node.console)))?;
    }
    put("127.0.0.1:9000;", &format!("{endpoint};"))?;
    put("127.0.0.1:9001;", &format!("{console};"))?;
    Ok(text.replace("localhost!", "127.0.0.1:"))
}

fn authority(url: &str) -> &str {
    url.strip_prefix("http://").unwrap_or(url)
}

fn free(port: u16) -> anyhow::Result<SocketAddr> {
    let listener =
        TcpListener::bind(("127.0.0.1", port)).with_context(|| format!("port {port} is in use"))?;
    Ok(listener.local_addr()?)
}
