//! An authorization server with people of its own, for development.

mod people;
mod person;
mod tries;

use std::sync::Arc;

use thyra_auth::ProviderError;
use thyra_oauth::is_loopback;
use url::Url;

use self::people::People;
pub use self::person::InMemoryUser;
use crate::provider::{IssuerBuilder, IssuerSettings, Kind};
use crate::server::{ScopePolicy, SignIn};

/// FOR DEVELOPMENT: an authorization server that needs no identity provider. People are written
/// down in the program, and sign in on a page of this server.
///
/// Everything else is as with a proxy: registration, metadata documents, consent, PKCE, refresh,
/// revocation, signed tokens. Without [`user`](Self::user) there are two people, Ada and Grace, and
/// whoever opens the page chooses one of them. That is why the base URL must be a loopback one; see
/// [`insecure_allow_remote`](Self::insecure_allow_remote).
///
/// ```
/// use thyra_auth::AuthProvider;
/// use thyra_issuer::{InMemoryAuth, InMemoryUser};
///
/// let auth = InMemoryAuth::new("http://127.0.0.1:8000");
/// let protection = auth.protection("/mcp")?;
///
/// let auth = InMemoryAuth::new("http://127.0.0.1:8000")
///     .required_scopes(["notes:read"])
///     .valid_scopes(["notes:write"])
///     .user(InMemoryUser::new("ada").name("Ada Lovelace").password("engine"))
///     .user(InMemoryUser::new("eve").password("apple").scopes(["notes:read"]));
/// let protection = auth.protection("/mcp")?;
/// # Ok::<(), thyra_auth::ProviderError>(())
/// ```
pub type InMemoryAuth = IssuerBuilder<InMemoryUsers>;

/// The people of an [`InMemoryAuth`].
#[derive(Clone, Debug, Default)]
pub struct InMemoryUsers {
    users: Vec<InMemoryUser>,
    remote: bool,
}

/// The most people: their list is one page.
const MAX_USERS: usize = 1000;

const KIND: Kind<InMemoryUsers> = Kind {
    name: "in-memory authorization server",
    next: None,
    required_scopes: &[],
    warnings: &[
        "people sign in to this server itself, by names that are written down in its program: use it \
         for development only",
    ],
    sign_in: InMemoryUsers::sign_in,
};

impl InMemoryAuth {
    /// Protects a server at this public URL.
    pub fn new(base_url: impl Into<String>) -> Self {
        Self::of(InMemoryUsers::default(), &KIND).base_url(base_url)
    }

    /// Adds a person, in place of the two that are there by default. Either all people have a
    /// password or none.
    pub fn user(mut self, user: InMemoryUser) -> Self {
        self.vendor.users.push(user);
        self
    }

    /// Lets others than this computer reach the server, at a base URL that is not a loopback one.
    /// Everybody must have a password then.
    ///
    /// The passwords stand in the program, and nobody is asked for a second factor: use it for a
    /// demonstration that ends soon, and an identity provider for everything else.
    pub fn insecure_allow_remote(mut self) -> Self {
        self.vendor.remote = true;
        self
    }
}

impl InMemoryUsers {
    fn sign_in(&self, settings: &IssuerSettings, _: &ScopePolicy) -> Result<SignIn, ProviderError> {
        let users = if self.users.is_empty() {
            InMemoryUser::demonstration()
        } else {
            self.users.clone()
        };
        check(&users)?;
        let base_url = settings.base_url()?;
        let local = Url::parse(base_url.as_str()).is_ok_and(|url| is_loopback(&url));
        let protected = users.iter().all(InMemoryUser::has_password);
        if !local && !self.remote {
            return Err(ProviderError::invalid(
                "base_url",
                "others than this computer could reach this server for development, and sign in as \
                 anybody",
                "Use a loopback URL such as http://127.0.0.1:8000, or an identity provider; for a \
                 demonstration, say `insecure_allow_remote` and give everybody a password.",
            ));
        }
        if !local && !protected {
            return Err(ProviderError::missing(
                "the password of a user",
                "Give everybody a password, because others than this computer can reach the server.",
            ));
        }
        let clock = Arc::clone(settings.clock());
        Ok(SignIn::Local(Arc::new(People::new(users, clock))))
    }
}

fn check(users: &[InMemoryUser]) -> Result<(), ProviderError> {
    let invalid = |problem: &str, help| Err(ProviderError::invalid("user", problem, help));
    if users.len() > MAX_USERS {
        return invalid(
            "there are more than 1,000 users",
            "Use an identity provider for that many.",
        );
    }
    if !users.iter().all(InMemoryUser::has_good_name) {
        return invalid(
            "a user name is empty, longer than 256 bytes, or begins or ends with a space",
            "Give each user a short name, such as `ada`.",
        );
    }
    for (place, user) in users.iter().enumerate() {
        let others = users.iter().take(place);
        if others
            .into_iter()
            .any(|other| other.username() == user.username())
        {
            return invalid(
                "two users have the same name",
                "Give each user a name of their own.",
            );
        }
    }
    let with = users.iter().filter(|user| user.has_password()).count();
    if with != 0 && with != users.len() {
        return invalid(
            "some users have a password, and others have none",
            "Give everybody a password, or nobody.",
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests;
