//! Circles of files: groups in which each file uses something of every other, directly or through others. A re-export is no use,
//! and a name that a module re-exports is looked for where it comes from.

use std::collections::{BTreeMap, BTreeSet};

use crate::tidy::source::SourceFile;

/// The module paths of a crate: `crate::a::b` to the file that holds it.
type Modules = BTreeMap<Vec<String>, usize>;

/// Returns the circles, each with its files in order.
pub(crate) fn of(files: &[SourceFile]) -> Vec<Vec<String>> {
    let modules: Modules = files.iter().enumerate().map(|(at, file)| (module(&file.path), at)).collect();
    let codes: Vec<String> = files.iter().map(SourceFile::code_outside_tests).collect();
    let edges: Vec<BTreeSet<usize>> = files
        .iter()
        .zip(&codes)
        .enumerate()
        .map(|(at, (file, code))| {
            let here = module(&file.path);
            let used = uses(code, &here).into_iter().filter(|used| !used.re_exported);
            let mut targets: BTreeSet<usize> =
                used.filter_map(|used| holder(&used.path, &modules, &codes, files)).collect();
            targets.remove(&at);
            targets
        })
        .collect();
    let reachable: Vec<BTreeSet<usize>> = (0..files.len()).map(|from| reach(from, &edges)).collect();
    let mut circles: BTreeSet<Vec<usize>> = BTreeSet::new();
    for (at, reached) in reachable.iter().enumerate() {
        let circle: Vec<usize> = reached
            .iter()
            .copied()
            .filter(|other| reachable.get(*other).is_some_and(|r| r.contains(&at)))
            .collect();
        if circle.len() > 1 {
            circles.insert(circle);
        }
    }
    let path = |at: usize| files.get(at).map(|file| file.path.clone()).unwrap_or_default();
    circles.into_iter().map(|circle| circle.into_iter().map(path).collect()).collect()
}

fn reach(from: usize, edges: &[BTreeSet<usize>]) -> BTreeSet<usize> {
    let (mut reached, mut open) = (BTreeSet::new(), vec![from]);
    while let Some(at) = open.pop() {
        for next in edges.get(at).into_iter().flatten() {
            if reached.insert(*next) {
                open.push(*next);
            }
        }
    }
    reached
}

/// Returns the module that a file holds, with the crate's folder in front.
fn module(path: &str) -> Vec<String> {
    let (folder, inside) = path.split_once("/src/").unwrap_or(("", path));
    let inside = inside.trim_end_matches(".rs");
    let mut parts = vec![folder.to_owned()];
    parts.extend(inside.split('/').map(str::to_owned));
    if parts.last().is_some_and(|last| matches!(last.as_str(), "mod" | "lib" | "main")) {
        parts.pop();
    }
    parts
}

/// A path that a file names.
#[derive(Debug, PartialEq, Eq)]
struct Used {
    path: Vec<String>,
    re_exported: bool,
}

/// Returns the paths below `crate`, `self` and `super` that some code names, absolute.
fn uses(code: &str, here: &[String]) -> Vec<Used> {
    let mut used = Vec::new();
    for root in ["crate::", "super::", "self::"] {
        for (at, _) in code.match_indices(root) {
            let before = code.get(..at).unwrap_or_default();
            if before.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':') {
                continue;
            }
            let statement = before.rsplit([';', '{', '}']).next().unwrap_or_default().trim();
            let statement = statement.rsplit(']').next().unwrap_or_default().trim();
            let re_exported = statement.starts_with("pub") && statement.contains("use");
            for tree in flattened(code.get(at..).unwrap_or_default()) {
                if let Some(path) = absolute(&tree, here) {
                    used.push(Used { path, re_exported });
                }
            }
        }
    }
    used
}

/// Returns the paths of a use tree such as `crate::a::{b, c::d}`.
fn flattened(text: &str) -> Vec<Vec<String>> {
    let word = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let plain: String = text.chars().take_while(|c| word(*c)).collect();
    let parts: Vec<String> = plain.split("::").filter(|part| !part.is_empty()).map(str::to_owned).collect();
    let rest = text.get(plain.len()..).unwrap_or_default();
    if !plain.ends_with("::") || !rest.starts_with('{') {
        return vec![parts];
    }
    let mut paths = Vec::new();
    let (mut depth, mut start) = (0_usize, 1_usize);
    for (at, letter) in rest.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if (letter == ',' && depth == 1) || depth == 0 {
            for tail in flattened(rest.get(start..at).unwrap_or_default().trim_start()) {
                paths.push(parts.iter().cloned().chain(tail).collect());
            }
            start = at + 1;
        }
        if depth == 0 {
            break;
        }
    }
    paths
}

fn absolute(path: &[String], here: &[String]) -> Option<Vec<String>> {
    let mut base: Vec<String> = here.to_vec();
    let mut rest = path;
    if let [first, tail @ ..] = rest
        && first == "crate"
    {
        base.truncate(1);
        rest = tail;
    }
    while let [first, tail @ ..] = rest {
        match first.as_str() {
            "super" => drop(base.pop()?),
            "self" => {}
            _ => break,
        }
        rest = tail;
    }
    base.extend(rest.iter().cloned());
    Some(base)
}

/// Returns the file that holds what a path names: the longest module in front of it, or where that re-exports
/// the name from.
fn holder(path: &[String], modules: &Modules, codes: &[String], files: &[SourceFile]) -> Option<usize> {
    let mut path = path.to_vec();
    for _ in 0..8 {
        let length = (1..=path.len())
            .rev()
            .find(|length| modules.contains_key(path.get(..*length).unwrap_or_default()))?;
        let at = *modules.get(path.get(..length)?)?;
        let Some(name) = path.get(length) else { return Some(at) };
        let here = module(&files.get(at)?.path);
        let code = codes.get(at)?;
        let from_children = children_exports(code, &here);
        match from_children.into_iter().find(|exported| exported.last() == Some(name)) {
            Some(exported) if exported != path => path = exported,
            _ => return Some(at),
        }
    }
    None
}

/// Returns the absolute paths that `pub use child::{A, B}` of a module re-exports.
fn children_exports(code: &str, here: &[String]) -> Vec<Vec<String>> {
    let mut exports = Vec::new();
    for (at, _) in code.match_indices("use ") {
        let statement =
            code.get(..at).unwrap_or_default().rsplit([';', '{', '}', ']']).next().unwrap_or_default();
        if !statement.trim().starts_with("pub") {
            continue;
        }
        for path in flattened(code.get(at + 4..).unwrap_or_default()) {
            exports.extend(absolute(&path, here));
        }
    }
    exports
}

#[cfg(test)]
mod tests {
    use super::of;
    use crate::tidy::source::SourceFile;

    fn check(files: &[(&str, &str)], expected: &[&[&str]]) {
        let files: Vec<SourceFile> =
            files.iter().map(|(path, text)| SourceFile::new(path, (*text).to_owned())).collect();
        assert_eq!(of(&files), expected);
    }

    #[test]
    fn files_that_use_each_other() {
        let lib = ("crates/a/src/lib.rs", "mod b; mod c; pub use b::B; pub use c::C;");
        check(
            &[lib, ("crates/a/src/b.rs", "use crate::C;"), ("crates/a/src/c.rs", "fn c(_: crate::b::B) {}")],
            &[&["crates/a/src/b.rs", "crates/a/src/c.rs"]],
        );
        check(&[lib, ("crates/a/src/b.rs", "use crate::C;"), ("crates/a/src/c.rs", "struct C;")], &[]);
        check(
            &[
                lib,
                ("crates/a/src/b.rs", "use crate::{c::{C, d}, e};"),
                ("crates/a/src/c.rs", "struct C;\n#[cfg(test)]\nmod tests { use crate::B; }"),
            ],
            &[],
        );
    }

    #[test]
    fn a_module_and_its_children() {
        check(
            &[
                ("crates/a/src/m.rs", "mod n; pub use n::N; struct M;"),
                ("crates/a/src/m/n.rs", "use super::M;"),
            ],
            &[],
        );
        check(
            &[
                ("crates/a/src/m.rs", "mod n; struct M; fn m() { self::n::n() }"),
                ("crates/a/src/m/n.rs", "use super::M;"),
            ],
            &[&["crates/a/src/m.rs", "crates/a/src/m/n.rs"]],
        );
    }
}
