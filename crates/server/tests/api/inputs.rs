//! The table of inputs, row by row against the server: what is refused leaves nothing behind, what is ignored changes
//! nothing, what is honoured has an effect that can be seen, and what is in no row of an operation has none.

mod proofs;
mod stated;
mod world;

use std::sync::Arc;

use ossicle_protocol::inputs::{Fate, Input, Place, of};
use ossicle_protocol::{ErrorCode, Operation};

use crate::harness::{Server, Setup};
use proofs::{proof, sample};

pub(crate) use stated::{Inputs, Proof};
pub(crate) use world::{Draft, ORIGIN, World, callback};

fn server() -> Arc<Server> {
    Arc::new(Setup::new().set("OSSICLE_STORAGE_DURABILITY", "relaxed").start())
}

/// The operation's rows of one kind; an XML element is refused by the test of its operation.
fn rows(operation: Operation, fits: fn(&Fate) -> bool) -> impl Iterator<Item = &'static Input> {
    of(operation).filter(move |input| fits(&input.fate))
}

/// Sends the draft to two equal worlds, once as it is and once changed, and tells what both came to.
#[track_caller]
fn compare(
    server: &Arc<Server>,
    operation: Operation,
    change: impl Fn(Draft) -> Draft,
) -> [(u16, String); 2] {
    let plain = World::new(server);
    let draft = plain.draft(operation);
    // What only reads is asked of the same world.
    let other = if draft.only_reads() { None } else { Some(World::new(server)) };
    let other = other.as_ref().unwrap_or(&plain);
    let changed = change(other.draft(operation));
    [(&plain, &draft), (other, &changed)].map(|(world, draft)| {
        let (status, answer) = world.send(draft);
        let state = if draft.only_reads() { String::new() } else { world.state() };
        (status, format!("{answer}\n{state}"))
    })
}

#[test]
fn every_operation_can_be_asked_for() {
    let server = server();
    for operation in Operation::ALL {
        let world = World::new(&server);
        let before = world.state();
        let draft = world.draft(operation);
        let (status, answer) = world.send(&draft);
        assert!((200..300).contains(&status), "{}: {answer}", operation.name());
        let unchanged = before == world.state();
        let changes_nothing =
            draft.only_reads() || stated::of(operation).any(|inputs| inputs.changes_nothing);
        assert_eq!(unchanged, changes_nothing, "{}", operation.name());
    }
}

#[test]
fn what_is_refused_leaves_nothing_behind() {
    let server = server();
    for operation in Operation::ALL {
        let world = World::new(&server);
        let before = world.state();
        for input in rows(operation, |fate| matches!(fate, Fate::Refused { .. } | Fate::Repeats(_))) {
            let (code, unless) = match input.fate {
                Fate::Refused { code, unless } => (code, unless),
                _ => (ErrorCode::NotImplemented, &[][..]),
            };
            let (name, value) = sample(operation, input);
            let draft = world.draft(operation);
            let (status, answer) = world.send(&draft.clone().with(input.place, &name, &value));
            assert_refused(operation, input, status, &answer, code);
            assert_eq!(world.state(), before, "{} {name} left something behind", operation.name());
            if !draft.only_reads() || input.place == Place::Element {
                continue;
            }
            // The values that ask for what is done anyway, and none.
            for value in unless.iter().chain([&""]) {
                let (status, answer) = world.send(&draft.clone().with(input.place, &name, value));
                assert!(status < 300, "{} {name}: {value}: {answer}", operation.name());
            }
        }
    }
}

#[track_caller]
fn assert_refused(operation: Operation, input: &Input, status: u16, answer: &str, code: ErrorCode) {
    let what = format!("{} {}", operation.name(), input.name);
    assert_eq!(status, code.status().as_u16(), "{what}: {answer}");
    // An answer to HEAD has no document, and neither has 304.
    let said = !answer.contains("<Error>") || answer.contains(&format!("<Code>{}</Code>", code.as_str()));
    assert!(said, "{what}: {answer}");
}

#[test]
fn what_is_ignored_changes_nothing() {
    let server = server();
    for operation in Operation::ALL {
        for input in rows(operation, |fate| matches!(fate, Fate::Ignored(_))) {
            let (name, value) = sample(operation, input);
            let [without, with] = compare(&server, operation, |draft| draft.with(input.place, &name, &value));
            assert_eq!(without, with, "{} {name}", operation.name());
        }
    }
}

#[test]
fn what_repeats_another_header_changes_nothing() {
    let server = server();
    for operation in Operation::ALL {
        for input in rows(operation, |fate| matches!(fate, Fate::Repeats(_))) {
            let Fate::Repeats(other) = input.fate else { continue };
            let row = of(operation).find(|row| row.place == Place::Header && row.is_named(other));
            let row = row.unwrap_or_else(|| panic!("{} has no row of {other}", operation.name()));
            assert_eq!(row.fate, Fate::Honoured, "{} {other}", operation.name());
            let (name, value) = sample(operation, input);
            let once = |draft: Draft| draft.with(Place::Header, other, &value);
            let [_, alone] = compare(&server, operation, once);
            let [_, both] =
                compare(&server, operation, |draft| once(draft).with(Place::Header, &name, &value));
            assert_eq!(alone, both, "{} {name}", operation.name());
        }
    }
}

#[test]
fn names_in_no_row_of_an_operation_change_nothing() {
    let server = server();
    for operation in Operation::ALL {
        let mine: Vec<&Input> = of(operation).collect();
        let others = Operation::ALL.iter().flat_map(|other| of(*other).map(|input| (*other, input)));
        let unknown: Vec<(String, String)> = others
            .filter(|(_, input)| input.place == Place::Header)
            .map(|(other, input)| sample(other, input))
            .filter(|(name, _)| !mine.iter().any(|row| row.place == Place::Header && row.is_named(name)))
            // The source of a copy chooses the operation; the rest is about the message, not the operation.
            .filter(|(name, _)| !["x-oss-copy-source", "Content-MD5"].contains(&name.as_str()))
            .collect();
        let [without, with] = compare(&server, operation, |draft| {
            let draft = draft
                .with(Place::Header, "x-oss-unheard-of", "1")
                .with(Place::Query, "unheard-of", "1")
                .with(Place::Query, "x-oss-unheard-of", "1");
            let draft =
                unknown.iter().fold(draft, |draft, (name, value)| draft.with(Place::Header, name, value));
            if operation == Operation::PostObject {
                draft.with(Place::Field, "x-oss-unheard-of", "1")
            } else {
                draft
            }
        });
        assert_eq!(without, with, "{}", operation.name());
    }
}

#[test]
fn what_is_honoured_has_an_effect() {
    let server = server();
    for operation in Operation::ALL {
        for input in rows(operation, |fate| matches!(fate, Fate::Honoured)) {
            let what = format!("{} {}", operation.name(), input.name);
            match proof(operation, input) {
                Proof::Test(path) => assert!(is_test(path), "{what} is said to be tested by {path}"),
                Proof::Refused(value, code) => {
                    let world = World::new(&server);
                    let before = world.state();
                    let (status, answer) =
                        world.send(&world.draft(operation).with(input.place, input.name, value));
                    assert_refused(operation, input, status, &answer, code);
                    assert_eq!(world.state(), before, "{what} left something behind");
                }
                Proof::Differs(value) => {
                    let name = input.name.replace('*', "proof");
                    let [(_, without), (status, with)] =
                        compare(&server, operation, |draft| draft.with(input.place, &name, value));
                    assert!(status < 400, "{what}: {with}");
                    assert_ne!(without, with, "{what} has no effect");
                }
            }
        }
    }
}

/// Whether there is a test `module::function` in this folder.
fn is_test(path: &str) -> bool {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/api");
    let Some((module, function)) = path.rsplit_once("::") else { return false };
    let text = std::fs::read_to_string(folder.join(module.replace("::", "/")).with_extension("rs"));
    text.is_ok_and(|text| text.contains(&format!("#[test]\nfn {function}()")))
}

/// Calls by which the server reads an input, and where it stands.
const READS: [(&str, Place); 4] = [
    (".header(\"", Place::Header),
    ("query.get(\"", Place::Query),
    ("query.contains(\"", Place::Query),
    ("fields.get(\"", Place::Field),
];

#[test]
fn what_the_server_reads_is_in_the_table() {
    let sources = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut read = 0;
    for folder in ["", "oss", "oss/ops", "oss/configurations", "oss/form", "access", "callback"] {
        for entry in std::fs::read_dir(sources.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|extension| extension != "rs") {
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]").next().unwrap();
            for (call, place) in READS {
                for name in code.split(call).skip(1).filter_map(|rest| rest.split('"').next()) {
                    let known = Operation::ALL
                        .iter()
                        .any(|operation| of(*operation).any(|row| row.place == place && row.is_named(name)));
                    assert!(known, "{} reads the {place:?} {name:?}, which has no row", path.display());
                    read += 1;
                }
            }
        }
    }
    assert!(read > 30, "found {read} places where something is read");
}
