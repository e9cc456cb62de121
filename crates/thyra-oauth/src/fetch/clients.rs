//! The HTTP clients of a fetcher.

use std::sync::{Arc, OnceLock};

use reqwest::{Client, redirect};

use super::address::Reach;
use super::builder::Outward;
use super::resolve::{GuardedResolver, Lookup};
use super::{FetchError, USER_AGENT};

/// One client for each reach, because the connections of one must not serve another. Each is made
/// when it is first needed: that reads the machine's root certificates.
pub(super) struct Clients {
    lookup: Arc<dyn Lookup>,
    outward: Outward,
    made: [OnceLock<Client>; Reach::COUNT],
}

impl Clients {
    pub(super) fn new(lookup: Arc<dyn Lookup>, outward: Outward) -> Self {
        Self {
            lookup,
            outward,
            made: Default::default(),
        }
    }

    /// The client for a request to `host`.
    pub(super) fn get_for(&self, host: &str, reach: Reach) -> Result<&Client, FetchError> {
        let is_foreign = matches!(reach, Reach::Public | Reach::PublicOrLoopback);
        // The resolver lets a proxy be anywhere, and cannot tell a request to it from one through
        // it.
        if is_foreign && self.outward.proxy_hosts.iter().any(|proxy| proxy == host) {
            return Err(FetchError::AddressRefused {
                host: host.to_owned(),
                reason: "it is the host of the proxy, which may be in a private network".to_owned(),
            });
        }
        self.get(reach)
    }

    pub(super) fn get(&self, reach: Reach) -> Result<&Client, FetchError> {
        // `made` has a place for every reach.
        let Some(place) = self.made.get(reach as usize) else {
            return Err(FetchError::InvalidUrl);
        };
        if let Some(client) = place.get() {
            return Ok(client);
        }
        let client = Client::builder()
            .user_agent(USER_AGENT)
            .redirect(redirect::Policy::none())
            .no_proxy()
            .referer(false)
            .dns_resolver(GuardedResolver {
                lookup: Arc::clone(&self.lookup),
                reach,
                proxy_hosts: Arc::clone(&self.outward.proxy_hosts),
            });
        let client = self.outward.apply(reach, client).build();
        let client = client.map_err(|source| FetchError::Client {
            source: source.into(),
        })?;
        Ok(place.get_or_init(|| client))
    }
}
