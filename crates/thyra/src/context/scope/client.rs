//! The client of a request, decoded as far as its handler asks.

use std::sync::OnceLock;

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use thyra_protocol::{ClientCapabilities, Implementation};

use super::{Known, Scope};
use crate::conversation::Abilities;

/// What a handler has asked about its client. The trees stay until the call is over.
#[derive(Default)]
pub(super) struct DecodedClient {
    abilities: OnceLock<Abilities>,
    capabilities: OnceLock<Box<ClientCapabilities>>,
    info: OnceLock<Option<Box<Implementation>>>,
}

impl Scope {
    /// Which capabilities the client has, of those that the server itself asks about.
    pub(in crate::context) fn abilities(&self) -> Abilities {
        if let Some(session) = &self.known.session {
            return session.client().abilities();
        }
        let decoded = &self.speech().client.abilities;
        *decoded.get_or_init(|| {
            let declared = self.known.client.capabilities();
            declared.map_or_else(Abilities::default, |declared| Abilities::of(&declared))
        })
    }

    /// All that the client declared.
    pub(in crate::context) fn capabilities(&self) -> &ClientCapabilities {
        let decoded = &self.speech().client.capabilities;
        decoded.get_or_init(|| Box::new(self.known.client_capabilities()))
    }

    /// Who the client says it is.
    pub(in crate::context) fn client_info(&self) -> Option<&Implementation> {
        let decoded = &self.speech().client.info;
        let info = decoded.get_or_init(|| self.known.client_info().map(Box::new));
        info.as_deref()
    }
}

impl Known {
    fn client_capabilities(&self) -> ClientCapabilities {
        let declared = match &self.session {
            Some(session) => decoded(session.client().capabilities()),
            None => self.client.capabilities(),
        };
        declared.unwrap_or_default()
    }

    fn client_info(&self) -> Option<Implementation> {
        match &self.session {
            Some(session) => decoded(session.client().info()),
            None => self.client.info(),
        }
    }
}

/// What a session keeps was decoded once before.
fn decoded<T: DeserializeOwned>(kept: &RawValue) -> Option<T> {
    serde_json::from_str(kept.get()).ok()
}
