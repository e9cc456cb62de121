//! APIs that say whose a token is, and nothing else.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use thyra_oauth::{Clock, Fetcher, UrlRefused, configured_url};
use url::Url;

use super::{known, members, shown};
use crate::verify::lookup::{Known, LookupError, TokenLookup};
use crate::verify::{AudienceUnchecked, BearerToken};

/// Asks a user info endpoint whose a token is (`OpenID` Connect Core section 5.3, and what is like
/// it): whoever's token it answers to is let in.
///
/// Such an endpoint does not say for whom a token was issued, so each service that people show
/// their tokens to can use them here. That is why it wants an [`AudienceUnchecked`]. Use
/// introspection where there is some.
///
/// ```
/// use thyra_auth::{AudienceUnchecked, LookupVerifier, UserInfoLookup};
///
/// let lookup = UserInfoLookup::hugging_face(AudienceUnchecked)?;
/// let verifier = LookupVerifier::builder(lookup).build();
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct UserInfoLookup {
    issuer: Box<str>,
    url: Url,
    subject: Box<str>,
    fetcher: Fetcher,
}

impl UserInfoLookup {
    /// Asks at `url`. `issuer` names who vouches for the callers.
    ///
    /// # Errors
    ///
    /// [`UrlRefused`] when the URL is not `https`, or `http` on this machine.
    pub fn new(
        issuer: impl Into<Box<str>>,
        url: &str,
        _: AudienceUnchecked,
    ) -> Result<Self, UrlRefused> {
        Ok(Self {
            issuer: issuer.into(),
            url: configured_url(url)?,
            subject: "sub".into(),
            fetcher: Fetcher::default(),
        })
    }

    /// Asks Hugging Face.
    ///
    /// # Errors
    ///
    /// None.
    pub fn hugging_face(unchecked: AudienceUnchecked) -> Result<Self, UrlRefused> {
        let url = "https://huggingface.co/oauth/userinfo";
        Self::new("https://huggingface.co", url, unchecked)
    }

    /// Asks an `AuthKit` domain of `WorkOS`, such as `https://acme.authkit.app`.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn work_os(domain: &str, unchecked: AudienceUnchecked) -> Result<Self, UrlRefused> {
        let domain = domain.trim_end_matches('/');
        Self::new(domain, &format!("{domain}/oauth2/userinfo"), unchecked)
    }

    /// The member that identifies the caller; `sub` by default.
    #[must_use]
    pub fn subject_member(mut self, name: impl Into<Box<str>>) -> Self {
        self.subject = name.into();
        self
    }

    /// The client that asks.
    #[must_use]
    pub fn fetcher(mut self, fetcher: Fetcher) -> Self {
        self.fetcher = fetcher;
        self
    }
}

impl TokenLookup for UserInfoLookup {
    fn look_up<'a>(
        &'a self,
        token: BearerToken<'a>,
        clock: &'a dyn Clock,
    ) -> BoxFuture<'a, Result<Known, LookupError>> {
        async move {
            let answer = shown(token, &self.url, &self.fetcher, clock).await?;
            let mut members = members(&self.url, &answer)?;
            // A profile names neither the client nor the token.
            for name in ["azp", "client_id", "jti"] {
                members.remove(name);
            }
            let subject = members.get(&*self.subject).cloned();
            known(
                &self.issuer,
                subject.as_ref(),
                members,
                AudienceUnchecked.into(),
            )
        }
        .boxed()
    }
}
