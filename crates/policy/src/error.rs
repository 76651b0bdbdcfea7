//! Why a document is no policy.

use std::error::Error;
use std::fmt;

use crate::policy_kind::PolicyKind;

/// Of what a document has, no more characters are repeated in an error.
const MAX_ECHO: usize = 100;

/// Why a document is no policy.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PolicyError {
    /// It has more characters than its kind may have.
    TooLong {
        /// As many it may have.
        limit: usize,
    },
    /// It is not JSON, or a name appears twice in one object.
    NotJson(String),
    /// It is JSON, but not a policy.
    Invalid {
        /// The element that is wrong, as `Statement 2: Action`.
        element: String,
        /// What is wrong with it.
        problem: String,
    },
}

impl PolicyError {
    /// Says that a document of this kind is too long, where it is not even read to its end.
    #[must_use]
    pub fn too_long(kind: PolicyKind) -> Self {
        Self::TooLong { limit: kind.max_characters() }
    }

    /// Returns the number of the statement that is wrong, from 1, where it is one.
    #[must_use]
    pub fn statement(&self) -> Option<usize> {
        let Self::Invalid { element, .. } = self else { return None };
        let number = element.strip_prefix("Statement ")?;
        number.split(':').next()?.parse().ok()
    }

    pub(crate) fn invalid(element: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Invalid { element: element.into(), problem: problem.into() }
    }

    /// Says in which element of the document it is.
    pub(crate) fn inside(self, outer: &str) -> Self {
        match self {
            Self::Invalid { element, problem } if element.is_empty() => {
                Self::Invalid { element: outer.to_owned(), problem }
            }
            Self::Invalid { element, problem } => {
                Self::Invalid { element: format!("{outer}: {element}"), problem }
            }
            other => other,
        }
    }
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { limit } => {
                write!(f, "The policy document must not have more than {limit} characters.")
            }
            Self::NotJson(problem) => write!(f, "The policy document is not valid JSON: {problem}."),
            Self::Invalid { element, problem } => {
                write!(f, "The policy document is invalid: {element}: {problem}.")
            }
        }
    }
}

impl Error for PolicyError {}

/// Returns text of the document as errors repeat it.
pub(crate) fn echo(text: &str) -> String {
    match text.char_indices().nth(MAX_ECHO) {
        Some((end, _)) => format!("\"{}...\"", text.get(..end).unwrap_or_default()),
        None => format!("\"{text}\""),
    }
}
