//! Storage classes and redundancy types, whose names clients choose from.

use std::fmt;

use crate::Error;

/// How often an object is meant to be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum StorageClass {
    /// Often.
    #[default]
    Standard,
    /// Infrequent access: once or twice a month.
    InfrequentAccess,
    /// Seldom; must be restored before it can be read.
    Archive,
    /// Rarely; takes hours to restore.
    ColdArchive,
    /// Hardly ever; takes longer still.
    DeepColdArchive,
}

/// How copies are spread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum DataRedundancyType {
    /// Within a zone.
    #[default]
    LocallyRedundant,
    /// Across zones.
    ZoneRedundant,
}

impl StorageClass {
    /// Reads the value of an `x-oss-storage-class` header or a `StorageClass` element.
    ///
    /// # Errors
    /// `InvalidArgument` for anything but the five names.
    pub fn parse(text: &str) -> Result<Self, Error> {
        match text {
            "Standard" => Ok(Self::Standard),
            "IA" => Ok(Self::InfrequentAccess),
            "Archive" => Ok(Self::Archive),
            "ColdArchive" => Ok(Self::ColdArchive),
            "DeepColdArchive" => Ok(Self::DeepColdArchive),
            _ => Err(Error::invalid_argument("no such storage class exists", "StorageClass", text)),
        }
    }

    /// Returns the name as OSS writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "Standard",
            Self::InfrequentAccess => "IA",
            Self::Archive => "Archive",
            Self::ColdArchive => "ColdArchive",
            Self::DeepColdArchive => "DeepColdArchive",
        }
    }
}

impl DataRedundancyType {
    /// Reads the value of a `DataRedundancyType` element.
    ///
    /// # Errors
    /// `InvalidArgument` for anything but the two names.
    pub fn parse(text: &str) -> Result<Self, Error> {
        match text {
            "LRS" => Ok(Self::LocallyRedundant),
            "ZRS" => Ok(Self::ZoneRedundant),
            _ => Err(Error::invalid_argument(
                "no such data redundancy type exists",
                "DataRedundancyType",
                text,
            )),
        }
    }

    /// Returns the name as OSS writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LocallyRedundant => "LRS",
            Self::ZoneRedundant => "ZRS",
        }
    }
}

impl fmt::Display for StorageClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for DataRedundancyType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::{DataRedundancyType, StorageClass};
    use crate::ErrorCode;

    #[test]
    fn names_survive() {
        // OSS manual, PutBucket.
        for name in ["Standard", "IA", "Archive", "ColdArchive", "DeepColdArchive"] {
            assert_eq!(StorageClass::parse(name).expect(name).to_string(), name);
        }
        for name in ["LRS", "ZRS"] {
            assert_eq!(DataRedundancyType::parse(name).expect(name).to_string(), name);
        }
        for name in ["", "standard", "STANDARD", "GLACIER"] {
            assert_eq!(StorageClass::parse(name).expect_err(name).code(), ErrorCode::InvalidArgument);
            assert_eq!(DataRedundancyType::parse(name).expect_err(name).code(), ErrorCode::InvalidArgument);
        }
    }
}
