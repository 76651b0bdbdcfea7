//! One resource, one file, one name, one test module. `ops/put_object.rs` defines `fn put_object` (`async` where it waits for
//! something) and is tested by `tests/api/put_object.rs`, which the test binary compiles. A configuration, whose operations are
//! those of every configuration and which may have a file `configurations/bucket_cors.rs` for what it does, is tested by
//! `tests/api/bucket_cors.rs`.

use std::collections::BTreeSet;

use super::source::{self, SourceFile};

const OPERATIONS: &str = "crates/server/src/oss/ops/";
const CONFIGURATIONS: &str = "crates/server/src/oss/configurations/";
/// Where every operation has an arm.
const ARMS: &str = "crates/server/src/oss/ops.rs";
const TESTS: &str = "crates/server/tests/api/";

/// Returns what the operations, the configurations and their tests break.
pub(crate) fn check(files: &[SourceFile]) -> Vec<String> {
    let of = |folder| {
        let named =
            move |file: &'_ SourceFile| Some(file.path.strip_prefix(folder)?.strip_suffix(".rs")?.to_owned());
        files.iter().filter_map(move |file| Some((file, named(file)?))).filter(|(_, name)| name != "mod")
    };
    let operations = of(OPERATIONS).flat_map(|(file, name)| check_operation(file, &name, files));
    let effects = of(CONFIGURATIONS).flat_map(|(file, name)| check_tests(file, &name, files));
    let arms = files.iter().filter(|file| file.path == ARMS);
    let arms = arms.flat_map(|file| configurations(&file.code).into_iter().map(move |name| (file, name)));
    let configurations = arms.flat_map(|(file, name)| check_tests(file, &name, files));
    let findings: BTreeSet<String> = operations.chain(effects).chain(configurations).collect();
    findings.into_iter().collect()
}

fn check_operation(file: &SourceFile, name: &str, files: &[SourceFile]) -> Vec<String> {
    let mut findings = check_tests(file, name, files);
    if !source::functions(&file.code).iter().any(|function| function.name == name) {
        findings.push(format!("{}: does not define `fn {name}`", file.path));
    }
    findings
}

/// Returns the names of the files of the configurations that have an arm: `Operation::GetBucketCors => .. get::<CorsRules>` is that
/// of `bucket_cors`.
fn configurations(code: &str) -> Vec<String> {
    let code: String = code.split_whitespace().collect();
    let arms = code.split("Operation::Get").skip(1).filter_map(|arm| arm.split_once("=>"));
    let generic = |runs: &str| runs.trim_start_matches('{').starts_with("Box::pin(get::<");
    arms.filter(|(_, runs)| generic(runs)).map(|(name, _)| snake_case(name)).collect()
}

fn snake_case(name: &str) -> String {
    let mut words = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !words.is_empty() {
            words.push('_');
        }
        words.push(letter.to_ascii_lowercase());
    }
    words
}

fn check_tests(file: &SourceFile, name: &str, files: &[SourceFile]) -> Vec<String> {
    let compiled = files.iter().find(|file| file.path == format!("{TESTS}main.rs"));
    let compiled = compiled.map(|file| file.code.as_str()).unwrap_or_default();
    let mut findings = Vec::new();
    let test_path = format!("{TESTS}{name}.rs");
    match files.iter().find(|test| test.path == test_path) {
        None => findings.push(format!("{}: has no test module {test_path}", file.path)),
        Some(test) => {
            if !compiled.lines().any(|line| line.trim() == format!("mod {name};")) {
                findings.push(format!("{TESTS}main.rs: does not compile `mod {name};`"));
            }
            if !source::functions(&test.code).iter().any(|function| function.attributes.contains("test]")) {
                findings.push(format!("{test_path}: holds no test"));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_tree(files: &[(&str, &str)], expected: &[&str]) {
        let files: Vec<_> =
            files.iter().map(|(path, text)| SourceFile::new(path, (*text).to_owned())).collect();
        let findings = check(&files);
        assert_eq!(findings.len(), expected.len(), "{findings:?}");
        for (finding, words) in findings.iter().zip(expected) {
            assert!(finding.contains(words), "{finding} lacks {words}");
        }
    }

    #[test]
    fn an_operation_has_its_function_and_its_tests() {
        let operation =
            ("crates/server/src/oss/ops/put_object.rs", "pub(crate) async fn put_object(a: u8) {}\n");
        let waits_for_nothing = (operation.0, "pub(crate) fn put_object<T>(a: T) {}\n");
        let tests = ("crates/server/tests/api/put_object.rs", "#[tokio::test]\nasync fn stores() {}\n");
        let main = ("crates/server/tests/api/main.rs", "mod put_object;\n");
        check_tree(&[operation, tests, main, ("crates/server/src/oss/ops/mod.rs", "")], &[]);
        check_tree(&[waits_for_nothing, tests, main], &[]);
        check_tree(&[operation, main], &["has no test module"]);
        check_tree(&[operation, tests], &["does not compile `mod put_object;`"]);
        check_tree(&[operation, (tests.0, "fn helper() {}\n"), main], &["holds no test"]);
        check_tree(&[(operation.0, "async fn put() {}\n"), tests, main], &["does not define"]);
        check_tree(&[(operation.0, "// async fn put_object(\n"), tests, main], &["does not define"]);
    }

    #[test]
    fn a_configuration_has_its_tests() {
        let arms = (
            ARMS,
            "Operation::GetBucketCors => Box::pin(get::<CorsRules>(call, body)),\n\
             Operation::GetBucketTags => {\n    Box::pin(get::<BucketTags>(call, body))\n}\n\
             Operation::GetBucketAcl => Box::pin(get_bucket_acl(call, body)),\n",
        );
        let effect = ("crates/server/src/oss/configurations/bucket_cors.rs", "fn apply() {}\n");
        let cors = ("crates/server/tests/api/bucket_cors.rs", "#[test]\nfn replaces() {}\n");
        let tags = ("crates/server/tests/api/bucket_tags.rs", "#[test]\nfn replaces() {}\n");
        let main = ("crates/server/tests/api/main.rs", "mod bucket_cors;\nmod bucket_tags;\n");
        check_tree(&[arms, effect, cors, tags, main], &[]);
        check_tree(&[arms, cors, main], &["has no test module crates/server/tests/api/bucket_tags.rs"]);
        check_tree(&[effect, main], &["has no test module"]);
        check_tree(
            &[arms, cors, tags, (main.0, "mod bucket_tags;\n")],
            &["does not compile `mod bucket_cors;`"],
        );
    }
}
