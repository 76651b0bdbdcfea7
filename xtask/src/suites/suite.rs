//! The suites there are, and the signature versions that they are run with.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// A suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SuiteName {
    /// `oss2` for Python
    Oss2,
    /// `aliyun-oss-go-sdk`
    Go1,
    /// `alibabacloud-oss-go-sdk-v2`
    Go2,
}

/// The signature version with which a suite's clients sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Signature {
    V1,
    V4,
}

impl SuiteName {
    pub(super) const ALL: [SuiteName; 3] = [SuiteName::Oss2, SuiteName::Go1, SuiteName::Go2];
}

impl Signature {
    pub(super) const ALL: [Signature; 2] = [Signature::V1, Signature::V4];
}

impl std::fmt::Display for SuiteName {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            SuiteName::Oss2 => "oss2",
            SuiteName::Go1 => "go1",
            SuiteName::Go2 => "go2",
        })
    }
}

impl std::fmt::Display for Signature {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Signature::V1 => "v1",
            Signature::V4 => "v4",
        })
    }
}
