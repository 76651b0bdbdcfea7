//! The shapes of the values that STS takes: lengths and characters as the manual has them.

/// The most characters of a role session's name.
const MAX_SESSION_NAME: usize = 64;
/// The most characters of an external id.
const MAX_EXTERNAL_ID: usize = 1224;
/// The most characters of a role's name.
const MAX_ROLE_NAME: usize = 64;
/// The most digits of an account's uid.
const MAX_UID: usize = 32;

/// Returns whether the text can be the name of a role session.
pub(super) fn is_session_name(text: &str) -> bool {
    (2..=MAX_SESSION_NAME).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".@-_".contains(&byte))
}

/// Returns whether the text can be an external id.
pub(super) fn is_external_id(text: &str) -> bool {
    (2..=MAX_EXTERNAL_ID).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"=,.@:/-_".contains(&byte))
}

/// Returns whether the text can be the name of a role.
pub(super) fn is_role_name(text: &str) -> bool {
    (1..=MAX_ROLE_NAME).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte))
}

/// Returns whether the text can be the uid of an account.
pub(super) fn is_uid(text: &str) -> bool {
    (1..=MAX_UID).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}
