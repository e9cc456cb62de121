//! The certificate of a client, as a proxy that ends TLS tells it (RFC 9440).

use std::task::{Context, Poll};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, Request};
use tower_layer::Layer;
use tower_service::Service;

use super::ClientCertificate;

const CLIENT_CERT: HeaderName = HeaderName::from_static("client-cert");
/// How long the header may be, in bytes. Certificates have one or two kilobytes.
const MAX_HEADER: usize = 16 * 1024;

/// A tower layer that believes the header `Client-Cert` (RFC 9440): a proxy has ended TLS, and says
/// so which certificate the client has shown.
///
/// Use it only where nothing but that proxy can reach the server, and where the proxy removes the
/// header from what clients send (section 4). Otherwise everybody can claim any certificate, and
/// certificates are public.
///
/// It stands in front of the layer that judges tokens. A header that is malformed, or comes twice,
/// counts as none. The header goes no further.
///
/// ```
/// use thyra_auth::{AuthProvider, StaticAuth, TrustClientCertHeader};
/// use tower_layer::Layer;
///
/// # let notes = ();
/// let protection = StaticAuth::new("http://localhost:8000").protection("/notes")?;
/// let service = TrustClientCertHeader.layer(protection.protect(notes));
/// # Ok::<(), thyra_auth::ProviderError>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct TrustClientCertHeader;

impl<S> Layer<S> for TrustClientCertHeader {
    type Service = TrustClientCertHeaderService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        TrustClientCertHeaderService(inner)
    }
}

/// The service that [`TrustClientCertHeader`] makes.
#[derive(Clone, Debug)]
pub struct TrustClientCertHeaderService<S>(S);

impl<S: Service<Request<B>>, B> Service<Request<B>> for TrustClientCertHeaderService<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let told = certificate(request.headers());
        request.headers_mut().remove(CLIENT_CERT);
        if let Some(told) = told {
            request.extensions_mut().insert(told);
        }
        self.0.call(request)
    }
}

/// A byte sequence of a structured field (RFC 8941 section 3.3.5): base64 between colons.
fn certificate(headers: &HeaderMap) -> Option<ClientCertificate> {
    let mut values = headers.get_all(CLIENT_CERT).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return None;
    };
    let value = value.as_bytes().trim_ascii();
    if value.len() > MAX_HEADER {
        return None;
    }
    let base64 = value.strip_prefix(b":")?.strip_suffix(b":")?;
    let der = STANDARD.decode(base64).ok()?;
    (!der.is_empty()).then(|| ClientCertificate::from_der(&der))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;
    use crate::principal::Thumbprint;

    fn told(values: &[&str]) -> Option<Thumbprint> {
        let values = values
            .iter()
            .map(|value| HeaderValue::from_str(value).unwrap());
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(CLIENT_CERT, value);
        }
        certificate(&headers).map(|certificate| *certificate.thumbprint())
    }

    #[test]
    fn one_byte_sequence_is_a_certificate_and_nothing_else_is() {
        assert_eq!(told(&[":AAEC:"]), Some(Thumbprint::of(&[0, 1, 2])));
        assert_eq!(told(&[" :AAE=: "]), Some(Thumbprint::of(&[0, 1])));
        let long = format!(":{}:", "A".repeat(16 * 1024));
        for values in [
            &[][..],
            &[""],
            &[":"],
            &["::"],
            &["AAEC"],
            &[":AAEC"],
            &[":A-_C:"],
            &[":AAEC:, :AAEC:"],
            &[":AAEC:;a=1"],
            &[":AAEC:", ":AAEC:"],
            &["-----BEGIN CERTIFICATE-----"],
            &[&long],
        ] {
            assert_eq!(told(values), None, "{values:?}");
        }
    }
}
