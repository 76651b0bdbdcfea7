//! A Rust file with its comments, strings and character literals blanked out, so that plain text search sees only code.
//! Lines and columns stay where they are. It is not a parser: it relies on the tree being formatted by rustfmt.

use std::ops::Range;

/// A Rust file of the tree.
#[derive(Debug)]
pub(crate) struct SourceFile {
    /// Below the root of the tree, with `/` between folders.
    pub(crate) path: String,
    /// The file as it is.
    pub(crate) text: String,
    /// The file with everything that is not code replaced by spaces.
    pub(crate) code: String,
}

/// A function with a body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Function {
    pub(crate) name: String,
    /// Counted from 1.
    pub(crate) line: usize,
    /// From the line of `fn` to that of the closing brace.
    pub(crate) lines: usize,
    /// The attributes in front of it.
    pub(crate) attributes: String,
}

impl SourceFile {
    /// Reads a file's text.
    pub(crate) fn new(path: &str, text: String) -> SourceFile {
        let code = blank_out(&text);
        SourceFile { path: path.to_owned(), text, code }
    }

    /// Returns whether the whole file is compiled for tests only.
    pub(crate) fn is_test(&self) -> bool {
        let folder_of_tests = |folder| self.path.split('/').any(|part| part == folder);
        folder_of_tests("tests") || folder_of_tests("benches") || self.path.ends_with("/tests.rs")
    }

    /// Returns the parts of the code that `#[cfg(test)]` keeps out of an ordinary build, as byte ranges.
    pub(crate) fn test_regions(&self) -> Vec<Range<usize>> {
        let mut regions: Vec<Range<usize>> = Vec::new();
        for (start, marker) in self.code.match_indices("#[cfg(test)]") {
            if regions.last().is_none_or(|last| start >= last.end) {
                regions.push(start..item_end(&self.code, start + marker.len()));
            }
        }
        regions
    }

    /// Returns the code outside tests, tests blanked out line by line.
    pub(crate) fn code_outside_tests(&self) -> String {
        if self.is_test() {
            return String::new();
        }
        let mut code = String::with_capacity(self.code.len());
        let mut copied = 0;
        for region in self.test_regions() {
            code.push_str(self.code.get(copied..region.start).unwrap_or_default());
            code.extend(self.code.get(region.clone()).unwrap_or_default().chars().map(blank));
            copied = region.end;
        }
        code.push_str(self.code.get(copied..).unwrap_or_default());
        code
    }

    /// Returns how many lines the file has outside its tests.
    pub(crate) fn lines_outside_tests(&self) -> usize {
        if self.is_test() {
            return 0;
        }
        let lines_of = |range: Range<usize>| self.code.get(range).unwrap_or_default().matches('\n').count();
        let in_tests: usize = self.test_regions().into_iter().map(lines_of).sum();
        self.text.lines().count().saturating_sub(in_tests)
    }
}

/// Returns the functions with a body in blanked-out code.
pub(crate) fn functions(code: &str) -> Vec<Function> {
    let mut found = Vec::new();
    for (at, keyword) in code.match_indices("fn ") {
        let before = code.get(..at).unwrap_or_default();
        if before.chars().next_back().is_some_and(is_word) {
            continue;
        }
        let rest = code.get(at + keyword.len()..).unwrap_or_default();
        let name: String = rest.chars().take_while(|letter| is_word(*letter)).collect();
        let end = item_end(code, at);
        if name.is_empty() || !code.get(at..end).unwrap_or_default().ends_with('}') {
            continue;
        }
        let attributes_start = before.rfind([';', '{', '}']).map_or(0, |separator| separator + 1);
        found.push(Function {
            name,
            line: before.matches('\n').count() + 1,
            lines: code.get(at..end).unwrap_or_default().matches('\n').count() + 1,
            attributes: before.get(attributes_start..).unwrap_or_default().to_owned(),
        });
    }
    found
}

/// Finds the end of the item that goes on at `start`: after its closing brace, or after its `;` when it has no
/// body.
fn item_end(code: &str, start: usize) -> usize {
    let mut depth = 0_usize;
    let mut nested = 0_usize;
    for (offset, letter) in code.get(start..).unwrap_or_default().char_indices() {
        match letter {
            '(' | '[' => nested += 1,
            ')' | ']' => nested = nested.saturating_sub(1),
            '{' => depth += 1,
            '}' if depth <= 1 => return start + offset + 1,
            '}' => depth -= 1,
            ';' if depth == 0 && nested == 0 => return start + offset + 1,
            _ => {}
        }
    }
    code.len()
}

/// Replaces comments, strings and character literals by spaces, byte for byte.
fn blank_out(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    let mut previous = ' ';
    while let Some(letter) = rest.chars().next() {
        let literal = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            block_comment(rest)
        } else if let Some(length) = raw_string(rest, previous) {
            length
        } else if letter == '"' {
            quoted(rest, '"')
        } else if letter == '\'' {
            character(rest)
        } else {
            0
        };
        let (taken, left) = rest.split_at(if literal == 0 { letter.len_utf8() } else { literal });
        if literal == 0 {
            code.push_str(taken);
        } else {
            taken.chars().for_each(|hidden| (0..hidden.len_utf8()).for_each(|_| code.push(blank(hidden))));
        }
        previous = letter;
        rest = left;
    }
    code
}

fn blank(letter: char) -> char {
    if letter == '\n' { '\n' } else { ' ' }
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

fn block_comment(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// Returns the length of a raw string such as `r#"…"#` or `br"…"` at the start of the text.
fn raw_string(text: &str, previous: char) -> Option<usize> {
    if is_word(previous) {
        return None;
    }
    let body = ["br", "cr", "r"].iter().find_map(|prefix| text.strip_prefix(prefix))?;
    let hashes = body.chars().take_while(|letter| *letter == '#').count();
    let inside = body.get(hashes..)?.strip_prefix('"')?;
    let closing = format!("\"{}", "#".repeat(hashes));
    let opening = text.len() - inside.len();
    Some(inside.find(&closing).map_or(text.len(), |at| opening + at + closing.len()))
}

/// Returns the length of a literal that ends with an unescaped quote.
fn quoted(text: &str, quote: char) -> usize {
    let mut letters = text.char_indices().skip(1);
    while let Some((at, letter)) = letters.next() {
        if letter == '\\' {
            letters.next();
        } else if letter == quote {
            return at + quote.len_utf8();
        }
    }
    text.len()
}

/// Returns the length of a character literal, or 0 when the quote starts a lifetime.
fn character(text: &str) -> usize {
    let mut letters = text.chars().skip(1);
    match (letters.next(), letters.next()) {
        (Some('\\'), _) | (Some(_), Some('\'')) => quoted(text, '\''),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_code_is_blanked_and_lines_stay() {
        let check = |text: &str, kept: &str| {
            let code = blank_out(text);
            assert_eq!(code.len(), text.len(), "{text}");
            assert_eq!(code.split_whitespace().collect::<Vec<_>>().join(" "), kept, "{text}");
        };
        check("let a = 1; // use x::*;", "let a = 1;");
        check("a /* b /* c */ d */ e", "a e");
        check(r#"f("}\"{", b"x", 'c', '\'', '{')"#, "f( , b , , , )");
        check(r###"r#"fn "quoted" {"# end"###, "end");
        check("fn a<'a>(b: &'a str) {}", "fn a<'a>(b: &'a str) {}");
        check("\"größe {\" x", "x");
        check("for_str\"x\"", "for_str");
        check("\"unterminated", "");
    }

    #[test]
    fn functions_are_measured_with_their_attributes() {
        let code = "/// Docs\n#[expect(clippy::too_many_lines)]\nasync fn a(x: [u8; 2]) -> u8 {\n  if x { 1 }\n}\n\
                    trait T { fn none(&self); fn some(&self) { } }\n";
        let found: Vec<_> =
            functions(&blank_out(code)).into_iter().map(|f| (f.name, f.line, f.lines)).collect();
        assert_eq!(found, [("a".to_owned(), 3, 3), ("some".to_owned(), 6, 1)]);
        assert!(functions(code).first().unwrap().attributes.contains("too_many_lines"));
    }

    #[test]
    fn tests_are_left_out_of_sizes_and_of_code() {
        let text = "//! Doc\nfn a() {}\n#[cfg(test)]\nmod tests {\n    use super::*;\n}\nfn b() {}\n";
        let file = SourceFile::new("crates/x/src/a.rs", text.to_owned());
        assert_eq!(file.lines_outside_tests(), 4);
        assert!(!file.code_outside_tests().contains("super::*"));
        assert!(file.code_outside_tests().contains("fn b"));
        assert_eq!(SourceFile::new("crates/x/tests/api/a.rs", text.to_owned()).lines_outside_tests(), 0);
    }
}
