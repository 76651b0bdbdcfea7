//! One run of a suite's program in a namespace. The outer process describes it in a file and starts this program again
//! inside; the inner one brings up the network, the server and the suite, and leaves the results in another file.

use std::cell::RefCell;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};

use super::identities::Identities;
use super::program::{self, Program};
use super::results::{self, Results};
use super::suite::{Signature, SuiteName};
use super::{dns, drive, go2, gocheck, https, made_bucket, namespace, oss2, stand_in};
use crate::process;
use crate::running_server::{RunningServer, Settings};

/// A test that takes longer is stopped; the longest of the suites wait for minutes.
const TEST_BOUND: Duration = Duration::from_secs(240);
/// A whole job that takes longer is stopped.
const JOB_BOUND: Duration = Duration::from_secs(60 * 60);

const REGION: &str = "cn-hangzhou";
const ENDPOINT: &str = "http://oss-cn-hangzhou.aliyuncs.com";

/// What the inner process has to know.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Job {
    pub(super) suite: SuiteName,
    pub(super) signature: Signature,
    /// Everything of this run is in here.
    folder: PathBuf,
    source: PathBuf,
    within: PathBuf,
    executable: PathBuf,
    server: PathBuf,
    tests: Vec<String>,
}

impl Job {
    pub(super) fn new(
        suite: SuiteName,
        signature: Signature,
        folder: &Path,
        program: &Program,
        server: &Path,
        tests: Vec<String>,
    ) -> Job {
        Job {
            suite,
            signature,
            folder: folder.to_path_buf(),
            source: program.source.clone(),
            within: program.within.clone(),
            executable: program.executable.clone(),
            server: server.to_path_buf(),
            tests,
        }
    }

    /// Runs the job in a new namespace and reads what came of it.
    pub(super) fn run_in_namespace(&self) -> anyhow::Result<Results> {
        let name = self.name();
        if self.folder.exists() {
            std::fs::remove_dir_all(&self.folder).with_context(|| format!("{name}: old files stay"))?;
        }
        std::fs::create_dir_all(&self.folder)?;
        // Tests write files next to themselves.
        program::copy_folder(&self.source, &self.suite_folder())?;
        let file = self.folder.join("job.json");
        std::fs::write(&file, serde_json::to_vec(self)?)?;
        println!("{name}: {} tests", self.tests.len());
        let inner = std::env::current_exe().context("this program does not know where it is")?;
        let mut command = namespace::enter(&inner);
        command.arg("suites-job").arg(&file).stderr(File::create(self.folder.join("job.log"))?);
        let finished = process::run_showing(&mut command, Some(JOB_BOUND))
            .with_context(|| format!("{name}, see {}", self.folder.display()))?;
        if !finished.status.success() {
            let log = std::fs::read_to_string(self.folder.join("job.log")).unwrap_or_default();
            bail!("{name} ended with {}: {log}", finished.status);
        }
        results::read(&self.results_file())
    }

    fn name(&self) -> String {
        self.folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    fn results_file(&self) -> PathBuf {
        self.folder.join("results.json")
    }

    fn suite_folder(&self) -> PathBuf {
        self.folder.join("suite")
    }

    /// Returns the suite's program for these tests, with an environment that holds nothing but what it needs.
    fn command(&self, tests: &[String], authority: &Path, identities: &Identities) -> Command {
        let mut command = match self.suite {
            SuiteName::Oss2 => oss2::command(&self.executable, tests),
            SuiteName::Go1 => gocheck::command(&self.executable, tests),
            SuiteName::Go2 => go2::command(&self.executable, tests),
        };
        command
            .current_dir(self.suite_folder().join(&self.within))
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", &self.folder)
            .env("LANG", "C.UTF-8")
            .env("SSL_CERT_FILE", authority)
            .env("REQUESTS_CA_BUNDLE", authority)
            .env("ALIBABA_CLOUD_CA_BUNDLE", authority)
            .env("OSS_TEST_ENDPOINT", ENDPOINT)
            .env("OSS_TEST_REGION", REGION)
            .envs(identities.environment());
        match self.suite {
            SuiteName::Oss2 => {
                command
                    .env("OSS_TEST_AUTH_VERSION", self.signature.to_string())
                    .env("PYTHONPATH", oss2::plugin_folder())
                    .env("LOCPATH", oss2::locales(&self.source))
                    .env("PYTHONDONTWRITEBYTECODE", "1");
            }
            SuiteName::Go2 => {
                command
                    .env("OSS_TEST_SIGNATURE_VERSION", self.signature.to_string())
                    .env("OSS_TEST_PATHSTYLE_BUCKET", made_bucket::NAME);
            }
            SuiteName::Go1 => {
                let (id, secret) = identities.main_key();
                command.env("OSS_ACCESS_KEY_ID", id).env("OSS_ACCESS_KEY_SECRET", secret);
            }
        }
        command
    }

    /// Returns the server's settings: the suite of go2 expects those of accounts that were made lately.
    fn settings(&self) -> Settings {
        match self.suite {
            SuiteName::Oss2 | SuiteName::Go1 => &[],
            SuiteName::Go2 => &[("OSSICLE_ACCESS_BLOCK_PUBLIC_ACCESS", "true")],
        }
    }

    fn reader(&self) -> drive::Reader {
        match self.suite {
            SuiteName::Oss2 => oss2::event,
            SuiteName::Go1 => gocheck::event,
            SuiteName::Go2 => go2::event,
        }
    }
}

/// Runs, inside the namespace, the job that a file describes.
pub(crate) fn run(file: &Path) -> anyhow::Result<bool> {
    let text = std::fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let job: Job = serde_json::from_slice(&text)?;
    namespace::set_up(&job.folder)?;
    dns::serve()?;
    stand_in::serve()?;
    let authority = https::serve(&job.folder)?;
    let mut log = File::create(job.folder.join("output.log"))?;
    let server: RefCell<Option<RunningServer>> = RefCell::new(None);
    let results = drive::run(
        job.tests.clone(),
        TEST_BOUND,
        job.reader(),
        &mut log,
        |tests| {
            let started = RunningServer::start_on_well_known_ports(&job.server, &job.folder, job.settings())?;
            let identities = Identities::make(&job.server, &started, &job.folder)?;
            made_bucket::make()?;
            *server.borrow_mut() = Some(started);
            Ok(job.command(tests, &authority, &identities))
        },
        || server.borrow_mut().take().map_or(Ok(()), RunningServer::stop),
    )?;
    results::write(&job.results_file(), &results)?;
    Ok(true)
}
