//! Rows of operations on the service.

use super::Fate::Honoured;
use super::Input;
use super::shared::{ALWAYS, NOT_ENCRYPTED_HERE};

pub(super) const LIST_BUCKETS: &[&[Input]] = &[
    ALWAYS,
    NOT_ENCRYPTED_HERE,
    &[
        Input::query("prefix", Honoured),
        Input::query("marker", Honoured),
        Input::query("max-keys", Honoured),
        // No bucket has tags, and all are in the one group.
        Input::query("tag-key", Honoured),
        Input::query("tag-value", Honoured),
        Input::query("tagging", Honoured),
        Input::header("x-oss-resource-group-id", Honoured),
    ],
];
