//! The floor: a raw axum server that does only what a protected `tools/call` needs.
//!
//! It reads one body, parses one borrowed envelope, verifies the token (RS256, or from a cache
//! keyed by SHA-256) and writes one reply. It does not compare headers with the body, knows one
//! tool, and has no scopes.
//!
//! Usage: `floor ADDRESS ENVIRONMENT_URL RESOURCE_ID`.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::serve::ListenerExt as _;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use moka::sync::Cache;
use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Clone)]
struct Floor {
    key: Arc<DecodingKey>,
    validation: Arc<Validation>,
    seen: Cache<[u8; 32], Arc<Claims>>,
}

#[derive(Deserialize)]
struct Claims {
    exp: u64,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    id: &'a RawValue,
    method: &'a str,
    #[serde(borrow)]
    params: Params<'a>,
}

#[derive(Deserialize)]
struct Params<'a> {
    name: &'a str,
    arguments: Add,
}

#[derive(Deserialize)]
struct Add {
    a: i64,
    b: i64,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, environment, resource] = arguments.as_slice() else {
        return Err("usage: floor ADDRESS ENVIRONMENT_URL RESOURCE_ID".into());
    };
    let keys = reqwest::get(format!("{environment}/keys"))
        .await?
        .bytes()
        .await?;
    let keys: JwkSet = serde_json::from_slice(&keys)?;
    let key = keys.keys.first().ok_or("no key")?;
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_audience(&[resource]);
    validation.set_issuer(&[environment]);
    let floor = Floor {
        key: Arc::new(DecodingKey::from_jwk(key)?),
        validation: Arc::new(validation),
        seen: Cache::new(10_000),
    };
    let listener = tokio::net::TcpListener::bind(address)
        .await?
        .tap_io(|connection| drop(connection.set_nodelay(true)));
    let app = Router::new().route("/mcp", post(call)).with_state(floor);
    axum::serve(listener, app).await?;
    Ok(())
}

async fn call(State(floor): State<Floor>, headers: HeaderMap, body: Bytes) -> Response {
    if floor.admit(&headers).is_none() {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let Ok(envelope) = serde_json::from_slice::<Envelope<'_>>(&body) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    if envelope.method != "tools/call" || envelope.params.name != "add" {
        return StatusCode::NOT_FOUND.into_response();
    }
    let sum = envelope.params.arguments.a + envelope.params.arguments.b;
    let reply = format!(
        r#"{{"jsonrpc":"2.0","id":{},"result":{{"resultType":"complete","content":[{{"type":"text","text":"{sum}"}}],"structuredContent":{sum}}}}}"#,
        envelope.id.get()
    );
    ([(header::CONTENT_TYPE, "application/json")], reply).into_response()
}

impl Floor {
    fn admit(&self, headers: &HeaderMap) -> Option<Arc<Claims>> {
        let token = headers
            .get(header::AUTHORIZATION)?
            .to_str()
            .ok()?
            .strip_prefix("Bearer ")?;
        let hash: [u8; 32] = digest(&SHA256, token.as_bytes()).as_ref().try_into().ok()?;
        let now = std::time::SystemTime::UNIX_EPOCH
            .elapsed()
            .unwrap_or(Duration::MAX)
            .as_secs();
        if let Some(claims) = self.seen.get(&hash)
            && claims.exp > now
        {
            return Some(claims);
        }
        let claims = jsonwebtoken::decode::<Claims>(token, &self.key, &self.validation)
            .ok()?
            .claims;
        let claims = Arc::new(claims);
        self.seen.insert(hash, Arc::clone(&claims));
        Some(claims)
    }
}
