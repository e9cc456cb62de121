//! A protected resource, and callers who prove to have a key, or only pretend to.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::request::{Builder, Parts};
use http::{Request, header};
use serde_json::{Value, json};
use thyra_auth::{
    Clock as _, Confirmation, DpopPolicy, ManualClock, Principal, Protection, Refusal, ResourceUrl,
    StaticTokens, Thumbprint,
};

pub(crate) const RESOURCE: &str = "https://mcp.example.com/mcp";
/// A token that is bound to the key of the rig, one that is bound to nothing, and one that is bound
/// to the certificate `certificate`.
pub(crate) const BOUND: &str = "bound-token";
pub(crate) const FREE: &str = "free-token";
pub(crate) const CERTIFIED: &str = "certified-token";
pub(crate) const NOW: u64 = 1_700_000_000;

/// A key on the curve P-256.
pub(crate) struct Key(EcdsaKeyPair);

impl Key {
    pub(crate) fn new() -> Self {
        Self(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
    }

    pub(crate) fn jwk(&self) -> Value {
        let (x, y) = self.0.public_key().as_ref()[1..].split_at(32);
        let [x, y] = [x, y].map(|part| URL_SAFE_NO_PAD.encode(part));
        json!({ "crv": "P-256", "kty": "EC", "x": x, "y": y })
    }

    pub(crate) fn thumbprint(&self) -> Thumbprint {
        // The members are in the order of the alphabet already.
        Thumbprint::of(self.jwk().to_string().as_bytes())
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let signature = self.0.sign(&SystemRandom::new(), message).unwrap();
        signature.as_ref().to_vec()
    }
}

/// A proof with whatever header and claims.
#[derive(Clone)]
pub(crate) struct Proof {
    pub(crate) header: Value,
    pub(crate) claims: Value,
}

impl Proof {
    /// A good one of this key, for a POST to the resource with [`BOUND`].
    pub(crate) fn of(key: &Key, jti: &str) -> Self {
        Self {
            header: json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": key.jwk() }),
            claims: json!({
                "jti": jti,
                "htm": "POST",
                "htu": RESOURCE,
                "iat": NOW,
                "ath": Thumbprint::of(BOUND.as_bytes()).to_string(),
            }),
        }
    }

    pub(crate) fn header(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.header[name] = value.into();
        self
    }

    pub(crate) fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims[name] = value.into();
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.header.as_object_mut().unwrap().remove(name);
        self.claims.as_object_mut().unwrap().remove(name);
        self
    }

    pub(crate) fn signed(&self, key: &Key) -> String {
        self.signed_with(|message| key.sign(message))
    }

    pub(crate) fn signed_with(&self, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
        signed(&self.header.to_string(), &self.claims.to_string(), sign)
    }
}

pub(crate) fn signed(header: &str, claims: &str, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part));
    let message = format!("{header}.{claims}");
    let signature = URL_SAFE_NO_PAD.encode(sign(message.as_bytes()));
    format!("{message}.{signature}")
}

/// A resource, and the key that [`BOUND`] is bound to.
pub(crate) struct Rig {
    pub(crate) protection: Protection,
    pub(crate) clock: ManualClock,
    pub(crate) key: Key,
}

impl Rig {
    pub(crate) fn new(policy: DpopPolicy) -> Self {
        let (key, clock) = (Key::new(), ManualClock::new(Duration::from_secs(NOW)));
        let protection = protection(policy, &key, &clock);
        Self {
            protection,
            clock,
            key,
        }
    }

    pub(crate) fn accepting() -> Self {
        Self::new(DpopPolicy::accepted())
    }

    /// A good proof that says when it is made.
    pub(crate) fn proof(&self, jti: &str) -> Proof {
        Proof::of(&self.key, jti).claim("iat", self.clock.unix().as_secs())
    }

    /// Sends [`BOUND`] with this proof.
    pub(crate) async fn show(&self, proof: &str) -> Result<(), Refusal> {
        self.send(dpop(proof)).await
    }

    pub(crate) async fn send(&self, request: Builder) -> Result<(), Refusal> {
        self.send_parts(parts(request)).await
    }

    pub(crate) async fn send_parts(&self, mut parts: Parts) -> Result<(), Refusal> {
        let admitted = self.protection.admit(&mut parts).await;
        if admitted.is_ok() {
            assert!(!parts.headers.contains_key(header::AUTHORIZATION));
            assert!(!parts.headers.contains_key("dpop"));
        }
        admitted.map(drop)
    }
}

pub(crate) fn protection(policy: DpopPolicy, key: &Key, clock: &ManualClock) -> Protection {
    let caller = |subject: &str| Principal::builder("https://issuer.example", subject);
    let certificate = Confirmation::certificate(Thumbprint::of(b"certificate"));
    let bound = Confirmation::key(key.thumbprint());
    let verifier = StaticTokens::default()
        .token(BOUND, caller("ada").confirmation(bound).build())
        .token(CERTIFIED, caller("bot").confirmation(certificate).build())
        .token(FREE, caller("ada").build());
    let resource = ResourceUrl::new(RESOURCE, "").unwrap();
    let servers = ["https://issuer.example"];
    Protection::builder("test", resource, Arc::new(verifier), servers)
        .dpop(policy)
        .clock(Arc::new(clock.clone()))
        .build()
        .unwrap()
}

pub(crate) fn dpop(proof: &str) -> Builder {
    presenting("DPoP", BOUND).header("dpop", proof)
}

pub(crate) fn presenting(scheme: &str, token: &str) -> Builder {
    Request::post("/mcp").header(header::AUTHORIZATION, format!("{scheme} {token}"))
}

pub(crate) fn parts(request: Builder) -> Parts {
    request.body(()).unwrap().into_parts().0
}
