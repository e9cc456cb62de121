//! When people are asked whether a client may do what it wants to.

/// When people are asked whether a client may act for them.
///
/// The identity provider knows one application, this server, and lets people through that it has
/// asked before. Anybody can register a client here. Without a question of our own, a link would be
/// enough to let a stranger's client act for whoever follows it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Consent {
    /// At each login.
    #[default]
    Always,
    /// At each login, unless the person has agreed to the same client with the same redirect URI
    /// and scopes in this browser, chose not to be asked again, and did not come from a page of
    /// another site.
    Remember,
    /// By the identity provider, which asks at each login and names the client. There is no page
    /// here.
    External,
    /// Never. Whoever gets a person to follow a link gets a token of that person; this is for
    /// servers to which nobody else can register a client.
    Off,
}

impl Consent {
    /// Whether there is a page here.
    pub(crate) fn has_page(self) -> bool {
        matches!(self, Self::Always | Self::Remember)
    }
}
