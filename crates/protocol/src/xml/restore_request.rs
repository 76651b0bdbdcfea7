//! `RestoreRequest`: what `RestoreObject` may be sent.

use super::reader::{Element, malformed};
use crate::{Error, RestoreTier, StorageClass};

/// How long an archived object is to be readable, and how soon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RestoreRequest {
    /// For so many days.
    pub days: u32,
    /// How soon; none for the class that has no choice.
    pub tier: Option<RestoreTier>,
}

impl RestoreRequest {
    /// Longest body that is read.
    pub const MAX_BODY: usize = 4 * 1024;

    /// Returns the most days for which an object of the class can be readable.
    #[must_use]
    pub fn most_days(class: StorageClass) -> u32 {
        match class {
            StorageClass::ColdArchive | StorageClass::DeepColdArchive => 365,
            StorageClass::Standard | StorageClass::InfrequentAccess | StorageClass::Archive => 7,
        }
    }

    /// Reads the document for an object of the class; no body at all asks for one day.
    ///
    /// # Errors
    /// `MalformedXML`; `InvalidArgument` for days and tiers that the class does not have.
    pub fn parse(body: &[u8], class: StorageClass) -> Result<Self, Error> {
        let has_tiers = matches!(class, StorageClass::ColdArchive | StorageClass::DeepColdArchive);
        let usual = Self { days: 1, tier: has_tiers.then(RestoreTier::default) };
        if body.trim_ascii().is_empty() {
            return Ok(usual);
        }
        let root = Element::parse(body, "RestoreRequest", Self::MAX_BODY)?;
        if root.children("Days").count() > 1 {
            return Err(malformed("There must be one Days at the most.").with_ec("0016-00000707"));
        }
        let days = match root.optional("Days")? {
            Some(text) => days(text, class)?,
            None => usual.days,
        };
        let Some(job) = root.child("JobParameters")? else { return Ok(Self { days, ..usual }) };
        if !has_tiers {
            return Err(malformed("Objects of the class Archive have no JobParameters."));
        }
        let tier = match job.optional("Tier")? {
            Some(text) => RestoreTier::parse(text.trim())?,
            None => RestoreTier::default(),
        };
        if tier == RestoreTier::Bulk && class == StorageClass::DeepColdArchive {
            return Err(RestoreTier::invalid(tier.as_str()));
        }
        Ok(Self { days, tier: Some(tier) })
    }
}

fn days(text: &str, class: StorageClass) -> Result<u32, Error> {
    let most = RestoreRequest::most_days(class);
    let days = text.trim().parse().ok().filter(|days| (1..=most).contains(days));
    days.ok_or_else(|| {
        let ec = if most == 7 { "0016-00000708" } else { "0016-00000704" };
        Error::invalid_argument(format!("Days must be 1 to {most}."), "Days", text).with_ec(ec)
    })
}

#[cfg(test)]
mod tests {
    use super::RestoreRequest;
    use crate::StorageClass::{Archive, ColdArchive, DeepColdArchive};
    use crate::{ErrorCode, RestoreTier, StorageClass};

    fn parse(inside: &str, class: StorageClass) -> Result<RestoreRequest, crate::Error> {
        RestoreRequest::parse(format!("<RestoreRequest>{inside}</RestoreRequest>").as_bytes(), class)
    }

    fn tier(text: &str) -> String {
        format!("<JobParameters><Tier>{text}</Tier></JobParameters>")
    }

    #[test]
    fn reads_days_and_tiers() {
        let standard = Some(RestoreTier::Standard);
        for (class, tier) in [(Archive, None), (ColdArchive, standard), (DeepColdArchive, standard)] {
            assert_eq!(RestoreRequest::parse(b"", class), Ok(RestoreRequest { days: 1, tier }));
            assert_eq!(parse("", class), Ok(RestoreRequest { days: 1, tier }));
            assert_eq!(parse("<Days> 7 </Days>", class), Ok(RestoreRequest { days: 7, tier }));
        }
        // OSS manual, RestoreObject.
        let cold = parse(&format!("<Days>365</Days>{}", tier("Bulk")), ColdArchive);
        assert_eq!(cold, Ok(RestoreRequest { days: 365, tier: Some(RestoreTier::Bulk) }));
        let deep = parse(&tier("Expedited"), DeepColdArchive);
        assert_eq!(deep, Ok(RestoreRequest { days: 1, tier: Some(RestoreTier::Expedited) }));
        let nothing = parse("<JobParameters/>", ColdArchive);
        assert_eq!(nothing, Ok(RestoreRequest { days: 1, tier: standard }));
    }

    #[test]
    fn refuses_what_the_class_does_not_have() {
        let check = |inside: &str, class: StorageClass, code: ErrorCode, ec: &str| {
            let error = parse(inside, class).expect_err(inside);
            assert_eq!((error.code(), error.ec()), (code, ec), "{inside}");
        };
        // Their detail codes: OSS manual, "EC error codes", 0016.
        for days in ["0", "8", "-1", "a", "1.5", ""] {
            check(&format!("<Days>{days}</Days>"), Archive, ErrorCode::InvalidArgument, "0016-00000708");
        }
        for (days, class) in [("366", ColdArchive), ("0", DeepColdArchive)] {
            check(&format!("<Days>{days}</Days>"), class, ErrorCode::InvalidArgument, "0016-00000704");
        }
        check("<Days>1</Days><Days>1</Days>", ColdArchive, ErrorCode::MalformedXML, "0016-00000707");
        check(&tier("Test"), ColdArchive, ErrorCode::InvalidArgument, "0016-00000703");
        check(&tier("Bulk"), DeepColdArchive, ErrorCode::InvalidArgument, "0016-00000703");
        // Python SDK, test_restore_archive_object_with_job_parameters.
        assert_eq!(parse(&tier("Bulk"), Archive).expect_err("tier").code(), ErrorCode::MalformedXML);
        assert_eq!(RestoreRequest::parse(b"<X/>", Archive).expect_err("x").code(), ErrorCode::MalformedXML);
    }
}
