//! Tests that are about one process, where three would prove nothing or something else: they have a server with a data folder
//! of its own though the others run with three.

const FOLDER: &str = "about a data folder or a file of one process, which the nodes of a cluster do not have";
const LIMIT: &str = "about a limit of one process: connections, memory, files, callbacks at once";
const COUNT: &str = "about what one process counts, logs or is told by a signal";
const OWN: &str = "about addresses and connections that each process has of its own";

/// Beginnings of the tests' paths, and why.
const ALONE: [(&str, &str); 24] = [
    ("accounts::keys_and_owners_outlive_a_restart", FOLDER),
    ("accounts::the_master_key_may_come_from_the_environment", FOLDER),
    ("callbacks::failures::too_many_at_once", LIMIT),
    // Another node sees it with the next commit.
    ("callbacks::journal::the_outcome_is_in_the_journal_when_the_client_has_its_answer", OWN),
    ("callbacks::message::a_new_key_signs_while_the_old_one_stays_served", FOLDER),
    ("callbacks::message::connections_are_used_again", OWN),
    ("callbacks::message::has_exactly_these_headers_in_this_spelling", OWN),
    ("cluster::", OWN),
    ("connections::", LIMIT),
    ("data_folder::", FOLDER),
    ("folders::", FOLDER),
    ("full_disk::", FOLDER),
    ("hostile::", LIMIT),
    ("http::", COUNT),
    ("leaving_clients::", COUNT),
    ("listen::", OWN),
    ("metrics::", COUNT),
    ("post_object::bounds::", LIMIT),
    ("send::", FOLDER),
    ("startup::", FOLDER),
    ("traffic_limit::", LIMIT),
    ("verify::", FOLDER),
    ("run::", OWN),
    ("journal::", FOLDER),
];

/// Tells whether a test of this path is listed.
pub(crate) fn is_listed(path: &str) -> bool {
    ALONE.iter().any(|(beginning, _)| path.starts_with(beginning))
}
