//! `cargo xtask snippets`: what the pages and `ossicle dev` tell users to paste is pasted, and has to work as printed.
//!
//! The SDKs are those that the conformance suites have installed.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use tempfile::TempDir;

use crate::process::{self, Running};
use crate::report::{Outcome, Report, Tally};
use crate::workspace;

/// The last words of `ossicle dev` before it waits.
const WAITING: &str = "Waiting for uploads";
/// What stands before the title of each program that `ossicle dev` prints.
const TITLE: &str = "──── ";
const BOUND: Duration = Duration::from_secs(60);

/// Sends the form that `upload_form` of docs/direct-upload.md signs, as a browser would.
const SEND_FORM: &str = r#"
import urllib.request, uuid
boundary = uuid.uuid4().hex
parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in upload_form("42").items()]
parts.append(f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\nhello\r\n--{boundary}--\r\n')
request = urllib.request.Request("http://127.0.0.1:9000/demo", "".join(parts).encode(), {"Content-Type": f"multipart/form-data; boundary={boundary}"})
answer = urllib.request.urlopen(request)
print(answer.status, answer.read().decode())
"#;

/// Sends a file with the URL that `presigned_put` of docs/direct-upload.md signs, as an app would.
const SEND_PUT: &str = r#"
import urllib.request
request = urllib.request.Request(presigned_put("42", "image/png", 5), b"hello", {"Content-Type": "image/png"}, method="PUT")
answer = urllib.request.urlopen(request)
print(answer.status, answer.read().decode())
"#;

/// Defines `refused`, which ends a program unless the store refuses an attempt.
const REFUSED: &str = r#"
import oss2
def refused(attempt):
    try:
        attempt()
    except oss2.exceptions.AccessDenied:
        return
    raise SystemExit("not refused")
"#;

/// Is the app that has the temporary credentials of docs/access.md.
const BE_THE_APP: &str = r#"
import base64
session = temporary_credentials("42")
auth = oss2.StsAuth(session["AccessKeyId"], session["AccessKeySecret"], session["SecurityToken"])
bucket = oss2.Bucket(auth, "http://127.0.0.1:9000", "demo", is_path_style=True)
callback = json.dumps({"callbackUrl": "http://127.0.0.1:9001/app/callback", "callbackBody": "key=${object}"})
headers = {"x-oss-callback": base64.b64encode(callback.encode()).decode()}
print(bucket.put_object("users/42/a.txt", b"hello", headers).resp.read().decode())
refused(lambda: bucket.put_object("users/43/a.txt", b"hello"))
refused(lambda: bucket.get_object("users/42/a.txt"))
refused(lambda: bucket.delete_object("users/42/a.txt"))
"#;

/// Signs the form of docs/direct-upload.md with the key of docs/access.md's user; one for another folder is refused.
const SIGN_AS_USER: &str = r##"
import json, re, urllib.error
with open("form-signer.json") as file:
    key = json.load(file)
program = FORM.replace('KEY_ID, SECRET = "ossicle-dev", "ossicle-dev-secret"', f'KEY_ID, SECRET = {key["id"]!r}, {key["secret"]!r}')
assert key["id"] in program
exec(program)
try:
    exec(program.replace("users/", "others/"))
except urllib.error.HTTPError as error:
    assert error.code == 403, error
else:
    raise SystemExit("not refused")
"##;

/// Is the partner of docs/access.md.
const BE_THE_PARTNER: &str = r#"
with open("partner-key.json") as file:
    key = json.load(file)
bucket = oss2.Bucket(oss2.Auth(key["id"], key["secret"]), "http://127.0.0.1:9000", "demo", is_path_style=True)
bucket.put_object("deliveries/a.csv", b"hello")
assert bucket.get_object("deliveries/a.csv").read() == b"hello"
assert [one.key for one in bucket.list_objects("deliveries/").object_list] == ["deliveries/a.csv"]
refused(lambda: bucket.list_objects(""))
refused(lambda: bucket.put_object("users/42/a.txt", b"hello"))
refused(lambda: bucket.delete_object("deliveries/a.csv"))
owner.delete_bucket_policy()
refused(lambda: bucket.get_object("deliveries/a.csv"))
print('{"Status":"OK"}')
"#;

/// How a program is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Runner {
    Python,
    NodeModule,
    NodeScript,
    Java,
    Shell,
}

/// A program that some page tells users to run.
#[derive(Debug)]
struct Snippet {
    name: String,
    runner: Runner,
    text: String,
}

/// `ossicle dev` on free ports.
struct Dev {
    process: Running,
    printed: String,
    endpoint: String,
    console: String,
    sts: String,
    _data: TempDir,
}

/// Builds the server and runs every snippet.
pub(crate) fn run() -> anyhow::Result<bool> {
    let binary = workspace::build_ossicle(false)?;
    let mut report = Report::default();
    report.step("snippets", || outcome(&binary));
    Ok(report.close(true))
}

/// Does the same as a step of a larger run.
pub(crate) fn outcome(binary: &Path) -> anyhow::Result<Outcome> {
    for (made, suite) in
        [("python/.venv", "python"), ("node/node_modules", "node"), ("java/target/lib", "java")]
    {
        if !conformance(made).exists() {
            return Ok(Outcome::Skipped(format!(
                "no SDK is installed yet: run `cargo xtask conformance {suite}`"
            )));
        }
    }
    let dev = Dev::start(binary)?;
    let mut tally = Tally::default();
    for snippet in printed(&dev.printed)?.into_iter().chain(of_the_pages()?).chain(recipes()?) {
        match try_out(&snippet, &dev, binary) {
            Ok(()) => {
                println!("ok {}", snippet.name);
                tally.passed += 1;
            }
            Err(error) => {
                println!("FAILED {}: {error:#}", snippet.name);
                tally.failed += 1;
            }
        }
    }
    dev.stop()?;
    Ok(Outcome::Ran(tally))
}

impl Dev {
    fn start(binary: &Path) -> anyhow::Result<Dev> {
        let folder = workspace::target_dir().join("servers");
        std::fs::create_dir_all(&folder)?;
        let data = tempfile::Builder::new().prefix("snippets").tempdir_in(&folder)?;
        let (endpoint, console, sts) = (free_address()?, free_address()?, free_address()?);
        let process = Command::new(binary)
            .args(["dev", "--listen", &endpoint, "--console", &console, "--sts", &sts])
            .arg("--data-dir")
            .arg(data.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("{} could not be started", binary.display()))?;
        let mut process = Running(process);
        let lines = process::lines_of(&mut process.0)?;
        let mut dev = Dev { process, printed: String::new(), endpoint, console, sts, _data: data };
        let deadline = Instant::now() + BOUND;
        loop {
            let line = lines.recv_timeout(deadline.saturating_duration_since(Instant::now()));
            let line =
                line.with_context(|| format!("`ossicle dev` did not get to `{WAITING}`:\n{}", dev.printed))?;
            if line.contains(WAITING) {
                break;
            }
            dev.printed += &format!("{line}\n");
        }
        // What it prints later must find a reader, or it would stall on a full pipe.
        std::thread::spawn(move || lines.into_iter().for_each(drop));
        Ok(dev)
    }

    fn stop(mut self) -> anyhow::Result<()> {
        let status = process::terminate(&mut self.process, BOUND).context("stopping `ossicle dev`")?;
        if !status.success() {
            bail!("after SIGTERM `ossicle dev` ended with {status}, not 0");
        }
        Ok(())
    }
}

/// Returns the programs that `ossicle dev` prints, each under its title.
fn printed(text: &str) -> anyhow::Result<Vec<Snippet>> {
    let mut snippets = Vec::new();
    for block in text.split(TITLE).skip(1) {
        let (title, program) = block.split_once('\n').context("a title without a program")?;
        let word = title.split(':').next().unwrap_or_default();
        let runner = match word {
            "Python" => Runner::Python,
            "Node.js" => Runner::NodeModule,
            "Java" => Runner::Java,
            "curl" => Runner::Shell,
            _ => bail!("`ossicle dev` prints a program for {word}, and nobody here knows how to run it"),
        };
        snippets.push(Snippet { name: format!("ossicle dev: {word}"), runner, text: program.to_owned() });
    }
    if snippets.is_empty() {
        bail!("`ossicle dev` printed no program to paste");
    }
    Ok(snippets)
}

/// Returns the programs of the pages, which name the addresses that `ossicle dev` has by default.
fn of_the_pages() -> anyhow::Result<Vec<Snippet>> {
    let pages = [
        ("README.md", "", "python", Runner::Python, ""),
        ("README.md", "", "js", Runner::NodeScript, ""),
        ("README.md", "", "java", Runner::Java, ""),
        ("docs/direct-upload.md", "A form", "python", Runner::Python, SEND_FORM),
        ("docs/direct-upload.md", "A presigned PUT", "python", Runner::Python, SEND_PUT),
        ("docs/testing-callbacks.md", "", "sh", Runner::Shell, "\necho '{\"Status\":\"OK\"}'\n"),
    ];
    let mut snippets = Vec::new();
    for (page, title, language, runner, more) in pages {
        let code = program(page, title, language)?;
        let name = if title.is_empty() { format!("{page}: {language}") } else { format!("{page}: {title}") };
        snippets.push(Snippet { name, runner, text: format!("{code}{more}") });
    }
    Ok(snippets)
}

/// Returns the recipes of docs/access.md: what a shell prepares, and then a program with what is to come of it.
fn recipes() -> anyhow::Result<Vec<Snippet>> {
    let page = "docs/access.md";
    let form = program("docs/direct-upload.md", "A form", "python")?;
    let app = "Recipe: an app with temporary credentials";
    let browser = "Recipe: a browser with a form";
    let partner = "Recipe: a partner with a bucket policy";
    let recipes = [
        (app, format!("{}{REFUSED}{BE_THE_APP}", program(page, app, "python")?)),
        (browser, format!("FORM = r'''{form}{SEND_FORM}'''\n{SIGN_AS_USER}")),
        (partner, format!("{}{REFUSED}{BE_THE_PARTNER}", program(page, partner, "python")?)),
    ];
    let python = conformance("python/.venv/bin/python");
    let snippet = |(title, code): (&str, String)| {
        let shell = program(page, title, "sh")?;
        let text = format!(
            "set -e\n{shell}\ncat > recipe.py <<'PYTHON'\n{code}\nPYTHON\n{} recipe.py\n",
            python.display()
        );
        Ok(Snippet { name: format!("{page}: {title}"), runner: Runner::Shell, text })
    };
    recipes.into_iter().map(snippet).collect()
}

/// Returns the last program in a language under a title of a page.
fn program(page: &str, title: &str, language: &str) -> anyhow::Result<String> {
    let text =
        std::fs::read_to_string(workspace::root().join(page)).with_context(|| format!("reading {page}"))?;
    let code = section(&text, title).and_then(|text| last_block(text, language));
    let code = code.with_context(|| format!("{page} has no {language} program under the title `{title}`"))?;
    Ok(code.to_owned())
}

/// Returns the part of a page under a title of the second level; without a title all of the page.
fn section<'a>(page: &'a str, title: &str) -> Option<&'a str> {
    if title.is_empty() {
        return Some(page);
    }
    let (_, text) = page.split_once(&format!("\n## {title}\n"))?;
    Some(text.split_once("\n## ").map_or(text, |(text, _)| text))
}

/// Returns the last fenced block of a language on a page.
fn last_block<'a>(page: &'a str, language: &str) -> Option<&'a str> {
    let (_, block) = page.rsplit_once(&format!("```{language}\n"))?;
    Some(block.split_once("```")?.0)
}

fn try_out(snippet: &Snippet, dev: &Dev, binary: &Path) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let addresses =
        [("127.0.0.1:9000", &dev.endpoint), ("127.0.0.1:9001", &dev.console), ("127.0.0.1:9003", &dev.sts)];
    let text = addresses.iter().fold(snippet.text.clone(), |text, (usual, free)| text.replace(usual, free));
    let mut command = command(snippet.runner, folder.path(), &text)?;
    if let (Some(path), Some(beside)) = (std::env::var_os("PATH"), binary.parent()) {
        let folders = std::iter::once(beside.to_path_buf()).chain(std::env::split_paths(&path));
        command.env("PATH", std::env::join_paths(folders)?);
    }
    command.env("NO_PROXY", "*").env("no_proxy", "*").current_dir(folder.path());
    let finished = process::run_showing(&mut command, Some(BOUND))?;
    let output = finished.lines.join("\n");
    if !finished.status.success() || !output.contains("Status") || !output.contains("OK") {
        bail!("{}, not the application server's answer: {output}", finished.status);
    }
    Ok(())
}

fn command(runner: Runner, folder: &Path, text: &str) -> anyhow::Result<Command> {
    let name = match runner {
        Runner::Python => "upload.py",
        Runner::NodeModule => "upload.mjs",
        Runner::NodeScript => "upload.cjs",
        Runner::Java => "Upload.java",
        Runner::Shell => "upload.sh",
    };
    let file = folder.join(name);
    std::fs::write(&file, text)?;
    let mut command = match runner {
        Runner::Python => Command::new(conformance("python/.venv/bin/python")),
        Runner::NodeModule | Runner::NodeScript => {
            std::os::unix::fs::symlink(conformance("node/node_modules"), folder.join("node_modules"))?;
            let mut node = Command::new("node");
            node.arg("--no-warnings");
            node
        }
        Runner::Java => {
            let mut java = Command::new("java");
            java.arg("-cp").arg(conformance("java/target/lib").join("*"));
            java
        }
        Runner::Shell => Command::new("bash"),
    };
    command.arg(file);
    Ok(command)
}

fn conformance(path: &str) -> PathBuf {
    workspace::root().join("conformance").join(path)
}

fn free_address() -> anyhow::Result<String> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_found_where_users_see_them() {
        let text = "hello\n──── Python: pip install oss2\n\nprint(1)\n\n──── curl: a URL\n\ncurl x\n";
        let found: Vec<_> =
            printed(text).unwrap().into_iter().map(|snippet| (snippet.name, snippet.runner)).collect();
        assert_eq!(
            found,
            [
                ("ossicle dev: Python".to_owned(), Runner::Python),
                ("ossicle dev: curl".to_owned(), Runner::Shell)
            ]
        );
        assert!(printed("nothing").is_err());
        assert!(printed("──── Cobol: no\n\nx\n").is_err());
        assert_eq!(last_block("```sh\na\n```\n```js\nb\n```\n", "js"), Some("b\n"));
        assert_eq!(last_block("```sh\na\n```\n", "js"), None);
        let page = "a\n## One\nb\n## Two\nc\n";
        assert_eq!(section(page, "One"), Some("b"));
        assert_eq!(section(page, "Two"), Some("c\n"));
        assert_eq!(section(page, "Three"), None);
        assert_eq!(section(page, ""), Some(page));
        assert_eq!(of_the_pages().unwrap().len(), 6);
        assert_eq!(recipes().unwrap().len(), 3);
    }
}
