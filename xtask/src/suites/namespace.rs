//! A network of its own for each run: a namespace whose only interface is loopback, with a resolver of our own. Nothing in
//! it can reach another machine, whatever host a test has in mind.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

use crate::tools;

/// What `unshare` is asked for: network, mounts and processes; everything in it ends with its first process.
const UNSHARE: [&str; 6] = ["--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child"];

/// Says why namespaces cannot be made here, if they cannot.
pub(super) fn refusal() -> anyhow::Result<Option<String>> {
    if let Some(cure) = tools::missing(&[tools::UNSHARE, tools::IP]) {
        return Ok(Some(cure));
    }
    let tried = enter(Path::new("ip"))
        .args(["link", "set", "lo", "up"])
        .stdin(Stdio::null())
        .output()
        .context("unshare could not be started")?;
    if tried.status.success() {
        return Ok(None);
    }
    let words = String::from_utf8_lossy(&tried.stderr).trim().replace('\n', " ");
    Ok(Some(format!("a network namespace needs root here ({words}); run it as root")))
}

/// Returns the command that runs a program in a new namespace.
pub(super) fn enter(program: &Path) -> Command {
    let mut command = Command::new("unshare");
    command.args(UNSHARE).arg("--").arg(program);
    command
}

/// Brings loopback up inside the namespace, and has every name asked of 127.0.0.1.
pub(super) fn set_up(folder: &Path) -> anyhow::Result<()> {
    run(Command::new("ip").args(["link", "set", "lo", "up"]))?;
    // go1 asks the kernel which address of its own it would use to reach this one; it sends nothing there.
    run(Command::new("ip").args(["route", "add", "8.8.8.8/32", "dev", "lo"]))?;
    let files = [
        ("/etc/resolv.conf", "nameserver 127.0.0.1\noptions timeout:2\n"),
        // Other sources of names answer over sockets of the file system, which a network namespace does not shut.
        ("/etc/nsswitch.conf", "hosts: files dns\npasswd: files\ngroup: files\n"),
        ("/etc/hosts", "127.0.0.1 localhost\n"),
    ];
    for (target, text) in files {
        let name = target.trim_start_matches("/etc/");
        let source = folder.join(name);
        std::fs::write(&source, text).with_context(|| format!("{} cannot be written", source.display()))?;
        if Path::new(target).exists() {
            run(Command::new("mount").arg("--bind").arg(&source).arg(target))?;
        }
    }
    Ok(())
}

fn run(command: &mut Command) -> anyhow::Result<()> {
    let done = command.output().with_context(|| format!("{command:?} could not be started"))?;
    if !done.status.success() {
        bail!("{command:?}: {}", String::from_utf8_lossy(&done.stderr).trim());
    }
    Ok(())
}
