//! Rules for a single Rust file: it says what it owns, stays small, hides no name behind a glob and ignores no test.

use super::source::{self, SourceFile};

const MOST_LINES_OF_A_FILE: usize = 600;
const MOST_LINES_OF_A_FUNCTION: usize = 80;

/// Returns the rules that this file breaks.
pub(crate) fn check(file: &SourceFile) -> Vec<String> {
    let mut findings = Vec::new();
    if !file.text.starts_with("//!") {
        findings.push(format!("{}: does not open with `//!` and what it owns", file.path));
    }
    let lines = file.lines_outside_tests();
    if lines > MOST_LINES_OF_A_FILE {
        findings
            .push(format!("{}: {lines} lines without tests, more than {MOST_LINES_OF_A_FILE}", file.path));
    }
    findings.extend(long_functions(file));
    findings.extend(globs(file));
    findings.extend(ignored_tests(file));
    findings
}

fn long_functions(file: &SourceFile) -> Vec<String> {
    source::functions(&file.code_outside_tests())
        .into_iter()
        .filter(|function| function.lines > MOST_LINES_OF_A_FUNCTION + 1)
        .filter(|function| {
            let attributes: String = function.attributes.split_whitespace().collect();
            !attributes.contains("expect(clippy::too_many_lines")
        })
        .map(|function| {
            format!(
                "{}:{}: `{}` has {} lines, more than {MOST_LINES_OF_A_FUNCTION}",
                file.path, function.line, function.name, function.lines
            )
        })
        .collect()
}

fn globs(file: &SourceFile) -> Vec<String> {
    let code = file.code_outside_tests();
    let mut findings = Vec::new();
    for (at, _) in code.match_indices("use ") {
        let before = code.get(..at).unwrap_or_default();
        let statement = code.get(at..).and_then(|rest| rest.split(';').next()).unwrap_or_default();
        let starts_item = before
            .lines()
            .next_back()
            .is_none_or(|line| line.trim().is_empty() || line.trim().starts_with("pub"));
        if starts_item && statement.contains('*') {
            findings.push(format!("{}:{}: glob import", file.path, before.matches('\n').count() + 1));
        }
    }
    findings
}

fn ignored_tests(file: &SourceFile) -> Vec<String> {
    let mut findings = Vec::new();
    for (number, (code, text)) in file.code.lines().zip(file.text.lines()).enumerate() {
        let attribute = code.trim_start().starts_with("#[")
            && code
                .split(|letter: char| !letter.is_alphanumeric() && letter != '_')
                .any(|word| word == "ignore");
        let comment = text.trim_start();
        let example =
            (comment.starts_with("///") || comment.starts_with("//!")) && comment.contains("```ignore");
        if attribute || example {
            findings.push(format!("{}:{}: an ignored test proves nothing", file.path, number + 1));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_text(path: &str, text: &str, expected: &[&str]) {
        let findings = check(&SourceFile::new(path, text.to_owned()));
        assert_eq!(findings.len(), expected.len(), "{findings:?}");
        for (finding, words) in findings.iter().zip(expected) {
            assert!(finding.contains(words), "{finding} lacks {words}");
        }
    }

    #[test]
    fn a_file_says_what_it_owns() {
        check_text("a.rs", "//! Owns a.\nfn a() {}\n", &[]);
        check_text("a.rs", "// Owns a.\nfn a() {}\n", &["a.rs: does not open"]);
        check_text("a.rs", "", &["a.rs: does not open"]);
    }

    #[test]
    fn sizes_are_capped() {
        let file = |lines: usize| format!("//! Doc\n{}", "// line\n".repeat(lines - 1));
        check_text("a.rs", &file(600), &[]);
        check_text("a.rs", &file(601), &["601 lines without tests"]);
        check_text("crates/a/tests/api/a.rs", &file(601), &[]);
        let function = |lines: usize, attribute: &str| {
            format!("//! Doc\n{attribute}fn long() {{\n{}}}\n", "    step();\n".repeat(lines - 1))
        };
        check_text("a.rs", &function(80, ""), &[]);
        check_text("a.rs", &function(81, ""), &["a.rs:2: `long`"]);
        check_text("a.rs", &function(81, "#[expect(clippy::too_many_lines, reason = \"a table\")]\n"), &[]);
        check_text(
            "a.rs",
            &function(81, "#[expect(\n    clippy::too_many_lines,\n    reason = \"a table\"\n)]\n"),
            &[],
        );
        check_text("a.rs", &format!("//! Doc\n#[cfg(test)]\nmod tests {{\n{}}}\n", function(81, "")), &[]);
    }

    #[test]
    fn globs_are_for_tests() {
        check_text("a.rs", "//! Doc\nuse a::b;\npub use c::{d, e};\n", &[]);
        check_text("a.rs", "//! Doc\nuse a::*;\n", &["a.rs:2: glob"]);
        check_text("a.rs", "//! Doc\npub use a::{b, c::*};\n", &["a.rs:2: glob"]);
        check_text("a.rs", "//! Doc\n// use a::*;\n#[cfg(test)]\nmod tests {\n    use super::*;\n}\n", &[]);
        check_text("a.rs", "//! Doc\nmod a {\n    use super::*;\n}\n", &["a.rs:3: glob"]);
    }

    #[test]
    fn no_test_is_ignored() {
        check_text("a.rs", "//! Doc\n#[test]\n#[ignore]\nfn a() {}\n", &["a.rs:3: an ignored"]);
        check_text("a.rs", "//! Doc\n#[test]\n#[ignore = \"slow\"]\nfn a() {}\n", &["a.rs:3: an ignored"]);
        check_text("a.rs", "//! Doc\n#[cfg_attr(unix, ignore)]\nfn a() {}\n", &["a.rs:2: an ignored"]);
        check_text("a.rs", "//! Doc\n/// ```ignore\nfn a() {}\n", &["a.rs:2: an ignored"]);
        check_text("a.rs", "//! Doc\nfn a() { ignore(); }\n", &[]);
    }
}
