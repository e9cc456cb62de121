//! Whose account something goes on, where callers can be told apart.

use std::net::{IpAddr, Ipv4Addr};

use thyra_auth::SubjectId;

use super::origin;

/// Whom something counts against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Account {
    Subject(SubjectId),
    /// A public address; of an IPv6 address the network.
    Peer(IpAddr),
}

impl Account {
    /// The caller with a token of `subject`, or else from the address `peer`. Only public addresses
    /// tell callers apart. Any other may be that of a proxy, which calls for many.
    pub(crate) fn of(subject: Option<SubjectId>, peer: Option<IpAddr>) -> Option<Self> {
        match subject {
            Some(subject) => Some(Self::Subject(subject)),
            None => peer.and_then(network_of).map(Self::Peer),
        }
    }
}

/// What stands for everybody who can send from `address`; `None` if it is not public.
fn network_of(address: IpAddr) -> Option<IpAddr> {
    let origin = origin(address);
    let is_public = match origin {
        IpAddr::V4(address) => is_public(address),
        // 2000::/3 is what is given out to the public internet (RFC 4291 section 2.4).
        IpAddr::V6(address) => address.segments()[0] & 0xe000 == 0x2000,
    };
    is_public.then_some(origin)
}

fn is_public(address: Ipv4Addr) -> bool {
    let [a, b, ..] = address.octets();
    // 100.64.0.0/10 is shared by the customers of one network (RFC 6598).
    let is_shared = a == 100 && b & 0xc0 == 64;
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_unspecified()
        || is_shared)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_tell_callers_apart() {
        let network = |text: &str| network_of(text.parse().unwrap()).map(|ip| ip.to_string());
        for many in [
            "127.0.0.1",
            "10.1.2.3",
            "172.17.0.1",
            "192.168.1.1",
            "169.254.1.1",
            "100.64.0.1",
            "0.0.0.0",
            "::1",
            "::ffff:10.0.0.1",
            "fe80::1",
            "fd00::1",
        ] {
            assert_eq!(network(many), None, "{many}");
        }
        assert_eq!(network("203.0.113.7").unwrap(), "203.0.113.7");
        assert_eq!(network("::ffff:203.0.113.7").unwrap(), "203.0.113.7");
        assert_eq!(network("2001:db8:1:2:3:4:5:6").unwrap(), "2001:db8:1:2::");
    }
}
