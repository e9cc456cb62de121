//! What the claims of a token must say (RFC 7519 section 4.1, RFC 9068 section 2.2).

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};
use thyra_oauth::ScopeSet;

use super::claim_names::ClaimNames;
use super::demand::{AudienceDemand, Issuers, Strings};
use crate::principal::{Confirmation, Principal, PrincipalBuilder, PrincipalKind};
use crate::verify::{ClaimName, TokenRejected, jws};

/// What the claims must say.
#[derive(Clone, Debug)]
pub(in crate::verify) struct ClaimRules {
    pub(in crate::verify) issuers: Issuers,
    pub(in crate::verify) audience: AudienceDemand,
    pub(in crate::verify) leeway: Duration,
    /// Whether there must be an `exp`.
    pub(in crate::verify) needs_end: bool,
    pub(in crate::verify) names: ClaimNames,
    /// A `resource` claim must hold one of these. When there are none, it is ignored.
    pub(in crate::verify) resource: Vec<Box<str>>,
}

/// The claims by name, before they are judged.
type Members = Map<String, Value>;

impl ClaimRules {
    /// Whether the token claims to be from the right issuer, for us, and not expired.
    pub(in crate::verify) fn check_addressed(
        &self,
        claims: &Members,
        now: Duration,
    ) -> Result<(), TokenRejected> {
        self.addressed(claims, now).map(drop)
    }

    /// Judges claims whose signature was checked, and describes the principal. `now` is the time
    /// since 1970.
    pub(in crate::verify) fn judge(
        &self,
        claims: Members,
        now: Duration,
    ) -> Result<PrincipalBuilder, TokenRejected> {
        let (issuer, expires_at) = self.addressed(&claims, now)?;
        for name in [ClaimName::Nbf, ClaimName::Iat] {
            let begin = Self::time_of(&claims, name)?;
            if begin.is_some_and(|begin| begin > now.saturating_add(self.leeway)) {
                return Err(TokenRejected::NotYetValid);
            }
        }
        self.check_resource(&claims)?;
        let subject = required(&claims, ClaimName::Sub)?;
        let scopes = self.scopes(&claims)?;
        let client = match optional(&claims, "client_id", ClaimName::ClientId)? {
            Some(client) => Some(client),
            None => optional(&claims, "azp", ClaimName::Azp)?,
        };
        let client = match client {
            Some(client) => Some(client),
            None => first(&claims, &self.names.client_id, ClaimName::ClientId)?,
        };
        if self.names.client && client.is_none() {
            return Err(TokenRejected::MissingClaim(ClaimName::ClientId));
        }
        let names_itself = |(name, value): &(Box<str>, Box<str>)| {
            claims.get(&**name).is_some_and(|held| held == &**value)
        };
        // A client that acts for itself is its own subject (RFC 9068 section 2.2).
        let kind =
            if client == Some(subject) || self.names.machine.as_ref().is_some_and(names_itself) {
                PrincipalKind::Machine
            } else {
                PrincipalKind::User
            };
        let mut principal = Principal::builder(issuer, subject)
            .kind(kind)
            .scopes(scopes)
            .identity(Arc::clone(&self.names.identity));
        if let Some(end) = expires_at {
            principal = principal.expires_at(end);
        }
        if let Some(client) = client {
            principal = principal.client_id(client);
        }
        let organization = first(&claims, &self.names.organization, ClaimName::Organization)?;
        if let Some(organization) = organization {
            principal = principal.organization(organization);
        }
        if let Some(token_id) = optional(&claims, "jti", ClaimName::Jti)? {
            principal = principal.token_id(token_id);
        }
        if let Some(cnf) = claims.get("cnf") {
            let read = Confirmation::read(cnf);
            let read = read.map_err(|_| TokenRejected::InvalidClaim(ClaimName::Cnf))?;
            principal = principal.confirmation(read);
        }
        Ok(principal.claims(claims))
    }

    fn addressed<'c>(
        &self,
        claims: &'c Members,
        now: Duration,
    ) -> Result<(&'c str, Option<Duration>), TokenRejected> {
        let issuer = required(claims, ClaimName::Iss)?;
        if !self.issuers.accept(issuer, claims) {
            return Err(TokenRejected::IssuerMismatch);
        }
        if let AudienceDemand(Some(audience)) = &self.audience {
            let member = self.names.audience.as_deref().unwrap_or("aud");
            let held = strings(claims, member, ClaimName::Aud)?
                .ok_or(TokenRejected::MissingClaim(ClaimName::Aud))?;
            if !audience.accept(&held) {
                return Err(TokenRejected::AudienceMismatch);
            }
        }
        let expires_at = Self::time_of(claims, ClaimName::Exp)?;
        if self.needs_end && expires_at.is_none() {
            return Err(TokenRejected::MissingClaim(ClaimName::Exp));
        }
        if expires_at.is_some_and(|end| now >= end.saturating_add(self.leeway)) {
            return Err(TokenRejected::Expired);
        }
        for (name, values) in &self.names.required {
            let held = claims.get(&**name);
            if !held.is_some_and(|held| values.iter().any(|value| held == &**value)) {
                return Err(TokenRejected::ClaimNotAccepted);
            }
        }
        Ok((issuer, expires_at))
    }

    /// The time in a claim, if there is one.
    pub(in crate::verify) fn time_of(
        claims: &Members,
        name: ClaimName,
    ) -> Result<Option<Duration>, TokenRejected> {
        let value = claims.get(name.as_str());
        value.map(|value| time(name, value)).transpose()
    }

    /// The scopes of all the claims in which issuers put them, together.
    fn scopes(&self, claims: &Members) -> Result<ScopeSet, TokenRejected> {
        let mut scopes = Vec::new();
        for name in [ClaimName::Scope, ClaimName::Scopes, ClaimName::Scp] {
            if let Some(held) = strings(claims, name.as_str(), name)? {
                gather(&mut scopes, &held, name)?;
            }
        }
        for member in &self.names.scopes {
            let name = ClaimName::MoreScopes;
            if let Some(held) = strings(claims, member, name)? {
                gather(&mut scopes, &held, name)?;
            }
        }
        Ok(scopes.into_iter().collect())
    }

    /// A token that says which resource it is for must mean this one (RFC 8707).
    fn check_resource(&self, claims: &Members) -> Result<(), TokenRejected> {
        if self.resource.is_empty() {
            return Ok(());
        }
        match strings(claims, "resource", ClaimName::Resource)? {
            Some(held) if !self.resource.iter().any(|resource| held.contains(resource)) => {
                Err(TokenRejected::ResourceMismatch)
            }
            _ => Ok(()),
        }
    }
}

/// A string that must be present and not blank.
fn required(claims: &Members, name: ClaimName) -> Result<&str, TokenRejected> {
    match claims.get(name.as_str()) {
        None => Err(TokenRejected::MissingClaim(name)),
        Some(Value::String(text)) if !text.trim().is_empty() => Ok(text),
        Some(_) => Err(TokenRejected::InvalidClaim(name)),
    }
}

/// A string that may be missing, null or blank, all of which mean the same.
fn optional<'c>(
    claims: &'c Members,
    member: &str,
    name: ClaimName,
) -> Result<Option<&'c str>, TokenRejected> {
    match claims.get(member) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.as_str()).filter(|text| !text.trim().is_empty())),
        Some(_) => Err(TokenRejected::InvalidClaim(name)),
    }
}

/// The first of these claims that is neither missing, null nor blank.
fn first<'c>(
    claims: &'c Members,
    members: &[Box<str>],
    name: ClaimName,
) -> Result<Option<&'c str>, TokenRejected> {
    for member in members {
        if let Some(found) = optional(claims, member, name)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

fn strings<'c>(
    claims: &'c Members,
    member: &str,
    name: ClaimName,
) -> Result<Option<Strings<'c>>, TokenRejected> {
    match claims.get(member) {
        None => Ok(None),
        Some(value) => match Strings::of(value) {
            None => Err(TokenRejected::InvalidClaim(name)),
            found => Ok(found),
        },
    }
}

fn time(name: ClaimName, value: &Value) -> Result<Duration, TokenRejected> {
    jws::time(value).ok_or(TokenRejected::InvalidClaim(name))
}

/// Adds the scopes of one claim.
fn gather<'c>(
    scopes: &mut Vec<&'c str>,
    held: &Strings<'c>,
    name: ClaimName,
) -> Result<(), TokenRejected> {
    match held {
        Strings::One(text) => scopes.extend(text.split_ascii_whitespace()),
        Strings::Several(items) => {
            for item in items.iter().filter_map(Value::as_str) {
                // Elsewhere it would be read as several scopes.
                if item.contains(|c: char| c.is_ascii_whitespace()) {
                    return Err(TokenRejected::InvalidClaim(name));
                }
                scopes.push(item);
            }
        }
    }
    Ok(())
}
