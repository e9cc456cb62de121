//! The claims of tokens, as the vendor spells them.

use serde_json::{Map, Value, json};

use crate::client::Client;
use crate::environment::{Environment, State};
use crate::grant::Grant;
use crate::issuer::IssuerMode;
use crate::jwt::{self, Signature};
use crate::key::{CryptoError, RsaAlgorithm};
use crate::resource::Resource;
use crate::secret;
use crate::user::User;
use crate::vendor::{Facts, Opaque, fill};

impl Environment {
    /// The claims of a user's access token, and its lifetime in seconds, if it ends.
    pub(crate) fn user_claims(
        &self,
        user: &User,
        grant: &Grant,
    ) -> (Map<String, Value>, Option<u64>) {
        let resource = grant.resource.as_deref().and_then(|id| self.resource(id));
        let lifetime = resource.map_or(self.vendor.lifetimes.session_token, |resource| {
            resource.access_token_expiry
        });
        let lifetime = self.expiring.then_some(lifetime);
        let mut state = self.state();
        let (issuer, by_environment) = self.token_issuer(&mut state, &grant.tenant, resource);
        let now = state.clock.now();
        let facts = Facts {
            issuer: &issuer,
            by_environment,
            url: &self.url,
            tenant: &grant.tenant,
            resource,
            bound: grant.bound,
            subject: &user.subject,
            user: Some(user),
            session: Some(&grant.session),
            client: &grant.client,
            scopes: &grant.scopes,
            shape: self.scope_shape,
            id: &state.next_id(self.vendor.ids.token),
            issued_at: now,
            expires_at: lifetime.map(|seconds| now.saturating_add(seconds)),
        };
        let mut claims = user.claims.clone();
        claims.extend(self.spelt(&facts));
        if let Some(key) = &grant.key {
            claims.insert("cnf".to_owned(), json!({ "jkt": key }));
        }
        (claims, lifetime)
    }

    /// The claims of an access token of the client credentials grant: the client is its own
    /// subject.
    pub(crate) fn machine_claims(
        &self,
        client: &Client,
        (tenant, resource): (&str, Option<&Resource>),
        scopes: &[String],
    ) -> Map<String, Value> {
        let mut state = self.state();
        let (issuer, by_environment) = self.token_issuer(&mut state, tenant, resource);
        let now = state.clock.now();
        self.spelt(&Facts {
            issuer: &issuer,
            by_environment,
            url: &self.url,
            tenant,
            resource,
            bound: false,
            subject: &client.id,
            user: None,
            session: None,
            client: &client.id,
            scopes,
            shape: self.scope_shape,
            id: &state.next_id(self.vendor.ids.token),
            issued_at: now,
            expires_at: Some(now.saturating_add(client.access_token_expiry)),
        })
    }

    /// An ID token (`OpenID` Connect Core section 2).
    pub(crate) fn id_claims(
        &self,
        user: &User,
        grant: &Grant,
        issuer: &str,
        nonce: Option<&str>,
    ) -> Map<String, Value> {
        let (now, id) = {
            let mut state = self.state();
            (state.clock.now(), state.next_id(self.vendor.ids.token))
        };
        let lifetime = self.vendor.lifetimes.session_token;
        let audience = if self.vendor.id_tokens.audience_list {
            json!([grant.client])
        } else {
            json!(grant.client)
        };
        let has = |scope: &str| self.vendor.scopes.has(&grant.scopes, scope);
        let mut claims = without_blanks((self.vendor.id_tokens.more)(user, &grant.tenant));
        claims.extend(without_blanks(json!({
            "iss": issuer,
            "aud": audience,
            "sub": user.subject,
            "sid": grant.session,
            "jti": id,
            "iat": now,
            "nbf": now,
            "exp": now.saturating_add(lifetime),
            "nonce": nonce,
            "email": has("email").then_some(&user.email),
            "email_verified": has("email").then_some(true),
            "name": has("profile").then_some(&user.name),
            (self.vendor.tokens.organization): user.organization,
        })));
        claims
    }

    /// An access token of these claims: signed, or opaque.
    pub(crate) fn access_token(
        &self,
        claims: Map<String, Value>,
        has_resource: bool,
    ) -> Result<String, CryptoError> {
        let opaque =
            self.opaque || (self.vendor.tokens.opaque == Opaque::WithoutResource && !has_resource);
        if !opaque {
            return self.sign(&claims, self.vendor.tokens.header_type);
        }
        let token = format!("{}{}", self.vendor.tokens.opaque_prefix, secret::random()?);
        self.state().opaque_tokens.insert(token.clone(), claims);
        Ok(token)
    }

    /// Signs claims with the active key.
    pub(crate) fn sign(
        &self,
        claims: &Map<String, Value>,
        header_type: Option<&str>,
    ) -> Result<String, CryptoError> {
        let key = self.keys().active().clone();
        let header = without_blanks(json!({
            "alg": key.kind().algorithm(),
            "kid": key.id(),
            "typ": header_type,
        }));
        jwt::encode(
            Value::Object(header).to_string().as_bytes(),
            Value::Object(claims.clone()).to_string().as_bytes(),
            &Signature::Key(&key, RsaAlgorithm::Rs256),
        )
    }

    fn spelt(&self, facts: &Facts<'_>) -> Map<String, Value> {
        without_blanks((self.vendor.claims)(facts))
    }

    /// The issuer of the next token, and whether it is the one of [`IssuerMode::Environment`].
    fn token_issuer(
        &self,
        state: &mut State,
        tenant: &str,
        resource: Option<&Resource>,
    ) -> (String, bool) {
        let by_resource = match state.issuer_mode {
            IssuerMode::Alternate if resource.is_some() => {
                let turn = state.resource_issuer_next;
                state.resource_issuer_next = !turn;
                turn
            }
            IssuerMode::Alternate | IssuerMode::Environment => false,
            IssuerMode::Resource => true,
        };
        let paths = &self.vendor.paths;
        let by_resource =
            by_resource && (resource.is_some() || !paths.issuer.contains("{resource}"));
        let path = if by_resource {
            paths.issuer
        } else {
            paths.environment_issuer
        };
        let id = resource.map_or("", |resource| &resource.id);
        (
            format!("{}{}", self.url, fill(path, tenant, id)),
            !by_resource,
        )
    }
}

/// Null members and empty lists are left out.
fn without_blanks(claims: Value) -> Map<String, Value> {
    let Value::Object(mut claims) = claims else {
        return Map::new();
    };
    claims.retain(|_, value| match value {
        Value::Null => false,
        Value::Array(values) => !values.is_empty(),
        _ => true,
    });
    claims
}
