//! Which claims an issuer puts things in, where no specification says it.

use std::sync::Arc;

use crate::principal::IdentityClaims;

/// Which claims hold what, beside those that specifications name.
#[derive(Clone, Debug, Default)]
pub(crate) struct ClaimNames {
    /// May name the organisation, of which the first present counts.
    pub(crate) organization: Vec<Box<str>>,
    /// Hold scopes as well.
    pub(crate) scopes: Vec<Box<str>>,
    /// May name the client, of which the first present counts.
    pub(crate) client_id: Vec<Box<str>>,
    /// Must be one of the values.
    pub(crate) required: Vec<(Box<str>, Vec<Box<str>>)>,
    /// Stands in for `aud`.
    pub(crate) audience: Option<Box<str>>,
    /// The client must be named.
    pub(crate) client: bool,
    /// Has this value where the client acts for itself.
    pub(crate) machine: Option<(Box<str>, Box<str>)>,
    pub(crate) identity: Arc<IdentityClaims>,
}

impl ClaimNames {
    pub(crate) fn require(&mut self, name: Box<str>, value: Box<str>) {
        match self.required.iter_mut().find(|(known, _)| *known == name) {
            Some((_, values)) => values.push(value),
            None => self.required.push((name, vec![value])),
        }
    }
}

/// Writes the setters of the [`ClaimNames`] that a builder holds in this field.
macro_rules! claim_setters {
    ($($field:ident).+) => {
        /// The claims that may name the caller's organisation, of which the first present counts;
        /// none by default.
        pub fn organization_claims<S: AsRef<str>>(
            mut self,
            names: impl IntoIterator<Item = S>,
        ) -> Self {
            self.$($field).+.organization = names.into_iter().map(|name| name.as_ref().into()).collect();
            self
        }

        /// Claims whose strings count as scopes too, beside `scope`, `scopes` and `scp`; none by
        /// default. A string is split at white space, and each item of an array is one scope.
        pub fn scope_claims<S: AsRef<str>>(
            mut self,
            names: impl IntoIterator<Item = S>,
        ) -> Self {
            self.$($field).+.scopes = names.into_iter().map(|name| name.as_ref().into()).collect();
            self
        }

        /// The claims that may name the client where neither `client_id` nor `azp` does, of which
        /// the first present counts; none by default.
        pub fn client_id_claims<S: AsRef<str>>(
            mut self,
            names: impl IntoIterator<Item = S>,
        ) -> Self {
            self.$($field).+.client_id = names.into_iter().map(|name| name.as_ref().into()).collect();
            self
        }

        /// Demands this string in a claim, such as `access` in `token_use`. Called again for the
        /// same claim, it accepts either value.
        pub fn required_claim(
            mut self,
            name: impl Into<Box<str>>,
            value: impl Into<Box<str>>,
        ) -> Self {
            self.$($field).+.require(name.into(), value.into());
            self
        }

        /// The claim that holds what `aud` holds elsewhere, for issuers whose tokens have no `aud`.
        /// `aud` itself is then not looked at.
        pub fn audience_claim(mut self, name: impl Into<Box<str>>) -> Self {
            self.$($field).+.audience = Some(name.into());
            self
        }

        /// Demands that a token names its client. By default one without is accepted, too. Where
        /// the same keys sign identity or session tokens for the same audience, this keeps those
        /// out, because they name no client.
        pub fn require_client(mut self) -> Self {
            self.$($field).+.client = true;
            self
        }

        /// A token with this string in a claim stands for the client itself
        /// ([`PrincipalKind::Machine`](crate::PrincipalKind::Machine)), as one does whose `sub` is
        /// its client. None by default.
        pub fn machine_claim(
            mut self,
            name: impl Into<Box<str>>,
            value: impl Into<Box<str>>,
        ) -> Self {
            self.$($field).+.machine = Some((name.into(), value.into()));
            self
        }

        /// Which claims hold e-mail address, name, groups, roles and tenant; those of `OpenID`
        /// Connect by default.
        pub fn identity(
            mut self,
            claims: impl Into<std::sync::Arc<crate::IdentityClaims>>,
        ) -> Self {
            self.$($field).+.identity = claims.into();
            self
        }
    };
}

pub(crate) use claim_setters;
