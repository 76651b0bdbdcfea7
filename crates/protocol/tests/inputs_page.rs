//! Keeps `docs/inputs.md` equal to the table in the code. `OSSICLE_UPDATE_DOCS=1 cargo test -p ossicle-protocol --test
//! inputs_page` writes it anew.

use std::path::Path;

use ossicle_protocol::Operation;
use ossicle_protocol::inputs::{Fate, Input, Place, of};

const INTRODUCTION: &str = "\
# What becomes of what a client asks for

Every header, query parameter, form field and XML element that OSS documents for an operation of Ossicle, and what Ossicle does
with it. Nothing is accepted and dropped: it is honoured, the request is refused and changes nothing, or it has no effect for
the reason that stands here. A name that is not listed with an operation has no effect there, as OSS ignores what it does not
know; an empty value counts as none.

This page is made from the table that the server itself reads, `crates/protocol/src/inputs.rs` and the files below it. The
test `crates/server/tests/api/inputs.rs` sends each row to a server.
";

#[test]
fn the_page_says_what_the_table_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/inputs.md");
    let page = page();
    if std::env::var_os("OSSICLE_UPDATE_DOCS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == page,
        "docs/inputs.md is not up to date: run OSSICLE_UPDATE_DOCS=1 cargo test -p ossicle-protocol --test inputs_page"
    );
}

fn page() -> String {
    let mut page = INTRODUCTION.to_owned();
    let signed = Operation::ALL.into_iter().filter(|operation| is_signed(*operation));
    let everywhere: Vec<&Input> = of(Operation::ListBuckets)
        .filter(|input| signed.clone().all(|operation| of(operation).any(|other| other == *input)))
        .collect();
    page.push_str("\n## Every operation but PostObject and OptionObject\n\n");
    push_table(&mut page, &everywhere);
    for operation in Operation::ALL {
        let shared = |input: &Input| is_signed(operation) && everywhere.contains(&input);
        let rows: Vec<&Input> = of(operation).filter(|input| !shared(input)).collect();
        if !rows.is_empty() {
            page.push_str(&format!("\n## {}\n\n", operation.name()));
            push_table(&mut page, &rows);
        }
    }
    page
}

/// A form carries its own signature, and a preflight none.
fn is_signed(operation: Operation) -> bool {
    !matches!(operation, Operation::PostObject | Operation::Preflight)
}

fn push_table(page: &mut String, rows: &[&Input]) {
    page.push_str("| | | |\n| --- | --- | --- |\n");
    for input in rows {
        let place = match input.place {
            Place::Header => "header",
            Place::Query => "parameter",
            Place::Field => "field",
            Place::Element => "element",
        };
        let fate = match input.fate {
            Fate::Honoured => "honoured".to_owned(),
            Fate::Refused { code, unless: [] } => format!("refused, `{}`", code.as_str()),
            Fate::Refused { code, unless } => {
                format!("refused, `{}`, unless it is `{}`", code.as_str(), unless.join("`, `"))
            }
            Fate::Repeats(other) => format!("refused, `NotImplemented`, unless `{other}` has the same value"),
            Fate::Ignored(reason) => format!("no effect: {reason}"),
        };
        page.push_str(&format!("| `{}` | {place} | {fate} |\n", input.name));
    }
}
