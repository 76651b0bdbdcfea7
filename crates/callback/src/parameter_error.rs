//! The error of a `callback` or `callback-var` parameter, in the words of OSS.

/// A parameter that is refused before anything is stored: `InvalidArgument`, status 400.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}{} ({argument_name}, {ec})", if detail.is_empty() { String::new() } else { format!(" {detail}") })]
#[non_exhaustive]
pub struct ParameterError {
    /// The error code, such as `0007-00000003`.
    pub ec: &'static str,
    /// The message.
    pub message: String,
    /// The value of `ArgumentName`.
    pub argument_name: &'static str,
    /// The value of `ArgumentValue`; may be empty.
    pub argument_value: String,
    /// The exact mistake, where the message, which is OSS's, does not say; may be empty.
    pub detail: String,
}

impl ParameterError {
    pub(crate) fn new(
        ec: &'static str,
        message: impl Into<String>,
        argument_name: &'static str,
        argument_value: impl Into<String>,
    ) -> Self {
        let (message, argument_value) = (message.into(), argument_value.into());
        Self { ec, message, argument_name, argument_value, detail: String::new() }
    }

    /// Says what exactly is wrong, in a few words.
    pub(crate) fn with_detail(self, detail: impl Into<String>) -> Self {
        const LONGEST: usize = 200;
        let mut detail = detail.into();
        detail.truncate(detail.floor_char_boundary(LONGEST));
        Self { detail, ..self }
    }
}
