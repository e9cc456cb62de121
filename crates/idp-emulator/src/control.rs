//! The control plane under `/__emu/`: what a test, or a developer with curl, does to the
//! environment.

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{DefaultBodyLimit, Query, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};
use tokio::task::spawn_blocking;

use crate::clock::ClockChange;
use crate::environment::Shared;
use crate::faults::{
    AuthorizationFault, EndpointFault, JwksFault, MAX_SLOW_MS, MetadataFault, TokenFault,
};
use crate::issuer::IssuerMode;
use crate::key::CryptoError;
use crate::keyring::Rotation;
use crate::mint::{Mint, MintError};
use crate::page::ResourceRow;
use crate::user::User;
use crate::variables::variables;
use crate::{guard, page};

/// The largest order, in bytes: enough for tokens that no server should accept.
const MAX_BODY: usize = 1024 * 1024;

/// The most redirect URIs of an application.
const MAX_REDIRECT_URIS: usize = 100;

/// The routes of the control plane.
pub(crate) fn router() -> Router<Shared> {
    Router::new()
        .route("/__emu", get(home))
        .route("/__emu/", get(home))
        .route("/__emu/application", post(application))
        .route("/__emu/clock", post(clock))
        .route("/__emu/faults", post(faults))
        .route("/__emu/issuer", post(issuer))
        .route("/__emu/mint", post(mint))
        .route(
            "/__emu/requests",
            get(requests).delete(forget_requests).post(forget_requests),
        )
        .route("/__emu/reset", post(reset))
        .route("/__emu/rotate", post(rotate))
        .route("/__emu/user", post(user).delete(remove_user))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(from_fn(no_other_site))
}

/// Why the control plane did not do as it was told.
#[derive(Debug)]
struct ControlError {
    status: StatusCode,
    message: String,
}

impl IntoResponse for ControlError {
    fn into_response(self) -> Response {
        (self.status, Json(json!({ "error": self.message }))).into_response()
    }
}

impl ControlError {
    fn bad(message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            message: message.into(),
        }
    }
}

impl From<CryptoError> for ControlError {
    fn from(error: CryptoError) -> Self {
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            message: error.to_string(),
        }
    }
}

type Body = Result<Bytes, BytesRejection>;
type Reply = Result<Json<Value>, ControlError>;

/// `POST mint`: a [`Mint`] in JSON; `{}` or nothing orders a good token.
async fn mint(State(environment): State<Shared>, body: Body) -> Reply {
    let body = read(body)?;
    let order: Mint = if body.is_empty() {
        Mint::new()
    } else {
        parse_object(&body)?
    };
    match environment.mint(&order) {
        Ok(token) => Ok(Json(json!({ "token": token }))),
        Err(MintError::Crypto(error)) => Err(error.into()),
        Err(error) => Err(ControlError::bad(error.to_string())),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RotateQuery {
    drop_old: Option<bool>,
    stage: Option<Stage>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Stage {
    Publish,
    Retire,
    Sign,
}

/// `POST rotate?drop_old=&stage=`: a [`Rotation`].
async fn rotate(
    State(environment): State<Shared>,
    query: Result<Query<RotateQuery>, QueryRejection>,
) -> Reply {
    let Query(query) = query.map_err(|rejection| ControlError::bad(rejection.body_text()))?;
    let rotation = match (query.stage, query.drop_old) {
        (None, drop_old) => Rotation::Now {
            drop_old: drop_old.unwrap_or(false),
        },
        (Some(_), Some(_)) => {
            return Err(ControlError::bad("give `stage` or `drop_old`, not both"));
        }
        (Some(Stage::Publish), None) => Rotation::Publish,
        (Some(Stage::Retire), None) => Rotation::Retire,
        (Some(Stage::Sign), None) => Rotation::Sign,
    };
    // Making a key keeps a processor busy for some tens of milliseconds.
    let rotated = spawn_blocking(move || {
        let mut keys = environment.keys();
        keys.rotate(rotation).map(|()| keys.summary())
    })
    .await
    .map_err(|_| CryptoError::Generate)?;
    match rotated {
        Ok(summary) => Ok(Json(json!(summary))),
        Err(error) => Err(ControlError {
            status: StatusCode::CONFLICT,
            message: error.to_string(),
        }),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FaultChange {
    #[serde(default, deserialize_with = "fault")]
    jwks: Option<JwksFault>,
    #[serde(default, deserialize_with = "fault")]
    metadata: Option<MetadataFault>,
    #[serde(default, deserialize_with = "fault")]
    introspection: Option<EndpointFault>,
    #[serde(default, deserialize_with = "fault")]
    token: Option<TokenFault>,
    #[serde(default, deserialize_with = "fault")]
    userinfo: Option<EndpointFault>,
    authorization: Option<AuthorizationFault>,
    #[serde(default, deserialize_with = "fault")]
    revocation: Option<EndpointFault>,
    slow_ms: Option<u64>,
    retry_after: Option<u32>,
}

/// A fault by its name; a status may be a number, too.
fn fault<'de, F, D>(deserializer: D) -> Result<Option<F>, D::Error>
where
    F: DeserializeOwned,
    D: Deserializer<'de>,
{
    let name = match Value::deserialize(deserializer)? {
        Value::Number(status) => Value::String(status.to_string()),
        other => other,
    };
    serde_json::from_value(name)
        .map(Some)
        .map_err(D::Error::custom)
}

/// `POST faults`: what is named changes, the rest stays. Answers with all faults.
async fn faults(State(environment): State<Shared>, body: Body) -> Reply {
    let change: FaultChange = parse_object(&read(body)?)?;
    if change.slow_ms.is_some_and(|delay| delay > MAX_SLOW_MS) {
        return Err(ControlError::bad(format!(
            "`slow_ms` must be at most {MAX_SLOW_MS}"
        )));
    }
    let mut state = environment.state();
    let faults = &mut state.faults;
    faults.jwks = change.jwks.unwrap_or(faults.jwks);
    faults.metadata = change.metadata.unwrap_or(faults.metadata);
    faults.introspection = change.introspection.unwrap_or(faults.introspection);
    faults.token = change.token.unwrap_or(faults.token);
    faults.userinfo = change.userinfo.unwrap_or(faults.userinfo);
    faults.authorization = change.authorization.unwrap_or(faults.authorization);
    faults.revocation = change.revocation.unwrap_or(faults.revocation);
    faults.retry_after = change.retry_after.unwrap_or(faults.retry_after);
    faults.slow_ms = change.slow_ms.unwrap_or(faults.slow_ms);
    Ok(Json(json!(faults)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ApplicationChange {
    redirect_uris: Vec<String>,
}

/// `POST application`: where the application of an OAuth proxy is sent codes. Answers with its
/// credentials.
async fn application(State(environment): State<Shared>, body: Body) -> Reply {
    let change: ApplicationChange = parse_object(&read(body)?)?;
    if change.redirect_uris.len() > MAX_REDIRECT_URIS {
        return Err(ControlError::bad(format!(
            "`redirect_uris` must be at most {MAX_REDIRECT_URIS}"
        )));
    }
    let set = environment.set_application(change.redirect_uris);
    let client = set.map_err(ControlError::bad)?;
    Ok(Json(json!({
        "client_id": client.id,
        "client_secret": client.secret,
        "redirect_uris": client.redirect_uris,
    })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct IssuerChange {
    mode: IssuerMode,
}

/// `POST issuer`: an [`IssuerMode`].
async fn issuer(State(environment): State<Shared>, body: Body) -> Reply {
    let change: IssuerChange = parse_object(&read(body)?)?;
    let mut state = environment.state();
    state.issuer_mode = change.mode;
    state.resource_issuer_next = false;
    Ok(Json(json!({ "mode": change.mode })))
}

/// `POST clock`: a [`ClockChange`]. Answers with the new time.
async fn clock(State(environment): State<Shared>, body: Body) -> Reply {
    let change: ClockChange = parse(&read(body)?)?;
    let mut state = environment.state();
    state.clock.change(change);
    Ok(Json(json!({ "unix": state.clock.now() })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RequestsQuery {
    grant_type: Option<String>,
    path: Option<String>,
}

/// `GET requests`: the journal, or the count of one path or grant.
async fn requests(
    State(environment): State<Shared>,
    query: Result<Query<RequestsQuery>, QueryRejection>,
) -> Reply {
    let Query(query) = query.map_err(|rejection| ControlError::bad(rejection.body_text()))?;
    let journal = environment.journal();
    if let Some(path) = query.path {
        return Ok(Json(json!({ "path": path, "count": journal.count(&path) })));
    }
    if let Some(grant) = query.grant_type {
        let count = journal.grants(&grant);
        return Ok(Json(json!({ "grant_type": grant, "count": count })));
    }
    let entries: Vec<_> = journal.entries().collect();
    Ok(Json(
        json!({ "total": journal.total(), "requests": entries }),
    ))
}

/// `DELETE requests` or `POST requests`: forgets the journal.
async fn forget_requests(State(environment): State<Shared>) -> StatusCode {
    environment.journal().clear();
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UserChange {
    subject: String,
    email: Option<String>,
    name: Option<String>,
    roles: Option<Vec<String>>,
    claims: Option<Map<String, Value>>,
}

/// `POST user`: what is named changes, the rest stays. A new subject needs an `email`.
async fn user(State(environment): State<Shared>, body: Body) -> Reply {
    let change: UserChange = parse_object(&read(body)?)?;
    let held = environment.user(&change.subject);
    let mut user = match (held, &change.email) {
        (Some(held), _) => held,
        (None, Some(email)) => User::new(&change.subject, email),
        (None, None) => {
            let problem = "there is no such user; a new one needs an `email`";
            return Err(ControlError::bad(problem));
        }
    };
    user.email = change.email.unwrap_or(user.email);
    user.name = change.name.unwrap_or(user.name);
    user.roles = change.roles.unwrap_or(user.roles);
    user.claims = change.claims.unwrap_or(user.claims);
    let answer = json!({ "subject": user.subject, "email": user.email, "name": user.name });
    if environment.set_user(user) {
        Ok(Json(answer))
    } else {
        Err(ControlError::bad("there are too many users"))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UserQuery {
    subject: String,
}

/// `DELETE user?subject=`: see [`crate::Emulator::remove_user`].
async fn remove_user(
    State(environment): State<Shared>,
    query: Result<Query<UserQuery>, QueryRejection>,
) -> Result<StatusCode, ControlError> {
    let Query(query) = query.map_err(|rejection| ControlError::bad(rejection.body_text()))?;
    if environment.remove_user(&query.subject) {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(ControlError::bad("there is no such user"))
    }
}

/// `POST reset`: see [`crate::Emulator::reset`].
async fn reset(State(environment): State<Shared>) -> StatusCode {
    environment.reset();
    StatusCode::NO_CONTENT
}

/// `GET /`: what this is, for people.
async fn home(State(environment): State<Shared>) -> Result<Response, ControlError> {
    let resources: Vec<ResourceRow> = environment
        .resources
        .iter()
        .map(|resource| ResourceRow {
            id: resource.id.clone(),
            uri: resource.uri.clone().unwrap_or_default(),
            scopes: resource.scopes.join(" "),
            metadata: environment.metadata_path(resource),
        })
        .collect();
    let users = environment.users().into_iter();
    let users: Vec<String> = users.map(|user| user.email).collect();
    Ok(page::home(
        &environment,
        &variables(&environment),
        &resources,
        &users,
    )?)
}

/// A page of another site may post a form here; it must not reach the keys.
async fn no_other_site(request: Request, next: Next) -> Response {
    if !guard::same_origin(request.headers()) {
        let message = "the control plane does not serve pages of other sites".to_owned();
        return ControlError {
            status: StatusCode::FORBIDDEN,
            message,
        }
        .into_response();
    }
    let mut response = next.run(request).await;
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn read(body: Body) -> Result<Bytes, ControlError> {
    body.map_err(|rejection| ControlError {
        status: rejection.status(),
        message: rejection.body_text(),
    })
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, ControlError> {
    serde_json::from_slice(body).map_err(|error| ControlError::bad(error.to_string()))
}

/// By way of a map, because serde would take an array of values for an object, too.
fn parse_object<T: DeserializeOwned>(body: &[u8]) -> Result<T, ControlError> {
    let members: Map<String, Value> = parse(body)?;
    serde_json::from_value(Value::Object(members))
        .map_err(|error| ControlError::bad(error.to_string()))
}
