//! Lifecycle rules of a bucket: what is to become of an object or an upload at a certain time. Rules are kept and judged
//! here; looking at objects and acting is the server's.

use crate::{Error, ErrorCode, StorageClass, Tags, Timestamp};

/// Objects below this size are not worth a colder class to a rule that says `AllowSmallFile` is false.
const SMALL_FILE: u64 = 64 * 1024;

/// The rules of a bucket, valid together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LifecycleRules(Vec<LifecycleRule>);

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LifecycleRule {
    pub(crate) id: String,
    pub(crate) prefix: String,
    pub(crate) enabled: bool,
    /// An object must have all of them.
    pub(crate) tags: Vec<(String, String)>,
    pub(crate) larger_than: Option<u64>,
    pub(crate) smaller_than: Option<u64>,
    pub(crate) except: Vec<Exception>,
    pub(crate) expiration: Option<Expiration>,
    pub(crate) transitions: Vec<Transition>,
    pub(crate) abort: Option<When>,
    /// The rest is about versions; it has no effect where none are kept.
    pub(crate) noncurrent_expiration: Option<u32>,
    pub(crate) noncurrent_transitions: Vec<NoncurrentTransition>,
}

/// Objects that a rule leaves alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Exception {
    pub(crate) prefix: String,
    pub(crate) tag: Option<(String, String)>,
}

/// When something is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    /// So many days after the last change, at the next midnight.
    Days(u32),
    /// On this day, for what was last changed before it.
    CreatedBeforeDate(Timestamp),
    /// The same, as OSS's older clients spell it.
    Date(Timestamp),
}

/// When an object is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Expiration {
    pub(crate) when: Option<When>,
    /// Whether a delete marker without versions is removed; there are no markers where no versions are kept.
    pub(crate) delete_marker: Option<bool>,
}

/// When an object gets another storage class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Transition {
    pub(crate) when: When,
    pub(crate) class: StorageClass,
    pub(crate) flags: TransitionFlags,
}

/// When a version that is not the current one gets another storage class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NoncurrentTransition {
    pub(crate) days: u32,
    pub(crate) class: StorageClass,
    pub(crate) flags: TransitionFlags,
}

/// What a transition says besides, kept as it came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct TransitionFlags {
    /// That it goes by the last access is refused, so this is false where it is there.
    pub(crate) is_access_time: Option<bool>,
    pub(crate) allow_small_file: Option<bool>,
}

/// What rules look at of an object.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// Its key.
    pub key: &'a str,
    /// Bytes.
    pub size: u64,
    /// Its tags.
    pub tags: &'a Tags,
    /// When it was written.
    pub modified: Timestamp,
    /// Its class of storage.
    pub class: StorageClass,
    /// Whether it can be appended to; OSS does not move such objects to the coldest classes.
    pub appendable: bool,
}

/// The time by which rules are judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LifecycleTime {
    /// Now.
    pub now: Timestamp,
    /// The length of a day in milliseconds.
    pub day_ms: i64,
}

/// What a rule wants of an object, and which it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LifecycleVerdict<'a> {
    /// It stays what it is.
    Keep,
    /// It is deleted.
    Expire(&'a str),
    /// It gets this class.
    Transition(StorageClass, &'a str),
}

impl LifecycleRules {
    /// Most rules that a bucket may have.
    pub const MAX_RULES: usize = 1000;
    /// Most exceptions that the rules of a bucket may have together.
    pub(crate) const MAX_EXCEPTIONS: usize = 1000;

    /// Puts rules together. Rules of which one prefix begins with the other's, with the same tags and an action in common,
    /// contradict each other unless `allow_overlap`; aborting uploads never overlaps.
    ///
    /// # Errors
    /// `MalformedXML` for no rule or too many, `InvalidArgument` for a doubled id, `InvalidRequest` for an overlap.
    pub(crate) fn new(rules: Vec<LifecycleRule>, allow_overlap: bool) -> Result<Self, Error> {
        let refused = |detail: String| Error::new(ErrorCode::MalformedXML).with_detail("ErrorDetail", detail);
        if rules.is_empty() || rules.len() > Self::MAX_RULES {
            return Err(refused(format!("A bucket has 1 to {} lifecycle rules.", Self::MAX_RULES)));
        }
        if rules.iter().map(|rule| rule.except.len()).sum::<usize>() > Self::MAX_EXCEPTIONS {
            return Err(refused(format!("A bucket has at most {} Not elements.", Self::MAX_EXCEPTIONS)));
        }
        let mut ids = std::collections::HashSet::new();
        if let Some(twice) = rules.iter().find(|rule| !ids.insert(rule.id.as_str())) {
            return Err(Error::invalid_argument("RuleId must be unique.", "ID", twice.id.as_str()));
        }
        if let Some(action) = first_overlap(&rules, allow_overlap) {
            let message = format!("Overlap for same action type {action}");
            return Err(Error::new(ErrorCode::InvalidRequest).with_message(message));
        }
        Ok(Self(rules))
    }

    /// Returns the rules, in order.
    pub(crate) fn rules(&self) -> &[LifecycleRule] {
        &self.0
    }

    /// Divides the rules that act on objects into groups whose prefixes do not begin with each other's, so that each object
    /// needs to be looked at once and by few rules.
    #[must_use]
    pub fn walks(&self) -> Vec<(String, Self)> {
        self.grouped(|rule| {
            let expires = rule.expiration.is_some_and(|expiration| expiration.when.is_some());
            expires || !rule.transitions.is_empty()
        })
    }

    /// Divides the rules that act on versions which are not the latest, or on delete markers, in the same way.
    #[must_use]
    pub fn version_walks(&self) -> Vec<(String, Self)> {
        self.grouped(|rule| {
            let expires = rule.noncurrent_expiration.is_some() || rule.removes_lone_markers();
            expires || !rule.noncurrent_transitions.is_empty()
        })
    }

    fn grouped(&self, acts: impl Fn(&LifecycleRule) -> bool) -> Vec<(String, Self)> {
        let mut rules: Vec<&LifecycleRule> =
            self.0.iter().filter(|rule| rule.enabled && acts(rule)).collect();
        rules.sort_by(|a, b| a.prefix.cmp(&b.prefix));
        let mut walks: Vec<(String, Self)> = Vec::new();
        for rule in rules {
            match walks.last_mut() {
                Some((prefix, group)) if rule.prefix.starts_with(prefix.as_str()) => {
                    group.0.push(rule.clone())
                }
                _ => walks.push((rule.prefix.clone(), Self(vec![rule.clone()]))),
            }
        }
        walks
    }

    /// Returns whether a rule aborts uploads.
    #[must_use]
    pub fn abort_uploads(&self) -> bool {
        self.0.iter().any(|rule| rule.enabled && rule.abort.is_some())
    }

    /// Decides what is to become of an object now. To delete comes first; of several classes the coldest that is due, and
    /// never one that is warmer than the present.
    #[must_use]
    pub fn verdict(&self, object: &Candidate<'_>, time: LifecycleTime) -> LifecycleVerdict<'_> {
        self.judge(&CURRENT, object, time)
    }

    /// Decides the same of a version that has not been the latest since then.
    #[must_use]
    pub fn noncurrent_verdict(
        &self,
        version: &Candidate<'_>,
        since: Timestamp,
        time: LifecycleTime,
    ) -> LifecycleVerdict<'_> {
        self.judge(&NONCURRENT, &Candidate { modified: since, ..*version }, time)
    }

    /// Finds the rule by which a delete marker is to be deleted now that has not been the latest version since then. A rule that
    /// asks for tags or a size is not about delete markers.
    #[must_use]
    pub fn noncurrent_marker(&self, key: &str, since: Timestamp, time: LifecycleTime) -> Option<&str> {
        let tags = Tags::default();
        let when =
            |rule: &LifecycleRule| (NONCURRENT.expiration)(rule).filter(|_| rule.is_about_delete_markers());
        let decided = self.decide(&marker(key, since, &tags), when, time.day_ms);
        decided.filter(|(due, _)| *due <= time.now).map(|(_, rule)| rule)
    }

    /// Finds the rule by which a delete marker is to be deleted that is all there is of a key.
    #[must_use]
    pub fn lone_marker(&self, key: &str) -> Option<&str> {
        let (tags, epoch) = (Tags::default(), Timestamp::from_unix_millis(0));
        let marker = marker(key, epoch, &tags);
        let mut rules = self.0.iter().filter(|rule| rule.enabled && rule.applies_to(&marker));
        rules.find(|rule| rule.removes_lone_markers()).map(|rule| rule.id.as_str())
    }

    fn judge(&self, actions: &Actions, object: &Candidate<'_>, time: LifecycleTime) -> LifecycleVerdict<'_> {
        if let Some((due, rule)) = self.decide(object, actions.expiration, time.day_ms)
            && due <= time.now
        {
            return LifecycleVerdict::Expire(rule);
        }
        let due = TRANSITION_CLASSES.into_iter().rev().find_map(|class| {
            let (due, rule) = self.transition(actions, object, class, time.day_ms)?;
            (due <= time.now).then_some((class, rule))
        });
        match due {
            Some((class, rule)) if coldness(class) > coldness(object.class) => {
                LifecycleVerdict::Transition(class, rule)
            }
            _ => LifecycleVerdict::Keep,
        }
    }

    /// Tells when an object will be deleted, and by which rule.
    #[must_use]
    pub fn expiration(&self, object: &Candidate<'_>, day_ms: i64) -> Option<(Timestamp, &str)> {
        self.decide(object, CURRENT.expiration, day_ms)
    }

    /// Tells when an object is due for a class. Appendable objects do not get the coldest, as with OSS.
    fn transition(
        &self,
        actions: &Actions,
        object: &Candidate<'_>,
        class: StorageClass,
        day_ms: i64,
    ) -> Option<(Timestamp, &str)> {
        if object.appendable && coldness(class) > coldness(StorageClass::Archive) {
            return None;
        }
        let small = object.size < SMALL_FILE;
        let when = |rule: &LifecycleRule| {
            let (when, flags) = (actions.transition)(rule, class)?;
            let skips = small && flags.allow_small_file == Some(false);
            (!skips).then_some(when)
        };
        self.decide(object, when, day_ms)
    }

    /// Finds the rule whose action counts for the object, and when it is due: of those that have the action, the one with
    /// the longest prefix; of several of those, the earliest.
    fn decide(
        &self,
        object: &Candidate<'_>,
        action: impl Fn(&LifecycleRule) -> Option<When>,
        day_ms: i64,
    ) -> Option<(Timestamp, &str)> {
        let mut longest = 0;
        let mut decided: Option<(Timestamp, &str)> = None;
        for rule in self.0.iter().filter(|rule| rule.enabled && rule.applies_to(object)) {
            let Some(when) = action(rule) else { continue };
            if rule.prefix.len() < longest {
                continue;
            }
            if rule.prefix.len() > longest {
                (longest, decided) = (rule.prefix.len(), None);
            }
            let due = when.due(object.modified, day_ms);
            decided = match (decided, due) {
                (Some(earlier), Some(due)) if earlier.0 <= due => Some(earlier),
                (earlier, None) => earlier,
                (_, Some(due)) => Some((due, rule.id.as_str())),
            };
        }
        decided
    }

    /// Finds the rule by which an upload is to be aborted now that was last worked on at `active`. A rule that asks for tags
    /// is not about uploads.
    #[must_use]
    pub fn aborts(&self, key: &str, active: Timestamp, time: LifecycleTime) -> Option<&str> {
        let due = |when: When| when.due(active, time.day_ms).is_some_and(|due| due <= time.now);
        let mut rules = self.0.iter().filter(|rule| rule.enabled && key.starts_with(&rule.prefix));
        rules.find(|rule| rule.abort.is_some_and(due)).map(|rule| rule.id.as_str())
    }
}

/// What rules say of objects that are the latest version, or of versions that are not.
struct Actions {
    expiration: fn(&LifecycleRule) -> Option<When>,
    transition: fn(&LifecycleRule, StorageClass) -> Option<(When, TransitionFlags)>,
}

const CURRENT: Actions = Actions {
    expiration: |rule| rule.expiration?.when,
    transition: |rule, class| {
        let found = rule.transitions.iter().find(|transition| transition.class == class)?;
        Some((found.when, found.flags))
    },
};

const NONCURRENT: Actions = Actions {
    expiration: |rule| rule.noncurrent_expiration.map(When::Days),
    transition: |rule, class| {
        let found = rule.noncurrent_transitions.iter().find(|transition| transition.class == class)?;
        Some((When::Days(found.days), found.flags))
    },
};

/// Returns what rules look at of a delete marker.
fn marker<'a>(key: &'a str, modified: Timestamp, tags: &'a Tags) -> Candidate<'a> {
    Candidate { key, size: 0, tags, modified, class: StorageClass::Standard, appendable: false }
}

impl LifecycleRule {
    /// Returns whether the rule asks for nothing that delete markers do not have.
    fn is_about_delete_markers(&self) -> bool {
        self.tags.is_empty() && self.larger_than.is_none() && self.smaller_than.is_none()
    }

    /// Returns whether the rule removes delete markers that have no other version.
    fn removes_lone_markers(&self) -> bool {
        let asks = self.expiration.is_some_and(|expiration| expiration.delete_marker == Some(true));
        asks && self.is_about_delete_markers()
    }

    fn applies_to(&self, object: &Candidate<'_>) -> bool {
        let tagged = |(key, value): &(String, String)| object.tags.get(key) == Some(value.as_str());
        let excepted = |except: &Exception| {
            object.key.starts_with(&except.prefix) && except.tag.as_ref().is_none_or(tagged)
        };
        object.key.starts_with(&self.prefix)
            && self.tags.iter().all(tagged)
            && self.larger_than.is_none_or(|size| object.size > size)
            && self.smaller_than.is_none_or(|size| object.size < size)
            && !self.except.iter().any(excepted)
    }

    /// Returns whether the rule leaves all objects with this prefix alone.
    fn spares(&self, prefix: &str) -> bool {
        self.except.iter().any(|except| except.tag.is_none() && prefix.starts_with(&except.prefix))
    }
}

impl When {
    /// Tells when something that was last changed then is due; never, if it is about what is older.
    fn due(self, changed: Timestamp, day_ms: i64) -> Option<Timestamp> {
        match self {
            Self::Days(days) => {
                let day_ms = day_ms.max(1);
                let due = changed.unix_millis().saturating_add(i64::from(days).saturating_mul(day_ms));
                let midnights = due.div_euclid(day_ms) + i64::from(due.rem_euclid(day_ms) != 0);
                Some(Timestamp::from_unix_millis(midnights.saturating_mul(day_ms)))
            }
            Self::CreatedBeforeDate(date) | Self::Date(date) => (changed < date).then_some(date),
        }
    }
}

/// Finds two rules that have an action in common for the same objects, and names it.
fn first_overlap(rules: &[LifecycleRule], allowed: bool) -> Option<&'static str> {
    // With their tags in order, so that comparing two rules is cheap.
    let sorted: Vec<(&LifecycleRule, Vec<&(String, String)>)> = rules
        .iter()
        .map(|rule| {
            let mut tags: Vec<_> = rule.tags.iter().collect();
            tags.sort_unstable();
            (rule, tags)
        })
        .collect();
    sorted.iter().enumerate().find_map(|(at, (rule, tags))| {
        let earlier = sorted.iter().take(at).filter(|(other, others)| others == tags && meet(rule, other));
        earlier.filter_map(|(other, _)| common_action(rule, other, allowed)).next()
    })
}

/// Returns whether there may be objects that both rules are about.
fn meet(a: &LifecycleRule, b: &LifecycleRule) -> bool {
    let (outer, inner) = if a.prefix.len() <= b.prefix.len() { (a, b) } else { (b, a) };
    inner.prefix.starts_with(&outer.prefix) && !outer.spares(&inner.prefix)
}

/// Returns the name of an action that both rules have and that must not be in both.
fn common_action(a: &LifecycleRule, b: &LifecycleRule, allowed: bool) -> Option<&'static str> {
    if a.abort.is_some() && b.abort.is_some() {
        return Some("AbortMultipartUpload");
    }
    if allowed {
        return None;
    }
    let transitions = |rule: &LifecycleRule| rule.transitions.iter().map(|it| it.class).collect::<Vec<_>>();
    let noncurrent =
        |rule: &LifecycleRule| rule.noncurrent_transitions.iter().map(|it| it.class).collect::<Vec<_>>();
    let share = |of: &dyn Fn(&LifecycleRule) -> Vec<StorageClass>| {
        let others = of(b);
        of(a).iter().any(|class| others.contains(class))
    };
    if a.expiration.is_some() && b.expiration.is_some() {
        Some("Expiration")
    } else if share(&transitions) {
        Some("Transition")
    } else if a.noncurrent_expiration.is_some() && b.noncurrent_expiration.is_some() {
        Some("NoncurrentVersionExpiration")
    } else {
        share(&noncurrent).then_some("NoncurrentVersionTransition")
    }
}

/// The classes that a rule may move objects to, the coldest last.
const TRANSITION_CLASSES: [StorageClass; 4] = [
    StorageClass::InfrequentAccess,
    StorageClass::Archive,
    StorageClass::ColdArchive,
    StorageClass::DeepColdArchive,
];

/// Returns the order in which classes may follow each other.
pub(crate) fn coldness(class: StorageClass) -> u8 {
    match class {
        StorageClass::Standard => 0,
        StorageClass::InfrequentAccess => 1,
        StorageClass::Archive => 2,
        StorageClass::ColdArchive => 3,
        StorageClass::DeepColdArchive => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::StorageClass::{Archive, InfrequentAccess, Standard};

    const DAY_MS: i64 = 24 * 60 * 60 * 1000;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_iso8601(text).unwrap()
    }

    fn time(text: &str) -> LifecycleTime {
        LifecycleTime { now: at(text), day_ms: DAY_MS }
    }

    fn rules(inside: &str) -> LifecycleRules {
        let body = format!("<LifecycleConfiguration>{inside}</LifecycleConfiguration>");
        LifecycleRules::parse_new(body.as_bytes(), true, || "generated".to_owned()).unwrap()
    }

    fn rule(prefix: &str, inside: &str) -> String {
        format!(
            "<Rule><ID>{prefix}{}</ID><Prefix>{prefix}</Prefix><Status>Enabled</Status>{inside}</Rule>",
            inside.len()
        )
    }

    fn days(days: u32) -> String {
        format!("<Expiration><Days>{days}</Days></Expiration>")
    }

    fn transition(days: u32, class: &str) -> String {
        format!("<Transition><Days>{days}</Days><StorageClass>{class}</StorageClass></Transition>")
    }

    /// Returns the object `a/b`, 100 bytes, class Standard, written on 2026-01-10 at 12:00.
    fn object(tags: &Tags) -> Candidate<'_> {
        let modified = at("2026-01-10T12:00:00.000Z");
        Candidate { key: "a/b", size: 100, tags, modified, class: Standard, appendable: false }
    }

    /// Checks what becomes of the object with the tags `k=v` and `x=`.
    #[track_caller]
    fn check(rules: &LifecycleRules, now: &str, expected: &str) {
        let tags = Tags::from_header("k=v&x").unwrap();
        let told = match rules.verdict(&object(&tags), time(now)) {
            LifecycleVerdict::Keep => "keep",
            LifecycleVerdict::Expire(_) => "expire",
            LifecycleVerdict::Transition(class, _) => class.as_str(),
        };
        assert_eq!(told, expected, "{now} {rules:?}");
    }

    #[test]
    fn days_end_at_the_midnight_after() {
        // OSS manual, "Lifecycle rules based on the last modified time": written after the daily run, deleted at the run two
        // days later; written before it, at the next one.
        let three = rules(&rule("a/", &days(3)));
        check(&three, "2026-01-13T12:00:00.000Z", "keep");
        check(&three, "2026-01-13T23:59:59.000Z", "keep");
        check(&three, "2026-01-14T00:00:00.000Z", "expire");
        let tags = Tags::default();
        let due = three.expiration(&object(&tags), DAY_MS).unwrap();
        assert_eq!(due, (at("2026-01-14T00:00:00.000Z"), "a/39"));
        // A clock that was set back makes nothing old.
        check(&three, "2025-01-14T00:00:00.000Z", "keep");
        check(&rules(&rule("", &days(2_147_483_647))), "9999-01-01T00:00:00.000Z", "keep");
        let seconds = LifecycleTime { now: at("2026-01-10T12:00:03.000Z"), day_ms: 1000 };
        assert_eq!(three.verdict(&object(&tags), seconds), LifecycleVerdict::Expire("a/39"));
    }

    #[test]
    fn dates_are_about_what_was_written_before() {
        for element in ["CreatedBeforeDate", "Date"] {
            let before = |date: &str| {
                rules(&rule("", &format!("<Expiration><{element}>{date}</{element}></Expiration>")))
            };
            check(&before("2026-01-10T00:00:00.000Z"), "2026-02-01T00:00:00.000Z", "keep");
            // Not before that day has come, whatever was written until then.
            check(&before("2026-01-20T00:00:00.000Z"), "2026-01-19T23:00:00.000Z", "keep");
            check(&before("2026-01-20T00:00:00.000Z"), "2026-01-20T00:00:00.000Z", "expire");
        }
    }

    #[test]
    fn only_what_a_rule_is_about() {
        let with = |prefix: &str, more: &str| rules(&rule(prefix, &format!("{}{more}", days(1))));
        let tag = |key: &str, value: &str| format!("<Tag><Key>{key}</Key><Value>{value}</Value></Tag>");
        let now = "2026-02-01T00:00:00.000Z";
        check(&with("a/", ""), now, "expire");
        check(&with("b", ""), now, "keep");
        check(&with("", &tag("k", "v")), now, "expire");
        check(&with("", &format!("{}{}", tag("k", "v"), tag("x", ""))), now, "expire");
        check(&with("", &format!("{}{}", tag("k", "v"), tag("y", ""))), now, "keep");
        check(&with("", &tag("k", "w")), now, "keep");
        let filter = |inside: &str| with("", &format!("<Filter>{inside}</Filter>"));
        check(&filter("<ObjectSizeGreaterThan>99</ObjectSizeGreaterThan>"), now, "expire");
        check(&filter("<ObjectSizeGreaterThan>100</ObjectSizeGreaterThan>"), now, "keep");
        check(&filter("<ObjectSizeLessThan>101</ObjectSizeLessThan>"), now, "expire");
        check(&filter("<ObjectSizeLessThan>100</ObjectSizeLessThan>"), now, "keep");
        check(&filter("<Not><Prefix>a/b</Prefix></Not>"), now, "keep");
        check(&filter("<Not><Prefix>a/c</Prefix></Not>"), now, "expire");
        check(&filter(&format!("<Not><Prefix></Prefix>{}</Not>", tag("k", "v"))), now, "keep");
        check(&filter(&format!("<Not><Prefix>a</Prefix>{}</Not>", tag("k", "w"))), now, "expire");
        check(&rules(&rule("", &days(1)).replace("Enabled", "Disabled")), now, "keep");
    }

    #[test]
    fn the_coldest_class_that_is_due() {
        let inside = format!("{}{}{}", transition(5, "Archive"), transition(2, "IA"), days(9));
        let of_all = rules(&rule("", &inside));
        check(&of_all, "2026-01-12T00:00:00.000Z", "keep");
        check(&of_all, "2026-01-13T00:00:00.000Z", "IA");
        check(&of_all, "2026-01-16T00:00:00.000Z", "Archive");
        check(&of_all, "2026-01-20T00:00:00.000Z", "expire");
        // Never back to a warmer class.
        let tags = Tags::default();
        let verdict = |rules: &LifecycleRules, change: fn(&mut Candidate<'_>)| {
            let mut object = object(&tags);
            change(&mut object);
            rules.verdict(&object, time("2026-01-16T00:00:00.000Z")) == LifecycleVerdict::Keep
        };
        assert!(!verdict(&of_all, |object| object.class = InfrequentAccess));
        assert!(verdict(&of_all, |object| object.class = Archive));
        let cold = rules(&rule("", &transition(1, "ColdArchive")));
        assert!(!verdict(&cold, |_| {}));
        assert!(verdict(&cold, |object| object.appendable = true));
        let large = transition(1, "IA").replace("</Days>", "</Days><AllowSmallFile>false</AllowSmallFile>");
        assert!(verdict(&rules(&rule("", &large)), |_| {}));
        assert!(!verdict(&rules(&rule("", &large)), |object| object.size = SMALL_FILE));
    }

    #[test]
    fn of_rules_for_the_same_objects_the_longest_prefix_decides() {
        // OSS manual, "Lifecycle rules based on the last modified time", overlapping prefixes: what is in dir1/dir2/ goes by
        // the rule of dir1/dir2/, the rest of dir1/ by that of dir1/.
        let both = rules(&format!("{}{}", rule("a", &days(1)), rule("a/", &days(20))));
        check(&both, "2026-01-20T00:00:00.000Z", "keep");
        check(&both, "2026-01-31T00:00:00.000Z", "expire");
        // The same page, NOT, example 2: with equal prefixes, the earlier of two rules.
        let tag = "<Tag><Key>k</Key><Value>v</Value></Tag>";
        let equal = rules(&format!("{}{}", rule("", &days(30)), rule("", &format!("{}{tag}", days(5)))));
        check(&equal, "2026-01-16T00:00:00.000Z", "expire");
        // The same page, equal tags: different actions of different rules are both done.
        let different = rules(&format!("{}{}", rule("", &transition(2, "IA")), rule("a/", &days(9))));
        check(&different, "2026-01-13T00:00:00.000Z", "IA");
        check(&different, "2026-01-20T00:00:00.000Z", "expire");
    }

    #[test]
    fn walks_look_at_each_object_once() {
        let prefixes = ["b/", "a/x", "a/", "a", "c"];
        let all: String = prefixes.iter().map(|prefix| rule(prefix, &days(1))).collect();
        let abort = rule("d", "<AbortMultipartUpload><Days>2</Days></AbortMultipartUpload>");
        let walks = rules(&format!("{all}{abort}")).walks();
        let found: Vec<_> = walks.iter().map(|(prefix, rules)| (prefix.as_str(), rules.0.len())).collect();
        assert_eq!(found, [("a", 3), ("b/", 1), ("c", 1)]);
    }

    #[test]
    fn versions_count_from_when_they_were_replaced() {
        // OSS manual, "Configuration elements": replaced on May 1, deleted after three days on May 4.
        let noncurrent = |days: u32| {
            format!(
                "<NoncurrentVersionExpiration><NoncurrentDays>{days}</NoncurrentDays></NoncurrentVersionExpiration>"
            )
        };
        let to_ia = "<NoncurrentVersionTransition><NoncurrentDays>2</NoncurrentDays><StorageClass>IA</StorageClass>\
                     </NoncurrentVersionTransition>";
        let tags = Tags::default();
        let since = at("2026-05-01T08:00:00.000Z");
        let both = rules(&rule("a/", &(to_ia.to_owned() + &noncurrent(3))));
        for (now, expected) in [
            ("2026-05-03T23:59:59.000Z", LifecycleVerdict::Keep),
            ("2026-05-04T00:00:00.000Z", LifecycleVerdict::Transition(InfrequentAccess, "rule")),
            ("2026-05-05T00:00:00.000Z", LifecycleVerdict::Expire("rule")),
        ] {
            let told = match both.noncurrent_verdict(&object(&tags), since, time(now)) {
                LifecycleVerdict::Keep => LifecycleVerdict::Keep,
                LifecycleVerdict::Transition(class, _) => LifecycleVerdict::Transition(class, "rule"),
                LifecycleVerdict::Expire(_) => LifecycleVerdict::Expire("rule"),
            };
            assert_eq!(told, expected, "{now}");
        }
        let late = time("2027-01-01T00:00:00.000Z");
        // Neither says anything of the other.
        assert_eq!(both.verdict(&object(&tags), late), LifecycleVerdict::Keep);
        let current = rules(&rule("a/", &days(1)));
        assert_eq!(current.noncurrent_verdict(&object(&tags), since, late), LifecycleVerdict::Keep);
        assert_eq!((both.walks().len(), both.version_walks().len()), (0, 1));
        // Delete markers have neither tags nor a size.
        assert!(both.noncurrent_marker("a/b", since, late).is_some());
        assert!(both.noncurrent_marker("b", since, late).is_none());
        assert!(both.noncurrent_marker("a/b", since, time("2026-05-03T00:00:00.000Z")).is_none());
        let tag = "<Tag><Key>k</Key><Value>v</Value></Tag>".to_owned();
        let size = "<Filter><ObjectSizeLessThan>5</ObjectSizeLessThan></Filter>".to_owned();
        for filter in [tag, size] {
            let filtered = rules(&rule("a/", &(noncurrent(3) + &filter)));
            assert!(filtered.noncurrent_marker("a/b", since, late).is_none());
        }
    }

    #[test]
    fn delete_markers_without_versions() {
        let says = |flag: &str| {
            let more = if flag == "false" { "<Days>1</Days>" } else { "" };
            let flag = format!("<ExpiredObjectDeleteMarker>{flag}</ExpiredObjectDeleteMarker>");
            rules(&rule("a/", &format!("<Expiration>{more}{flag}</Expiration>")))
        };
        let (removes, keeps) = (says("true"), says("false"));
        assert!(removes.lone_marker("a/b").is_some() && removes.lone_marker("b").is_none());
        assert_eq!((removes.walks().len(), removes.version_walks().len()), (0, 1));
        assert!(keeps.lone_marker("a/b").is_none());
        assert_eq!((keeps.walks().len(), keeps.version_walks().len()), (1, 0));
    }

    #[test]
    fn uploads() {
        let abort = "<AbortMultipartUpload><Days>2</Days></AbortMultipartUpload>";
        let rules = rules(&rule("a/", abort));
        assert!(rules.abort_uploads());
        let begun = at("2026-01-10T12:00:00.000Z");
        assert_eq!(rules.aborts("a/b", begun, time("2026-01-12T23:59:59.000Z")), None);
        assert!(rules.aborts("a/b", begun, time("2026-01-13T00:00:00.000Z")).is_some());
        assert_eq!(rules.aborts("b", begun, time("2026-01-13T00:00:00.000Z")), None);
    }
}
