//! Restoring archived objects: how urgent it is, and how answers tell of it.

use std::fmt;

use crate::{Error, Timestamp};

/// How soon an object of the classes `ColdArchive` and `DeepColdArchive` can be read; the more urgent is the greater.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum RestoreTier {
    /// Last.
    Bulk,
    /// As usual.
    #[default]
    Standard,
    /// First.
    Expedited,
}

impl RestoreTier {
    /// Reads a `Tier` element.
    ///
    /// # Errors
    /// `InvalidArgument` for anything but the three names.
    pub fn parse(text: &str) -> Result<Self, Error> {
        match text {
            "Bulk" => Ok(Self::Bulk),
            "Standard" => Ok(Self::Standard),
            "Expedited" => Ok(Self::Expedited),
            _ => Err(Self::invalid(text)),
        }
    }

    /// Returns the error for a tier that there is not.
    pub(crate) fn invalid(text: &str) -> Error {
        Error::invalid_argument("The specified tier is not valid.", "Tier", text).with_ec("0016-00000703")
    }

    /// Returns the name as OSS writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bulk => "Bulk",
            Self::Standard => "Standard",
            Self::Expedited => "Expedited",
        }
    }
}

/// What answers tell of an archived object that somebody asked to read: the header `x-oss-restore`, and `RestoreInfo` in
/// listings. Its text is the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestoreInfo {
    /// It cannot be read yet.
    Ongoing,
    /// It can be read until then.
    Restored(Timestamp),
}

impl fmt::Display for RestoreInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ongoing => f.write_str("ongoing-request=\"true\""),
            Self::Restored(until) => {
                write!(f, "ongoing-request=\"false\", expiry-date=\"{}\"", until.http_date())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RestoreInfo;
    use crate::Timestamp;

    #[test]
    fn the_state_is_told_as_oss_does() {
        assert_eq!(RestoreInfo::Ongoing.to_string(), "ongoing-request=\"true\"");
        // OSS manual, HeadObject.
        let until = Timestamp::from_unix_millis(1_492_330_353_000);
        assert_eq!(
            RestoreInfo::Restored(until).to_string(),
            "ongoing-request=\"false\", expiry-date=\"Sun, 16 Apr 2017 08:12:33 GMT\""
        );
    }
}
