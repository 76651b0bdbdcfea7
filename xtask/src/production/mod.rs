//! `cargo xtask production`: what docs/production.md tells operators to paste is put to use as it stands there: the systemd
//! unit, and the proxy's configuration with an SDK behind it.

use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use crate::process::{self, Running};
use crate::report::{Outcome, Report, Tally};
use crate::running_server::{ACCESS_KEY_ID, ACCESS_KEY_SECRET};
use crate::{tools, workspace};

const BOUND: Duration = Duration::from_secs(120);
/// The exposure that `systemd-analyze security` may find, in tenths: "OK" ends here.
const EXPOSURE: &str = "--threshold=30";
const THROUGH_PROXY: &str = include_str!("through_proxy.py");

/// A server started by the unit's own line.
struct Unit {
    process: Running,
    endpoint: String,
}

/// Builds the server and tries everything.
pub(crate) fn run() -> anyhow::Result<bool> {
    let binary = workspace::build_ossicle(false)?;
    let mut report = Report::default();
    report.step("systemd unit", || unit_outcome(&binary));
    report.step("nginx", || proxy_outcome(&binary));
    Ok(report.close(true))
}

/// Checks that the unit's line starts a server, and that systemd finds nothing wrong with the unit.
pub(crate) fn unit_outcome(binary: &Path) -> anyhow::Result<Outcome> {
    let folder = temporary()?;
    let unit = Unit::start(binary, folder.path())?;
    drop(unit);
    let Some(analyze) = tools::SYSTEMD_ANALYZE.find() else {
        return Ok(Outcome::Ran(Tally { passed: 1, failed: 0, skipped: 1 }));
    };
    let file = folder.path().join("ossicle.service");
    let text = page()?;
    let text = block(&text, "ini")?.replace("/usr/local/bin/ossicle", &binary.display().to_string());
    std::fs::write(&file, text)?;
    let mut tally = Tally { passed: 1, failed: 0, skipped: 0 };
    for arguments in [&["verify"][..], &["security", "--offline=true", "--no-pager", EXPOSURE]] {
        let done = Command::new(&analyze).args(arguments).arg(&file).output()?;
        if done.status.success() {
            tally.passed += 1;
        } else {
            println!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
            tally.failed += 1;
        }
    }
    Ok(Outcome::Ran(tally))
}

/// Checks that an SDK reaches the server through nginx with the page's configuration.
pub(crate) fn proxy_outcome(binary: &Path) -> anyhow::Result<Outcome> {
    let Some(nginx) = tools::NGINX.find() else {
        return Ok(Outcome::Skipped(format!("nginx is not here: {}", tools::NGINX.cure)));
    };
    let python = workspace::root().join("conformance/python/.venv/bin/python");
    if !python.exists() {
        return Ok(Outcome::Skipped(
            "no SDK is installed yet: run `cargo xtask conformance python`".to_owned(),
        ));
    }
    let folder = temporary()?;
    let unit = Unit::start(binary, folder.path())?;
    let (proxy, address) = start_nginx(&nginx, folder.path(), &unit.endpoint)?;
    let script = folder.path().join("through_proxy.py");
    std::fs::write(&script, THROUGH_PROXY)?;
    let mut command = Command::new(python);
    command
        .arg(script)
        .env("OSSICLE_ENDPOINT", format!("http://{address}"))
        .env("OSSICLE_ACCESS_KEY_ID", ACCESS_KEY_ID)
        .env("OSSICLE_ACCESS_KEY_SECRET", ACCESS_KEY_SECRET)
        .env("NO_PROXY", "*")
        .env("no_proxy", "*");
    let finished = process::run_showing(&mut command, Some(BOUND))?;
    drop(proxy);
    let passed = finished.lines.iter().filter(|line| line.starts_with("ok ")).count() as u64;
    if !finished.status.success() || passed == 0 {
        let log = std::fs::read_to_string(folder.path().join("error.log")).unwrap_or_default();
        bail!("{} through nginx, whose log says:\n{log}", finished.status);
    }
    Ok(Outcome::Ran(Tally { passed, failed: 0, skipped: 0 }))
}

impl Unit {
    /// Runs the line of `ExecStart=` with a folder and ports of this test's own.
    fn start(binary: &Path, folder: &Path) -> anyhow::Result<Unit> {
        let config = folder.join("ossicle.toml");
        let printed = Command::new(binary).args(["config", "print"]).output()?;
        std::fs::write(&config, printed.stdout)?;
        let page = page()?;
        let line = exec_start(block(&page, "ini")?)?;
        let mut words = line.split_whitespace();
        if words.next() != Some("/usr/local/bin/ossicle") {
            bail!("ExecStart= does not begin with the binary that the page installs");
        }
        let (mut arguments, mut flag) = (Vec::new(), "");
        for word in words {
            let value = match flag {
                "--config" => config.display().to_string(),
                "--data-dir" => folder.join("data").display().to_string(),
                "--listen" | "--console" => "127.0.0.1:0".to_owned(),
                _ => word.to_owned(),
            };
            arguments.push(value);
            flag = word;
        }
        let child = Command::new(binary)
            .args(arguments)
            .env("OSSICLE_ROOT_ACCESS_KEY_ID", ACCESS_KEY_ID)
            .env("OSSICLE_ROOT_ACCESS_KEY_SECRET", ACCESS_KEY_SECRET)
            .env("OSSICLE_SERVER_TRUSTED_PROXIES", "127.0.0.0/8")
            .env("OSSICLE_CALLBACK_ALLOW_CIDRS", "127.0.0.0/8")
            .env("OSSICLE_LOG_LEVEL", "error")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut process = Running(child);
        let lines = process::lines_of(&mut process.0)?;
        let ready = lines.recv_timeout(BOUND).context("the unit's line starts no server")?;
        std::thread::spawn(move || lines.into_iter().for_each(drop));
        let said: serde_json::Value = serde_json::from_str(ready.trim_start_matches("ready "))?;
        let endpoint = said.get("endpoint").and_then(|endpoint| endpoint.as_str());
        let endpoint = endpoint.and_then(|endpoint| endpoint.strip_prefix("http://"));
        let endpoint = endpoint.context("no endpoint in the ready line")?.to_owned();
        Ok(Unit { process, endpoint })
    }
}

impl Drop for Unit {
    fn drop(&mut self) {
        // The test has its verdict by now.
        let _ = process::terminate(&mut self.process, BOUND);
    }
}

/// Starts nginx in the foreground as one process, which can be killed as a whole, with everything it writes in
/// `folder`.
fn start_nginx(nginx: &Path, folder: &Path, server: &str) -> anyhow::Result<(Running, String)> {
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
    let page = page()?;
    let inside = block(&page, "nginx")?.replace("127.0.0.1:9000", server);
    let places: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .iter()
        .map(|kind| format!("{kind}_temp_path {}/{kind};\n", folder.display()))
        .collect();
    let config = format!(
        "daemon off;\nmaster_process off;\npid {0}/pid;\nerror_log {0}/error.log;\nevents {{}}\nhttp {{\naccess_log off;\n{places}\
         server {{\nlisten {address};\n{inside}}}\n}}\n",
        folder.display()
    );
    let file = folder.join("nginx.conf");
    std::fs::write(&file, config)?;
    let child = Command::new(nginx)
        .arg("-p")
        .arg(folder)
        .arg("-e")
        .arg(folder.join("error.log"))
        .arg("-c")
        .arg(&file)
        .stdin(Stdio::null())
        .spawn()?;
    let mut running = Running(child);
    let deadline = Instant::now() + BOUND;
    while TcpStream::connect(&address).is_err() {
        if running.0.try_wait()?.is_some() || Instant::now() > deadline {
            let log = std::fs::read_to_string(folder.join("error.log")).unwrap_or_default();
            bail!("nginx does not start: {log}");
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok((running, address))
}

fn temporary() -> anyhow::Result<tempfile::TempDir> {
    let folder = workspace::target_dir().join("servers");
    std::fs::create_dir_all(&folder)?;
    tempfile::Builder::new().prefix("production").tempdir_in(folder).context("no temporary folder")
}

fn page() -> anyhow::Result<String> {
    std::fs::read_to_string(workspace::root().join("docs/production.md"))
        .context("reading docs/production.md")
}

/// Returns the only fenced block of a language.
fn block<'a>(page: &'a str, language: &str) -> anyhow::Result<&'a str> {
    let fence = format!("```{language}\n");
    let mut blocks = page.split(fence.as_str()).skip(1);
    let (Some(block), None) = (blocks.next(), blocks.next()) else {
        bail!("docs/production.md does not have one {language} block");
    };
    Ok(block.split_once("```").context("a block without an end")?.0)
}

/// Returns the command of `ExecStart=` on one line.
fn exec_start(unit: &str) -> anyhow::Result<String> {
    let joined = unit.replace("\\\n", " ");
    let line = joined.lines().find_map(|line| line.strip_prefix("ExecStart="));
    line.map(str::to_owned).context("the unit has no ExecStart=")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_units_line_is_read_over_its_line_ends() {
        let unit = "[Service]\nExecStart=/bin/x a \\\n    --b c\nRestart=always\n";
        let words: Vec<String> = exec_start(unit).unwrap().split_whitespace().map(str::to_owned).collect();
        assert_eq!(words, ["/bin/x", "a", "--b", "c"]);
        assert!(exec_start("[Service]\n").is_err());
        assert!(block("```ini\na\n```\n```ini\nb\n```\n", "ini").is_err());
        assert_eq!(block("x\n```ini\na\n```\n", "ini").unwrap(), "a\n");
    }
}
