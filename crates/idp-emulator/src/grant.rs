//! What users granted: from the authorization request to the refresh token.

/// How long a login page may be answered, in seconds.
pub(crate) const LOGIN_LIFETIME: u64 = 600;

/// A checked authorization request (RFC 6749 section 4.1.1, RFC 7636).
#[derive(Clone, Debug)]
pub(crate) struct AuthorizationRequest {
    pub(crate) client: String,
    pub(crate) redirect_uri: String,
    pub(crate) tenant: String,
    pub(crate) resource: Option<String>,
    /// The request named the resource (RFC 8707).
    pub(crate) bound: bool,
    /// What the response names as `iss` (RFC 9207): the issuer whose metadata led here.
    pub(crate) issuer: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) state: Option<String>,
    pub(crate) challenge: Option<String>,
    pub(crate) nonce: Option<String>,
    /// The request asked for a refresh token, where parameters do.
    pub(crate) offline: bool,
}

/// A login page that waits for its answer.
#[derive(Debug)]
pub(crate) struct Login {
    pub(crate) request: AuthorizationRequest,
    /// Only the page itself knows it: another site cannot answer in the user's place.
    pub(crate) csrf: String,
    pub(crate) expires_at: u64,
}

/// An authorization code.
#[derive(Debug)]
pub(crate) struct Code {
    pub(crate) grant: Grant,
    pub(crate) redirect_uri: String,
    pub(crate) challenge: Option<String>,
    pub(crate) nonce: Option<String>,
    pub(crate) issuer: String,
    pub(crate) expires_at: u64,
    pub(crate) redemption: Redemption,
}

/// Whether a code was presented before.
#[derive(Debug)]
pub(crate) enum Redemption {
    /// Not yet.
    Open,
    /// It was; the tokens of this family, if any, came of it.
    Spent(Option<String>),
}

/// Who granted what to whom.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    pub(crate) client: String,
    pub(crate) user: String,
    pub(crate) tenant: String,
    pub(crate) resource: Option<String>,
    /// The request named the resource (RFC 8707).
    pub(crate) bound: bool,
    pub(crate) scopes: Vec<String>,
    pub(crate) session: String,
    /// The request asked for a refresh token, where parameters do.
    pub(crate) offline: bool,
    /// The key that tokens are bound to (RFC 9449).
    pub(crate) key: Option<String>,
}

/// A refresh token; the grant is in its family.
#[derive(Debug)]
pub(crate) struct RefreshToken {
    pub(crate) family: String,
    pub(crate) expires_at: u64,
    pub(crate) used: bool,
}
