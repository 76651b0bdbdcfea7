//! Rows of operations on the service.

use super::input::Fate::Honoured;
use super::input::Input;
use super::shared::{ALWAYS, NOT_ENCRYPTED_HERE};

pub(crate) const LIST_BUCKETS: &[&[Input]] = &[
    ALWAYS,
    NOT_ENCRYPTED_HERE,
    &[
        Input::query("prefix", Honoured),
        Input::query("marker", Honoured),
        Input::query("max-keys", Honoured),
        Input::query("tag-key", Honoured),
        Input::query("tag-value", Honoured),
        Input::query("tagging", Honoured),
        // All buckets are in the one group.
        Input::header("x-oss-resource-group-id", Honoured),
    ],
];
