//! What keeps a database from being opened, and the cure.

use tokio_postgres::error::SqlState;

use super::failure::words;
use crate::OpenError;

/// How a database that does not answer is made to.
const UNREACHABLE: &str = "check that it runs, and the host and port in its address";

/// Tells that the database does not answer.
pub(super) fn silent() -> OpenError {
    OpenError::Database { what: format!("is out of reach: it does not answer; {UNREACHABLE}") }
}

/// Tells what an error means to who opens the database.
#[expect(clippy::needless_pass_by_value, reason = "errors are mapped with it")]
pub(super) fn of(error: tokio_postgres::Error) -> OpenError {
    let words = words(&error);
    match error.code() {
        None => OpenError::Database { what: format!("is out of reach: {words}; {UNREACHABLE}") },
        Some(code) => because(&words, code),
    }
}

/// Tells that the database refuses for a reason that has this code, as far as we know its cure.
pub(super) fn because(reason: &str, code: &SqlState) -> OpenError {
    let what = match cure(code) {
        Some(cure) => format!("refuses: {reason}; {cure}"),
        None => format!("refuses: {reason}"),
    };
    OpenError::Database { what }
}

fn cure(code: &SqlState) -> Option<&'static str> {
    Some(match *code {
        SqlState::INVALID_PASSWORD | SqlState::INVALID_AUTHORIZATION_SPECIFICATION => {
            "correct the user and the password in its address, or what it lets in (pg_hba.conf)"
        }
        SqlState::INVALID_CATALOG_NAME => "create the database, or correct its name in the address",
        SqlState::INVALID_SCHEMA_NAME => "create the schema, or correct search_path in the address",
        SqlState::INSUFFICIENT_PRIVILEGE => "make the user in the address the owner of the database",
        SqlState::READ_ONLY_SQL_TRANSACTION => {
            "give the address of the server that takes writes, or those of all with target_session_attrs=read-write"
        }
        SqlState::TOO_MANY_CONNECTIONS => "raise max_connections there, or run fewer nodes",
        SqlState::CANNOT_CONNECT_NOW => "wait until it has started",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_with_a_cure() {
        for (code, words) in [
            ("28P01", "the password"),
            ("28000", "the user"),
            ("3D000", "create the database"),
            ("3F000", "create the schema"),
            ("42501", "the owner"),
            ("25006", "target_session_attrs=read-write"),
            ("53300", "max_connections"),
            ("57P03", "wait"),
        ] {
            let cure = cure(&SqlState::from_code(code));
            assert!(cure.is_some_and(|cure| cure.contains(words)), "{code}");
        }
        assert_eq!(cure(&SqlState::SYNTAX_ERROR), None);
    }
}
