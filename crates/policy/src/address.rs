//! Ranges of IP addresses, as conditions write them.

use std::net::{IpAddr, Ipv6Addr};

use crate::error::{PolicyError, echo};
use crate::pattern::Pattern;

/// A range of addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Range {
    /// `10.0.0.0/8`, `2001:db8::/32`, or an address alone.
    Block { network: u128, bits: u32 },
    /// `10.0.*`, and `*`: OSS takes asterisks, too.
    Written(Pattern),
}

impl Range {
    /// Reads a range.
    pub(crate) fn parse(text: &str) -> Result<Self, PolicyError> {
        if text.contains('*') {
            return Ok(Self::Written(Pattern::new(text)));
        }
        let invalid = || PolicyError::invalid("", format!("{} is no IP address or CIDR block", echo(text)));
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| invalid())?;
        let is_v4 = address.is_ipv4();
        let width = if is_v4 { 32 } else { 128 };
        let digits = |bits: &&str| !bits.is_empty() && bits.bytes().all(|byte| byte.is_ascii_digit());
        let bits = match bits {
            Some(bits) => {
                let bits =
                    Some(bits).filter(digits).and_then(|bits| bits.parse().ok()).ok_or_else(invalid)?;
                if bits > width {
                    return Err(invalid());
                }
                bits
            }
            None => width,
        };
        let bits = if is_v4 { bits + IPV4_BITS } else { bits };
        Ok(Self::Block { network: mapped(address) & mask(bits), bits })
    }

    /// Returns whether an address is in the range. An IPv4 address is the same when it is written as an IPv6 one.
    pub(crate) fn contains(&self, address: IpAddr) -> bool {
        match self {
            Self::Block { network, bits } => mapped(address) & mask(*bits) == *network,
            Self::Written(pattern) => pattern.matches(&address.to_canonical().to_string()),
        }
    }

    /// Returns whether OSS counts it as a fixed range: at least 8 bits of an IPv4 address are, or 32 of an IPv6 address. A
    /// block of IPv6 that IPv4 lies in is measured by that.
    pub(crate) fn is_fixed(&self) -> bool {
        match self {
            Self::Block { network, bits } => {
                let shared = mask(*bits.min(&IPV4_BITS));
                let has_ipv4 = network & shared == IPV4 & shared;
                *bits >= if has_ipv4 { IPV4_BITS + 8 } else { 32 }
            }
            Self::Written(_) => false,
        }
    }
}

/// Where IPv4 lies in IPv6: `::ffff:0.0.0.0/96`.
const IPV4: u128 = 0xffff << 32;
const IPV4_BITS: u32 = 96;

/// Returns the address as IPv6 has it.
fn mapped(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().into(),
        IpAddr::V6(address) => Ipv6Addr::into(address),
    }
}

fn mask(bits: u32) -> u128 {
    if bits == 0 { 0 } else { u128::MAX << 128_u32.saturating_sub(bits) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        let check = |range: &str, address: &str, expected: bool| {
            let address = address.parse().unwrap();
            assert_eq!(Range::parse(range).unwrap().contains(address), expected, "{range} {address}");
        };
        check("192.168.0.0/16", "192.168.0.0", true);
        check("192.168.0.0/16", "192.168.255.255", true);
        check("192.168.0.0/16", "192.169.0.0", false);
        check("192.168.0.1", "192.168.0.1", true);
        check("192.168.0.1", "192.168.0.2", false);
        check("192.168.0.1/32", "::ffff:192.168.0.1", true);
        check("0.0.0.0/0", "8.8.8.8", true);
        check("0.0.0.0/0", "2001:db8::1", false);
        check("::/0", "2001:db8::1", true);
        check("::/0", "8.8.8.8", true);
        check("2001:db8::/32", "2001:db8:ffff::1", true);
        check("2001:db8::/32", "2001:db9::1", false);
        check("10.0.*", "10.0.3.4", true);
        check("10.0.*", "10.1.3.4", false);
        check("*", "2001:db8::1", true);
        for wrong in
            ["", "10", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/+8", "::/129", "localhost", "10.0.0.0/8/8"]
        {
            assert!(Range::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn fixed_ranges() {
        for (range, expected) in [
            ("10.0.0.0/8", true),
            ("0.0.0.0/7", false),
            ("2001::/32", true),
            ("2000::/3", false),
            ("10.*", false),
        ] {
            assert_eq!(Range::parse(range).unwrap().is_fixed(), expected, "{range}");
        }
    }
}
