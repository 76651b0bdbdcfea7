//! The addresses that a callback may reach: everything public, and what the operator allows besides.
//!
//! The guard judges addresses, never names. Whoever connects must connect to the very address that was judged,
//! because a name may resolve to something else a moment later.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

/// The class of an address that is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AddressClass {
    /// `127.0.0.0/8`, `::1`.
    Loopback,
    /// RFC 1918, IPv6 unique local and site local addresses.
    Private,
    /// `169.254.0.0/16`, `fe80::/10`: cloud metadata services live here.
    LinkLocal,
    /// `100.64.0.0/10`, the shared space of carrier-grade NAT.
    SharedNat,
    /// Multicast and broadcast.
    Multicast,
    /// `0.0.0.0/8`, `::`.
    Unspecified,
    /// Documentation and benchmarking ranges.
    Documentation,
    /// Reserved ranges, and IPv6 forms that wrap an IPv4 address.
    Reserved,
}

impl AddressClass {
    /// Returns the class in a few words, for a sentence such as "10.0.0.1 is a private address".
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Loopback => "a loopback address",
            Self::Private => "a private address",
            Self::LinkLocal => "a link-local address",
            Self::SharedNat => "a carrier-grade NAT address",
            Self::Multicast => "a multicast or broadcast address",
            Self::Unspecified => "an unspecified address",
            Self::Documentation => "a documentation or benchmarking address",
            Self::Reserved => "a reserved address",
        }
    }
}

/// An address that the guard does not let through.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{ip} is {}, which callbacks may not reach; {setting} would allow it", class.as_str())]
pub struct Refused {
    /// The address.
    pub ip: IpAddr,
    /// The class for which it is refused.
    pub class: AddressClass,
    /// The setting by which the operator would allow it.
    pub setting: String,
}

/// Decides whether a callback may be sent to an address.
#[derive(Clone, Debug)]
pub struct AddressGuard {
    allow: Vec<IpNet>,
    everything: bool,
    setting: String,
}

impl AddressGuard {
    /// Lets public addresses through, and those in the given ranges.
    #[must_use]
    pub fn new(allow: Vec<IpNet>) -> Self {
        Self { allow, everything: false, setting: "a range in the address guard's allow list".to_owned() }
    }

    /// Lets every address through.
    #[must_use]
    pub fn allow_all() -> Self {
        Self { everything: true, ..Self::new(Vec::new()) }
    }

    /// Lets public addresses and this machine's own through: for development.
    #[must_use]
    pub fn loopback() -> Self {
        Self::new(vec![
            IpNet::new_assert(IpAddr::V4(Ipv4Addr::new(127, 0, 0, 0)), 8),
            IpNet::new_assert(IpAddr::V6(Ipv6Addr::LOCALHOST), 128),
        ])
    }

    /// Names the setting that a refusal tells the operator about, such as `callback.allow_cidrs`.
    #[must_use]
    pub fn with_setting(self, setting: impl Into<String>) -> Self {
        Self { setting: setting.into(), ..self }
    }

    /// Checks whether `ip` may be connected to.
    ///
    /// # Errors
    /// [`Refused`] says what kind of address it is and which setting would allow it.
    pub fn check(&self, ip: IpAddr) -> Result<(), Refused> {
        let Some(class) = classify(ip) else { return Ok(()) };
        // An operator who allows 10.0.0.0/8 means these machines however their address is written.
        let plain = ip.to_canonical();
        if self.everything || self.allow.iter().any(|net| net.contains(&ip) || net.contains(&plain)) {
            return Ok(());
        }
        Err(Refused { ip, class, setting: self.setting.clone() })
    }
}

impl Default for AddressGuard {
    fn default() -> Self {
        Self::new(Vec::new())
    }
}

impl fmt::Display for AddressClass {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// Returns the class of an address that is not publicly routable, `None` for a public one.
fn classify(ip: IpAddr) -> Option<AddressClass> {
    match ip {
        IpAddr::V4(ip) => classify_v4(ip),
        IpAddr::V6(ip) => classify_v6(ip),
    }
}

fn classify_v4(ip: Ipv4Addr) -> Option<AddressClass> {
    match ip.octets() {
        [0, ..] => Some(AddressClass::Unspecified),
        [127, ..] => Some(AddressClass::Loopback),
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => Some(AddressClass::Private),
        [169, 254, ..] => Some(AddressClass::LinkLocal),
        [100, 64..=127, ..] => Some(AddressClass::SharedNat),
        [224..=239, ..] | [255, 255, 255, 255] => Some(AddressClass::Multicast),
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] | [198, 18..=19, ..] => {
            Some(AddressClass::Documentation)
        }
        // 192.0.0.0/24 is for protocol assignments, 192.88.99.0/24 the retired 6to4 relays.
        [192, 0, 0, _] | [192, 88, 99, _] | [240..=255, ..] => Some(AddressClass::Reserved),
        _ => None,
    }
}

fn classify_v6(ip: Ipv6Addr) -> Option<AddressClass> {
    if ip.is_loopback() {
        return Some(AddressClass::Loopback);
    }
    if ip.is_unspecified() {
        return Some(AddressClass::Unspecified);
    }
    match ip.segments() {
        [0xff00..=0xffff, ..] => Some(AddressClass::Multicast),
        [0xfe80..=0xfebf, ..] => Some(AddressClass::LinkLocal),
        [0xfc00..=0xfdff, ..] | [0xfec0..=0xfeff, ..] => Some(AddressClass::Private),
        [0x2001, 0xdb8, ..] | [0x3fff, 0..=0x0fff, ..] | [0x2001, 2, 0, ..] => {
            Some(AddressClass::Documentation)
        }
        // The well-known NAT64 prefix is how IPv6-only hosts reach public IPv4: judge what it leads to.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => classify_v4(embedded(high, low)),
        // 6to4 leads to the embedded address as well.
        [0x2002, high, low, ..] => classify_v4(embedded(high, low)),
        // Mapped and compatible addresses are spellings of IPv4 that no resolver gives for a public host.
        [0, 0, 0, 0, 0, 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0, 0, 0, 0, 0, 0, high, low] => {
            Some(classify_v4(embedded(high, low)).unwrap_or(AddressClass::Reserved))
        }
        // Local NAT64, discard-only, Teredo, ORCHID, segment routing.
        [0x64, 0xff9b, 1, ..]
        | [0x100, 0, 0, ..]
        | [0x2001, 0, ..]
        | [0x2001, 0x10..=0x2f, ..]
        | [0x5f00, ..] => Some(AddressClass::Reserved),
        // Only 2000::/3 is handed out for public use.
        [0x2000..=0x3fff, ..] => None,
        _ => Some(AddressClass::Reserved),
    }
}

fn embedded(high: u16, low: u16) -> Ipv4Addr {
    Ipv4Addr::from((u32::from(high) << 16) | u32::from(low))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(ip: &str, expected: Option<AddressClass>) {
        let ip: IpAddr = ip.parse().unwrap();
        let seen = AddressGuard::default().check(ip).err().map(|refused| refused.class);
        assert_eq!(seen, expected, "{ip}");
        assert!(AddressGuard::allow_all().check(ip).is_ok(), "{ip}");
    }

    #[test]
    fn refuses_what_is_not_public() {
        use AddressClass::*;
        check("127.0.0.1", Some(Loopback));
        check("127.255.255.254", Some(Loopback));
        check("10.0.0.1", Some(Private));
        check("172.16.0.1", Some(Private));
        check("172.31.255.255", Some(Private));
        check("192.168.1.1", Some(Private));
        check("169.254.169.254", Some(LinkLocal));
        check("100.64.0.1", Some(SharedNat));
        check("100.100.100.200", Some(SharedNat));
        check("224.0.0.1", Some(Multicast));
        check("255.255.255.255", Some(Multicast));
        check("0.0.0.0", Some(Unspecified));
        check("0.1.2.3", Some(Unspecified));
        check("192.0.2.1", Some(Documentation));
        check("198.18.0.1", Some(Documentation));
        check("240.0.0.1", Some(Reserved));
        check("192.0.0.8", Some(Reserved));
        check("::1", Some(Loopback));
        check("::", Some(Unspecified));
        check("fe80::1", Some(LinkLocal));
        check("fc00::1", Some(Private));
        check("fd12:3456::1", Some(Private));
        check("fec0::1", Some(Private));
        check("ff02::1", Some(Multicast));
        check("2001:db8::1", Some(Documentation));
        check("::ffff:127.0.0.1", Some(Loopback));
        check("::ffff:8.8.8.8", Some(Reserved));
        check("::127.0.0.1", Some(Loopback));
        check("64:ff9b::10.0.0.1", Some(Private));
        check("2002:7f00:1::", Some(Loopback));
        check("2001::1", Some(Reserved));
        check("64:ff9b:1::1", Some(Reserved));
        check("4000::1", Some(Reserved));
    }

    #[test]
    fn lets_public_addresses_through() {
        for ip in [
            "8.8.8.8",
            "172.15.0.1",
            "172.32.0.1",
            "100.63.0.1",
            "100.128.0.1",
            "192.169.0.1",
            "223.255.255.1",
        ] {
            check(ip, None);
        }
        for ip in ["2606:4700::1", "2400:3200::1", "64:ff9b::8.8.8.8", "2001:4860:4860::8888"] {
            check(ip, None);
        }
    }

    #[test]
    fn allows_the_operators_ranges() {
        let guard = AddressGuard::new(vec!["10.1.0.0/16".parse().unwrap(), "fd00::/8".parse().unwrap()]);
        let guard = guard.with_setting("callback.allow_cidrs");
        for ip in ["10.1.2.3", "::ffff:10.1.2.3", "fd12::1", "8.8.8.8"] {
            assert!(guard.check(ip.parse().unwrap()).is_ok(), "{ip}");
        }
        let refused = guard.check("10.2.0.1".parse().unwrap()).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "10.2.0.1 is a private address, which callbacks may not reach; callback.allow_cidrs would allow it"
        );
        assert!(AddressGuard::loopback().check("127.0.0.1".parse().unwrap()).is_ok());
        assert!(AddressGuard::loopback().check("10.0.0.1".parse().unwrap()).is_err());
    }
}
