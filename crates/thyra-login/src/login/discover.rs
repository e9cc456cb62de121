//! Finds the authorization server of the resource: fetches what discovery wants to see.

use std::sync::Arc;

use thyra_oauth::Challenge;

use super::Login;
use crate::client::Client;
use crate::discovery::{self, Discovered, Step};
use crate::error::LoginError;
use crate::hop::{LoginHop, LoginStage};
use crate::way::Way;

impl Login {
    pub(super) async fn discover(
        &self,
        challenge: Option<&Challenge<'_>>,
    ) -> Result<Arc<Discovered>, LoginError> {
        let mut stage = LoginStage::ResourceMetadata;
        let failed = |stage, error| LoginError::Discovery {
            stage,
            source: Box::new(error),
        };
        let begin = match self.oauth.way {
            Way::Device { .. } | Way::Machine { .. } => discovery::begin_for_machine,
            Way::Person { .. } | Way::Web { .. } => discovery::begin,
        };
        // Of several authorization servers, only one knows the client.
        let preferred = self.oauth.given_client().and_then(Client::issuer);
        let mut step = begin(self.endpoints.server.as_str(), challenge)
            .map_err(|error| failed(stage, error))?
            .preferring(preferred);
        loop {
            let pending = match step {
                Step::Fetch(pending) => pending,
                Step::Done(discovered) => {
                    let discovered = Arc::new(*discovered);
                    *self.known() = Some(Arc::clone(&discovered));
                    return Ok(discovered);
                }
            };
            let url = pending.url().to_owned();
            let was_known = pending.resource().is_some();
            if was_known {
                stage = LoginStage::AuthorizationServerMetadata;
            }
            let fetched = match self.endpoints.get(pending.location()).await {
                Ok(fetched) => fetched,
                Err(source) => {
                    let next = pending.unreachable();
                    let next = next.map_err(|error| failed(stage, error))?;
                    tracing::debug!(error = %source, "a document of a login is not reached");
                    step = next.ok_or(LoginError::Fetch { stage, source })?;
                    continue;
                }
            };
            step = pending
                .answer(fetched.status.as_u16(), &fetched.body)
                .map_err(|error| failed(stage, error))?;
            match &step {
                Step::Done(discovered) => {
                    self.endpoints
                        .observer
                        .hop(&LoginHop::AuthorizationServerMetadata {
                            url: &url,
                            metadata: &discovered.authorization_server,
                        });
                }
                Step::Fetch(next) => {
                    if let (Some(metadata), false) = (next.resource(), was_known) {
                        self.endpoints.observer.hop(&LoginHop::ResourceMetadata {
                            url: &url,
                            metadata,
                        });
                    }
                }
            }
        }
    }
}
