//! What an authorization server knows the program by.

use thyra_oauth::ClientCredentials;

/// What an authorization server knows the program by. It is of use at that server only.
#[derive(Clone, Debug)]
pub(super) struct Registration {
    /// The server that made it, byte for byte.
    pub(super) issuer: String,
    pub(super) credentials: ClientCredentials,
    /// The port of the redirect URI that was registered.
    pub(super) port: u16,
}
