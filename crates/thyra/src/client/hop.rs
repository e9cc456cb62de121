//! What a client does on its way, told as it happens.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use thyra_auth::ScopeSet;
use url::Url;

use super::challenge::BearerChallenge;
use super::discovery::{AuthorizationServerMetadata, ResourceMetadata};
use super::printable::printable;

/// Is told of every hop, once it is done. A closure will do.
///
/// ```
/// use thyra::client::{Client, Hop};
///
/// # fn build() -> Result<Client, thyra::client::ClientError> {
/// Client::builder("https://mcp.example.com/mcp").observer(|hop: &Hop<'_>| println!("{hop}")).build()
/// # }
/// # build().unwrap();
/// ```
pub trait Observer: Send + Sync {
    /// Takes note. It is called on the client's own task, so it must not block.
    fn hop(&self, hop: &Hop<'_>);
}

impl<F: Fn(&Hop<'_>) + Send + Sync> Observer for F {
    fn hop(&self, hop: &Hop<'_>) {
        self(hop);
    }
}

/// The observer of a client and of its login.
#[derive(Clone)]
pub(super) struct SharedObserver(Arc<dyn Observer>);

impl SharedObserver {
    pub(super) fn new(observer: impl Observer + 'static) -> Self {
        Self(Arc::new(observer))
    }

    pub(super) fn hop(&self, hop: &Hop<'_>) {
        self.0.hop(hop);
    }
}

impl Default for SharedObserver {
    fn default() -> Self {
        Self::new(|_: &Hop<'_>| {})
    }
}

impl fmt::Debug for SharedObserver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Observer")
    }
}

/// One exchange with the MCP server, the authorization server or the browser: what was sent, and what
/// was learned. No token, code, `state` or verifier is in it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Hop<'a> {
    /// The server carried a request out.
    Answered {
        /// The MCP method.
        method: &'a str,
        /// The tool, prompt or resource, if it is about one.
        name: Option<&'a str>,
    },
    /// The server asks something before it carries a request out.
    Asked {
        /// The MCP method of the request.
        method: &'a str,
        /// The tool, prompt or resource that it is about.
        name: Option<&'a str>,
        /// The MCP method of the question: `elicitation/create`, `roots/list` or `sampling/createMessage`.
        question: &'a str,
    },
    /// The metadata of the authorization server was found and is good.
    AuthorizationServerMetadata {
        /// Where it was.
        url: &'a Url,
        /// What it says.
        metadata: &'a AuthorizationServerMetadata,
    },
    /// The browser came back with a code, and `state` and issuer are those of the request.
    Authorized {
        /// Where it was sent.
        endpoint: &'a Url,
        /// The scopes that were asked for.
        scopes: Option<&'a ScopeSet>,
        /// The resource that the token is for.
        resource: &'a str,
    },
    /// The server refused a request and said what it wants.
    Challenged {
        /// The MCP method.
        method: &'a str,
        /// The tool, prompt or resource, if it is about one.
        name: Option<&'a str>,
        /// The HTTP status: 401 or 403.
        status: u16,
        /// Whether a token was sent.
        with_token: bool,
        /// What it wants, if it says so.
        challenge: Option<&'a BearerChallenge>,
    },
    /// The authorization server registered the client.
    Registered {
        /// Where.
        endpoint: &'a Url,
        /// What it is called there.
        client_id: &'a str,
        /// Where the browser comes back to.
        redirect_uri: &'a str,
    },
    /// The metadata of the protected resource was found and is good.
    ResourceMetadata {
        /// Where it was.
        url: &'a Url,
        /// What it says.
        metadata: &'a ResourceMetadata,
    },
    /// The authorization server issued a token.
    TokenIssued {
        /// Where.
        endpoint: &'a Url,
        /// What it was issued for.
        grant: GrantKind,
        /// The scopes that it carries, as far as known.
        scopes: Option<&'a ScopeSet>,
        /// How long it lives.
        expires_in: Option<Duration>,
        /// Whether a refresh token came with it.
        is_renewable: bool,
    },
}

/// What a token is issued for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantKind {
    /// A code and the verifier of PKCE.
    AuthorizationCode,
    /// A refresh token.
    RefreshToken,
}

/// A part of the way. Errors name the one that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// The browser, from the authorization request to the code.
    Authorization,
    /// Metadata of the authorization server.
    AuthorizationServerMetadata,
    /// A request to the MCP server.
    Call,
    /// Registration of the client.
    Registration,
    /// Metadata of the protected resource.
    ResourceMetadata,
    /// A code or a refresh token becomes an access token.
    Token,
}

impl Hop<'_> {
    /// The part of the way that it belongs to.
    pub fn stage(&self) -> Stage {
        match self {
            Self::Answered { .. } | Self::Asked { .. } | Self::Challenged { .. } => Stage::Call,
            Self::AuthorizationServerMetadata { .. } => Stage::AuthorizationServerMetadata,
            Self::Authorized { .. } => Stage::Authorization,
            Self::Registered { .. } => Stage::Registration,
            Self::ResourceMetadata { .. } => Stage::ResourceMetadata,
            Self::TokenIssued { .. } => Stage::Token,
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Authorization => "authorization",
            Self::AuthorizationServerMetadata => "authorization server metadata",
            Self::Call => "call",
            Self::Registration => "client registration",
            Self::ResourceMetadata => "protected-resource metadata",
            Self::Token => "token",
        })
    }
}

/// One line: what was sent, an arrow, what was learned.
impl fmt::Display for Hop<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answered { method, name } => {
                call(f, method, *name)?;
                f.write_str(" -> 200")
            }
            Self::Asked {
                method,
                name,
                question,
            } => {
                call(f, method, *name)?;
                write!(f, " -> asks {question}")
            }
            Self::AuthorizationServerMetadata { url, metadata } => {
                write!(f, "GET {url} -> issuer {}, PKCE S256", metadata.issuer)?;
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
                write!(f, "GET {} for {resource}", Plain(endpoint))?;
                asked_for(f, *scopes)?;
                f.write_str(", PKCE S256 -> a code; state and issuer match")
            }
            Self::Challenged {
                method,
                name,
                status,
                with_token,
                challenge,
            } => {
                call(f, method, *name)?;
                f.write_str(if *with_token { "" } else { " without a token" })?;
                write!(f, " -> {status}")?;
                let Some(challenge) = challenge else {
                    return f.write_str(" without a challenge");
                };
                if let Some(error) = &challenge.error {
                    write!(f, " {}", printable(error))?;
                }
                if let Some(scopes) = &challenge.scope {
                    write!(f, ", needs {scopes}")?;
                }
                match &challenge.resource_metadata {
                    Some(url) => write!(f, ", metadata at {}", printable(url)),
                    None => Ok(()),
                }
            }
            Self::Registered {
                endpoint,
                client_id,
                redirect_uri,
            } => write!(
                f,
                "POST {} for {redirect_uri} -> client {}",
                Plain(endpoint),
                printable(client_id)
            ),
            Self::ResourceMetadata { url, metadata } => {
                write!(f, "GET {url} -> resource {}, ", metadata.resource)?;
                write!(f, "authorization server {}", metadata.issuer)
            }
            Self::TokenIssued {
                endpoint,
                grant,
                scopes,
                expires_in,
                is_renewable,
            } => {
                let grant = match grant {
                    GrantKind::AuthorizationCode => "the code and its verifier",
                    GrantKind::RefreshToken => "the refresh token",
                };
                write!(f, "POST {} with {grant} -> a token", Plain(endpoint))?;
                if let Some(scopes) = scopes {
                    write!(f, ", scopes {scopes}")?;
                }
                if let Some(life) = expires_in {
                    write!(f, ", expires in {} s", life.as_secs())?;
                }
                f.write_str(if *is_renewable { ", renewable" } else { "" })
            }
        }
    }
}

fn call(f: &mut fmt::Formatter<'_>, method: &str, name: Option<&str>) -> fmt::Result {
    match name {
        Some(name) => write!(f, "{method} {name}"),
        None => f.write_str(method),
    }
}

fn asked_for(f: &mut fmt::Formatter<'_>, scopes: Option<&ScopeSet>) -> fmt::Result {
    match scopes {
        Some(scopes) => write!(f, ", scopes {scopes}"),
        None => Ok(()),
    }
}

/// A URL without its query, in which an operator may have put anything.
struct Plain<'a>(&'a Url);

impl fmt::Display for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.as_str();
        f.write_str(text.split_once('?').map_or(text, |(plain, _)| plain))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hop_is_one_line_without_what_a_url_may_hide() {
        let endpoint = Url::parse("https://login.example.org/authorize?state=hush").unwrap();
        let scopes = ScopeSet::parse("a b");
        let hop = Hop::Authorized {
            endpoint: &endpoint,
            scopes: Some(&scopes),
            resource: "https://r",
        };
        assert_eq!(
            hop.to_string(),
            "GET https://login.example.org/authorize for https://r, scopes a b, PKCE S256 -> a code; \
             state and issuer match"
        );
        let challenge = BearerChallenge {
            error: Some("insufficient_scope\n".to_owned()),
            scope: Some(scopes),
            ..BearerChallenge::default()
        };
        let hop = Hop::Challenged {
            method: "tools/call",
            name: Some("add"),
            status: 403,
            with_token: true,
            challenge: Some(&challenge),
        };
        assert_eq!(
            hop.to_string(),
            "tools/call add -> 403 insufficient_scope , needs a b"
        );
        assert_eq!(hop.stage(), Stage::Call);
        let hop = Hop::Asked {
            method: "tools/call",
            name: Some("add"),
            question: "roots/list",
        };
        assert_eq!(hop.to_string(), "tools/call add -> asks roots/list");
    }
}
