//! `ossicle scrub`: reads every object and compares it with its checksum. The server must not run.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::anyhow;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use ossicle_store::Store;
use serde_json::json;

use super::fsck::{as_json, describe, open};
use super::{Exit, Format, print};
use crate::access::master_key::MasterKeyPlace;
use crate::config::Config;
use crate::startup;

/// Arguments of `ossicle scrub`.
#[derive(Debug, Args)]
pub(super) struct Scrub {
    /// The data folder; no server may be using it.
    #[arg(long, value_name = "DIR")]
    data_dir: PathBuf,
    /// Configuration file: encrypted objects are read with its keys, and with the master key.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Text for people, or JSON for programs.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl Scrub {
    pub(super) fn run(self) -> Result<(), Exit> {
        let runtime = crate::startup::runtime(1).map_err(Exit::unusable)?;
        runtime.block_on(async {
            let store = open(&self.data_dir).map_err(Exit::unusable)?;
            self.use_keys(&store).map_err(Exit::unusable)?;
            let bar = self.bar();
            let report = store.scrub(None, |bytes| {
                bar.inc(bytes);
                true
            });
            let report = report.await;
            bar.finish_and_clear();
            store.close().await;
            let report = report.map_err(Exit::failed)?;
            let damaged = report.findings.len();
            let text = match self.format {
                Format::Json => format!(
                    "{}\n",
                    json!({
                        "objects": report.objects, "bytes": report.bytes, "complete": report.is_complete,
                        "findings": report.findings.iter().map(as_json).collect::<Vec<_>>(),
                    })
                ),
                Format::Text => format!(
                    "{}read {} objects, {} bytes: {}\n",
                    describe(&report.findings),
                    report.objects,
                    report.bytes,
                    if damaged == 0 {
                        "all as they were written".to_owned()
                    } else {
                        format!("{damaged} damaged")
                    },
                ),
            };
            print(&text)?;
            if damaged == 0 { Ok(()) } else { Err(Exit::failed(anyhow!("{damaged} objects are damaged"))) }
        })
    }

    /// Gives the store the keys of encrypted content, if there is a master key: what has none is read without.
    fn use_keys(&self, store: &Store) -> anyhow::Result<()> {
        let config = Config::load(self.config.as_deref(), std::env::vars())?;
        let place = MasterKeyPlace::find(config.access.master_key_file.as_deref(), Some(&self.data_dir))?;
        let Ok(master_key) = place.load() else { return Ok(()) };
        let master_key = master_key.with_former(&config.access.former_master_key_files)?;
        startup::content_keys(&master_key, &config, store).map(drop)
    }

    fn bar(&self) -> ProgressBar {
        if self.format == Format::Json {
            return ProgressBar::hidden();
        }
        let bar = ProgressBar::no_length();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {bytes} read, {bytes_per_sec}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(200));
        bar
    }
}
