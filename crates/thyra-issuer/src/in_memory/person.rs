//! Somebody who may sign in.

use serde_json::{Map, Value};
use thyra_oauth::ScopeSet;

use crate::digest::Digest;
use crate::record::SignedIn;

/// The longest user name, in bytes. The page takes no longer one.
const LONGEST_NAME: usize = 256;

/// Somebody who may sign in to an [`InMemoryAuth`](crate::InMemoryAuth).
#[derive(Clone, Debug)]
#[must_use = "a user can sign in to nothing by themselves"]
pub struct InMemoryUser {
    username: String,
    /// Of the password, so that it is not kept and so that comparing it takes always the same time.
    password: Option<Digest>,
    claims: Map<String, Value>,
    scopes: Option<ScopeSet>,
}

impl InMemoryUser {
    /// Somebody with this user name. It is the subject of the tokens, too.
    pub fn new(username: impl Into<String>) -> Self {
        Self {
            username: username.into(),
            password: None,
            claims: Map::new(),
            scopes: None,
        }
    }

    /// What the person signs in with. Without one, or with a blank one, whoever opens the page can
    /// choose this person.
    pub fn password(mut self, password: impl AsRef<str>) -> Self {
        let password = password.as_ref();
        self.password = (!password.trim().is_empty()).then(|| Digest::of(password));
        self
    }

    /// What the person is called, on the page and in the claim `name`.
    pub fn name(self, name: impl Into<String>) -> Self {
        self.claim("name", name.into())
    }

    /// The person's e-mail address, on the page and in the claim `email`.
    pub fn email(self, email: impl Into<String>) -> Self {
        self.claim("email", email.into())
    }

    /// Something else that is known of the person, as tools see it among the claims: `groups`,
    /// `roles`, whatever the identity provider in production says. Claims that are this server's
    /// own, such as `sub` and `scope`, are not changed by it.
    pub fn claim(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.claims.insert(name.into(), value.into());
        self
    }

    /// The scopes that the person can grant; all of the server's by default.
    pub fn scopes(mut self, scopes: impl Into<ScopeSet>) -> Self {
        self.scopes = Some(scopes.into());
        self
    }

    /// The people that are there where none are given.
    pub(super) fn demonstration() -> Vec<Self> {
        let person = |username: &str, name| {
            let email = format!("{username}@example.com");
            Self::new(username).name(name).email(email)
        };
        vec![
            person("ada", "Ada Lovelace"),
            person("grace", "Grace Hopper"),
        ]
    }

    pub(super) fn username(&self) -> &str {
        &self.username
    }

    pub(super) fn has_password(&self) -> bool {
        self.password.is_some()
    }

    /// Whether this is the person's password. One who has none needs none.
    pub(super) fn is_password(&self, typed: &str) -> bool {
        let typed = Digest::of(typed);
        self.password
            .as_ref()
            .is_none_or(|password| *password == typed)
    }

    pub(super) fn has_good_name(&self) -> bool {
        let name = &self.username;
        !name.is_empty() && name.len() <= LONGEST_NAME && name.trim() == name
    }

    /// A claim that is a text.
    pub(super) fn text(&self, claim: &str) -> Option<&str> {
        self.claims.get(claim)?.as_str()
    }

    pub(super) fn signed_in(&self) -> SignedIn {
        let mut claims = self.claims.clone();
        let username = || Value::from(self.username.as_str());
        claims.entry("preferred_username").or_insert_with(username);
        SignedIn {
            subject: self.username.clone(),
            claims,
            scopes: self.scopes.clone(),
            tokens: None,
        }
    }
}
