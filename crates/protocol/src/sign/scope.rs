//! The scope of a V4 credential, and which scopes this server accepts.

use std::fmt;

/// The product of ordinary endpoints.
const PRODUCT: &str = "oss";
/// The product of cloud boxes, whose region is the id of the box.
const CLOUD_BOX_PRODUCT: &str = "oss-cloudbox";

/// Which V4 credential scopes are accepted.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// The only region to accept; `None` accepts any.
    pub region: Option<String>,
}

impl Scope {
    pub(crate) fn accepts_region(&self, scope: &CredentialScope) -> bool {
        self.region.as_deref().is_none_or(|region| region == scope.region())
    }

    pub(crate) fn accepts_product(&self, scope: &CredentialScope) -> bool {
        scope.product() == PRODUCT || (self.region.is_none() && scope.product() == CLOUD_BOX_PRODUCT)
    }
}

/// `<date>/<region>/<product>/aliyun_v4_request`
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CredentialScope {
    date: String,
    region: String,
    product: String,
}

/// Why a credential is not one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CredentialFault {
    /// Too few parts, or no access key id.
    Shape,
    /// Not eight digits.
    Date,
    /// Another last part.
    Terminator,
}

impl CredentialScope {
    pub(crate) const TERMINATOR: &'static str = "aliyun_v4_request";

    pub(crate) fn new(date: String, region: String) -> Self {
        Self { date, region, product: PRODUCT.to_owned() }
    }

    /// Splits `<access key id>/<scope>`.
    pub(crate) fn parse_credential(text: &str) -> Result<(String, Self), CredentialFault> {
        let mut parts = text.rsplitn(5, '/');
        let mut next = || parts.next().ok_or(CredentialFault::Shape);
        let (terminator, product, region, date, id) = (next()?, next()?, next()?, next()?, next()?);
        if terminator != Self::TERMINATOR {
            return Err(CredentialFault::Terminator);
        }
        if date.len() != 8 || !date.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(CredentialFault::Date);
        }
        if !is_plausible_access_key_id(id) {
            return Err(CredentialFault::Shape);
        }
        let owned = |text: &str| text.to_owned();
        Ok((owned(id), Self { date: owned(date), region: owned(region), product: owned(product) }))
    }

    pub(crate) fn date(&self) -> &str {
        &self.date
    }

    pub(crate) fn region(&self) -> &str {
        &self.region
    }

    pub(crate) fn product(&self) -> &str {
        &self.product
    }
}

impl fmt::Display for CredentialScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}/{}", self.date, self.region, self.product, Self::TERMINATOR)
    }
}

/// Returns whether this may be an access key id: they are short and printable, and nothing else is worth
/// looking up.
pub(crate) fn is_plausible_access_key_id(id: &str) -> bool {
    (1..=128).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::{CredentialFault, CredentialScope, Scope};

    #[test]
    fn credentials() {
        let check = |text: &str, expected: Result<&str, CredentialFault>| {
            let parsed = CredentialScope::parse_credential(text);
            assert_eq!(
                parsed.map(|(id, scope)| format!("{id} {scope}")),
                expected.map(str::to_owned),
                "{text}"
            );
        };
        let ok = "ak 20231216/cn-hangzhou/oss/aliyun_v4_request";
        check("ak/20231216/cn-hangzhou/oss/aliyun_v4_request", Ok(ok));
        check("a/k/20231216//oss/aliyun_v4_request", Ok("a/k 20231216//oss/aliyun_v4_request"));
        // Published error codes 0002-00000213 and 0002-00000223.
        check("ak/20231216/us-east-1/oss/abc", Err(CredentialFault::Terminator));
        check("ak/2022-12-20/cn-hangzhou/oss/aliyun_v4_request", Err(CredentialFault::Date));
        check("20231216/cn-hangzhou/oss/aliyun_v4_request", Err(CredentialFault::Shape));
        check("/20231216/cn-hangzhou/oss/aliyun_v4_request", Err(CredentialFault::Shape));
        check("", Err(CredentialFault::Shape));
    }

    #[test]
    fn accepted_scopes() {
        let scope = |text: &str| CredentialScope::parse_credential(text).unwrap().1;
        let normal = scope("ak/20231216/cn-hangzhou/oss/aliyun_v4_request");
        let boxed = scope("ak/20231216/cb-1/oss-cloudbox/aliyun_v4_request");
        let any = Scope::default();
        let fixed = Scope { region: Some("cn-hangzhou".into()) };
        assert!(any.accepts_region(&normal) && any.accepts_product(&normal) && any.accepts_product(&boxed));
        assert!(
            fixed.accepts_region(&normal) && !fixed.accepts_region(&boxed) && !fixed.accepts_product(&boxed)
        );
        assert!(!any.accepts_product(&scope("ak/20231216/r/s3/aliyun_v4_request")));
    }
}
