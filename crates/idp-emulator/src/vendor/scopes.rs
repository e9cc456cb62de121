//! How a vendor grants scopes, and refresh tokens with them.

use crate::resource::Resource;
use crate::scope;

/// How scopes are granted.
#[derive(Debug)]
pub(crate) struct Scopes {
    /// Those that every client may ask for, beside those of the resource; users cannot deselect
    /// them.
    pub(crate) own: &'static [&'static str],
    pub(crate) unknown: UnknownScope,
    pub(crate) refresh: Refresh,
    pub(crate) rotation: Rotation,
    pub(crate) redeeming: Redeeming,
    /// Lists may have commas instead of spaces.
    pub(crate) commas: bool,
    /// Other names of scopes, each with the one that is granted.
    pub(crate) aliases: &'static [(&'static str, &'static str)],
    /// Other APIs of the vendor: what their scopes begin with, and who they are in `aud`.
    pub(crate) apis: &'static [(&'static str, &'static str)],
    /// How an answer with tokens names the scopes.
    pub(crate) echo: fn(Option<&Resource>, &[String]) -> Vec<String>,
    /// What clients may write before a scope of the resource, if anything.
    pub(crate) prefixes: fn(&Resource) -> Vec<String>,
}

/// What becomes of a scope that may not be granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UnknownScope {
    /// It is not granted, and nothing is said.
    Dropped,
    /// The request is refused with `invalid_scope`.
    Refused,
}

/// When users' tokens come with a refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refresh {
    Always,
    /// When the request has these parameters with these words in them.
    Asked(&'static [(&'static str, &'static str)]),
    /// When access tokens end.
    Expiring,
    /// When `offline_access` is granted.
    OfflineAccess,
}

/// What becomes of a refresh token that is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rotation {
    /// It goes on, and the answer has none.
    Kept,
    /// There is a new one; using the old one again revokes the grant.
    Rotated,
}

/// What is made of a `scope` that comes with a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Redeeming {
    /// It means nothing: the scopes are those of the code (RFC 6749 section 4.1.3).
    Anyway,
    /// The request is refused.
    WithoutScope,
}

impl Scopes {
    /// The name under which a scope is granted.
    pub(crate) fn canonical(&self, scope: String) -> String {
        let alias = self.aliases.iter().find(|(alias, _)| *alias == scope);
        alias.map_or(scope, |(_, name)| (*name).to_owned())
    }

    /// The scopes of a list, under the names that they are granted by.
    pub(crate) fn read(&self, list: &str, resource: Option<&Resource>) -> Vec<String> {
        let comma = if self.commas { "," } else { " " };
        let prefixes = resource.map(self.prefixes).unwrap_or_default();
        let short = |scope: String| {
            let bare = prefixes
                .iter()
                .find_map(|prefix| scope.strip_prefix(prefix));
            self.canonical(bare.map(str::to_owned).unwrap_or(scope))
        };
        let scopes = scope::parse(&list.replace(comma, " "));
        scopes.into_iter().map(short).collect()
    }

    /// The other API of the vendor that a scope is of.
    pub(crate) fn api(&self, scope: &str) -> Option<(&'static str, &'static str)> {
        let of = |(prefix, _): &&(&str, &str)| scope.starts_with(prefix);
        self.apis.iter().find(of).copied()
    }

    /// Whether scopes of more than one API are among these; those of people are of none.
    pub(crate) fn are_of_many(&self, scopes: &[String]) -> bool {
        let mut apis = scopes
            .iter()
            .filter(|scope| !self.own.contains(&scope.as_str()))
            .map(|scope| self.api(scope));
        let first = apis.next();
        !self.apis.is_empty() && apis.any(|api| Some(api) != first)
    }

    /// Whether a scope is among those granted, under any of its names.
    pub(crate) fn has(&self, granted: &[String], scope: &str) -> bool {
        let name = self.canonical(scope.to_owned());
        granted.contains(&name)
    }
}
