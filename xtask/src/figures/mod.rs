//! `cargo xtask figures`: how the code of the crates and of xtask measures up, in the figures that tell whether it stays easy to
//! read: sizes, parameters, unwraps, how documentation opens, and circles of files. Tests are left out, and so
//! are the crates that they stand on.

mod circles;

use anyhow::Context;

use crate::tidy::source::{self, SourceFile};
use crate::workspace;

/// What a function's documentation should not open with: it should say what the function does.
const RIDDLES: [&str; 8] = ["What", "Whether", "How", "Where", "When", "Who", "Which", "Why"];
const FEW_PARAMETERS: usize = 6;
/// The crates that only tests and xtask depend on.
const FOR_TESTS: [&str; 2] = ["crates/harness/", "crates/services/"];

/// Prints the figures.
pub(crate) fn run() -> anyhow::Result<bool> {
    let files = production_files()?;
    let codes: Vec<String> = files.iter().map(SourceFile::code_outside_tests).collect();
    let lines: Vec<usize> = files.iter().map(SourceFile::lines_outside_tests).collect();
    let code_lines: usize =
        codes.iter().map(|code| code.lines().filter(|line| !line.trim().is_empty()).count()).sum();
    println!("files                      {}", files.len());
    println!("code lines                 {code_lines}");
    println!("file lines                 {}", Spread::of(lines));
    let functions: Vec<(String, source::Function)> = files
        .iter()
        .zip(&codes)
        .flat_map(|(file, code)| source::functions(code).into_iter().map(|f| (file.path.clone(), f)))
        .collect();
    println!("function lines             {}", Spread::of(functions.iter().map(|(_, f)| f.lines).collect()));
    for limit in [40, 60, 80] {
        let over = functions.iter().filter(|(_, f)| f.lines > limit).count();
        println!("functions over {limit} lines    {over}");
    }
    for (path, f) in functions.iter().filter(|(_, f)| f.lines > 80) {
        println!("  {path}:{} {} {}", f.line, f.name, f.lines);
    }
    let many: usize = codes.iter().map(|code| with_many_parameters(code)).sum();
    println!("functions over {FEW_PARAMETERS} parameters {many}");
    for word in [".unwrap()", ".expect(", "#[allow(", "#[expect("] {
        println!("{word:<26} {}", codes.iter().map(|code| code.matches(word).count()).sum::<usize>());
    }
    let (riddles, documented) = openings(&files);
    println!("documented functions       {documented}, of which open with a riddle {riddles}");
    let circles = circles::of(&files);
    println!("circles of files           {}", circles.len());
    for circle in circles {
        println!("  {}", circle.join(" -> "));
    }
    Ok(true)
}

fn production_files() -> anyhow::Result<Vec<SourceFile>> {
    let mut files = Vec::new();
    for path in workspace::files()? {
        if !is_source(&path) {
            continue;
        }
        let text = std::fs::read_to_string(workspace::root().join(&path))
            .with_context(|| format!("reading {path}"))?;
        files.push(SourceFile::new(&path, text));
    }
    files.retain(|file| !file.is_test());
    Ok(files)
}

/// Returns whether a path is one of a crate's own sources, of a crate that is not for tests only.
fn is_source(path: &str) -> bool {
    let ours = path.starts_with("crates/") || path.starts_with("xtask/");
    let for_tests = FOR_TESTS.iter().any(|folder| path.starts_with(folder));
    ours && !for_tests && path.contains("/src/") && path.ends_with(".rs")
}

/// Counts the functions that take more than a few parameters.
fn with_many_parameters(code: &str) -> usize {
    let lists = code.match_indices("fn ").filter_map(|(at, _)| {
        let rest = code.get(at..)?;
        let open = rest.find('(')?;
        let list = rest.get(open + 1..)?.replace("->", "");
        let mut depth = 1_usize;
        let mut parameters = 0;
        for letter in list.chars() {
            match letter {
                '(' | '[' | '<' => depth += 1,
                ')' | ']' | '>' => depth = depth.saturating_sub(1),
                ':' if depth == 1 => parameters += 1,
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
        Some(parameters)
    });
    lists.filter(|parameters| *parameters > FEW_PARAMETERS).count()
}

/// Counts the documented functions: those that open with a riddle, and all.
fn openings(files: &[SourceFile]) -> (usize, usize) {
    let (mut riddles, mut documented) = (0, 0);
    for file in files {
        let mut opening: Option<&str> = None;
        for line in file.text.lines().map(str::trim) {
            if let Some(doc) = line.strip_prefix("/// ") {
                opening.get_or_insert(doc);
            } else if !line.starts_with("///") && !line.starts_with("#[") {
                let is_function = line.contains("fn ") && !line.starts_with("//");
                if let Some(doc) = opening.take().filter(|_| is_function) {
                    documented += 1;
                    let first = doc.split_whitespace().next().unwrap_or_default();
                    riddles += usize::from(RIDDLES.contains(&first));
                }
            }
        }
    }
    (riddles, documented)
}

/// Median, ninth decile, 99th percentile and greatest of some numbers.
struct Spread([usize; 4]);

impl Spread {
    fn of(mut numbers: Vec<usize>) -> Self {
        numbers.sort_unstable();
        let at = |percent: usize| {
            let index = (numbers.len() * percent / 100).min(numbers.len().saturating_sub(1));
            numbers.get(index).copied().unwrap_or_default()
        };
        Self([at(50), at(90), at(99), at(100)])
    }
}

impl std::fmt::Display for Spread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self([median, p90, p99, most]) = self;
        write!(f, "median {median}, p90 {p90}, p99 {p99}, most {most}")
    }
}

#[cfg(test)]
mod tests {
    use super::{Spread, is_source, openings, with_many_parameters};
    use crate::tidy::source::SourceFile;

    #[test]
    fn spreads() {
        assert_eq!(Spread::of((1..=100).collect()).to_string(), "median 51, p90 91, p99 100, most 100");
        assert_eq!(Spread::of(Vec::new()).to_string(), "median 0, p90 0, p99 0, most 0");
    }

    #[test]
    fn sources_are_those_of_crates_that_are_not_for_tests() {
        for (path, expected) in [
            ("crates/server/src/oss/ops/put_object.rs", true),
            ("xtask/src/main.rs", true),
            ("crates/harness/src/server.rs", false),
            ("crates/services/src/postgres.rs", false),
            ("crates/server/tests/api/put_object.rs", false),
            ("crates/server/src/config/default.toml", false),
            ("examples/app/src/main.rs", false),
        ] {
            assert_eq!(is_source(path), expected, "{path}");
        }
    }

    #[test]
    fn parameters_are_counted_without_what_is_inside_them() {
        let seven = "fn a(b: u8, c: Vec<(u8, u8)>, d: u8, e: &dyn Fn(u8) -> u8, f: u8, g: u8, h: [u8; 2]) {}";
        assert_eq!(with_many_parameters(seven), 1);
        assert_eq!(with_many_parameters("fn a(&self, b: HashMap<u8, u8>, c: (u8, u8)) {}"), 0);
    }

    #[test]
    fn documentation_that_opens_with_a_riddle() {
        let text = "/// Whether it is.\n///\n/// More.\n#[must_use]\npub fn a() {}\n/// Reads.\nfn b() {}\n/// What it is.\nstruct C;\n";
        assert_eq!(openings(&[SourceFile::new("a.rs", text.to_owned())]), (1, 2));
    }
}
