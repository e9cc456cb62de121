//! Public keys as JSON Web Keys (RFC 7517, RFC 7518 section 6, RFC 8037 section 2).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use super::material::Parsed;
use super::{KeyError, material};
use crate::principal::Thumbprint;
use crate::verify::algorithm::{Algorithm, Algorithms};

/// A JSON Web Key, as far as it matters here.
#[derive(Deserialize)]
pub(super) struct Jwk {
    kty: String,
    pub(super) kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    key_ops: Option<Vec<String>>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl Jwk {
    /// The public key, for each algorithm that it may be used with.
    pub(super) fn material(&self) -> Result<Parsed, KeyError> {
        let intended = self.intended()?;
        match &*self.kty {
            "RSA" => {
                let n = integer(self.n.as_deref())?;
                let e = integer(self.e.as_deref())?;
                material::rsa(&n, &e, intended)
            }
            "EC" => self.elliptic(intended),
            "OKP" => self.edwards(intended),
            _ => Err(KeyError::UnsupportedType),
        }
    }

    /// The thumbprint of a key that [`material`](Self::material) was read from (RFC 7638 section
    /// 3.2, RFC 8037 section 2).
    pub(super) fn thumbprint(&self) -> Result<Thumbprint, KeyError> {
        let member = |name, value: &Option<String>| value.clone().ok_or(KeyError::Malformed(name));
        // They are base64url or the names of curves, so nothing has to be escaped.
        let text = match &*self.kty {
            "RSA" => {
                let (e, n) = (member("e", &self.e)?, member("n", &self.n)?);
                format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#)
            }
            "EC" => {
                let crv = member("crv", &self.crv)?;
                let (x, y) = (member("x", &self.x)?, member("y", &self.y)?);
                format!(r#"{{"crv":"{crv}","kty":"EC","x":"{x}","y":"{y}"}}"#)
            }
            "OKP" => {
                let (crv, x) = (member("crv", &self.crv)?, member("x", &self.x)?);
                format!(r#"{{"crv":"{crv}","kty":"OKP","x":"{x}"}}"#)
            }
            _ => return Err(KeyError::UnsupportedType),
        };
        Ok(Thumbprint::of(text.as_bytes()))
    }

    /// What the key's owner allows.
    fn intended(&self) -> Result<Algorithms, KeyError> {
        let signatures = self.usage.as_deref().is_none_or(|usage| usage == "sig");
        let verify = |operations: &Vec<String>| operations.iter().any(|name| name == "verify");
        if !signatures || !self.key_ops.as_ref().is_none_or(verify) {
            return Err(KeyError::NotForSignatures);
        }
        match self.alg.as_deref() {
            None => Ok(Algorithms::asymmetric()),
            Some(name) => match name.parse() {
                Ok(algorithm) => Ok(Algorithms::from_iter([algorithm])),
                Err(_) => Err(KeyError::AlgorithmMismatch),
            },
        }
    }

    fn elliptic(&self, intended: Algorithms) -> Result<Parsed, KeyError> {
        let (algorithm, length) = match self.crv.as_deref() {
            Some("P-256") => (Algorithm::Es256, 32),
            Some("P-384") => (Algorithm::Es384, 48),
            Some("P-521") => (Algorithm::Es512, 66),
            Some(_) => return Err(KeyError::UnsupportedType),
            None => return Err(KeyError::Malformed("crv")),
        };
        // An uncompressed point (SEC 1 section 2.3.3).
        let mut point = vec![4];
        point.extend(coordinate("x", self.x.as_deref(), length)?);
        point.extend(coordinate("y", self.y.as_deref(), length)?);
        material::one(algorithm, &point, intended)
    }

    fn edwards(&self, intended: Algorithms) -> Result<Parsed, KeyError> {
        match self.crv.as_deref() {
            Some("Ed25519") => {}
            Some(_) => return Err(KeyError::UnsupportedType),
            None => return Err(KeyError::Malformed("crv")),
        }
        let point = coordinate("x", self.x.as_deref(), 32)?;
        material::ed25519(&point, intended)
    }
}

/// A positive integer (RFC 7518 section 2: base64url, big-endian). Superfluous zeros in front are
/// a common mistake of issuers and do no harm.
fn integer(text: Option<&str>) -> Result<Vec<u8>, KeyError> {
    let malformed = || KeyError::Malformed("n or e");
    let bytes = URL_SAFE_NO_PAD
        .decode(text.ok_or_else(malformed)?)
        .map_err(|_| malformed())?;
    let first = bytes
        .iter()
        .position(|byte| *byte != 0)
        .ok_or_else(malformed)?;
    Ok(bytes.get(first..).unwrap_or_default().to_vec())
}

/// A coordinate of exactly the curve's length (RFC 7518 section 6.2.1.2, RFC 8037 section 2).
fn coordinate(name: &'static str, text: Option<&str>, length: usize) -> Result<Vec<u8>, KeyError> {
    text.and_then(|text| URL_SAFE_NO_PAD.decode(text).ok())
        .filter(|bytes| bytes.len() == length)
        .ok_or(KeyError::Malformed(name))
}
