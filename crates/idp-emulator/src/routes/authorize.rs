//! The authorization endpoint (RFC 6749 section 4.1, with PKCE and RFC 9207).

use axum::Extension;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;

use crate::client::Client;
use crate::environment::{Environment, Shared};
use crate::grant::{AuthorizationRequest, Code, Grant, LOGIN_LIFETIME, Login, Redemption};
use crate::journal::EntryNumber;
use crate::key::CryptoError;
use crate::parameters::{Parameters, Repeated};
use crate::resource::Resource;
use crate::user::User;
use crate::{answer, page, redirect, scope, secret};

/// The longest `state` and `nonce`, in bytes.
const MAX_ECHO: usize = 4_096;

/// The endpoint of the environment, for the resource of the client. A client that is named by a
/// metadata document gets the resource whose Server URL or identifier is in `resource`, or the
/// first one. The response names the environment as its issuer, as the environment's discovery
/// document does.
pub(super) async fn environment(
    State(environment): State<Shared>,
    Extension(entry): Extension<EntryNumber>,
    RawQuery(query): RawQuery,
) -> Response {
    authorize(&environment, entry, None, &query.unwrap_or_default())
}

/// The endpoint of a resource, for this resource only.
pub(super) async fn resource(
    State(environment): State<Shared>,
    Extension(entry): Extension<EntryNumber>,
    Path(resource): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    match environment.resource(&resource) {
        Some(resource) => authorize(
            &environment,
            entry,
            Some(resource),
            &query.unwrap_or_default(),
        ),
        None => answer::unknown_resource(),
    }
}

/// Issues a code and returns where the user goes with it.
pub(super) fn allow(
    environment: &Environment,
    request: AuthorizationRequest,
    user: &User,
    scopes: Vec<String>,
) -> Result<String, CryptoError> {
    let code = secret::random()?;
    let mut state = environment.state();
    let expires_at = state.clock.now() + environment.vendor.lifetimes.code;
    let session = state.next_id(environment.vendor.ids.session);
    let location = request.response(&[("code", &code)]);
    let grant = Grant {
        client: request.client,
        user: user.subject.clone(),
        resource: request.resource,
        scopes,
        session,
    };
    state.codes.insert(
        code,
        Code {
            grant,
            redirect_uri: request.redirect_uri,
            challenge: request.challenge,
            nonce: request.nonce,
            issuer: request.issuer,
            expires_at,
            redemption: Redemption::Open,
        },
    );
    Ok(location)
}

impl AuthorizationRequest {
    /// The redirect URI with a response on it: the parameters given, `state`, and `iss`.
    pub(super) fn response(&self, parameters: &[(&str, &str)]) -> String {
        respond(
            &self.redirect_uri,
            parameters,
            self.state.as_deref(),
            &self.issuer,
        )
    }
}

fn authorize(
    environment: &Environment,
    entry: EntryNumber,
    endpoint: Option<&Resource>,
    query: &str,
) -> Response {
    let parameters = Parameters::parse(query.as_bytes());
    // Until client and redirect URI are known to belong together, nothing may be redirected.
    let (client, redirect_uri) = match client_and_redirect(environment, endpoint, &parameters) {
        Ok(found) => found,
        Err((code, explanation)) => return page::refusal(code, &explanation),
    };
    let sent = parameters.all("resource");
    let resource = endpoint.or_else(|| resource_of(environment, &client, &sent));
    environment.note_resource_parameter(entry, resource, &sent);

    let issuer = endpoint.map_or_else(
        || environment.url.clone(),
        |held| environment.resource_issuer(&held.id),
    );
    let state = parameters.one("state").ok().flatten().map(str::to_owned);
    let request = checked(
        &parameters,
        &client,
        resource,
        redirect_uri.clone(),
        issuer.clone(),
    );
    let request = match request {
        Ok(request) => request,
        Err((error, description)) => {
            let error = [
                ("error", error),
                ("error_description", description.as_str()),
            ];
            let location = respond(&redirect_uri, &error, state.as_deref(), &issuer);
            return answer::redirect(StatusCode::FOUND, &location);
        }
    };
    let hint = parameters.one("login_hint").ok().flatten();
    let hinted = environment
        .users
        .iter()
        .find(|user| Some(user.email.as_str()) == hint);
    if environment.auto_consent {
        let Some(user) = hinted.or_else(|| environment.users.first()) else {
            return page::refusal("server_error", "the environment has no user");
        };
        let scopes = request.scopes.clone();
        return match allow(environment, request, user, scopes) {
            Ok(location) => answer::redirect(StatusCode::FOUND, &location),
            Err(error) => axum::response::IntoResponse::into_response(error),
        };
    }
    if parameters.one("prompt") == Ok(Some("none")) {
        let location = request.response(&[("error", "login_required")]);
        return answer::redirect(StatusCode::FOUND, &location);
    }
    match ask(environment, request, &client, resource, hinted) {
        Ok(page) => page,
        Err(error) => axum::response::IntoResponse::into_response(error),
    }
}

fn client_and_redirect(
    environment: &Environment,
    endpoint: Option<&Resource>,
    parameters: &Parameters,
) -> Result<(Client, String), (&'static str, String)> {
    let invalid = |explanation: &str| ("invalid_request", explanation.to_owned());
    let repeated = |Repeated(name)| invalid(&format!("`{name}` must come once"));
    let id = parameters.one("client_id").map_err(repeated)?;
    let id = id.ok_or_else(|| invalid("`client_id` is missing"))?;
    let client = environment.client(id, endpoint).ok_or_else(|| {
        (
            "invalid_client_metadata_url",
            "this client is not registered here, or its metadata document cannot be found; \
             register again"
                .to_owned(),
        )
    })?;
    let uri = parameters.one("redirect_uri").map_err(repeated)?;
    let uri = uri.ok_or_else(|| invalid("`redirect_uri` is missing"))?;
    if client
        .redirect_uris
        .iter()
        .any(|registered| redirect::matches(registered, uri))
    {
        Ok((client, uri.to_owned()))
    } else {
        Err(invalid(
            "`redirect_uri` is none of those that the client registered",
        ))
    }
}

fn resource_of<'a>(
    environment: &'a Environment,
    client: &Client,
    sent: &[&str],
) -> Option<&'a Resource> {
    if !client.by_metadata_document {
        return client
            .resource
            .as_deref()
            .and_then(|id| environment.resource(id));
    }
    let named = |resource: &&Resource| {
        sent.iter()
            .any(|sent| *sent == resource.id || Some(*sent) == resource.uri.as_deref())
    };
    let open = || {
        environment
            .resources
            .iter()
            .filter(|held| held.client_metadata_documents)
    };
    open().find(named).or_else(|| open().next())
}

fn checked(
    parameters: &Parameters,
    client: &Client,
    resource: Option<&Resource>,
    redirect_uri: String,
    issuer: String,
) -> Result<AuthorizationRequest, (&'static str, String)> {
    let invalid = |explanation: String| ("invalid_request", explanation);
    let one = |name| {
        parameters
            .one(name)
            .map_err(|Repeated(name)| invalid(format!("`{name}` must come once")))
    };
    match one("response_type")? {
        Some("code") => {}
        None => return Err(invalid("`response_type` is missing".to_owned())),
        Some(_) => {
            return Err((
                "unsupported_response_type",
                "only `code` is supported".to_owned(),
            ));
        }
    }
    let challenge = one("code_challenge")?
        .ok_or_else(|| invalid("`code_challenge` is missing; PKCE is required".to_owned()))?;
    if one("code_challenge_method")? != Some("S256") {
        return Err(invalid("`code_challenge_method` must be S256".to_owned()));
    }
    // SHA-256 in base64 without padding.
    if challenge.len() != 43 {
        return Err(invalid("`code_challenge` is no S256 challenge".to_owned()));
    }
    let mut echoes = [None, None];
    for (echo, name) in echoes.iter_mut().zip(["state", "nonce"]) {
        let value = one(name)?;
        if value.is_some_and(|value| value.len() > MAX_ECHO) {
            return Err(invalid(format!("`{name}` is longer than {MAX_ECHO} bytes")));
        }
        *echo = value.map(str::to_owned);
    }
    let [state, nonce] = echoes;
    let requested = one("scope")?;
    let allowed = allowed_scopes(client, resource);
    let scopes = scope::of_user(requested, &allowed);
    if scopes.is_empty() && requested.is_some() {
        return Err((
            "invalid_scope",
            "none of the scopes may be granted".to_owned(),
        ));
    }
    Ok(AuthorizationRequest {
        client: client.id.clone(),
        redirect_uri,
        resource: resource.map(|resource| resource.id.clone()),
        issuer,
        scopes,
        state,
        challenge: challenge.to_owned(),
        nonce,
    })
}

/// The scopes of the resource, cut to those of the client when the client has any.
pub(super) fn allowed_scopes(client: &Client, resource: Option<&Resource>) -> Vec<String> {
    match resource {
        None => client.scopes.clone(),
        Some(resource) => resource
            .scopes
            .iter()
            .filter(|scope| client.scopes.is_empty() || client.scopes.contains(scope))
            .cloned()
            .collect(),
    }
}

fn ask(
    environment: &Environment,
    request: AuthorizationRequest,
    client: &Client,
    resource: Option<&Resource>,
    hinted: Option<&User>,
) -> Result<Response, CryptoError> {
    let csrf = secret::random()?;
    let id = environment.state().next_id(environment.vendor.ids.login);
    let page = page::consent(
        environment,
        &request,
        client,
        resource,
        hinted,
        (&id, &csrf),
    )?;
    let mut state = environment.state();
    let expires_at = state.clock.now() + LOGIN_LIFETIME;
    state.logins.insert(
        id,
        Login {
            request,
            csrf,
            expires_at,
        },
    );
    Ok(page)
}

fn respond(uri: &str, parameters: &[(&str, &str)], state: Option<&str>, issuer: &str) -> String {
    let mut all = parameters.to_vec();
    all.extend(state.map(|state| ("state", state)));
    all.push(("iss", issuer));
    redirect::with_parameters(uri, &all)
}
