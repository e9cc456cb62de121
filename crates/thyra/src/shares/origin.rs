//! Which addresses are one client.

use std::net::{IpAddr, Ipv6Addr};

/// What stands for all addresses of the client at `address`: itself, or the network of 64 bits of
/// an IPv6 address, of which one client has all.
pub(crate) fn origin(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_client_is_an_address_or_a_network() {
        for (one, other, same) in [
            ("192.0.2.1", "192.0.2.1", true),
            ("192.0.2.1", "::ffff:192.0.2.1", true),
            ("192.0.2.1", "192.0.2.2", false),
            ("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", true),
            ("2001:db8:0:1::1", "2001:db8:0:2::1", false),
        ] {
            let (left, right) = (one.parse().unwrap(), other.parse().unwrap());
            assert_eq!(origin(left) == origin(right), same, "{one} {other}");
        }
    }
}
