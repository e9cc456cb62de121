//! Tokens that are bound to the certificate of the connection (RFC 8705 section 3).

use std::convert::Infallible;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::future::{Ready, ready};
use http::{Request, Response, StatusCode};
use http_body_util::{Empty, Full};
use thyra_auth::{
    BindingRejected, ClientCertificate, DpopPolicy, Principal, Refusal, TrustClientCertHeader,
};
use tower_layer::Layer as _;
use tower_service::Service;

use crate::support::{CERTIFIED, FREE, Rig, parts, presenting};

async fn connected(rig: &Rig, token: &str, der: Option<&[u8]>) -> Result<(), Refusal> {
    let mut parts = parts(presenting("Bearer", token));
    if let Some(der) = der {
        parts.extensions.insert(ClientCertificate::from_der(der));
    }
    rig.send_parts(parts).await
}

#[tokio::test]
async fn a_token_is_good_with_its_certificate_only() {
    for policy in [DpopPolicy::off(), DpopPolicy::accepted()] {
        let rig = Rig::new(policy);
        let own = connected(&rig, CERTIFIED, Some(b"certificate")).await;
        assert_eq!(own, Ok(()));
        for (der, reason) in [
            (None, BindingRejected::CertificateMissing),
            (Some(&b"another"[..]), BindingRejected::CertificateMismatch),
            (Some(b""), BindingRejected::CertificateMismatch),
        ] {
            let refused = connected(&rig, CERTIFIED, der).await;
            assert_eq!(refused, Err(Refusal::InvalidBinding(reason)));
        }
        // Whatever certificate a connection has, other tokens are not bound to it.
        assert_eq!(connected(&rig, FREE, Some(b"another")).await, Ok(()));
    }
}

#[tokio::test]
async fn a_certificate_is_no_proof_of_a_key() {
    let rig = Rig::new(DpopPolicy::required());
    let refused = connected(&rig, CERTIFIED, Some(b"certificate")).await;
    let demanded = Refusal::InvalidBinding(BindingRejected::KeyDemanded);
    assert_eq!(refused, Err(demanded));
}

/// Answers with the subject of the caller, and fails if it sees the certificate's header.
#[derive(Clone)]
struct Whoami;

impl<B> Service<Request<B>> for Whoami {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(
        &mut self,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Result<(), Infallible>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        assert!(!request.headers().contains_key("client-cert"));
        let caller = request.extensions().get::<Arc<Principal>>().unwrap();
        ready(Ok(Response::new(caller.subject().to_owned().into())))
    }
}

#[tokio::test]
async fn the_header_of_a_proxy_counts_only_where_it_is_trusted() {
    let rig = Rig::accepting();
    let request = |cert: &[u8]| {
        let value = format!(":{}:", STANDARD.encode(cert));
        let request = presenting("Bearer", CERTIFIED).header("client-cert", value);
        request.body(Empty::<Bytes>::new()).unwrap()
    };
    let trusting = TrustClientCertHeader.layer(rig.protection.protect(Whoami));
    for (cert, status) in [
        (&b"certificate"[..], StatusCode::OK),
        (b"another", StatusCode::UNAUTHORIZED),
    ] {
        let answer = trusting.clone().call(request(cert)).await.unwrap();
        assert_eq!(answer.status(), status);
    }
    let mut wary = rig.protection.protect(Whoami);
    let answer = wary.call(request(b"certificate")).await.unwrap();
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
}
