//! The names of scopes: those that clients use, and those of the identity provider.

use std::borrow::Cow;

use thyra_oauth::{ScopeRules, ScopeSet};

/// Scopes of `OpenID` Connect, which have the same name everywhere.
const OPENID: [&str; 4] = ["openid", "profile", "email", "offline_access"];

/// How scopes are named here and there. Clients, settings and tools always use the clients' names;
/// only what is sent to the identity provider has its own.
#[derive(Clone, Debug, Default)]
pub(crate) struct ScopeNames {
    /// How one name becomes the other.
    pub(crate) naming: Naming,
    /// What stands between two scopes in an answer, beside spaces.
    pub(crate) answer_separator: Option<char>,
    /// What the identity provider is asked for besides, by its own names: `offline_access`, say.
    pub(crate) further: ScopeSet,
    /// Requests to the token endpoint name the scopes again, those of `further` with a name of
    /// `OpenID` Connect included.
    pub(crate) at_token_endpoint: bool,
    /// Scopes that answers leave out although they are granted.
    pub(crate) unnamed: &'static [&'static str],
    /// Which scopes of the identity provider include others, which it then no longer names.
    pub(crate) rules: ScopeRules,
}

/// How a client's name of a scope becomes the identity provider's.
#[derive(Clone, Debug, Default)]
pub(crate) enum Naming {
    /// Both are the same.
    #[default]
    Same,
    /// Some have a short and a long name: of the client, and of the identity provider.
    Aliases(&'static [(&'static str, &'static str)]),
    /// Those of the application have its identifier and a slash before them. Those of `OpenID`
    /// Connect, and those with a slash, do not.
    Prefix(String),
}

impl ScopeNames {
    /// What the authorization endpoint is asked for.
    pub(crate) fn asked(&self, scopes: &ScopeSet) -> ScopeSet {
        self.upstream(scopes).union(&self.further)
    }

    /// What the token endpoint is asked for, if it wants to be told.
    pub(crate) fn of_tokens(&self, scopes: &ScopeSet) -> Option<ScopeSet> {
        if !self.at_token_endpoint {
            return None;
        }
        // A token is for one API, so scopes of others would be refused here.
        let further = self.further.iter().filter(|scope| OPENID.contains(scope));
        Some(self.upstream(scopes).union(&further.collect()))
    }

    /// What an answer grants, by the names of clients. `asked` are theirs, too.
    pub(crate) fn granted(&self, answer: &ScopeSet, asked: &ScopeSet) -> ScopeSet {
        let separator = self.answer_separator.unwrap_or(' ');
        let answer: ScopeSet = answer
            .iter()
            .flat_map(|scopes| scopes.split(separator))
            .collect();
        let covered = asked.iter().filter(|scope| {
            let one = ScopeSet::from([self.upstream_name(scope)]);
            self.unnamed.contains(scope) || self.rules.satisfied(&answer, &one)
        });
        let named = self.named(&answer);
        named.union(&covered.collect())
    }

    /// The scopes by the names of clients, whichever names they have: for settings, where people
    /// write both.
    pub(crate) fn named(&self, scopes: &ScopeSet) -> ScopeSet {
        scopes.iter().map(|scope| self.client_name(scope)).collect()
    }

    fn upstream(&self, scopes: &ScopeSet) -> ScopeSet {
        scopes
            .iter()
            .map(|scope| self.upstream_name(scope))
            .collect()
    }

    fn upstream_name<'s>(&self, scope: &'s str) -> Cow<'s, str> {
        match &self.naming {
            Naming::Prefix(prefix) if !OPENID.contains(&scope) && !scope.contains('/') => {
                format!("{prefix}/{scope}").into()
            }
            Naming::Aliases(aliases) => {
                let alias = aliases.iter().find(|(short, _)| *short == scope);
                alias.map_or(scope, |(_, long)| long).into()
            }
            Naming::Same | Naming::Prefix(_) => scope.into(),
        }
    }

    fn client_name<'s>(&'s self, scope: &'s str) -> &'s str {
        match &self.naming {
            Naming::Same => scope,
            Naming::Aliases(aliases) => {
                let alias = aliases.iter().find(|(_, long)| *long == scope);
                alias.map_or(scope, |(short, _)| short)
            }
            Naming::Prefix(prefix) => {
                let rest = scope.strip_prefix(prefix.as_str());
                rest.and_then(|rest| rest.strip_prefix('/'))
                    .unwrap_or(scope)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(text: &str) -> ScopeSet {
        ScopeSet::parse(text)
    }

    #[test]
    fn an_applications_scopes_have_its_identifier_before_them() {
        let names = ScopeNames {
            naming: Naming::Prefix("api://app".to_owned()),
            further: set("offline_access https://graph.microsoft.com/User.Read"),
            at_token_endpoint: true,
            unnamed: &["openid", "email"],
            ..ScopeNames::default()
        };
        let asked = set("read user.read openid https://other.example/x api://app/write");
        assert_eq!(
            names.asked(&asked).to_string(),
            "api://app/read api://app/user.read openid https://other.example/x api://app/write \
             offline_access https://graph.microsoft.com/User.Read"
        );
        assert_eq!(
            names
                .of_tokens(&set("read read api://app/read"))
                .unwrap()
                .to_string(),
            "api://app/read offline_access"
        );
        let granted = names.granted(&set("api://app/read api://application/x"), &asked);
        assert_eq!(granted.to_string(), "read api://application/x openid");
    }

    #[test]
    fn long_names_and_short_ones_are_the_same_scope() {
        let names = ScopeNames {
            naming: Naming::Aliases(&[("email", "https://g.example/email")]),
            ..ScopeNames::default()
        };
        for given in ["openid email", "openid https://g.example/email"] {
            let asked = names.named(&set(given));
            assert_eq!(asked.to_string(), "openid email");
            assert_eq!(
                names.asked(&asked).to_string(),
                "openid https://g.example/email"
            );
        }
        let granted = names.granted(&set("https://g.example/email openid"), &set("openid email"));
        assert_eq!(granted.to_string(), "email openid");
        assert_eq!(names.of_tokens(&set("openid")), None);
    }

    #[test]
    fn scopes_may_have_commas_between_them_and_include_others() {
        let names = ScopeNames {
            answer_separator: Some(','),
            rules: ScopeRules::default().implies("user", ["read:user", "user:email"]),
            ..ScopeNames::default()
        };
        let asked = set("user user:email repo");
        for answer in ["gist,user", "gist user"] {
            let granted = names.granted(&set(answer), &asked);
            assert_eq!(granted.to_string(), "gist user user:email");
        }
        assert!(names.granted(&set(""), &asked).is_empty());
    }
}
