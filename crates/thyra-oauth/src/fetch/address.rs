//! Which addresses a request may go to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};
use url::{Host, Url};

use super::{FetchError, Trust};

/// The IPv4 networks that are not global (RFC 6890), apart from those that the standard library
/// knows.
const V4_RESERVED: [Ipv4Net; 9] = [
    // This network.
    Ipv4Net::new_assert(Ipv4Addr::UNSPECIFIED, 8),
    // Shared, for carrier-grade NAT.
    Ipv4Net::new_assert(Ipv4Addr::new(100, 64, 0, 0), 10),
    // Protocol assignments.
    Ipv4Net::new_assert(Ipv4Addr::new(192, 0, 0, 0), 24),
    // Documentation.
    Ipv4Net::new_assert(Ipv4Addr::new(192, 0, 2, 0), 24),
    Ipv4Net::new_assert(Ipv4Addr::new(198, 51, 100, 0), 24),
    Ipv4Net::new_assert(Ipv4Addr::new(203, 0, 113, 0), 24),
    // Relays of 6to4.
    Ipv4Net::new_assert(Ipv4Addr::new(192, 88, 99, 0), 24),
    // Benchmarks.
    Ipv4Net::new_assert(Ipv4Addr::new(198, 18, 0, 0), 15),
    // For the future.
    Ipv4Net::new_assert(Ipv4Addr::new(240, 0, 0, 0), 4),
];
/// Anycast addresses among the protocol assignments, which are global.
const V4_ASSIGNED: Ipv4Net = Ipv4Net::new_assert(Ipv4Addr::new(192, 0, 0, 9), 32);
/// The one IPv6 network that global unicast addresses are assigned from.
const V6_GLOBAL: Ipv6Net = Ipv6Net::new_assert(Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);
/// The networks within it that are not global.
const V6_RESERVED: [Ipv6Net; 3] = [
    // Protocol assignments, benchmarks and ORCHID.
    Ipv6Net::new_assert(Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    // Documentation.
    Ipv6Net::new_assert(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    Ipv6Net::new_assert(Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

/// How far a request may reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// This machine only.
    Loopback,
    /// Everything but unspecified, multicast, broadcast and link-local addresses.
    Operator,
    /// Global unicast addresses only.
    Public,
    /// Global unicast addresses and this machine.
    PublicOrLoopback,
}

/// Why an address is not within reach.
type OutOfReach = &'static str;

impl Reach {
    /// How many variants there are.
    pub(super) const COUNT: usize = 4;

    /// Whether an address is within reach.
    pub(crate) fn check(self, address: IpAddr) -> Result<(), OutOfReach> {
        let address = canonical(address);
        match self {
            Self::Loopback | Self::PublicOrLoopback if address.is_loopback() => Ok(()),
            Self::Loopback => Err("http is for loopback addresses only"),
            Self::Operator => never(address).map_or(Ok(()), Err),
            Self::Public | Self::PublicOrLoopback => not_public(address).map_or(Ok(()), Err),
        }
    }
}

/// How far a request for this URL may reach. An address in the URL itself is checked here, since
/// nothing resolves it.
pub(super) fn reach(url: &Url, trust: &Trust) -> Result<Reach, FetchError> {
    let host = url.host().ok_or(FetchError::InvalidUrl)?;
    let name = || url.host_str().unwrap_or_default().to_owned();
    if !url.username().is_empty() || url.password().is_some() {
        return Err(FetchError::InvalidUrl);
    }
    let (configured, from_loopback) = match trust {
        Trust::Configured | Trust::WithoutSecrets => (true, false),
        Trust::Learned { from } => (
            from.origin().is_tuple() && from.origin() == url.origin(),
            from.host().is_some_and(|host| is_loopback(&host)),
        ),
        Trust::Public => (false, false),
    };
    let reach = match url.scheme() {
        "http" if is_loopback(&host) && (configured || from_loopback) => Reach::Loopback,
        "http" if *trust == Trust::WithoutSecrets => Reach::Operator,
        "http" => return Err(FetchError::Insecure { host: name() }),
        "https" if configured => Reach::Operator,
        "https" if from_loopback => Reach::PublicOrLoopback,
        "https" => Reach::Public,
        _ => return Err(FetchError::InvalidUrl),
    };
    let literal = match host {
        Host::Domain(_) => return Ok(reach),
        Host::Ipv4(address) => IpAddr::V4(address),
        Host::Ipv6(address) => IpAddr::V6(address),
    };
    match reach.check(literal) {
        Ok(()) => Ok(reach),
        Err(reason) => Err(FetchError::AddressRefused {
            host: name(),
            reason: reason.to_owned(),
        }),
    }
}

/// Whether a host is this machine, as far as its name tells.
pub(crate) fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost" || name.ends_with(".localhost"),
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => canonical(IpAddr::V6(*address)).is_loopback(),
    }
}

/// Whether `url` names an address that is not a global unicast one, or this machine. Other names
/// are not resolved here: the fetcher checks where they lead.
pub(crate) fn is_internal(url: &Url) -> bool {
    let address = match url.host() {
        Some(Host::Ipv4(address)) => IpAddr::V4(address),
        Some(Host::Ipv6(address)) => IpAddr::V6(address),
        Some(Host::Domain(name)) => {
            return is_loopback(&Host::Domain(name.strip_suffix('.').unwrap_or(name)));
        }
        None => return false,
    };
    not_public(canonical(address)).is_some()
}

/// The system that connects treats a mapped address as the IPv4 address.
fn canonical(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or(address, IpAddr::V4),
    }
}

/// Why nobody may connect to an address, whoever wrote the URL.
fn never(address: IpAddr) -> Option<OutOfReach> {
    let link_local = match address {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    };
    let broadcast = matches!(address, IpAddr::V4(Ipv4Addr::BROADCAST));
    if address.is_unspecified() {
        Some("the address is unspecified")
    } else if link_local {
        Some("the address is link-local")
    } else if address.is_multicast() || broadcast {
        Some("the address is multicast or broadcast")
    } else {
        // What stands for an IPv4 address is as good as that.
        match address {
            IpAddr::V4(_) => None,
            IpAddr::V6(v6) => embedded(v6)
                .into_iter()
                .flatten()
                .find_map(|v4| never(IpAddr::V4(v4))),
        }
    }
}

/// Why an address is not a global unicast one (the registries of RFC 6890).
fn not_public(address: IpAddr) -> Option<OutOfReach> {
    match address {
        IpAddr::V4(v4) => v4_not_public(v4),
        IpAddr::V6(v6) => v6_not_public(v6),
    }
}

fn v4_not_public(address: Ipv4Addr) -> Option<OutOfReach> {
    if let Some(reason) = never(IpAddr::V4(address)) {
        return Some(reason);
    }
    if address.is_loopback() {
        return Some("the address is loopback");
    }
    if address.is_private() {
        return Some("the address is private");
    }
    if V4_ASSIGNED.contains(&address) {
        return None;
    }
    reserved(V4_RESERVED.iter().any(|net| net.contains(&address)))
}

fn v6_not_public(address: Ipv6Addr) -> Option<OutOfReach> {
    if let Some(reason) = never(IpAddr::V6(address)) {
        return Some(reason);
    }
    if address.is_loopback() {
        return Some("the address is loopback");
    }
    if address.is_unique_local() {
        return Some("the address is private");
    }
    // An address that stands for an IPv4 one is as good as that.
    let embedded = embedded(address);
    if embedded.iter().any(Option::is_some) {
        return embedded.into_iter().flatten().find_map(v4_not_public);
    }
    let special = V6_RESERVED.iter().any(|net| net.contains(&address));
    reserved(special || !V6_GLOBAL.contains(&address))
}

fn reserved(is_reserved: bool) -> Option<OutOfReach> {
    is_reserved.then_some("the address is reserved")
}

/// The IPv4 addresses that an IPv6 address embeds; Teredo embeds two.
fn embedded(address: Ipv6Addr) -> [Option<Ipv4Addr>; 2] {
    let segments = address.segments();
    let v4 = |high: u16, low: u16| {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        Ipv4Addr::new(a, b, c, d)
    };
    match segments {
        // Teredo: the server, and the client with its bits flipped.
        [0x2001, 0, c, d, _, _, g, h] => [Some(v4(c, d)), Some(v4(!g, !h))],
        // 6to4.
        [0x2002, b, c, ..] => [Some(v4(b, c)), None],
        // Mapped, translated (SIIT), NAT64 with the well-known prefix, the old compatible form, and
        // ISATAP.
        [0, 0, 0, 0, 0xffff, 0, g, h]
        | [0, 0, 0, 0, 0, 0xffff | 0, g, h]
        | [0x64, 0xff9b, 0, 0, 0, 0, g, h]
        | [.., 0 | 0x0200, 0x5efe, g, h] => [Some(v4(g, h)), None],
        _ => [None, None],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDRESSES: [(&str, bool, bool); 56] = [
        // (address, an operator may, learned URLs may)
        ("1.1.1.1", true, true),
        ("93.184.216.34", true, true),
        ("100.63.255.255", true, true),
        ("100.128.0.0", true, true),
        ("172.15.0.1", true, true),
        ("172.32.0.1", true, true),
        ("198.17.0.1", true, true),
        ("198.20.0.1", true, true),
        ("192.0.0.9", true, true),
        ("0.0.0.0", false, false),
        ("0.1.2.3", true, false),
        ("10.0.0.1", true, false),
        ("100.64.0.1", true, false),
        ("100.127.255.255", true, false),
        ("127.0.0.1", true, false),
        ("127.255.255.254", true, false),
        ("169.254.169.254", false, false),
        ("172.16.0.1", true, false),
        ("172.31.255.255", true, false),
        ("192.0.0.1", true, false),
        ("192.0.2.1", true, false),
        ("192.88.99.1", true, false),
        ("192.168.1.1", true, false),
        ("198.18.0.1", true, false),
        ("198.19.255.255", true, false),
        ("198.51.100.1", true, false),
        ("203.0.113.1", true, false),
        ("224.0.0.1", false, false),
        ("240.0.0.1", true, false),
        ("255.255.255.255", false, false),
        ("2606:4700:4700::1111", true, true),
        ("2a00:1450:4001:81b::200e", true, true),
        ("::", false, false),
        ("::1", true, false),
        ("fc00::1", true, false),
        ("fdff::1", true, false),
        ("fe80::1", false, false),
        ("febf::1", false, false),
        ("ff02::1", false, false),
        ("2001:db8::1", true, false),
        ("2001:2::1", true, false),
        ("2001:10::1", true, false),
        ("3fff::1", true, false),
        ("100::1", true, false),
        ("4000::1", true, false),
        ("::ffff:10.0.0.1", true, false),
        ("::ffff:169.254.169.254", false, false),
        ("::ffff:1.1.1.1", true, true),
        ("::127.0.0.1", true, false),
        ("::ffff:0:169.254.169.254", false, false),
        ("64:ff9b::10.0.0.1", true, false),
        ("64:ff9b::1.1.1.1", true, true),
        ("64:ff9b:1::1", true, false),
        ("2002:a9fe:a9fe::1", false, false),
        ("2001:0:101:101:0:0:f5ff:fffe", true, false), // Teredo, the client is 10.0.0.1
        ("2606:4700::5efe:a00:1", true, false),        // ISATAP of 10.0.0.1
    ];

    #[test]
    fn addresses() {
        for (text, operator, public) in ADDRESSES {
            let address = text.parse().unwrap();
            assert_eq!(
                Reach::Operator.check(address).is_ok(),
                operator,
                "operator {text}"
            );
            assert_eq!(
                Reach::Public.check(address).is_ok(),
                public,
                "public {text}"
            );
        }
        for (text, loopback) in [
            ("127.0.0.1", true),
            ("::1", true),
            ("::ffff:127.0.0.1", true),
            ("1.1.1.1", false),
            ("10.0.0.1", false),
        ] {
            let address = text.parse().unwrap();
            assert_eq!(Reach::Loopback.check(address).is_ok(), loopback, "{text}");
            let public = Reach::Public.check(address).is_ok();
            assert_eq!(
                Reach::PublicOrLoopback.check(address).is_ok(),
                public || loopback,
                "{text}"
            );
        }
    }

    #[test]
    fn urls() {
        let learned = |from: &str| Trust::Learned {
            from: Url::parse(from).unwrap(),
        };
        let public = || learned("https://issuer.example");
        let private = || learned("https://10.0.0.1");
        let local = || learned("http://localhost:9000");
        for (url, trust, expected) in [
            (
                "https://issuer.example/keys",
                Trust::Configured,
                Some(Reach::Operator),
            ),
            (
                "https://10.0.0.1/keys",
                Trust::Configured,
                Some(Reach::Operator),
            ),
            ("https://169.254.169.254/", Trust::Configured, None),
            (
                "http://localhost:1/",
                Trust::Configured,
                Some(Reach::Loopback),
            ),
            ("http://127.1/", Trust::Configured, Some(Reach::Loopback)),
            ("http://[::1]/", Trust::Configured, Some(Reach::Loopback)),
            ("http://issuer.example/", Trust::Configured, None),
            ("http://10.0.0.1/", Trust::Configured, None),
            ("http://localhost.example/", Trust::Configured, None),
            (
                "http://localhost.example/",
                Trust::WithoutSecrets,
                Some(Reach::Operator),
            ),
            ("http://169.254.169.254/", Trust::WithoutSecrets, None),
            (
                "http://127.0.0.1:1/",
                Trust::WithoutSecrets,
                Some(Reach::Loopback),
            ),
            (
                "https://issuer.example/",
                Trust::Public,
                Some(Reach::Public),
            ),
            ("https://1.1.1.1/", Trust::Public, Some(Reach::Public)),
            ("http://issuer.example/", Trust::Public, None),
            ("http://localhost/", Trust::Public, None),
            ("https://127.0.0.1/", Trust::Public, None),
            ("https://10.0.0.1/", Trust::Public, None),
            ("https://[::ffff:169.254.169.254]/", Trust::Public, None),
            ("https://user@issuer.example/", Trust::Configured, None),
            ("https://user:x@issuer.example/", Trust::Configured, None),
            ("ftp://issuer.example/", Trust::Configured, None),
            ("data:text/plain,x", Trust::Configured, None),
            (
                "https://issuer.example/keys",
                public(),
                Some(Reach::Operator),
            ),
            ("https://keys.example/", public(), Some(Reach::Public)),
            (
                "https://issuer.example:8443/",
                public(),
                Some(Reach::Public),
            ),
            ("https://1.1.1.1/", public(), Some(Reach::Public)),
            ("https://10.0.0.1/", public(), None),
            ("https://127.0.0.1/", public(), None),
            ("https://0x7f000001/", public(), None),
            ("https://[::ffff:10.0.0.1]/", public(), None),
            ("http://localhost/", public(), None),
            ("http://issuer.example/", public(), None),
            ("https://10.0.0.1/keys", private(), Some(Reach::Operator)),
            ("https://10.0.0.2/keys", private(), None),
            ("http://localhost:9000/keys", local(), Some(Reach::Loopback)),
            ("http://127.0.0.1:9001/keys", local(), Some(Reach::Loopback)),
            (
                "https://localhost:9001/keys",
                local(),
                Some(Reach::PublicOrLoopback),
            ),
            ("https://10.0.0.1/keys", local(), None),
        ] {
            let reach = reach(&Url::parse(url).unwrap(), &trust).ok();
            assert_eq!(reach, expected, "{url} {trust:?}");
        }
    }
}
