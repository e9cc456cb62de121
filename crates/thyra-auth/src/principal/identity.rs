//! Who the caller is to people: e-mail address, name, groups, roles and tenant.
//!
//! Each vendor puts them into claims of its own. A provider says which; nothing is guessed.

use std::fmt;
use std::sync::{Arc, LazyLock};

use serde_json::{Map, Value};

use super::Principal;

/// Which claims hold what people know a caller by. The default are the names of `OpenID` Connect
/// (Core 1.0 section 5.1): `email`, `email_verified` and `name`, and beside them `groups` and
/// `roles`; no claim holds the tenant.
///
/// ```
/// use thyra_auth::IdentityClaims;
///
/// let keycloak = IdentityClaims::default().roles(["realm_access", "roles"]);
/// let auth0 = IdentityClaims::default().roles("https://acme.example/roles");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "it says nothing of any token by itself"]
pub struct IdentityClaims {
    email: ClaimPath,
    email_verified: ClaimPath,
    name: ClaimPath,
    groups: ClaimPath,
    roles: ClaimPath,
    tenant: Option<ClaimPath>,
}

impl IdentityClaims {
    /// The ones of `OpenID` Connect, shared by all principals that are made with no others.
    pub(super) fn standard() -> Arc<Self> {
        static STANDARD: LazyLock<Arc<IdentityClaims>> = LazyLock::new(Arc::default);
        Arc::clone(&STANDARD)
    }

    /// Where the e-mail address is.
    pub fn email(mut self, path: impl Into<ClaimPath>) -> Self {
        self.email = path.into();
        self
    }

    /// Where it says whether the e-mail address was verified.
    pub fn email_verified(mut self, path: impl Into<ClaimPath>) -> Self {
        self.email_verified = path.into();
        self
    }

    /// Where the full name is.
    pub fn name(mut self, path: impl Into<ClaimPath>) -> Self {
        self.name = path.into();
        self
    }

    /// Where the groups are.
    pub fn groups(mut self, path: impl Into<ClaimPath>) -> Self {
        self.groups = path.into();
        self
    }

    /// Where the roles are.
    pub fn roles(mut self, path: impl Into<ClaimPath>) -> Self {
        self.roles = path.into();
        self
    }

    /// Where the tenant is, if that is not the [organisation](Principal::organization).
    pub fn tenant(mut self, path: impl Into<ClaimPath>) -> Self {
        self.tenant = Some(path.into());
        self
    }
}

impl Default for IdentityClaims {
    fn default() -> Self {
        Self {
            email: "email".into(),
            email_verified: "email_verified".into(),
            name: "name".into(),
            groups: "groups".into(),
            roles: "roles".into(),
            tenant: None,
        }
    }
}

/// Where a claim is: the name of a member of the token, or the names that lead to a member within
/// it. Names are exact; a dot or a slash in one means nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct ClaimPath(Vec<Box<str>>);

impl ClaimPath {
    /// The value there, if every name leads on.
    fn find<'c>(&self, claims: &'c Map<String, Value>) -> Option<&'c Value> {
        let (first, rest) = self.0.split_first()?;
        rest.iter()
            .try_fold(claims.get(&**first)?, |value, name| value.get(&**name))
    }

    /// A string there that is not blank.
    fn text<'c>(&self, claims: &'c Map<String, Value>) -> Option<&'c str> {
        let text = self.find(claims)?.as_str()?;
        (!text.trim().is_empty()).then_some(text)
    }

    /// The strings there: those of an array that holds nothing else, or the only one.
    fn texts<'c>(&self, claims: &'c Map<String, Value>) -> impl Iterator<Item = &'c str> {
        let items = match self.find(claims) {
            Some(Value::Array(items)) if items.iter().all(Value::is_string) => &**items,
            Some(text @ Value::String(_)) => std::slice::from_ref(text),
            _ => &[],
        };
        items
            .iter()
            .filter_map(Value::as_str)
            .filter(|text| !text.trim().is_empty())
    }
}

/// A member of the token itself.
impl From<&str> for ClaimPath {
    fn from(name: &str) -> Self {
        Self(vec![name.into()])
    }
}

/// A member of the token itself.
impl From<String> for ClaimPath {
    fn from(name: String) -> Self {
        Self(vec![name.into()])
    }
}

/// The names that lead to the member, from the outside in.
impl<S: Into<Box<str>>, const N: usize> From<[S; N]> for ClaimPath {
    fn from(names: [S; N]) -> Self {
        Self(names.into_iter().map(Into::into).collect())
    }
}

impl fmt::Debug for ClaimPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" > "))
    }
}

/// What people know the caller by. The provider knows which claims of its vendor hold it; whatever
/// is absent from the token, or of another type there, is absent here.
impl Principal {
    /// The e-mail address. Anybody may have typed it, unless
    /// [`email_verified`](Self::email_verified) says that it was checked.
    pub fn email(&self) -> Option<&str> {
        self.facts.identity.email.text(&self.facts.claims.0)
    }

    /// Whether the issuer checked that the e-mail address belongs to the caller, if it says so.
    pub fn email_verified(&self) -> Option<bool> {
        let path = &self.facts.identity.email_verified;
        path.find(&self.facts.claims.0)?.as_bool()
    }

    /// The full name, for people. It identifies nobody: two may have the same.
    pub fn name(&self) -> Option<&str> {
        self.facts.identity.name.text(&self.facts.claims.0)
    }

    /// The groups that the caller belongs to, as the issuer names them.
    pub fn groups(&self) -> impl Iterator<Item = &str> {
        self.facts.identity.groups.texts(&self.facts.claims.0)
    }

    /// The roles that the caller has, as the issuer names them.
    pub fn roles(&self) -> impl Iterator<Item = &str> {
        self.facts.identity.roles.texts(&self.facts.claims.0)
    }

    /// What the token says of [roles](Self::roles), in the form in which it says it; `None` if it
    /// says nothing.
    pub fn role_claim(&self) -> Option<&Value> {
        self.facts.identity.roles.find(&self.facts.claims.0)
    }

    /// The tenant of the caller: the [organisation](Self::organization), unless the provider names
    /// another claim for it.
    pub fn tenant(&self) -> Option<&str> {
        match &self.facts.identity.tenant {
            Some(path) => path.text(&self.facts.claims.0),
            None => self.organization(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn principal(identity: IdentityClaims, claims: &Value) -> Principal {
        Principal::builder("https://issuer", "usr_1")
            .organization("org_1")
            .claims(claims.as_object().unwrap().clone())
            .identity(identity)
            .build()
    }

    fn texts<'a>(all: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
        all.collect()
    }

    #[test]
    fn the_standard_names_are_read() {
        let ada = principal(
            IdentityClaims::default(),
            &json!({
                "email": "ada@example.com", "email_verified": true, "name": "Ada Lovelace",
                "groups": ["staff", ""], "roles": "admin",
            }),
        );
        assert_eq!(ada.email(), Some("ada@example.com"));
        assert_eq!(ada.email_verified(), Some(true));
        assert_eq!(ada.name(), Some("Ada Lovelace"));
        assert_eq!(texts(ada.groups()), ["staff"]);
        assert_eq!(texts(ada.roles()), ["admin"]);
        assert_eq!(ada.role_claim(), Some(&json!("admin")));
        assert_eq!(ada.tenant(), Some("org_1"));
    }

    #[test]
    fn what_is_absent_or_of_another_type_is_not_guessed() {
        for claims in [
            json!({}),
            json!({ "email": null, "email_verified": null, "name": null, "groups": null }),
            json!({
                "email": ["ada@example.com"], "email_verified": "true", "name": { "given": "Ada" },
                "groups": { "staff": true }, "roles": ["admin", 1],
            }),
            json!({ "email": " ", "email_verified": 1, "name": "", "groups": "", "roles": [] }),
            json!({ "EMAIL": "ada@example.com", "preferred_username": "ada", "role": "admin" }),
        ] {
            let nobody = principal(IdentityClaims::default(), &claims);
            assert_eq!(nobody.email(), None, "{claims}");
            assert_eq!(nobody.email_verified(), None, "{claims}");
            assert_eq!(nobody.name(), None, "{claims}");
            assert_eq!(nobody.groups().count(), 0, "{claims}");
            assert_eq!(nobody.roles().count(), 0, "{claims}");
        }
    }

    #[test]
    fn a_path_is_made_of_exact_names() {
        let claims = json!({
            "realm_access": { "roles": ["admin"] },
            "realm_access.roles": ["fake"],
            "https://acme.example/roles": ["editor"],
            "app_metadata": { "team": "t1", "deep": { "er": ["x"] } },
            "list": [{ "roles": ["no"] }],
        });
        let roles = |path: ClaimPath| {
            let principal = principal(IdentityClaims::default().roles(path), &claims);
            texts(principal.roles()).join(" ")
        };
        assert_eq!(roles(["realm_access", "roles"].into()), "admin");
        let nobody = principal(IdentityClaims::default(), &claims);
        assert_eq!(nobody.role_claim(), None);
        assert_eq!(roles("realm_access.roles".into()), "fake");
        assert_eq!(roles("https://acme.example/roles".into()), "editor");
        assert_eq!(roles(["app_metadata", "deep", "er"].into()), "x");
        for nowhere in [
            ClaimPath::from(["realm_access"]),
            ["realm_access", "roles", "0"].into(),
            ["list", "roles"].into(),
            ["list", "0", "roles"].into(),
            ["nothing", "roles"].into(),
            ClaimPath::from([""; 0]),
        ] {
            assert_eq!(roles(nowhere.clone()), "", "{nowhere:?}");
        }
        let tenant = IdentityClaims::default().tenant(["app_metadata", "team"]);
        assert_eq!(principal(tenant, &claims).tenant(), Some("t1"));
        let absent = IdentityClaims::default().tenant("tid");
        assert_eq!(principal(absent, &claims).tenant(), None);
    }
}
