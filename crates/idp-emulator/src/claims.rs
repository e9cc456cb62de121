//! The claims of tokens, as the vendor spells them.

use serde_json::{Map, Value, json};

use crate::client::Client;
use crate::environment::Environment;
use crate::grant::Grant;
use crate::issuer::{IssuerMode, ScopeShape};
use crate::jwt;
use crate::jwt::Signature;
use crate::key::{CryptoError, RsaAlgorithm};
use crate::resource::Resource;
use crate::user::User;

impl Environment {
    /// An access token of a user, and its lifetime in seconds.
    ///
    /// The audience is the resource; without one, the client.
    pub(crate) fn user_claims(&self, user: &User, grant: &Grant) -> (Map<String, Value>, u64) {
        let resource = grant.resource.as_deref().and_then(|id| self.resource(id));
        let names = &self.vendor.claims;
        let lifetime = resource.map_or(self.vendor.lifetimes.session_token, |resource| {
            resource.access_token_expiry
        });
        let mut claims = user.claims.clone();
        if let Some(organization) = &user.organization {
            claims.insert(names.organization.to_owned(), json!(organization));
        }
        for (name, values) in [
            (names.roles, &user.roles),
            (names.permissions, &user.permissions),
        ] {
            if !values.is_empty() {
                claims.insert(name.to_owned(), json!(values));
            }
        }
        let audience = resource.map_or_else(|| vec![grant.client.as_str()], self.vendor.audience);
        claims.insert("aud".to_owned(), json!(audience));
        claims.insert("sub".to_owned(), json!(user.subject));
        claims.insert(names.session.to_owned(), json!(grant.session));
        claims.insert(names.client.to_owned(), json!(grant.client));
        self.add_registered_claims(&mut claims, resource, lifetime);
        self.add_scopes(&mut claims, &grant.scopes);
        (claims, lifetime)
    }

    /// An access token of the client credentials grant: the client is its own subject. The token
    /// of an environment client has no audience.
    pub(crate) fn machine_claims(
        &self,
        client: &Client,
        resource: Option<&Resource>,
        scopes: &[String],
    ) -> Map<String, Value> {
        let mut claims = Map::new();
        let names = &self.vendor.claims;
        if let Some(resource) = resource {
            claims.insert("aud".to_owned(), json!((self.vendor.audience)(resource)));
        }
        claims.insert("sub".to_owned(), json!(client.id));
        claims.insert(names.client.to_owned(), json!(client.id));
        self.add_registered_claims(&mut claims, resource, client.access_token_expiry);
        self.add_scopes(&mut claims, scopes);
        claims
    }

    /// An ID token (`OpenID` Connect Core section 2).
    pub(crate) fn id_claims(
        &self,
        user: &User,
        grant: &Grant,
        issuer: &str,
        nonce: Option<&str>,
    ) -> Map<String, Value> {
        let mut claims = Map::new();
        let names = &self.vendor.claims;
        self.add_registered_claims(&mut claims, None, self.vendor.lifetimes.session_token);
        claims.insert("iss".to_owned(), json!(issuer));
        claims.insert("aud".to_owned(), json!([grant.client]));
        claims.insert("sub".to_owned(), json!(user.subject));
        claims.insert(names.session.to_owned(), json!(grant.session));
        if let Some(organization) = &user.organization {
            claims.insert(names.organization.to_owned(), json!(organization));
        }
        if let Some(nonce) = nonce {
            claims.insert("nonce".to_owned(), json!(nonce));
        }
        if grant.scopes.iter().any(|scope| scope == "email") {
            claims.insert("email".to_owned(), json!(user.email));
            claims.insert("email_verified".to_owned(), json!(true));
        }
        if grant.scopes.iter().any(|scope| scope == "profile") {
            claims.insert("name".to_owned(), json!(user.name));
        }
        claims
    }

    /// Signs claims with the active key, RS256.
    pub(crate) fn sign(&self, claims: &Map<String, Value>) -> Result<String, CryptoError> {
        let key = self.keys().active().clone();
        let header =
            json!({"alg": "RS256", "kid": key.id(), "typ": self.vendor.claims.header_type});
        let payload = Value::Object(claims.clone()).to_string();
        jwt::encode(
            header.to_string().as_bytes(),
            payload.as_bytes(),
            &Signature::Rsa(&key, RsaAlgorithm::Rs256),
        )
    }

    fn add_registered_claims(
        &self,
        claims: &mut Map<String, Value>,
        resource: Option<&Resource>,
        lifetime: u64,
    ) {
        let mut state = self.state();
        let now = state.clock.now();
        let by_resource = match state.issuer_mode {
            IssuerMode::Alternate if resource.is_some() => {
                let turn = state.resource_issuer_next;
                state.resource_issuer_next = !turn;
                turn
            }
            IssuerMode::Alternate | IssuerMode::Environment => false,
            IssuerMode::Resource => true,
        };
        let issuer = resource.filter(|_| by_resource).map_or_else(
            || self.url.clone(),
            |resource| self.resource_issuer(&resource.id),
        );
        claims.insert("iss".to_owned(), json!(issuer));
        claims.insert(
            "jti".to_owned(),
            json!(state.next_id(self.vendor.ids.token)),
        );
        claims.insert("iat".to_owned(), json!(now));
        claims.insert("nbf".to_owned(), json!(now));
        claims.insert("exp".to_owned(), json!(now.saturating_add(lifetime)));
    }

    /// No scope granted means no claim.
    fn add_scopes(&self, claims: &mut Map<String, Value>, scopes: &[String]) {
        if scopes.is_empty() {
            return;
        }
        if matches!(self.scope_shape, ScopeShape::Scope | ScopeShape::Both) {
            claims.insert(self.vendor.claims.scope.to_owned(), json!(scopes.join(" ")));
        }
        if matches!(self.scope_shape, ScopeShape::Scopes | ScopeShape::Both) {
            claims.insert(self.vendor.claims.scopes.to_owned(), json!(scopes));
        }
    }
}
