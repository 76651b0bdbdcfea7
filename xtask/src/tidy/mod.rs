//! `cargo xtask tidy`: rules of the tree that no compiler checks.
//!
//! Every rule is a function from what the tree holds to findings, so that its tests can hand it a tree that breaks it.

mod crate_edges;
mod links;
mod names;
mod operations;
mod rust_files;
pub(crate) mod source;
mod worked_examples;

use anyhow::Context;

use crate::report::Outcome;
use crate::workspace;

use self::source::SourceFile;

/// Prints what breaks a rule and says whether nothing does.
pub(crate) fn run() -> anyhow::Result<bool> {
    let findings = findings()?;
    for finding in &findings {
        println!("{finding}");
    }
    println!("{} findings", findings.len());
    Ok(findings.is_empty())
}

/// Does the same as a step of a larger run.
pub(crate) fn outcome() -> anyhow::Result<Outcome> {
    Ok(Outcome::of_step(run()?, "the tree breaks its own rules, see above"))
}

fn findings() -> anyhow::Result<Vec<String>> {
    let files = workspace::files()?;
    let mut sources = Vec::new();
    let mut pages = Vec::new();
    for path in files.iter().filter(|path| path.ends_with(".rs") || path.ends_with(".md")) {
        let text = std::fs::read_to_string(workspace::root().join(path))
            .with_context(|| format!("reading {path}"))?;
        if path.ends_with(".rs") {
            sources.push(SourceFile::new(path, text));
        } else {
            pages.push((path.clone(), text));
        }
    }
    let mut findings = crate_edges::check(&crate_edges::metadata()?)?;
    findings.extend(crate_edges::check_lints()?);
    findings.extend(names::check(&files));
    findings.extend(operations::check(&sources));
    findings.extend(sources.iter().flat_map(rust_files::check));
    findings.extend(
        pages.iter().flat_map(|(path, text)| {
            links::check(path, text, |target| workspace::root().join(target).exists())
        }),
    );
    let contributing = pages.iter().find(|(path, _)| path == worked_examples::PAGE);
    let contributing = contributing.map_or("", |(_, text)| text.as_str());
    findings.extend(worked_examples::check(contributing, |target| workspace::root().join(target).exists()));
    Ok(findings)
}
