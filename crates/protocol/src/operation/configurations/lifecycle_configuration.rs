//! `LifecycleConfiguration`: the lifecycle rules of a bucket, both what `PutBucketLifecycle` is sent and what
//! `GetBucketLifecycle` answers.

use crate::inputs::{Input, lifecycle};
use crate::lifecycle::{
    Exception, Expiration, LifecycleRule, NoncurrentTransition, Transition, TransitionFlags, When, coldness,
};
use crate::tags::is_allowed_on_objects;
use crate::xml::Document;
use crate::xml::reader::{Element, malformed};
use crate::xml::writer::{Content, document};
use crate::{Error, ErrorCode, LifecycleRules, StorageClass, Timestamp};

const LONGEST_ID: usize = 255;
const LONGEST_PREFIX: usize = 1023;

/// Most tags that a rule may name. OSS takes more than an object can have, for a rule without effect (suite of oss2).
const MOST_TAGS: usize = 100;

/// Most exceptions of one rule.
const MOST_EXCEPTIONS: usize = 100;

/// No object is larger.
const LARGEST_OBJECT: u64 = 5 << 40;

/// A date is the beginning of such a day.
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

impl LifecycleRules {
    /// Reads a document that a client sends. A rule without an id gets one; `allow_overlap` lets rules with the same action be
    /// about the same objects.
    ///
    /// # Errors
    /// `MalformedXML`, `InvalidArgument`, `InvalidRequest`, `InvalidTag`.
    pub fn parse_new(
        body: &[u8],
        allow_overlap: bool,
        mut new_id: impl FnMut() -> String,
    ) -> Result<Self, Error> {
        let root = Element::parse(body, "LifecycleConfiguration", Self::MAX_BODY)?;
        let rules = root.children("Rule").take(Self::MAX_RULES + 1).map(|rule| read_rule(rule, &mut new_id));
        Self::new(rules.collect::<Result<_, _>>()?, allow_overlap)
    }
}

impl Document for LifecycleRules {
    /// A thousand rules have room.
    const MAX_BODY: usize = 1024 * 1024;

    const ELEMENTS: &'static [Input] = lifecycle::ELEMENTS;

    /// Reads rules that were accepted before, each of which has its id.
    fn parse(body: &[u8]) -> Result<Self, Error> {
        Self::parse_new(body, true, String::new)
    }

    fn unset() -> Result<Self, ErrorCode> {
        Err(ErrorCode::NoSuchLifecycle)
    }

    fn to_xml(&self) -> String {
        document("LifecycleConfiguration", self.rules().len() * 256, |c| {
            for rule in self.rules() {
                c.nested("Rule", |c| write_rule(c, rule));
            }
        })
    }
}

fn read_rule(rule: &Element, new_id: &mut impl FnMut() -> String) -> Result<LifecycleRule, Error> {
    let id = rule.optional("ID")?.filter(|id| !id.is_empty()).map_or_else(new_id, str::to_owned);
    if id.len() > LONGEST_ID {
        return Err(Error::invalid_argument("The length of RuleId exceeds 255.", "ID", id));
    }
    let prefix = rule.optional("Prefix")?.unwrap_or("").to_owned();
    if prefix.len() > LONGEST_PREFIX {
        return Err(Error::invalid_argument("The length of Prefix exceeds 1023.", "Prefix", prefix));
    }
    let enabled = match rule.required("Status")? {
        "Enabled" => true,
        "Disabled" => false,
        _ => return Err(malformed("Status must be Enabled or Disabled.")),
    };
    let filter = rule.child("Filter")?;
    let read = LifecycleRule {
        id,
        enabled,
        tags: read_tags(rule)?,
        larger_than: size(filter, "ObjectSizeGreaterThan")?,
        smaller_than: size(filter, "ObjectSizeLessThan")?,
        except: filter.map(|filter| read_exceptions(filter, &prefix)).transpose()?.unwrap_or_default(),
        expiration: rule.child("Expiration")?.map(read_expiration).transpose()?,
        transitions: rule.children("Transition").map(read_transition).collect::<Result<_, _>>()?,
        abort: rule.child("AbortMultipartUpload")?.map(read_when).transpose()?,
        noncurrent_expiration: rule
            .child("NoncurrentVersionExpiration")?
            .map(|expiration| days(expiration, "NoncurrentDays"))
            .transpose()?,
        noncurrent_transitions: rule
            .children("NoncurrentVersionTransition")
            .map(read_noncurrent_transition)
            .collect::<Result<_, _>>()?,
        prefix,
    };
    check_actions(&read)?;
    check_filter(&read)?;
    Ok(read)
}

/// Checks what the actions of one rule must be to each other.
fn check_actions(rule: &LifecycleRule) -> Result<(), Error> {
    let versions = rule.noncurrent_expiration.is_some() || !rule.noncurrent_transitions.is_empty();
    if rule.expiration.is_none() && rule.transitions.is_empty() && rule.abort.is_none() && !versions {
        return Err(malformed("A rule has an action at least.").with_ec("0014-00000026"));
    }
    let by_days = |when: &When| matches!(when, When::Days(_));
    let expiration = rule.expiration.and_then(|expiration| expiration.when);
    let mut whens = rule.transitions.iter().map(|transition| &transition.when).chain(&expiration);
    let first = whens.next().map(by_days);
    if whens.any(|when| Some(by_days(when)) != first) {
        let message = "Days and CreatedBeforeDate must not be mixed in the actions of a rule.";
        return Err(Error::new(ErrorCode::InvalidRequest).with_message(message));
    }
    let in_days = |when: When| match when {
        When::Days(days) => Some(days),
        When::CreatedBeforeDate(_) | When::Date(_) => None,
    };
    let transitions: Vec<(Option<u32>, StorageClass)> =
        rule.transitions.iter().map(|it| (in_days(it.when), it.class)).collect();
    check_order(&transitions, "Transition")?;
    check_last(&transitions, expiration.and_then(in_days), "Transition")?;
    let noncurrent: Vec<(Option<u32>, StorageClass)> =
        rule.noncurrent_transitions.iter().map(|it| (Some(it.days), it.class)).collect();
    check_order(&noncurrent, "NoncurrentVersionTransition")?;
    check_last(&noncurrent, rule.noncurrent_expiration, "NoncurrentVersionTransition")
}

/// Checks that a colder class comes later, and each class once.
fn check_order(transitions: &[(Option<u32>, StorageClass)], action: &str) -> Result<(), Error> {
    for (at, (days, class)) in transitions.iter().enumerate() {
        for (others, other) in transitions.iter().take(at) {
            if class == other {
                let message = format!("There is more than one {action} to {}.", class.as_str());
                return Err(Error::invalid_argument(message, "StorageClass", class.as_str()));
            }
            let (Some(days), Some(others)) = (days, others) else { continue };
            if days.cmp(others) != coldness(*class).cmp(&coldness(*other)) {
                let colder = coldness(*class) > coldness(*other);
                let (warm, cold) = if colder { (other, class) } else { (class, other) };
                let (warm, cold) = (warm.as_str(), cold.as_str());
                let message = format!(
                    "Days in the {action} action for StorageClass {cold} must be more than the {action} action for \
                     StorageClass {warm}"
                );
                return Err(Error::invalid_argument(message, "Days", days.to_string()));
            }
        }
    }
    Ok(())
}

/// Checks that what is deleted was moved before.
fn check_last(
    transitions: &[(Option<u32>, StorageClass)],
    expiration: Option<u32>,
    action: &str,
) -> Result<(), Error> {
    let last = transitions.iter().filter_map(|(days, _)| *days).max();
    match (last, expiration) {
        (Some(last), Some(days)) if days <= last => {
            let message = format!("Days in the Expiration action must be more than in the {action} action");
            Err(Error::invalid_argument(message, "Days", days.to_string()))
        }
        _ => Ok(()),
    }
}

/// Checks what a rule that is not about all objects of its prefix must not do.
fn check_filter(rule: &LifecycleRule) -> Result<(), Error> {
    let range = rule.larger_than.is_some() && rule.smaller_than.is_some();
    let refusal = if rule.abort.is_some() && (!rule.tags.is_empty() || !rule.except.is_empty() || range) {
        "AbortMultipartUpload must not be specified together with Tag, Not or a range of sizes."
    } else if range && rule.expiration.is_some_and(|expiration| expiration.delete_marker == Some(true)) {
        "ExpiredObjectDeleteMarker must not be specified together with a range of sizes."
    } else {
        return Ok(());
    };
    Err(Error::new(ErrorCode::InvalidRequest).with_message(refusal))
}

fn read_expiration(expiration: &Element) -> Result<Expiration, Error> {
    let delete_marker = optional_flag(expiration, "ExpiredObjectDeleteMarker")?;
    let has = |name| expiration.children(name).next().is_some();
    let when = match (has("Days") || has("CreatedBeforeDate"), expiration.optional("Date")?) {
        (true, None) => Some(read_when(expiration)?),
        (false, Some(date)) => Some(When::Date(midnight("Date", date)?)),
        (false, None) => None,
        (true, Some(_)) => return Err(malformed("Expiration has one of Days, CreatedBeforeDate and Date.")),
    };
    if when.is_some() == (delete_marker == Some(true)) {
        let detail =
            "Expiration has either Days or CreatedBeforeDate, or ExpiredObjectDeleteMarker with true.";
        return Err(malformed(detail).with_ec("0014-00000060"));
    }
    Ok(Expiration { when, delete_marker })
}

fn read_transition(transition: &Element) -> Result<Transition, Error> {
    let flags = read_flags(transition)?;
    Ok(Transition { when: read_when(transition)?, class: cold_class(transition)?, flags })
}

fn read_noncurrent_transition(transition: &Element) -> Result<NoncurrentTransition, Error> {
    let flags = read_flags(transition)?;
    Ok(NoncurrentTransition {
        days: days(transition, "NoncurrentDays")?,
        class: cold_class(transition)?,
        flags,
    })
}

/// Reads what a transition says besides. Like OSS where access tracking is off for the bucket, as it always is here, this
/// refuses to go by the time of the last access.
fn read_flags(transition: &Element) -> Result<TransitionFlags, Error> {
    let is_access_time = optional_flag(transition, "IsAccessTime")?;
    if is_access_time == Some(true) {
        return Err(malformed("IsAccessTime needs access tracking, which is not enabled for the bucket."));
    }
    if optional_flag(transition, "ReturnToStdWhenVisit")?.is_some() {
        let detail = "ReturnToStdWhenVisit needs IsAccessTime with true.";
        return Err(malformed(detail).with_ec("0014-00000052"));
    }
    Ok(TransitionFlags { is_access_time, allow_small_file: optional_flag(transition, "AllowSmallFile")? })
}

fn optional_flag(element: &Element, name: &'static str) -> Result<Option<bool>, Error> {
    let flag = element.flag(name)?;
    Ok(element.optional(name)?.map(|_| flag))
}

fn read_when(action: &Element) -> Result<When, Error> {
    match (action.optional("Days")?, action.optional("CreatedBeforeDate")?) {
        (Some(_), None) => Ok(When::Days(days(action, "Days")?)),
        (None, Some(text)) => Ok(When::CreatedBeforeDate(midnight("CreatedBeforeDate", text)?)),
        _ => Err(malformed("An action has either Days or CreatedBeforeDate.")),
    }
}

fn days(action: &Element, name: &'static str) -> Result<u32, Error> {
    let text = action.required(name)?.trim();
    match text.parse::<u32>() {
        Ok(days) if days > 0 && i32::try_from(days).is_ok() => Ok(days),
        _ => Err(Error::invalid_argument("Days must be a positive number.", name, text)),
    }
}

fn midnight(name: &'static str, text: &str) -> Result<Timestamp, Error> {
    let date = Timestamp::parse_iso8601(text.trim()).filter(|date| date.unix_millis() % DAY_MS == 0);
    let message = "A date must be the midnight of a day in UTC, such as 2026-01-31T00:00:00.000Z.";
    date.ok_or_else(|| Error::invalid_argument(message, name, text))
}

fn cold_class(action: &Element) -> Result<StorageClass, Error> {
    let text = action.required("StorageClass")?;
    match StorageClass::parse(text)? {
        StorageClass::Standard => {
            let message = "Objects cannot be transitioned to Standard.";
            Err(Error::invalid_argument(message, "StorageClass", text))
        }
        class => Ok(class),
    }
}

fn read_tags(rule: &Element) -> Result<Vec<(String, String)>, Error> {
    let tags: Vec<_> = rule.children("Tag").take(MOST_TAGS + 1).map(read_tag).collect::<Result<_, _>>()?;
    if tags.len() > MOST_TAGS {
        return Err(malformed(format!("A rule has at most {MOST_TAGS} tags.")));
    }
    Ok(tags)
}

/// Reads a tag that objects must have. One that no object can have, because it is too long, makes a rule without effect, as
/// with OSS (suite of oss2); characters that are not allowed are refused.
fn read_tag(tag: &Element) -> Result<(String, String), Error> {
    let pair = (tag.required("Key")?.to_owned(), tag.optional("Value")?.unwrap_or("").to_owned());
    if pair.0.is_empty() || !pair.0.chars().chain(pair.1.chars()).all(is_allowed_on_objects) {
        let error = Error::new(ErrorCode::InvalidTag).with_ec("0010-00000212");
        return Err(error
            .with_message("A tag has characters that are not allowed.")
            .with_detail("Tag", pair.0));
    }
    Ok(pair)
}

fn read_exceptions(filter: &Element, prefix: &str) -> Result<Vec<Exception>, Error> {
    let elements = filter.children("Not").take(MOST_EXCEPTIONS + 1);
    let except: Vec<_> = elements.map(|not| read_exception(not, prefix)).collect::<Result<_, _>>()?;
    if except.len() > MOST_EXCEPTIONS {
        return Err(malformed(format!("A rule has at most {MOST_EXCEPTIONS} Not elements.")));
    }
    Ok(except)
}

fn read_exception(not: &Element, prefix: &str) -> Result<Exception, Error> {
    let (except, tag) = (not.optional("Prefix")?.unwrap_or(""), not.child("Tag")?.map(read_tag).transpose()?);
    if tag.is_none() && (except.is_empty() || except == prefix) {
        return Err(malformed("A rule must not leave everything alone."));
    }
    if !except.is_empty() && !except.starts_with(prefix) {
        let message = "The prefix of Not must begin with that of the rule.";
        return Err(Error::invalid_argument(message, "Prefix", except));
    }
    Ok(Exception { prefix: except.to_owned(), tag })
}

fn size(filter: Option<&Element>, name: &'static str) -> Result<Option<u64>, Error> {
    let Some(text) = filter.map(|filter| filter.optional(name)).transpose()?.flatten() else {
        return Ok(None);
    };
    match text.trim().parse() {
        Ok(size) if (1..=LARGEST_OBJECT).contains(&size) => Ok(Some(size)),
        _ => Err(Error::invalid_argument("A size must be a number of bytes, 1 to 5 TiB.", name, text)),
    }
}

fn write_rule(c: &mut Content, rule: &LifecycleRule) {
    c.text("ID", &rule.id);
    c.text("Prefix", &rule.prefix);
    c.text("Status", if rule.enabled { "Enabled" } else { "Disabled" });
    for tag in &rule.tags {
        write_tag(c, tag);
    }
    if let Some(expiration) = rule.expiration {
        c.nested("Expiration", |c| {
            if let Some(when) = expiration.when {
                write_when(c, when);
            }
            if let Some(delete_marker) = expiration.delete_marker {
                c.flag("ExpiredObjectDeleteMarker", delete_marker);
            }
        });
    }
    for transition in &rule.transitions {
        c.nested("Transition", |c| {
            write_when(c, transition.when);
            c.text("StorageClass", transition.class.as_str());
            write_flags(c, transition.flags);
        });
    }
    if let Some(when) = rule.abort {
        c.nested("AbortMultipartUpload", |c| write_when(c, when));
    }
    if let Some(days) = rule.noncurrent_expiration {
        c.nested("NoncurrentVersionExpiration", |c| c.number("NoncurrentDays", u64::from(days)));
    }
    for transition in &rule.noncurrent_transitions {
        c.nested("NoncurrentVersionTransition", |c| {
            c.number("NoncurrentDays", u64::from(transition.days));
            c.text("StorageClass", transition.class.as_str());
            write_flags(c, transition.flags);
        });
    }
    write_filter(c, rule);
}

fn write_filter(c: &mut Content, rule: &LifecycleRule) {
    if rule.larger_than.is_none() && rule.smaller_than.is_none() && rule.except.is_empty() {
        return;
    }
    c.nested("Filter", |c| {
        for (name, size) in
            [("ObjectSizeGreaterThan", rule.larger_than), ("ObjectSizeLessThan", rule.smaller_than)]
        {
            if let Some(size) = size {
                c.number(name, size);
            }
        }
        for except in &rule.except {
            c.nested("Not", |c| {
                c.text("Prefix", &except.prefix);
                if let Some(tag) = &except.tag {
                    write_tag(c, tag);
                }
            });
        }
    });
}

fn write_tag(c: &mut Content, (key, value): &(String, String)) {
    c.nested("Tag", |c| {
        c.text("Key", key);
        c.text("Value", value);
    });
}

fn write_when(c: &mut Content, when: When) {
    match when {
        When::Days(days) => c.number("Days", u64::from(days)),
        When::CreatedBeforeDate(date) => c.time("CreatedBeforeDate", date),
        When::Date(date) => c.time("Date", date),
    }
}

fn write_flags(c: &mut Content, flags: TransitionFlags) {
    for (name, flag) in [("IsAccessTime", flags.is_access_time), ("AllowSmallFile", flags.allow_small_file)] {
        if let Some(flag) = flag {
            c.flag(name, flag);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(inside: &str, overlap: bool) -> Result<LifecycleRules, Error> {
        let body = format!("<LifecycleConfiguration>{inside}</LifecycleConfiguration>");
        LifecycleRules::parse_new(body.as_bytes(), overlap, || "new".to_owned())
    }

    fn rule(inside: &str) -> String {
        format!("<Rule><ID>r</ID><Prefix>log/</Prefix><Status>Enabled</Status>{inside}</Rule>")
    }

    #[test]
    fn every_element_comes_back() {
        let check = |inside: &str| {
            let text = rule(inside);
            let written = parse(&text, false).expect(inside).to_xml();
            assert!(
                written.ends_with(&format!("<LifecycleConfiguration>{text}</LifecycleConfiguration>")),
                "{written}"
            );
        };
        check("<Expiration><Days>356</Days></Expiration>");
        check("<Expiration><CreatedBeforeDate>2016-12-25T00:00:00.000Z</CreatedBeforeDate></Expiration>");
        check("<Expiration><Date>2016-12-25T00:00:00.000Z</Date></Expiration>");
        check("<AbortMultipartUpload><Days>3</Days></AbortMultipartUpload>");
        check(
            "<Expiration><Days>3</Days><ExpiredObjectDeleteMarker>false</ExpiredObjectDeleteMarker></Expiration>",
        );
        check(
            "<Tag><Key>k</Key><Value>v</Value></Tag><Expiration><Days>9</Days></Expiration>\
             <Transition><Days>5</Days><StorageClass>Archive</StorageClass></Transition>\
             <Transition><Days>2</Days><StorageClass>IA</StorageClass><IsAccessTime>false</IsAccessTime>\
             <AllowSmallFile>true</AllowSmallFile></Transition>",
        );
        check(
            "<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>\
             <NoncurrentVersionExpiration><NoncurrentDays>30</NoncurrentDays></NoncurrentVersionExpiration>\
             <NoncurrentVersionTransition><NoncurrentDays>12</NoncurrentDays><StorageClass>IA</StorageClass>\
             </NoncurrentVersionTransition>",
        );
        check(
            "<Expiration><Days>9</Days></Expiration><Filter><ObjectSizeGreaterThan>1</ObjectSizeGreaterThan>\
             <ObjectSizeLessThan>5</ObjectSizeLessThan><Not><Prefix>log/x</Prefix><Tag><Key>k</Key><Value>v</Value>\
             </Tag></Not></Filter>",
        );
        // Sooner or later the SDK for Python writes True.
        let spelled = "<Expiration><ExpiredObjectDeleteMarker>True</ExpiredObjectDeleteMarker></Expiration>";
        assert!(parse(&rule(spelled), false).is_ok());
        let nameless = rule("<Expiration><Days>1</Days></Expiration>").replace("<ID>r</ID>", "");
        assert!(parse(&nameless, false).unwrap().to_xml().contains("<ID>new</ID>"));
    }

    #[test]
    fn rules_that_are_refused() {
        let check = |inside: &str, code: ErrorCode| {
            let error = parse(inside, false).expect_err(inside);
            assert_eq!(error.code(), code, "{inside}");
        };
        let days = |days: i64| format!("<Expiration><Days>{days}</Days></Expiration>");
        let transition = |days: u32, class: &str| {
            format!("<Transition><Days>{days}</Days><StorageClass>{class}</StorageClass></Transition>")
        };
        use ErrorCode::{InvalidArgument, InvalidRequest, InvalidTag, MalformedXML};
        check("", MalformedXML);
        check(&rule(""), MalformedXML);
        check(&rule(&days(1)).replace("Enabled", "On"), MalformedXML);
        check(&rule("<Expiration></Expiration>"), MalformedXML);
        check(
            &rule("<Expiration><Days>1</Days><Date>2016-12-25T00:00:00.000Z</Date></Expiration>"),
            MalformedXML,
        );
        for text in ["0", "-30", "x", "2147483648"] {
            check(&rule(&format!("<Expiration><Days>{text}</Days></Expiration>")), InvalidArgument);
        }
        for text in ["2016-12-25", "2016-12-25T01:00:00.000Z", "abcdefghij"] {
            check(&rule(&format!("<Expiration><Date>{text}</Date></Expiration>")), InvalidArgument);
        }
        // Suite of oss2: test_put_lifecycle_invalid_transitions and its neighbours.
        check(&rule(&format!("{}{}", days(3), transition(4, "IA"))), InvalidArgument);
        check(&rule(&format!("{}{}", transition(5, "IA"), transition(2, "Archive"))), InvalidArgument);
        check(&rule(&transition(5, "Standard")), InvalidArgument);
        let before =
            "<Expiration><CreatedBeforeDate>2016-12-25T00:00:00.000Z</CreatedBeforeDate></Expiration>";
        check(&rule(&format!("{before}{}", transition(356, "IA"))), InvalidRequest);
        let access = transition(1, "IA").replace("</Days>", "</Days><IsAccessTime>true</IsAccessTime>");
        // OSS manual, PutBucketLifecycle, error codes: access tracking is not enabled.
        check(&rule(&access), MalformedXML);
        let back = transition(1, "IA")
            .replace("</Days>", "</Days><ReturnToStdWhenVisit>true</ReturnToStdWhenVisit>");
        check(&rule(&back), MalformedXML);
        check(
            &rule("<Expiration><ExpiredObjectDeleteMarker>false</ExpiredObjectDeleteMarker></Expiration>"),
            MalformedXML,
        );
        let abort = "<AbortMultipartUpload><Days>1</Days></AbortMultipartUpload>";
        check(&rule(&format!("{abort}<Tag><Key>k</Key><Value>v</Value></Tag>")), InvalidRequest);
        check(&rule(&format!("{abort}<Filter><Not><Prefix>log/x</Prefix></Not></Filter>")), InvalidRequest);
        for size in ["0", "-1", "x", "5497558138881"] {
            let filter = format!("<Filter><ObjectSizeLessThan>{size}</ObjectSizeLessThan></Filter>");
            check(&rule(&format!("{}{filter}", days(1))), InvalidArgument);
        }
        check(&rule(&format!("{}{}", transition(1, "IA"), transition(2, "IA"))), InvalidArgument);
        check(&rule(&format!("{}<Tag><Key>%</Key><Value></Value></Tag>", days(1))), InvalidTag);
        check(&rule(&format!("{}<Filter><Not><Prefix>x</Prefix></Not></Filter>", days(1))), InvalidArgument);
        check(&rule(&format!("{}<Filter><Not><Prefix>log/</Prefix></Not></Filter>", days(1))), MalformedXML);
        check(&format!("{0}{0}", rule(&days(1))), InvalidArgument);
    }

    #[test]
    fn rules_with_one_action_for_the_same_objects_need_permission() {
        let pair = |first: &str, second: &str, inside: &str| {
            let of = |id: &str, prefix: &str| {
                rule(inside)
                    .replace("<ID>r<", &format!("<ID>{id}<"))
                    .replace(">log/<", &format!(">{prefix}<"))
            };
            format!("{}{}", of("1", first), of("2", second))
        };
        let expire = "<Expiration><Days>1</Days></Expiration>";
        let error = parse(&pair("a/", "a/b", expire), false).unwrap_err();
        assert_eq!(error.code(), ErrorCode::InvalidRequest);
        // Suite of oss2, test_lifecycle_overlap_exception.
        assert_eq!(error.message(), "Overlap for same action type Expiration");
        assert!(parse(&pair("", "a", expire), false).is_err());
        assert!(parse(&pair("a/", "a/b", expire), true).is_ok());
        assert!(parse(&pair("a/", "b/", expire), false).is_ok());
        let marker = "<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>";
        assert!(parse(&pair("a/", "a/b", expire).replacen(expire, marker, 1), false).is_err());
        let to = |class: &str| {
            format!("<Transition><Days>9</Days><StorageClass>{class}</StorageClass></Transition>")
        };
        let error = parse(&pair("a/", "a/b", &to("IA")), false).unwrap_err();
        assert_eq!(error.message(), "Overlap for same action type Transition");
        assert!(parse(&pair("a/", "a/b", &to("IA")).replacen(&to("IA"), &to("Archive"), 1), false).is_ok());
        // Parts never, whatever is allowed.
        let abort = "<AbortMultipartUpload><Days>1</Days></AbortMultipartUpload>";
        let error = parse(&pair("a/", "a/b", abort), true).unwrap_err();
        assert_eq!(error.message(), "Overlap for same action type AbortMultipartUpload");
        // OSS manual, NOT, example 1: what one rule is about the other leaves alone.
        let not = format!("{expire}<Filter><Not><Prefix>a/b</Prefix></Not></Filter>");
        assert!(parse(&pair("a/", "a/b", expire).replacen(expire, &not, 1), false).is_ok());
        let tag = format!("{expire}<Tag><Key>k</Key><Value>v</Value></Tag>");
        assert!(parse(&pair("a/", "a/b", expire).replacen(expire, &tag, 1), false).is_ok());
    }
}
