//! Name resolution that leaves out the addresses that must not be connected to.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use thiserror::Error;

use super::address::Reach;

/// Turns a name into addresses.
pub(super) trait Lookup: Send + Sync {
    fn lookup(&self, name: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>>;
}

/// The machine's own resolver.
pub(super) struct SystemLookup;

impl Lookup for SystemLookup {
    fn lookup(&self, name: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        async move {
            let addresses = tokio::net::lookup_host((name, 0)).await?;
            Ok(addresses.map(|address| address.ip()).collect())
        }
        .boxed()
    }
}

/// Gives the HTTP client only addresses within reach. The client connects to what it is given, so
/// nothing can change between the check and the connection.
pub(super) struct GuardedResolver {
    pub(super) lookup: Arc<dyn Lookup>,
    pub(super) reach: Reach,
    /// The hosts of the proxies, which the operator wrote, wherever the request goes.
    pub(super) proxy_hosts: Arc<[String]>,
}

/// A name has addresses, but none within reach.
#[derive(Debug, Error)]
#[error("{0}")]
pub(super) struct AddressRefused(&'static str);

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let lookup = self.lookup.lookup(name.as_str().to_owned());
        let is_proxy = self.proxy_hosts.iter().any(|host| host == name.as_str());
        let reach = if is_proxy {
            Reach::Operator
        } else {
            self.reach
        };
        async move {
            let mut refused = None;
            let mut allowed = Vec::new();
            for address in lookup.await? {
                match reach.check(address) {
                    Ok(()) => allowed.push(SocketAddr::new(address, 0)),
                    Err(reason) => refused = Some(AddressRefused(reason)),
                }
            }
            match refused {
                Some(refused) if allowed.is_empty() => Err(refused.into()),
                _ => Ok(Box::new(allowed.into_iter()) as Addrs),
            }
        }
        .boxed()
    }
}
