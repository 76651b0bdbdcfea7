//! One resource, one file, one name, one test module. `ops/put_object.rs` defines `fn put_object` (`async` where it waits for
//! something) and is tested by `tests/api/put_object.rs`, which the test binary compiles; `configurations/bucket_cors.rs`, whose
//! operations are those of every configuration, says where it is kept and is tested by `tests/api/bucket_cors.rs`.

use super::source::{self, SourceFile};

const OPERATIONS: &str = "crates/server/src/oss/ops/";
const CONFIGURATIONS: &str = "crates/server/src/oss/configurations/";
const TESTS: &str = "crates/server/tests/api/";

/// Returns what the operations, the configurations and their tests break.
pub(crate) fn check(files: &[SourceFile]) -> Vec<String> {
    let of = |folder| {
        let named =
            move |file: &'_ SourceFile| Some(file.path.strip_prefix(folder)?.strip_suffix(".rs")?.to_owned());
        files.iter().filter_map(move |file| Some((file, named(file)?))).filter(|(_, name)| name != "mod")
    };
    let operations = of(OPERATIONS).flat_map(|(file, name)| check_operation(file, &name, files));
    let configurations = of(CONFIGURATIONS).flat_map(|(file, name)| check_configuration(file, &name, files));
    operations.chain(configurations).collect()
}

fn check_operation(file: &SourceFile, name: &str, files: &[SourceFile]) -> Vec<String> {
    let mut findings = check_tests(file, name, files);
    if !source::functions(&file.code).iter().any(|function| function.name == name) {
        findings.push(format!("{}: does not define `fn {name}`", file.path));
    }
    findings
}

fn check_configuration(file: &SourceFile, name: &str, files: &[SourceFile]) -> Vec<String> {
    let mut findings = check_tests(file, name, files);
    if !["impl Kept for ", "impl Configuration for "].iter().any(|says| file.code.contains(says)) {
        findings.push(format!("{}: says of no document where it is kept", file.path));
    }
    findings
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
    fn a_configuration_says_where_it_is_kept_and_has_its_tests() {
        let configuration =
            ("crates/server/src/oss/configurations/bucket_cors.rs", "impl Kept for CorsRules {}\n");
        let elsewhere = (configuration.0, "impl Configuration for CorsRules {}\n");
        let tests = ("crates/server/tests/api/bucket_cors.rs", "#[test]\nfn replaces() {}\n");
        let main = ("crates/server/tests/api/main.rs", "mod bucket_cors;\n");
        check_tree(&[configuration, tests, main], &[]);
        check_tree(&[elsewhere, tests, main], &[]);
        check_tree(&[configuration, main], &["has no test module"]);
        check_tree(&[(configuration.0, "fn rules() {}\n"), tests, main], &["where it is kept"]);
    }
}
