//! Names that say nothing: no file or folder of Rust code is called after a drawer for everything.

const FORBIDDEN: [&str; 10] =
    ["common", "util", "utils", "helper", "helpers", "manager", "managers", "impl", "impls", "inner"];

/// Finds the paths, of all files of the tree, whose Rust file or folder name has a forbidden word in it.
pub(crate) fn check(files: &[String]) -> Vec<String> {
    files.iter().filter(|path| path.ends_with(".rs")).filter_map(|path| finding(path)).collect()
}

fn finding(path: &str) -> Option<String> {
    let words = path.trim_end_matches(".rs").split(['/', '_', '-']);
    let word = words.into_iter().find(|word| FORBIDDEN.contains(word))?;
    Some(format!("{path}: `{word}` says nothing; name the thing it owns"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let check = |path: &str, allowed: bool| assert_eq!(finding(path).is_none(), allowed, "{path}");
        check("crates/store/src/txn.rs", true);
        check("crates/store/src/common.rs", false);
        check("crates/common/src/lib.rs", false);
        check("crates/server/src/http_utils.rs", false);
        check("crates/server/src/upload_manager.rs", false);
        check("crates/server/src/oss/ops/simple.rs", true);
    }
}
