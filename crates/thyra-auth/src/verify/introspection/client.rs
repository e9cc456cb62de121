//! This server, as the authorization server knows it.

use std::sync::Arc;

use thyra_oauth::{
    ClientAuthentication, ClientCredentials, Clock, Secret, SigningKey, SigningKeyError,
    client_assertion,
};

/// This server as the authorization server knows it, and how it proves that: introspection
/// endpoints must not answer just anybody (RFC 7662 section 2.1).
#[derive(Clone, Debug)]
pub struct IntrospectionClient {
    id: String,
    proof: Proof,
}

#[derive(Clone, Debug)]
enum Proof {
    Basic(Secret),
    Key(Arc<SigningKey>),
    None,
    Post(Secret),
}

impl IntrospectionClient {
    /// It sends its secret in the `Authorization` header (`client_secret_basic`). Identifier and
    /// secret are percent-encoded first, as RFC 6749 section 2.3.1 has it.
    pub fn secret_basic(id: impl Into<String>, secret: Secret) -> Self {
        Self {
            id: id.into(),
            proof: Proof::Basic(secret),
        }
    }

    /// It sends its secret in the form (`client_secret_post`).
    pub fn secret_post(id: impl Into<String>, secret: Secret) -> Self {
        Self {
            id: id.into(),
            proof: Proof::Post(secret),
        }
    }

    /// It signs an assertion for every question (`private_key_jwt`, RFC 7523), whose audience is
    /// the issuer.
    pub fn private_key_jwt(id: impl Into<String>, key: SigningKey) -> Self {
        Self {
            id: id.into(),
            proof: Proof::Key(Arc::new(key)),
        }
    }

    /// It only says its identifier, for the few endpoints that want no proof.
    pub fn public(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            proof: Proof::None,
        }
    }

    /// Its identifier.
    pub fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn credentials(
        &self,
        issuer: &str,
        clock: &dyn Clock,
    ) -> Result<ClientCredentials, SigningKeyError> {
        let authentication = match &self.proof {
            Proof::Basic(secret) => ClientAuthentication::Basic(secret.clone()),
            Proof::Key(key) => {
                let assertion = client_assertion(key, &self.id, issuer, clock)?;
                ClientAuthentication::Assertion(assertion)
            }
            Proof::None => ClientAuthentication::None,
            Proof::Post(secret) => ClientAuthentication::Post(secret.clone()),
        };
        Ok(ClientCredentials {
            client_id: self.id.clone(),
            authentication,
        })
    }
}
