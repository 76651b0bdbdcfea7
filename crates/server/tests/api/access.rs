//! Who may do what: every operation, for every kind of caller, under every ACL. What a request takes to be allowed stands in
//! `needs`, who calls in `callers`; an operation that is in neither does not compile.

mod callers;
mod cast;
mod needs;

use std::sync::Arc;

use ossicle_protocol::Operation;

use crate::harness::server::folder;
use crate::harness::{Answer, Server, Setup};
use crate::inputs::World;
use callers::{CALLERS, Caller, Callers};
pub(crate) use cast::Cast;
use cast::policy_about_other_account;
use needs::{Need, SETTINGS, Setting};

/// What is expected of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Done,
    Refused(&'static str),
}

/// A bucket that is set so.
fn world(server: &Arc<Server>, setting: &Setting) -> World {
    let world = World::new(server);
    let bucket = world.bucket();
    bucket.set_acl(setting.bucket);
    for key in ["k", "source", "folder/link"] {
        let acl = bucket.at("PUT", &format!("{key}?acl")).header("x-oss-object-acl", setting.object);
        acl.send().expect(200);
    }
    if setting.blocked {
        crate::bucket_public_access_block::block(bucket, true);
    }
    for name in ["", "-empty", "-kept"].map(|other| format!("{}{other}", world.name())) {
        if let Some(effect) = setting.policy {
            let policy = policy_about_other_account(&name, effect);
            server.request("PUT", &format!("/{name}?policy")).body(policy).send().expect(200);
        }
    }
    world
}

#[track_caller]
fn assert_outcome(what: &str, answer: &Answer, expected: Outcome) {
    match expected {
        Outcome::Done => assert!((200..300).contains(&answer.status), "{what}: {}", answer.text()),
        Outcome::Refused(code) => {
            assert_eq!(answer.status, 403, "{what}: {}", answer.text());
            // The answer to HEAD has no document.
            let said = answer.body.is_empty() || answer.element("Code") == code;
            assert!(said, "{what} is not refused by {code}: {}", answer.text());
        }
    }
}

/// Sends every operation's request by every caller that a setting matters to. What is refused, and what only reads, is asked
/// of one bucket, which is the same afterwards; whatever else is done has a bucket of its own.
fn try_all(server: &Arc<Server>, callers: &Callers, setting: &Setting) {
    let shared = world(server, setting);
    let before = shared.state();
    for caller in CALLERS.iter().filter(|caller| caller.is_tried_under(setting)) {
        for operation in Operation::ALL {
            let expected = caller.outcome(&Need::of(operation), setting);
            let changes = expected == Outcome::Done && !shared.draft(operation).only_reads();
            let own = changes.then(|| world(server, setting));
            let world = own.as_ref().unwrap_or(&shared);
            let answer = caller.request(callers, world, operation).send();
            let what = format!("{} by {} under {setting:?}", operation.name(), caller.name);
            assert_outcome(&what, &answer, expected);
        }
    }
    assert_eq!(shared.state(), before, "something that was refused changed the bucket under {setting:?}");
}

#[test]
fn every_operation_for_every_caller_under_every_acl() {
    let folder = folder();
    let cast = Cast::in_folder(folder.path());
    let setup = Setup::new().set("OSSICLE_STORAGE_DURABILITY", "relaxed");
    let server = Arc::new(setup.data(folder.path()).start());
    let callers = Callers::new(cast, &server);
    for setting in SETTINGS {
        try_all(&server, &callers, setting);
    }
}

#[test]
fn needs_are_those_of_the_table_of_operations() {
    for operation in Operation::ALL {
        let need = Need::of(operation);
        assert_eq!(operation.access().action, need.action, "{}", operation.name());
    }
    let names: Vec<&str> = CALLERS.iter().map(|caller: &Caller| caller.name).collect();
    assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
}
