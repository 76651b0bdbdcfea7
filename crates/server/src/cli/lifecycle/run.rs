//! `ossicle lifecycle run`: asks a running server to carry out its lifecycle rules now, and shows what was done.

use std::fmt::Write as _;

use anyhow::anyhow;
use clap::Args;

use super::console_client::ConsoleClient;
use super::{Exit, Format, print};
use crate::lifecycle::report::{Action, ActionKind, Report, Sum};
use crate::terminal::in_a_line;

/// Arguments of `ossicle lifecycle run`.
#[derive(Debug, Args)]
pub(super) struct Run {
    #[command(flatten)]
    console: ConsoleClient,
    /// Only show what would be done.
    #[arg(long)]
    dry_run: bool,
    /// Text for people, or a JSON object for programs.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl Run {
    pub(super) async fn run(self) -> Result<(), Exit> {
        let path = format!("/api/lifecycle/run?dry_run={}", self.dry_run);
        let answer = self.console.post(&path).await.map_err(Exit::failed)?;
        let json = format!("{answer}\n");
        let report: Report = serde_json::from_value(answer).map_err(Exit::failed)?;
        print(&if self.format == Format::Json { json } else { describe(&report) })?;
        match report.failed_buckets {
            0 => Ok(()),
            failed => Err(Exit::failed(anyhow!(
                "the rules of {failed} buckets could not be carried out; the server's log says why"
            ))),
        }
    }
}

fn describe(report: &Report) -> String {
    let mut text = String::new();
    for action in &report.actions {
        describe_action(&mut text, action, report.dry_run);
    }
    let sums = report.sums;
    let unnamed = sums.count().saturating_sub(report.actions.len() as u64);
    if unnamed > 0 {
        let _ = writeln!(text, "and {unnamed} more");
    }
    let would = if report.dry_run { "would be " } else { "" };
    let sum = |sum: Sum, what: &str, done: &str| {
        format!("{} {what} ({} bytes) {would}{done}", sum.count, sum.bytes)
    };
    let _ = writeln!(
        text,
        "{}, {}, {}, {}, {}; looked at {} objects and uploads in {} buckets with rules",
        sum(sums.expired, "objects", "deleted"),
        sum(sums.expired_versions, "older versions", "deleted"),
        sum(sums.removed_markers, "delete markers", "removed"),
        sum(sums.transitioned, "objects", "moved to another storage class"),
        sum(sums.aborted, "uploads", "aborted"),
        report.looked_at,
        report.buckets
    );
    if report.interrupted {
        text.push_str("the server stopped before everything was looked at\n");
    }
    text
}

fn describe_action(text: &mut String, action: &Action, dry_run: bool) {
    let class = action.storage_class.as_deref().unwrap_or_default();
    let upload = action.upload_id.as_deref().unwrap_or_default();
    let version = action.version_id.as_deref().unwrap_or_default();
    let of_version = if version.is_empty() { String::new() } else { format!(" the version {version} of") };
    let (would, ed) = if dry_run { ("would ", "") } else { ("", "d") };
    let what = match action.action {
        ActionKind::Expire | ActionKind::ExpireVersion => format!("{would}delete{ed}{of_version}"),
        ActionKind::RemoveMarker => format!("{would}remove{ed} the delete marker {version} of"),
        ActionKind::Transition => format!("{would}move{ed} to {class}{of_version}"),
        ActionKind::Abort if dry_run => format!("would abort the upload {upload} of"),
        ActionKind::Abort => format!("aborted the upload {upload} of"),
    };
    let Action { bucket, bytes, .. } = action;
    let (key, rule) = (in_a_line(&action.key), in_a_line(&action.rule));
    let _ = writeln!(text, "{what}: {bucket}/{key}, {bytes} bytes, by the rule {rule}");
}
