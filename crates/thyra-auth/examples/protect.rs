//! A service that only callers with a good token reach, and that says who is calling.
//!
//! ```text
//! cargo run -p thyra-auth --example protect
//! curl -i http://127.0.0.1:8000/whoami
//! curl -H "Authorization: Bearer ada-token" http://127.0.0.1:8000/whoami
//! ```
//!
//! The tokens are written down here, which only development allows. In production, replace
//! `StaticAuth` with a provider such as `ScalekitProvider`; nothing else changes.

use std::error::Error;
use std::sync::Arc;

use axum::{Extension, Router, routing};
use thyra_auth::{AuthProvider, Principal, StaticAuth};
use tokio::net::TcpListener;

const ADDRESS: &str = "127.0.0.1:8000";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let ada = Principal::builder("https://issuer.example", "ada")
        .scopes(["notes:read"])
        .build();
    let protection = StaticAuth::new(format!("http://{ADDRESS}"))
        .required_scopes(["notes:read"])
        .token("ada-token", ada)
        .protection("/whoami")?;
    println!(
        "Clients read how to get in at {}",
        protection.metadata_url()
    );

    let service = Router::new().route("/whoami", routing::get(whoami));
    let app = Router::new().fallback_service(protection.protect(service));
    axum::serve(TcpListener::bind(ADDRESS).await?, app).await?;
    Ok(())
}

async fn whoami(Extension(caller): Extension<Arc<Principal>>) -> String {
    format!("You are {}.\n", caller.subject())
}
