//! What a login does on its way, reported as it happens.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use thyra_oauth::{Printable, ScopeSet, printable, printable_url};

use crate::discovery::{AuthorizationServer, ProtectedResource};

/// The longest list of scopes that a line shows, in characters.
const MAX_SCOPES: usize = 1000;

/// Is told of every hop of a login once it is done. A closure will do.
///
/// ```
/// use thyra_login::{LoginHop, Login, OAuth, PrintUrl};
///
/// # fn build() -> Result<Login, thyra_login::UrlRefused> {
/// let login = Login::new("https://mcp.example.com/mcp", OAuth::new(PrintUrl))?
///     .observer(|hop: &LoginHop<'_>| println!("{hop}"));
/// # Ok(login)
/// # }
/// # build().unwrap();
/// ```
pub trait LoginObserver: Send + Sync {
    /// Takes note. It is called on the login's own task, so it must not block.
    fn hop(&self, hop: &LoginHop<'_>);
}

impl<F: Fn(&LoginHop<'_>) + Send + Sync> LoginObserver for F {
    fn hop(&self, hop: &LoginHop<'_>) {
        self(hop);
    }
}

/// The observer of a login, if there is one.
#[derive(Clone, Default)]
pub(crate) struct SharedObserver(Option<Arc<dyn LoginObserver>>);

impl SharedObserver {
    pub(crate) fn new(observer: impl LoginObserver + 'static) -> Self {
        Self(Some(Arc::new(observer)))
    }

    pub(crate) fn hop(&self, hop: &LoginHop<'_>) {
        if let Some(observer) = &self.0 {
            observer.hop(hop);
        }
    }
}

/// One exchange with the resource server, the authorization server or the browser: what was sent,
/// and what was learned. It holds no token, code, `state` or verifier.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum LoginHop<'a> {
    /// The metadata of the authorization server was found and checked.
    AuthorizationServerMetadata {
        /// Where it was.
        url: &'a str,
        /// What it says.
        metadata: &'a AuthorizationServer,
    },
    /// The browser came back with a code, and its `state` and issuer are those of the request.
    Authorized {
        /// Where it was sent.
        endpoint: &'a str,
        /// The scopes that were asked for.
        scopes: Option<&'a ScopeSet>,
        /// The resource that the token is for.
        resource: &'a str,
    },
    /// The authorization server gave a code for a person who logs in on another device.
    DeviceCode {
        /// Where.
        endpoint: &'a str,
        /// The page where the code is typed.
        verification_uri: &'a str,
        /// The scopes that were asked for.
        scopes: Option<&'a ScopeSet>,
        /// The resource that the token is for.
        resource: &'a str,
    },
    /// The authorization server registered the client.
    Registered {
        /// Where.
        endpoint: &'a str,
        /// The client's identifier there.
        client_id: &'a str,
        /// Where the browser comes back to; none for logins on another device.
        redirect_uri: Option<&'a str>,
    },
    /// The metadata of the protected resource was found and checked.
    ResourceMetadata {
        /// Where it was.
        url: &'a str,
        /// What it says.
        metadata: &'a ProtectedResource,
    },
    /// The authorization server revoked the tokens.
    Revoked {
        /// Where.
        endpoint: &'a str,
    },
    /// The authorization server issued a token.
    TokenIssued {
        /// Where.
        endpoint: &'a str,
        /// What it was issued for.
        grant: GrantKind,
        /// Its scopes, as far as they are known.
        scopes: Option<&'a ScopeSet>,
        /// How long it lives.
        expires_in: Option<Duration>,
        /// Whether a refresh token came with it.
        is_renewable: bool,
        /// Whether it is bound to a key of the program (DPoP).
        is_bound: bool,
    },
}

/// What a token is issued for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GrantKind {
    /// A code and the verifier of PKCE.
    AuthorizationCode,
    /// The client's own word.
    ClientCredentials,
    /// A person who has logged in on another device (RFC 8628).
    DeviceCode,
    /// The word of somebody whom the authorization server trusts (RFC 7523).
    JwtBearer,
    /// A refresh token.
    RefreshToken,
    /// Another token (RFC 8693).
    TokenExchange,
}

/// A part of a login. Errors name the one that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LoginStage {
    /// The browser, from the authorization request to the code.
    Authorization,
    /// The metadata of the authorization server.
    AuthorizationServerMetadata,
    /// The registration of the client.
    Registration,
    /// The metadata of the protected resource.
    ResourceMetadata,
    /// The authorization server is told that tokens are needed no more.
    Revocation,
    /// Credentials are kept, or read back.
    Store,
    /// A code or a refresh token becomes an access token.
    Token,
}

impl LoginHop<'_> {
    /// The part of the login that it belongs to.
    pub fn stage(&self) -> LoginStage {
        match self {
            Self::AuthorizationServerMetadata { .. } => LoginStage::AuthorizationServerMetadata,
            Self::Authorized { .. } | Self::DeviceCode { .. } => LoginStage::Authorization,
            Self::Registered { .. } => LoginStage::Registration,
            Self::ResourceMetadata { .. } => LoginStage::ResourceMetadata,
            Self::Revoked { .. } => LoginStage::Revocation,
            Self::TokenIssued { .. } => LoginStage::Token,
        }
    }
}

impl fmt::Display for LoginStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Authorization => "authorization",
            Self::AuthorizationServerMetadata => "authorization server metadata",
            Self::Registration => "client registration",
            Self::ResourceMetadata => "protected-resource metadata",
            Self::Revocation => "revocation",
            Self::Store => "credential store",
            Self::Token => "token",
        })
    }
}

/// One line: what was sent, an arrow, what was learned. What comes from outside is escaped
/// ([`Printable`]) and cut.
impl fmt::Display for LoginHop<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AuthorizationServerMetadata { url, metadata } => {
                write!(f, "GET {} -> ", printable_url(url))?;
                write!(f, "issuer {}, PKCE S256", printable(&metadata.issuer))?;
                if metadata.registration_endpoint.is_some() {
                    f.write_str(", clients may register")?;
                }
                Ok(())
            }
            Self::Authorized {
                endpoint,
                scopes,
                resource,
            } => {
                write!(f, "GET {} ", printable_url(endpoint))?;
                write!(f, "for {}", printable(resource))?;
                write_scopes(f, *scopes)?;
                f.write_str(", PKCE S256 -> a code; state and issuer match")
            }
            Self::DeviceCode {
                endpoint,
                verification_uri,
                scopes,
                resource,
            } => {
                write!(f, "POST {} ", printable_url(endpoint))?;
                write!(f, "for {}", printable(resource))?;
                write_scopes(f, *scopes)?;
                write!(f, " -> a code for {}", printable_url(verification_uri))
            }
            Self::Registered {
                endpoint,
                client_id,
                redirect_uri,
            } => {
                write!(f, "POST {}", printable_url(endpoint))?;
                if let Some(uri) = redirect_uri {
                    write!(f, " for {}", printable(uri))?;
                }
                write!(f, " -> client {}", printable(client_id))
            }
            Self::ResourceMetadata { url, metadata } => {
                write!(f, "GET {} -> ", printable_url(url))?;
                write!(f, "resource {}, ", printable(&metadata.resource))?;
                write!(f, "authorization server {}", printable(&metadata.issuer))
            }
            Self::Revoked { endpoint } => {
                write!(f, "POST {} -> ", printable_url(endpoint))?;
                f.write_str("the tokens are revoked")
            }
            Self::TokenIssued {
                endpoint,
                grant,
                scopes,
                expires_in,
                is_renewable,
                is_bound,
            } => {
                let grant = match grant {
                    GrantKind::AuthorizationCode => "the code and its verifier",
                    GrantKind::ClientCredentials => "the client's credentials",
                    GrantKind::DeviceCode => "the device code",
                    GrantKind::JwtBearer => "an assertion",
                    GrantKind::RefreshToken => "the refresh token",
                    GrantKind::TokenExchange => "another token",
                };
                write!(
                    f,
                    "POST {} with {grant} -> a token",
                    printable_url(endpoint)
                )?;
                write_scopes(f, *scopes)?;
                if let Some(life) = expires_in {
                    write!(f, ", expires in {} s", life.as_secs())?;
                }
                f.write_str(if *is_bound { ", bound to a key" } else { "" })?;
                f.write_str(if *is_renewable { ", renewable" } else { "" })
            }
        }
    }
}

fn write_scopes(f: &mut fmt::Formatter<'_>, scopes: Option<&ScopeSet>) -> fmt::Result {
    match scopes {
        Some(scopes) => write!(f, ", scopes {:.MAX_SCOPES$}", Printable(scopes)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hop_is_one_line_without_what_a_url_may_hide() {
        let scopes = ScopeSet::parse("a b");
        let hop = LoginHop::Authorized {
            endpoint: "https://login.example.org/authorize?state=hush",
            scopes: Some(&scopes),
            resource: "https://r",
        };
        assert_eq!(hop.stage(), LoginStage::Authorization);
        assert_eq!(
            hop.to_string(),
            "GET https://login.example.org/authorize for https://r, scopes a b, PKCE S256 -> a code; \
             state and issuer match"
        );
        let hop = LoginHop::ResourceMetadata {
            url: "https://mcp.example.com/.well-known/oauth-protected-resource?key=hush",
            metadata: &ProtectedResource::example(),
        };
        assert!(!hop.to_string().contains("hush"), "{hop}");
    }

    #[test]
    fn whoever_builds_a_hop_its_line_is_printable() {
        let odd = "\u{1b}]0;x\u{7}\r\n\u{9b}2J\u{202e}\u{2028}\u{200b}";
        let scopes = ScopeSet::from_iter([odd]);
        let metadata = ProtectedResource {
            resource: odd.to_owned(),
            issuer: odd.to_owned(),
            scopes_supported: Some(scopes.clone()),
            ..ProtectedResource::example()
        };
        let server = AuthorizationServer {
            issuer: odd.to_owned(),
            ..AuthorizationServer::example()
        };
        for hop in [
            LoginHop::AuthorizationServerMetadata {
                url: odd,
                metadata: &server,
            },
            LoginHop::Authorized {
                endpoint: odd,
                scopes: Some(&scopes),
                resource: odd,
            },
            LoginHop::Registered {
                endpoint: odd,
                client_id: odd,
                redirect_uri: Some(odd),
            },
            LoginHop::DeviceCode {
                endpoint: odd,
                verification_uri: odd,
                scopes: Some(&scopes),
                resource: odd,
            },
            LoginHop::ResourceMetadata {
                url: odd,
                metadata: &metadata,
            },
            LoginHop::TokenIssued {
                endpoint: odd,
                grant: GrantKind::RefreshToken,
                scopes: Some(&scopes),
                expires_in: None,
                is_renewable: true,
                is_bound: true,
            },
        ] {
            for line in [hop.to_string(), format!("{hop:?}")] {
                assert!(
                    line.chars().all(|shown| matches!(shown, ' '..='~')),
                    "{line:?}"
                );
                assert!(line.contains(r"\u{1b}]0;x\u{7}\r\n\u{9b}2J\u{202e}\u{2028}\u{200b}"));
            }
        }
    }
}
