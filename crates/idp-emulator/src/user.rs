//! People who can log in.

use serde_json::{Map, Value};

/// A user of the environment.
#[derive(Clone, Debug)]
pub struct User {
    pub(crate) subject: String,
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) organization: Option<String>,
    pub(crate) roles: Vec<String>,
    pub(crate) permissions: Vec<String>,
    pub(crate) claims: Map<String, Value>,
}

impl User {
    /// A user of the organisation `org_1`. Scalekit's subjects begin with `usr_`; the e-mail
    /// address goes into ID tokens only.
    pub fn new(subject: impl Into<String>, email: impl Into<String>) -> Self {
        let email = email.into();
        Self {
            subject: subject.into(),
            name: email.clone(),
            email,
            organization: Some("org_1".to_owned()),
            roles: Vec::new(),
            permissions: Vec::new(),
            claims: Map::new(),
        }
    }

    /// The name shown on the login page and in ID tokens; the e-mail address by default.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// The organisation, claim `oid`; `None` leaves the claim out.
    #[must_use]
    pub fn organization(mut self, id: impl Into<Option<String>>) -> Self {
        self.organization = id.into();
        self
    }

    /// Roles, claim `roles`; left out when there is none.
    #[must_use]
    pub fn roles<I, S>(mut self, roles: I) -> Self
    where
        I: IntoIterator<Item = S>,
        S: Into<String>,
    {
        self.roles = roles.into_iter().map(Into::into).collect();
        self
    }

    /// Permissions, claim `permissions`; left out when there is none.
    #[must_use]
    pub fn permissions<I, S>(mut self, permissions: I) -> Self
    where
        I: IntoIterator<Item = S>,
        S: Into<String>,
    {
        self.permissions = permissions.into_iter().map(Into::into).collect();
        self
    }

    /// Another claim of this user's access tokens, for example `xoid` or `custom_claims`. Claims
    /// that the environment sets itself win over it.
    #[must_use]
    pub fn claim(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.claims.insert(name.into(), value.into());
        self
    }
}
