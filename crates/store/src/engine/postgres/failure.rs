//! What the database's errors mean: whether the connection is of use still, and whether trying again helps.

use tokio_postgres::error::SqlState;

use crate::Error;

/// Why statements did not do what they were to.
#[derive(Debug)]
pub(super) enum Failure {
    /// Another transaction was in the way: the same may succeed when it is done again.
    Conflict,
    /// The connection is gone, or of no use: another one may do.
    Lost(String),
    /// The database refuses.
    Refused(Error),
}

impl Failure {
    pub(super) fn into_error(self) -> Error {
        match self {
            Self::Conflict => Error::Busy,
            Self::Lost(why) => Error::unavailable(format!("the metadata database: {why}")),
            Self::Refused(error) => error,
        }
    }
}

/// Tells what an error of the database means.
pub(super) fn classify(error: &tokio_postgres::Error) -> Failure {
    let Some(code) = error.code() else { return Failure::Lost(words(error)) };
    if is_conflict(code) {
        return Failure::Conflict;
    }
    match (code, code.code().get(..2)) {
        (&SqlState::DISK_FULL, _) => Failure::Refused(Error::DiskFull),
        // What shuts down, starts, has no room for more connections, or has become a standby.
        (&SqlState::READ_ONLY_SQL_TRANSACTION, _) | (_, Some("08" | "57" | "53" | "58" | "25")) => {
            Failure::Lost(words(error))
        }
        _ => Failure::Refused(Error::Io { what: "the metadata database".to_owned(), message: words(error) }),
    }
}

/// Returns the error for a caller that does not try again.
pub(super) fn to_error(error: &tokio_postgres::Error) -> Error {
    classify(error).into_error()
}

pub(super) fn is_conflict(code: &SqlState) -> bool {
    [SqlState::T_R_SERIALIZATION_FAILURE, SqlState::T_R_DEADLOCK_DETECTED].contains(code)
}

/// Returns the error with its cause: the library's words alone do not tell much.
pub(super) fn words(error: &tokio_postgres::Error) -> String {
    if let Some(error) = error.as_db_error() {
        return format!("{} ({})", error.message(), error.code().code());
    }
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}
