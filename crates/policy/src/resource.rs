//! Resources: what an action is done to, and the patterns of statements for it.

use crate::error::{PolicyError, echo};
use crate::pattern::Pattern;

/// What an action is done to: `acs:<service>:<region>:<account>:<path>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resource<'a> {
    /// `oss`, or `ram` for a role.
    pub service: &'a str,
    /// The region, as `cn-hangzhou`.
    pub region: &'a str,
    /// The uid of the account that owns it.
    pub account: &'a str,
    /// `bucket`, `bucket/key`, `*` for everything that an account has, or `role/name`.
    pub path: &'a str,
}

/// A pattern for resources. Its parts are matched one by one: a wildcard never reaches from the region into a key, where
/// whoever uploads could place what looks like another bucket.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ResourcePattern {
    /// `*`
    Everything,
    Parts {
        service: Pattern,
        region: Pattern,
        account: Pattern,
        path: Pattern,
        bucket: Pattern,
    },
}

impl ResourcePattern {
    pub(crate) fn parse(text: &str) -> Result<Self, PolicyError> {
        if text == "*" {
            return Ok(Self::Everything);
        }
        let parts: Vec<&str> = text.splitn(5, ':').collect();
        let [scheme, service, region, account, path] = parts.as_slice() else {
            return Err(PolicyError::invalid(
                "",
                format!("{} is not of the form acs:<service>:<region>:<account>:<resource>", echo(text)),
            ));
        };
        let is_oss = *service == "oss";
        if *scheme != "acs" || service.is_empty() || path.is_empty() {
            return Err(PolicyError::invalid("", format!("{} does not name a resource", echo(text))));
        }
        if is_oss && (region.is_empty() || account.is_empty()) {
            return Err(PolicyError::invalid(
                "",
                format!("{} needs * for any region and any account", echo(text)),
            ));
        }
        // Regions are written both ways.
        let region = if is_oss { region.strip_prefix("oss-").unwrap_or(region) } else { region };
        Ok(Self::Parts {
            service: Pattern::new(service),
            region: Pattern::new(region),
            account: Pattern::new(account),
            path: Pattern::new(path),
            bucket: Pattern::new(path.split('/').next().unwrap_or_default()),
        })
    }

    pub(crate) fn matches(&self, resource: &Resource<'_>) -> bool {
        match self {
            Self::Everything => true,
            Self::Parts { service, region, account, path, .. } => {
                service.matches(resource.service)
                    && path.matches(resource.path)
                    && account.matches(resource.account)
                    && region.matches(resource.region)
            }
        }
    }

    /// Returns whether it can name this bucket or what is in it.
    pub(crate) fn names_bucket(&self, name: &str) -> bool {
        match self {
            Self::Everything => true,
            Self::Parts { service, bucket, .. } => service.matches("oss") && bucket.matches(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_matched_one_by_one() {
        let check = |pattern: &str, path: &str, expected: bool| {
            let resource = Resource { service: "oss", region: "cn-hangzhou", account: "1", path };
            assert_eq!(
                ResourcePattern::parse(pattern).unwrap().matches(&resource),
                expected,
                "{pattern} {path}"
            );
        };
        check("*", "photos/a", true);
        check("acs:oss:*:*:photos", "photos", true);
        check("acs:oss:*:*:photos", "photos/a", false);
        check("acs:oss:*:*:photos/*", "photos", false);
        check("acs:oss:*:*:photos/*", "photos/a/b", true);
        check("acs:oss:*:*:photos*", "photos-of-others/a", true);
        check("acs:oss:*:1:photos/*", "photos/a", true);
        check("acs:oss:*:2:photos/*", "photos/a", false);
        check("acs:oss:oss-cn-hangzhou:*:*", "photos", true);
        check("acs:oss:cn-hangzhou:*:*", "photos", true);
        check("acs:oss:cn-shanghai:*:*", "photos", false);
        check("acs:ecs:*:*:photos", "photos", false);
        check("acs:*:*:*:*", "photos", true);
        check("acs:oss:*:*:photos/a:b", "photos/a:b", true);
        // A key that looks like another bucket's.
        check("acs:oss:*:*:photos/*", "other/x:1:photos/a", false);
    }

    #[test]
    fn what_is_no_pattern() {
        for wrong in [
            "",
            "photos",
            "acs:oss",
            "acs:oss:*:*",
            "acs:oss:*:*:",
            "arn:oss:*:*:photos",
            "acs:oss::*:a",
            "acs:oss:*::a",
        ] {
            assert!(ResourcePattern::parse(wrong).is_err(), "{wrong}");
        }
    }
}
