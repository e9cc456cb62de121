//! Addresses on the command line.

use std::net::{Ipv4Addr, SocketAddr};

/// Reads an address to listen on, as servers read the value of `--http`: a port alone is on
/// loopback.
pub(crate) fn parse(text: &str) -> Result<SocketAddr, String> {
    let port = match text.rsplit_once(':') {
        None => Some(text),
        Some(("" | "localhost", port)) => Some(port),
        Some(_) => None,
    };
    let address = match port {
        Some(port) => port
            .parse()
            .ok()
            .map(|port: u16| (Ipv4Addr::LOCALHOST, port).into()),
        None => text.parse().ok(),
    };
    address.ok_or_else(|| "write a port, or host and port, as in 127.0.0.1:8000".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_alone_is_on_loopback() {
        let eight = Ok(([127, 0, 0, 1], 8000).into());
        for text in ["8000", ":8000", "localhost:8000", "127.0.0.1:8000"] {
            assert_eq!(parse(text), eight, "{text}");
        }
        assert_eq!(parse("[::1]:9"), Ok("[::1]:9".parse().unwrap()));
        for wrong in ["", ":", "70000", "::1", "localhost", "127.0.0.1"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
