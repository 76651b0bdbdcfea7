//! Which crate may know which: the server knows all the others; those know nothing of each other,
//! and none of them takes in what its place in the design rules out.

use anyhow::{Context, bail};
use serde_json::Value;

use crate::workspace;

/// Every crate of the workspace with the workspace crates it may depend on.
const ALLOWED: [(&str, &[&str]); 10] = [
    ("ossicle-protocol", &[]),
    ("ossicle-callback", &[]),
    ("ossicle-rsa", &[]),
    ("ossicle-store", &["ossicle-linear", "ossicle-services"]),
    ("ossicle-policy", &[]),
    (
        "ossicle-server",
        &[
            "ossicle-protocol",
            "ossicle-callback",
            "ossicle-rsa",
            "ossicle-store",
            "ossicle-policy",
            "ossicle-harness",
            "ossicle-linear",
            "ossicle-services",
        ],
    ),
    ("ossicle-harness", &["ossicle-protocol", "ossicle-services"]),
    ("ossicle-linear", &[]),
    ("ossicle-services", &[]),
    ("xtask", &["ossicle-services"]),
];

/// The crates that serve tests and xtask alone.
const FOR_TESTS: [&str; 3] = ["ossicle-harness", "ossicle-linear", "ossicle-services"];

/// The crates that are never part of what is given out.
const NOT_GIVEN_OUT: [&str; 3] = ["ossicle-harness", "ossicle-services", "xtask"];

/// What a crate must not take in: protocol and policies are pure, the store knows neither HTTP nor XML (but for the types of
/// the two requests to an S3 store that OpenDAL does not make), the callback no XML.
const RULED_OUT: [(&str, &[&str]); 4] = [
    ("ossicle-protocol", &["tokio", "hyper", "axum", "tracing", "fjall", "rustix", "rand"]),
    ("ossicle-callback", &["quick-xml", "fjall", "clap"]),
    ("ossicle-store", &["hyper", "axum", "quick-xml", "rsa", "clap"]),
    ("ossicle-policy", &["tokio", "http", "hyper", "axum", "tracing", "rustix", "rand"]),
];

/// Asks cargo for the crates of this workspace.
pub(crate) fn metadata() -> anyhow::Result<Value> {
    let output = workspace::cargo()
        .args(["metadata", "--format-version", "1", "--no-deps"])
        .output()
        .context("cargo metadata could not be started")?;
    if !output.status.success() {
        bail!("cargo metadata failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    serde_json::from_slice(&output.stdout).context("cargo metadata is not JSON")
}

/// Finds the edges that the design does not have, tests' and build scripts' dependencies included.
pub(crate) fn check(metadata: &Value) -> anyhow::Result<Vec<String>> {
    let packages =
        metadata.get("packages").and_then(Value::as_array).context("no packages in cargo metadata")?;
    let names: Vec<&str> = packages.iter().filter_map(|package| package.get("name")?.as_str()).collect();
    let mut findings = Vec::new();
    for package in packages {
        let name = package.get("name").and_then(Value::as_str).context("a package without a name")?;
        let Some((_, allowed)) = ALLOWED.iter().find(|(known, _)| *known == name) else {
            findings
                .push(format!("{name}: a new crate needs its edges stated in xtask/src/tidy/crate_edges.rs"));
            continue;
        };
        let ruled_out =
            RULED_OUT.iter().find(|(known, _)| *known == name).map_or(&[][..], |(_, crates)| *crates);
        let dependencies =
            package.get("dependencies").and_then(Value::as_array).context("no dependencies")?;
        for dependency in dependencies {
            let on = dependency.get("name").and_then(Value::as_str).context("a dependency without a name")?;
            // A crate may name itself to switch on its own features in its tests.
            let of_ours = names.contains(&on) && on != name;
            let for_tests = dependency.get("kind").and_then(Value::as_str) == Some("dev");
            if of_ours && !allowed.contains(&on) {
                findings.push(format!("{name}: must not depend on {on}"));
            } else if FOR_TESTS.contains(&on) && !for_tests && !NOT_GIVEN_OUT.contains(&name) {
                findings.push(format!("{name}: {on} is for tests; make it a dev-dependency"));
            } else if ruled_out.contains(&on) && !for_tests {
                findings.push(format!("{name}: {on} has no place in this crate"));
            }
        }
    }
    Ok(findings)
}

/// Finds the crates that do not take the workspace's lints.
pub(crate) fn check_lints() -> anyhow::Result<Vec<String>> {
    let mut findings = Vec::new();
    for path in
        workspace::files()?.iter().filter(|path| path.ends_with("/Cargo.toml") && !path.starts_with("fuzz/"))
    {
        let manifest = std::fs::read_to_string(workspace::root().join(path))
            .with_context(|| format!("reading {path}"))?;
        if !takes_lints(&manifest) {
            findings.push(format!("{path}: lacks `[lints] workspace = true`"));
        }
    }
    Ok(findings)
}

fn takes_lints(manifest: &str) -> bool {
    let after = manifest.lines().skip_while(|line| line.trim() != "[lints]").nth(1);
    after.is_some_and(|line| line.split_whitespace().collect::<String>() == "workspace=true")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn package(name: &str, dependencies: &[(&str, Value)]) -> Value {
        let dependencies: Vec<Value> =
            dependencies.iter().map(|(name, kind)| json!({"name": name, "kind": kind})).collect();
        json!({"name": name, "dependencies": dependencies})
    }

    #[test]
    fn edges() {
        let check_edge = |from: &str, to: &str, kind: Value, expected: usize| {
            let mut packages: Vec<Value> = ALLOWED
                .iter()
                .filter(|(name, _)| *name != from)
                .map(|(name, _)| package(name, &[]))
                .collect();
            packages.push(package(from, &[(to, kind)]));
            let findings = check(&json!({"packages": packages})).unwrap();
            assert_eq!(findings.len(), expected, "{from} -> {to}: {findings:?}");
        };
        check_edge("ossicle-server", "ossicle-store", Value::Null, 0);
        check_edge("ossicle-store", "ossicle-protocol", Value::Null, 1);
        check_edge("ossicle-store", "ossicle-protocol", json!("dev"), 1);
        check_edge("ossicle-callback", "ossicle-callback", json!("dev"), 0);
        check_edge("ossicle-server", "ossicle-harness", json!("dev"), 0);
        check_edge("ossicle-server", "ossicle-harness", Value::Null, 1);
        check_edge("ossicle-store", "ossicle-harness", json!("dev"), 1);
        check_edge("ossicle-store", "ossicle-services", json!("dev"), 0);
        check_edge("ossicle-store", "ossicle-services", Value::Null, 1);
        check_edge("ossicle-services", "ossicle-store", Value::Null, 1);
        check_edge("xtask", "ossicle-services", Value::Null, 0);
        check_edge("xtask", "ossicle-server", Value::Null, 1);
        check_edge("ossicle-protocol", "tokio", Value::Null, 1);
        check_edge("ossicle-protocol", "tokio", json!("dev"), 0);
        check_edge("ossicle-store", "bytes", Value::Null, 0);
        check_edge("ossicle-newcomer", "bytes", Value::Null, 1);
    }

    #[test]
    fn lints() {
        assert!(takes_lints("[package]\nname = \"a\"\n\n[lints]\nworkspace = true\n"));
        assert!(!takes_lints("[package]\nname = \"a\"\n"));
        assert!(!takes_lints("[lints]\nworkspace = false\n"));
    }
}
