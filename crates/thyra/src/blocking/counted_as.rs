//! Whose share a call counts against.

use std::net::{IpAddr, Ipv6Addr};

use thyra_auth::SubjectId;

/// Whose share a call counts against, as well as callers can be told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum CountedAs {
    /// A person or a machine with a token, whichever client it uses.
    Subject(SubjectId),
    /// Whoever calls from this address without a token.
    Address(IpAddr),
    /// The only caller, such as the program at the other end of stdio. It may use all.
    Alone,
}

impl CountedAs {
    /// A caller without a token. One that has IPv6 has a whole network of 64 bits to call from.
    pub(crate) fn address(address: IpAddr) -> Self {
        Self::Address(match address.to_canonical() {
            IpAddr::V6(address) => {
                let network = address.to_bits() & !u128::from(u64::MAX);
                Ipv6Addr::from_bits(network).into()
            }
            address @ IpAddr::V4(_) => address,
        })
    }

    /// Whether there may be others beside it.
    pub(super) fn has_share(self) -> bool {
        self != Self::Alone
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_network_is_one_caller() {
        let counted = |text: &str| CountedAs::address(text.parse().unwrap());
        assert_eq!(counted("2001:db8::1"), counted("2001:db8::ffff:2"));
        assert_ne!(counted("2001:db8::1"), counted("2001:db8:0:1::1"));
        assert_eq!(counted("192.0.2.1"), counted("::ffff:192.0.2.1"));
        assert_ne!(counted("192.0.2.1"), counted("192.0.2.2"));
    }
}
