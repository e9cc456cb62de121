//! A small REST API: everybody with a token reads the notes, and a scope lets callers write them.
//!
//! ```text
//! cargo run -p thyra-auth --features axum --example rest
//! curl -i http://127.0.0.1:8000/api/notes
//! curl -H "Authorization: Bearer ada-token" http://127.0.0.1:8000/api/notes
//! curl -i -H "Authorization: Bearer bob-token" -d "buy milk" http://127.0.0.1:8000/api/notes
//! ```
//!
//! The tokens are written down here, which only development allows. In production, replace
//! `StaticAuth` with a provider such as `ScalekitProvider`; nothing else changes.

use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};
use http::StatusCode;
use thyra_auth::{AuthProvider, Principal, StaticAuth};
use tokio::net::TcpListener;

const ADDRESS: &str = "127.0.0.1:8000";

/// More notes than this are not kept.
const MOST_NOTES: usize = 100;

type Notes = Arc<Mutex<Vec<String>>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let user = |name: &str, scopes: &[&str]| {
        Principal::builder("https://issuer.example", name)
            .scopes(scopes.to_vec())
            .build()
    };
    let protection = StaticAuth::new(format!("http://{ADDRESS}"))
        .required_scopes(["notes:read"])
        .token("ada-token", user("ada", &["notes:read", "notes:write"]))
        .token("bob-token", user("bob", &["notes:read"]))
        .protection("/api")?;
    println!(
        "Clients read how to get in at {}",
        protection.metadata_url()
    );

    let writes = post(write).layer(protection.require_scopes(["notes:write"]));
    let api = Router::new()
        .route("/notes", get(list).merge(writes))
        .layer(protection.layer())
        .with_state(Notes::default());
    let app = Router::new()
        .nest("/api", api)
        .merge(protection.public_routes().router())
        .route("/healthz", get(async || "ok"));
    axum::serve(TcpListener::bind(ADDRESS).await?, app).await?;
    Ok(())
}

async fn list(State(notes): State<Notes>) -> String {
    let notes = notes.lock().unwrap_or_else(PoisonError::into_inner);
    notes.join("\n")
}

async fn write(caller: Principal, State(notes): State<Notes>, text: String) -> StatusCode {
    let mut notes = notes.lock().unwrap_or_else(PoisonError::into_inner);
    if notes.len() == MOST_NOTES {
        return StatusCode::INSUFFICIENT_STORAGE;
    }
    notes.push(format!("{}: {text}", caller.subject()));
    StatusCode::CREATED
}
