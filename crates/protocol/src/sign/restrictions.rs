//! Restrictions that a signed URL puts on who may use it: `x-oss-ac-source-ip`, `x-oss-ac-subnet-mask`,
//! `x-oss-ac-forward-allow` and `x-oss-ac-vpc-id`.
//!
//! The usual URL carries only the mask: the server masks the address that the request comes from and takes the result
//! into the text to sign as `x-oss-ac-source-ip`, so the signature fits from the right network alone. SDKs leave the
//! address in the URL; then it is signed as it stands and compared.

use std::borrow::Cow;
use std::net::IpAddr;

use super::fault::bad_parameter;
use super::{Presented, Version};
use crate::{Error, ErrorCode, Query};

const SOURCE_IP: &str = "x-oss-ac-source-ip";
const SUBNET_MASK: &str = "x-oss-ac-subnet-mask";
const FORWARD_ALLOW: &str = "x-oss-ac-forward-allow";
const VPC_ID: &str = "x-oss-ac-vpc-id";

/// Where a request comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Client {
    /// The address of the sender.
    pub ip: IpAddr,
    /// Whether it says that it was forwarded for somebody else, by a proxy that is not one of the server's own.
    pub forwarded: bool,
}

/// What a query says about who may send it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restrictions {
    source: Option<IpAddr>,
    mask: Option<u8>,
    forward_allowed: bool,
    vpc: bool,
}

impl Restrictions {
    /// Reads the restrictions of a query; `None` if it has none.
    ///
    /// # Errors
    /// `InvalidArgument` for an address, a mask or a flag that is none; EC `0002-00000601` for the mask, from the manual.
    pub fn from_query(query: &Query) -> Result<Option<Self>, Error> {
        if !query.iter().any(|(name, _)| name.starts_with("x-oss-ac-")) {
            return Ok(None);
        }
        let bad = |name: &'static str, ec| {
            let value = query.get(name).unwrap_or_default();
            bad_parameter("The restriction of the signed URL is invalid.", ec, name, value)
        };
        let present = |name| query.get(name).filter(|value| !value.is_empty());
        let source = match present(SOURCE_IP) {
            Some(text) => Some(text.parse().map_err(|_| bad(SOURCE_IP, ""))?),
            None => None,
        };
        let widest = if source.is_some_and(|ip: IpAddr| ip.is_ipv4()) { 32 } else { 128 };
        let mask = match present(SUBNET_MASK) {
            Some(text) => Some(parse_mask(text, widest).ok_or_else(|| bad(SUBNET_MASK, "0002-00000601"))?),
            None => None,
        };
        let forward_allowed = match present(FORWARD_ALLOW) {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => return Err(bad(FORWARD_ALLOW, "")),
        };
        Ok(Some(Self { source, mask, forward_allowed, vpc: present(VPC_ID).is_some() }))
    }

    /// Returns the query that was signed: with the masked address of the sender where the URL has only the mask.
    #[must_use]
    pub fn signed_query<'a>(&self, query: &'a Query, client: Client) -> Cow<'a, Query> {
        let (None, Some(mask)) = (self.source, self.mask) else { return Cow::Borrowed(query) };
        let mut signed = query.clone();
        signed.push(SOURCE_IP, masked(client.ip, mask).to_string());
        Cow::Owned(signed)
    }

    /// Checks the sender of a request whose signature fits.
    ///
    /// # Errors
    /// `AccessDenied` for another address, for a forwarded request that may not be, and for any VPC: there are none here.
    pub fn check(&self, client: Client) -> Result<(), Error> {
        let denied = |message: &'static str, ec: &'static str| {
            Err(Error::new(ErrorCode::AccessDenied).with_message(message).with_ec(ec))
        };
        if self.vpc {
            return denied(
                "The request does not come from the VPC that its signature allows.",
                "0002-00000603",
            );
        }
        if self.source.is_none() && self.mask.is_none() {
            return Ok(());
        }
        if client.forwarded && !self.forward_allowed {
            return denied("The signature does not allow the request to be forwarded.", "0002-00000604");
        }
        let Some(source) = self.source else { return Ok(()) };
        let mask = self.mask.unwrap_or(if source.is_ipv4() { 32 } else { 128 });
        if masked(source, mask) == masked(client.ip, mask) {
            return Ok(());
        }
        denied("The request does not come from the addresses that its signature allows.", "0002-00000604")
    }

    /// Returns the detail code of a signature that does not fit, which for a masked address may be the address's fault.
    #[must_use]
    pub fn mismatch(&self, presented: &Presented, error: Error) -> Error {
        if error.code() != ErrorCode::SignatureDoesNotMatch || self.mask.is_none() {
            return error;
        }
        error.with_ec(match presented.version() {
            Version::V1 => "0002-00000604",
            Version::V2 => "0002-00000119",
            Version::V4 => "0002-00000225",
        })
    }
}

/// Reads the number of ones in a mask, written in plain digits.
fn parse_mask(text: &str, widest: u8) -> Option<u8> {
    let digits = text.len() <= 3 && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|mask| digits && *mask <= widest)
}

/// Keeps the first `ones` bits of an address.
fn masked(ip: IpAddr, ones: u8) -> IpAddr {
    match ip {
        IpAddr::V4(ip) => {
            let hidden = 32 - u32::from(ones.min(32));
            let mask = u32::MAX.checked_shl(hidden).unwrap_or(0);
            IpAddr::V4((ip.to_bits() & mask).into())
        }
        IpAddr::V6(ip) => {
            let hidden = 128 - u32::from(ones.min(128));
            let mask = u128::MAX.checked_shl(hidden).unwrap_or(0);
            IpAddr::V6((ip.to_bits() & mask).into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Client, Restrictions, masked};
    use crate::{ErrorCode, Query};

    fn client(ip: &str, forwarded: bool) -> Client {
        Client { ip: ip.parse().unwrap(), forwarded }
    }

    fn read(query: &str) -> Restrictions {
        Restrictions::from_query(&Query::parse(query).unwrap()).unwrap().unwrap()
    }

    #[test]
    fn addresses_are_masked() {
        let row = |ip: &str, ones, expected: &str| {
            assert_eq!(masked(ip.parse().unwrap(), ones).to_string(), expected, "{ip}/{ones}");
        };
        row("192.0.2.77", 32, "192.0.2.77");
        row("192.0.2.77", 24, "192.0.2.0");
        row("192.0.2.77", 26, "192.0.2.64");
        row("192.0.2.77", 0, "0.0.0.0");
        row("192.0.2.77", 128, "192.0.2.77");
        row("2001:db8:1:2::3", 48, "2001:db8:1::");
        row("2001:db8:1:2::3", 128, "2001:db8:1:2::3");
        row("2001:db8::1", 0, "::");
    }

    #[test]
    fn the_mask_alone_brings_the_senders_network_into_the_signed_text() {
        let query = Query::parse("x-oss-ac-subnet-mask=24").unwrap();
        let signed =
            read("x-oss-ac-subnet-mask=24").signed_query(&query, client("192.0.2.77", false)).into_owned();
        assert_eq!(signed.get("x-oss-ac-source-ip"), Some("192.0.2.0"));
        let query = Query::parse("x-oss-ac-source-ip=192.0.2.9&x-oss-ac-subnet-mask=24").unwrap();
        let restrictions = Restrictions::from_query(&query).unwrap().unwrap();
        assert_eq!(*restrictions.signed_query(&query, client("192.0.2.77", false)), query);
    }

    #[test]
    fn who_may_send() {
        let row = |query: &str, from: Client, expected: Option<&str>| {
            let refused = read(query).check(from).err();
            assert_eq!(refused.as_ref().map(|error| error.ec()), expected, "{query} {from:?}");
        };
        let (inside, outside) = (client("192.0.2.77", false), client("198.51.100.1", false));
        row("x-oss-ac-source-ip=192.0.2.77", inside, None);
        row("x-oss-ac-source-ip=192.0.2.0&x-oss-ac-subnet-mask=24", inside, None);
        row("x-oss-ac-source-ip=192.0.2.0&x-oss-ac-subnet-mask=24", outside, Some("0002-00000604"));
        row("x-oss-ac-source-ip=192.0.2.78", inside, Some("0002-00000604"));
        row("x-oss-ac-source-ip=2001:db8::&x-oss-ac-subnet-mask=32", client("2001:db8:5::1", false), None);
        row("x-oss-ac-source-ip=2001:db8::&x-oss-ac-subnet-mask=32", inside, Some("0002-00000604"));
        row("x-oss-ac-subnet-mask=24", inside, None);
        let forwarded = client("192.0.2.77", true);
        row("x-oss-ac-source-ip=192.0.2.77", forwarded, Some("0002-00000604"));
        row("x-oss-ac-source-ip=192.0.2.77&x-oss-ac-forward-allow=false", forwarded, Some("0002-00000604"));
        row("x-oss-ac-source-ip=192.0.2.77&x-oss-ac-forward-allow=true", forwarded, None);
        row("x-oss-ac-forward-allow=false", forwarded, None);
        row("x-oss-ac-vpc-id=vpc-1", inside, Some("0002-00000603"));
    }

    #[test]
    fn restrictions_that_cannot_be_read() {
        let row = |query: &str, ec: &str| {
            let error = Restrictions::from_query(&Query::parse(query).unwrap()).unwrap_err();
            assert_eq!((error.code(), error.ec()), (ErrorCode::InvalidArgument, ec), "{query}");
        };
        // Published error code 0002-00000601.
        row("x-oss-ac-subnet-mask=65536", "0002-00000601");
        row("x-oss-ac-subnet-mask=-1", "0002-00000601");
        row("x-oss-ac-subnet-mask=+8", "0002-00000601");
        row("x-oss-ac-source-ip=192.0.2.1&x-oss-ac-subnet-mask=33", "0002-00000601");
        row("x-oss-ac-source-ip=here", "");
        row("x-oss-ac-forward-allow=perhaps", "");
        assert_eq!(Restrictions::from_query(&Query::parse("acl&x-oss-acl=1").unwrap()), Ok(None));
    }
}
