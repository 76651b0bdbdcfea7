//! The statement that a decision rests on, as reasons name it.

use std::fmt;

/// A statement that a decision rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found<'a> {
    /// The policy that it is in.
    pub document: Document<'a>,
    /// Its number, from 1.
    pub statement: usize,
    /// Its identifier.
    pub sid: Option<&'a str>,
}

/// A policy, as reasons name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Document<'a> {
    /// A policy of the user or role, with its name.
    Ram(Option<&'a str>),
    /// The policy of the session.
    Session,
    /// The trust policy of a role.
    Trust,
    /// The policy of the bucket.
    Bucket,
}

impl fmt::Display for Found<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "statement {}", self.statement)?;
        if let Some(sid) = self.sid {
            write!(f, " ({})", sid.escape_debug())?;
        }
        match self.document {
            Document::Ram(Some(name)) => write!(f, " of the RAM policy {name}"),
            Document::Ram(None) => f.write_str(" of a RAM policy"),
            Document::Session => f.write_str(" of the session policy"),
            Document::Trust => f.write_str(" of the trust policy"),
            Document::Bucket => f.write_str(" of the bucket policy"),
        }
    }
}
