//! The worked examples of `docs/contributing.md` stay true: their lists have at most five files, and what they name is there.

/// The page with the lists.
pub(crate) const PAGE: &str = "docs/contributing.md";

/// Where the paths of the lists begin.
const ROOT: &str = "crates/";

/// More files than this an addition does not touch.
const MOST_FILES: usize = 5;

/// Finds lists that are longer, files that are not there, and new ones for which there is no folder; `exists` answers for a path
/// below the root.
pub(crate) fn check(text: &str, exists: impl Fn(&str) -> bool) -> Vec<String> {
    let mut findings = Vec::new();
    let mut lists = 0;
    for list in text.split("| file | what |").skip(1) {
        lists += 1;
        let rows: Vec<&str> = list.lines().skip(1).take_while(|line| line.starts_with('|')).collect();
        let files: Vec<(&str, bool)> = rows.into_iter().filter_map(file).collect();
        if files.len() > MOST_FILES {
            findings.push(format!("{PAGE}: an addition touches {} files", files.len()));
        }
        for (file, is_new) in files {
            let path = format!("{ROOT}{file}");
            let needed = if is_new { path.rsplit_once('/').map_or("", |(folder, _)| folder) } else { &path };
            if !exists(needed) {
                findings.push(format!("{PAGE}: there is no {needed}"));
            }
        }
    }
    if lists == 0 {
        findings.push(format!("{PAGE}: has no list of files"));
    }
    findings
}

/// Returns the path in a row, and whether it is that of a new file.
fn file(row: &str) -> Option<(&str, bool)> {
    let cell = row.strip_prefix("| `")?.split('|').next()?;
    let (path, rest) = cell.split_once('`')?;
    Some((path, rest.contains("new")))
}

#[cfg(test)]
mod tests {
    use super::check;

    fn findings(rows: &[&str]) -> Vec<String> {
        let list = format!("x\n\n| file | what |\n| --- | --- |\n{}\n\ny", rows.join("\n"));
        check(&list, |path| ["crates/a", "crates/a/b.rs"].contains(&path))
    }

    #[test]
    fn lists_are_short_and_name_what_is_there() {
        let (changed, new) = ("| `a/b.rs` | rows |", "| `a/c.rs`, new | a type |");
        assert!(findings(&[changed, new]).is_empty());
        assert!(findings(&[changed; 5]).is_empty());
        assert_eq!(findings(&[changed; 6]), ["docs/contributing.md: an addition touches 6 files"]);
        assert_eq!(findings(&["| `a/d.rs` | rows |"]), ["docs/contributing.md: there is no crates/a/d.rs"]);
        assert_eq!(findings(&["| `d/c.rs`, new | rows |"]), ["docs/contributing.md: there is no crates/d"]);
        // Whoever adds the example itself breaks nothing.
        assert!(findings(&["| `a/b.rs`, new | x |"]).is_empty());
        assert_eq!(check("nothing", |_| true).len(), 1);
    }
}
