//! The environment and the server, up and running on this machine.

use std::net::{Ipv4Addr, SocketAddr};

use idp_emulator::{Emulator, Resource, StartError};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::{DemoError, notes};

const USUAL_SCALEKIT: u16 = 9911;
const USUAL_SERVER: u16 = 8000;
const RESOURCE: &str = "res_123";

/// Where to listen.
pub(super) enum Addresses {
    /// On free ports.
    Free,
    /// The server at this address only.
    Server(SocketAddr),
    /// At the ports that the documentation names, or on free ports if those are taken.
    Usual,
}

/// The environment and the server. Both run until this is dropped.
pub(super) struct Rig {
    pub(super) emulator: Emulator,
    /// The URL of the MCP endpoint.
    pub(super) url: String,
    server: JoinSet<thyra::Result<()>>,
}

impl Rig {
    /// Without `auto_consent`, a person must agree on a page.
    pub(super) async fn start(addresses: Addresses, auto_consent: bool) -> Result<Self, DemoError> {
        let listener = listen(&addresses).await?;
        let address = listener.local_addr().map_err(|source| DemoError::Listen {
            address: loopback(0),
            source,
        })?;
        let url = format!("http://{address}/mcp");
        let start = |port| {
            Emulator::builder()
                .address(loopback(port))
                .resource(
                    Resource::new(RESOURCE)
                        .name("Notes")
                        .uri(&url)
                        .scopes([notes::READ, notes::WRITE]),
                )
                .auto_consent(auto_consent)
                .start()
        };
        let emulator = match addresses {
            Addresses::Free => start(0).await?,
            Addresses::Server(_) | Addresses::Usual => match start(USUAL_SCALEKIT).await {
                Err(StartError::Bind { .. }) => start(0).await?,
                started => started?,
            },
        };
        let notes = notes::server(&url, emulator.url(), RESOURCE).map_err(thyra::Error::from)?;
        let mut server = JoinSet::new();
        server.spawn(notes.serve_listener(listener, std::future::pending()));
        Ok(Self {
            emulator,
            url,
            server,
        })
    }

    /// Ready when the server stops, which it should not do.
    pub(super) async fn stopped(&mut self) -> DemoError {
        match self.server.join_next().await {
            Some(Ok(Err(error))) => error.into(),
            _ => DemoError::Stopped,
        }
    }
}

async fn listen(addresses: &Addresses) -> Result<TcpListener, DemoError> {
    let wanted = match addresses {
        Addresses::Free => loopback(0),
        Addresses::Server(address) => *address,
        Addresses::Usual => loopback(USUAL_SERVER),
    };
    let listener = match (TcpListener::bind(wanted).await, addresses) {
        (Err(_), Addresses::Usual) => TcpListener::bind(loopback(0)).await,
        (listener, _) => listener,
    };
    listener.map_err(|source| DemoError::Listen {
        address: wanted,
        source,
    })
}

fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}
