//! The certificate of a client, for tokens that are bound to it (RFC 8705 section 3).

mod header;

use crate::principal::Thumbprint;

pub use self::header::{TrustClientCertHeader, TrustClientCertHeaderService};

/// The certificate that a client has shown, and proved to have the key of, when it connected with
/// mutual TLS. A token that is bound to a certificate is admitted only with it.
///
/// Whatever ends TLS in your program puts it into the extensions of each request, in front of the
/// layer that judges tokens. The name in it and who signed it do not matter here: the authorization
/// server has looked at those, and the token says which certificate it is.
///
/// ```
/// use thyra_auth::ClientCertificate;
///
/// # let der = [0x30];
/// let mut request = http::Request::new(());
/// // `der` is the first of `peer_certificates()` of a connection of rustls.
/// request.extensions_mut().insert(ClientCertificate::from_der(&der));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ClientCertificate(Thumbprint);

impl ClientCertificate {
    /// The certificate with these bytes, in DER.
    pub fn from_der(der: &[u8]) -> Self {
        Self(Thumbprint::of(der))
    }

    /// What tokens know it by (`x5t#S256`).
    pub const fn thumbprint(&self) -> &Thumbprint {
        &self.0
    }
}
