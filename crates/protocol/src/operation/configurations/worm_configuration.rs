//! `WormConfiguration`: the retention policy of a bucket, as `GetBucketWorm` answers it, and the documents by which
//! `InitiateBucketWorm` begins one and `ExtendBucketWorm` makes it longer.

use crate::inputs::Fate::Honoured;
use crate::inputs::{CONTENT_MD5, Input};
use crate::xml::reader::Element;
use crate::xml::writer::document;
use crate::{Error, ErrorCode, Timestamp};

/// The longest retention: 70 years.
const MAX_DAYS: u32 = 70 * 365;

/// A retention policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WormConfiguration<'a> {
    /// Its id.
    pub id: &'a str,
    /// Whether it is locked.
    pub is_locked: bool,
    /// For how many days objects are kept.
    pub days: u32,
    /// When it was begun.
    pub created: Timestamp,
}

impl WormConfiguration<'_> {
    /// The longest body of a request about one.
    pub const MAX_BODY: usize = 4 * 1024;

    /// Writes the document.
    #[must_use]
    pub fn to_xml(&self) -> String {
        document("WormConfiguration", 320, |c| {
            c.text("WormId", self.id);
            c.text("State", if self.is_locked { "Locked" } else { "InProgress" });
            c.text("RetentionPeriodInDays", &self.days.to_string());
            c.time("CreationDate", self.created);
        })
    }

    /// Reads the days of a new policy.
    ///
    /// # Errors
    /// `MalformedXML`, and `InvalidWORMConfiguration` for days that there cannot be.
    pub fn parse_initiate(body: &[u8]) -> Result<u32, Error> {
        days(body, "InitiateWormConfiguration")
    }

    /// Reads the days that a policy is to have from now on.
    ///
    /// # Errors
    /// The same.
    pub fn parse_extend(body: &[u8]) -> Result<u32, Error> {
        days(body, "ExtendWormConfiguration")
    }
}

/// What becomes of the inputs of the operations.
pub(crate) const INITIATE: &[Input] =
    &[CONTENT_MD5, Input::element("InitiateWormConfiguration/RetentionPeriodInDays", Honoured)];
pub(crate) const COMPLETE: &[Input] = &[Input::query("wormId", Honoured)];
pub(crate) const EXTEND: &[Input] = &[
    CONTENT_MD5,
    Input::query("wormId", Honoured),
    Input::element("ExtendWormConfiguration/RetentionPeriodInDays", Honoured),
];

fn days(body: &[u8], root: &'static str) -> Result<u32, Error> {
    let root = Element::parse(body, root, WormConfiguration::MAX_BODY)?;
    let text = root.required("RetentionPeriodInDays")?.trim();
    let days = text.parse().ok().filter(|days| (1..=MAX_DAYS).contains(days));
    days.ok_or_else(|| Error::new(ErrorCode::InvalidWORMConfiguration))
}

#[cfg(test)]
mod tests {
    use super::{MAX_DAYS, WormConfiguration};
    use crate::{ErrorCode, Timestamp};

    #[test]
    fn days_are_a_day_to_seventy_years() {
        let check = |days: &str, expected: Result<u32, ErrorCode>| {
            for (root, parse) in [
                ("InitiateWormConfiguration", WormConfiguration::parse_initiate as fn(&[u8]) -> _),
                ("ExtendWormConfiguration", WormConfiguration::parse_extend),
            ] {
                let body = format!("<{root}><RetentionPeriodInDays>{days}</RetentionPeriodInDays></{root}>");
                let parsed: Result<u32, crate::Error> = parse(body.as_bytes());
                assert_eq!(parsed.map_err(|error| error.code()), expected, "{body}");
            }
        };
        check("1", Ok(1));
        check(&MAX_DAYS.to_string(), Ok(MAX_DAYS));
        for wrong in ["0", "-1", "25551", "x", "", "1.5", "99999999999"] {
            check(wrong, Err(ErrorCode::InvalidWORMConfiguration));
        }
        let other = WormConfiguration::parse_initiate(b"<Worm/>").expect_err("another root");
        assert_eq!(other.code(), ErrorCode::MalformedXML);
    }

    /// The manual's GetBucketWorm.
    #[test]
    fn writes_the_document_of_the_manual() {
        let created = Timestamp::from_unix_millis(1_602_777_032_000);
        let policy = WormConfiguration { id: "1666E2CFB2B3418", is_locked: true, days: 1, created };
        assert_eq!(
            policy.to_xml(),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<WormConfiguration><WormId>1666E2CFB2B3418</WormId>\
             <State>Locked</State><RetentionPeriodInDays>1</RetentionPeriodInDays>\
             <CreationDate>2020-10-15T15:50:32.000Z</CreationDate></WormConfiguration>"
        );
    }
}
