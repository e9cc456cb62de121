//! The authorization endpoint (RFC 6749 section 4.1, with PKCE and RFC 9207).

use axum::Extension;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;

use crate::client::Client;
use crate::environment::{Environment, Shared};
use crate::faults::AuthorizationFault;
use crate::grant::{AuthorizationRequest, Code, Grant, LOGIN_LIFETIME, Login, Redemption};
use crate::journal::EntryNumber;
use crate::key::CryptoError;
use crate::parameters::{Parameters, Repeated};
use crate::resource::Resource;
use crate::server::{Place, Server};
use crate::user::User;
use crate::vendor::{Offer, Refresh, UnknownScope};
use crate::{answer, page, redirect, scope, secret};

/// The longest `state` and `nonce`, in bytes.
const MAX_ECHO: usize = 4_096;

/// The endpoint of a server, for what it protects; see
/// [`Environment::choose_resource`](crate::environment::Environment::choose_resource). The response
/// names the server as its issuer, as its metadata does.
pub(super) async fn authorization(
    State(environment): State<Shared>,
    Extension(entry): Extension<EntryNumber>,
    place: Place,
    RawQuery(query): RawQuery,
) -> Response {
    match environment.server(&place) {
        Some(server) => authorize(&environment, entry, &server, &query.unwrap_or_default()),
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
    let location = request.response(environment, &[("code", &code)]);
    let grant = Grant {
        client: request.client,
        user: user.subject.clone(),
        tenant: request.tenant,
        resource: request.resource,
        bound: request.bound,
        scopes,
        session,
        offline: request.offline,
        key: None,
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
    pub(super) fn response(
        &self,
        environment: &Environment,
        parameters: &[(&str, &str)],
    ) -> String {
        respond(
            &self.redirect_uri,
            parameters,
            self.state.as_deref(),
            environment.named_issuer(&self.issuer),
        )
    }
}

impl Environment {
    /// The issuer, where authorization responses name it (RFC 9207).
    fn named_issuer<'a>(&self, issuer: &'a str) -> Option<&'a str> {
        self.vendor.offers(Offer::ResponseIssuer).then_some(issuer)
    }
}

fn authorize(
    environment: &Environment,
    entry: EntryNumber,
    server: &Server<'_>,
    query: &str,
) -> Response {
    let parameters = Parameters::parse(query.as_bytes());
    // Until client and redirect URI are known to belong together, nothing may be redirected.
    let (client, redirect_uri) = match client_and_redirect(environment, server, &parameters) {
        Ok(found) => found,
        Err((code, explanation)) => return page::refusal(code, &explanation),
    };
    let state = parameters.one("state").ok().flatten();
    let (request, resource) =
        match checked(environment, server, &parameters, &client, &redirect_uri) {
            Ok(checked) => checked,
            Err((error, description)) => {
                let error = [
                    ("error", error),
                    ("error_description", description.as_str()),
                ];
                let issuer = environment.named_issuer(&server.issuer);
                let location = respond(&redirect_uri, &error, state, issuer);
                return answer::redirect(StatusCode::FOUND, &location);
            }
        };
    environment.note_resource_parameter(entry, resource, &parameters.all("resource"));
    let answered = match environment.state().faults.authorization {
        AuthorizationFault::Denied => Some("access_denied"),
        AuthorizationFault::Ok => None,
        AuthorizationFault::ServerError => Some("server_error"),
    };
    if let Some(error) = answered {
        let location = request.response(environment, &[("error", error)]);
        return answer::redirect(StatusCode::FOUND, &location);
    }
    let hint = parameters.one("login_hint").ok().flatten();
    let users = environment.users();
    let hinted = users.iter().find(|user| Some(user.email.as_str()) == hint);
    if environment.auto_consent {
        let Some(user) = hinted.or_else(|| users.first()) else {
            return page::refusal("server_error", "the environment has no user");
        };
        let scopes = request.scopes.clone();
        return match allow(environment, request, user, scopes) {
            Ok(location) => answer::redirect(StatusCode::FOUND, &location),
            Err(error) => axum::response::IntoResponse::into_response(error),
        };
    }
    if parameters.one("prompt") == Ok(Some("none")) {
        let location = request.response(environment, &[("error", "login_required")]);
        return answer::redirect(StatusCode::FOUND, &location);
    }
    match ask(environment, request, &client, resource, hinted) {
        Ok(page) => page,
        Err(error) => axum::response::IntoResponse::into_response(error),
    }
}

fn client_and_redirect(
    environment: &Environment,
    server: &Server<'_>,
    parameters: &Parameters,
) -> Result<(Client, String), (&'static str, String)> {
    let invalid = |explanation: &str| ("invalid_request", explanation.to_owned());
    let repeated = |Repeated(name)| invalid(&format!("`{name}` must come once"));
    let id = parameters.one("client_id").map_err(repeated)?;
    let id = id.ok_or_else(|| invalid("`client_id` is missing"))?;
    let client = environment.client(id, server).ok_or_else(|| {
        (
            "invalid_client_metadata_url",
            "this client is not registered here, or its metadata document cannot be found; \
             register again"
                .to_owned(),
        )
    })?;
    let uri = parameters.one("redirect_uri").map_err(repeated)?;
    let uri = uri.ok_or_else(|| invalid("`redirect_uri` is missing"))?;
    let exact = client.exact_redirect_uris || environment.vendor.applications_only;
    let is_uri =
        |registered: &String| registered == uri || (!exact && redirect::matches(registered, uri));
    if client.redirect_uris.iter().any(is_uri) {
        Ok((client, uri.to_owned()))
    } else {
        Err(invalid(
            "`redirect_uri` is none of those that the client registered",
        ))
    }
}

/// The request, if nothing is wrong with it, and the resource that it is for.
fn checked<'a>(
    environment: &'a Environment,
    server: &Server<'a>,
    parameters: &Parameters,
    client: &Client,
    redirect_uri: &str,
) -> Result<(AuthorizationRequest, Option<&'a Resource>), (&'static str, String)> {
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
    let method = one("code_challenge_method")?;
    let challenge = match one("code_challenge")? {
        None if environment.may_leave_pkce_out(client) && method.is_none() => None,
        None => {
            let problem = "`code_challenge` is missing; PKCE is required";
            return Err(invalid(problem.to_owned()));
        }
        Some(_) if method != Some("S256") => {
            return Err(invalid("`code_challenge_method` must be S256".to_owned()));
        }
        // SHA-256 in base64 without padding.
        Some(challenge) if challenge.len() != 43 => {
            return Err(invalid("`code_challenge` is no S256 challenge".to_owned()));
        }
        challenge => challenge.map(str::to_owned),
    };
    let mut echoes = [None, None];
    for (echo, name) in echoes.iter_mut().zip(["state", "nonce"]) {
        let value = one(name)?;
        if value.is_some_and(|value| value.len() > MAX_ECHO) {
            return Err(invalid(format!("`{name}` is longer than {MAX_ECHO} bytes")));
        }
        *echo = value.map(str::to_owned);
    }
    let [state, nonce] = echoes;
    let sent = |name: &str| {
        parameters
            .all(name)
            .into_iter()
            .map(str::to_owned)
            .collect()
    };
    let resource = environment
        .choose_resource(server, client, sent)
        .map_err(|(error, text)| (error, text.to_owned()))?;
    let offline = match environment.vendor.scopes.refresh {
        Refresh::Asked(words) => asks(parameters, words),
        _ => false,
    };
    let request = AuthorizationRequest {
        client: client.id.clone(),
        redirect_uri: redirect_uri.to_owned(),
        tenant: server.tenant.to_owned(),
        resource: resource.map(|resource| resource.id.clone()),
        bound: !parameters.all("resource").is_empty(),
        issuer: server.issuer.clone(),
        scopes: granted_scopes(environment, one("scope")?, client, resource)?,
        state,
        challenge,
        nonce,
        offline,
    };
    Ok((request, resource))
}

/// Whether each parameter has its word.
fn asks(parameters: &Parameters, words: &[(&'static str, &'static str)]) -> bool {
    words.iter().all(|&(name, word)| {
        let sent = parameters.one(name).ok().flatten();
        sent.is_some_and(|sent| sent.split(' ').any(|each| each == word))
    })
}

/// What may be granted of the scopes that were asked for.
fn granted_scopes(
    environment: &Environment,
    requested: Option<&str>,
    client: &Client,
    resource: Option<&Resource>,
) -> Result<Vec<String>, (&'static str, String)> {
    let rules = &environment.vendor.scopes;
    let requested = requested.map(|list| rules.read(list, resource));
    let list = requested.as_ref().map(|scopes| scopes.join(" "));
    let mut allowed = allowed_scopes(client, resource);
    // People may allow other APIs of the vendor in the same breath.
    let others = requested.iter().flatten();
    allowed.extend(others.filter(|scope| rules.api(scope).is_some()).cloned());
    let granted = scope::of_user(list.as_deref(), &allowed, rules.own);
    let refused = |problem: String| Err(("invalid_scope", problem));
    match requested {
        Some(requested) if granted.is_empty() && !requested.is_empty() => {
            refused("none of the scopes may be granted".to_owned())
        }
        Some(requested) if rules.unknown == UnknownScope::Refused => {
            match requested.iter().find(|scope| !granted.contains(scope)) {
                Some(unknown) => refused(format!("the scope `{unknown}` may not be granted")),
                None => Ok(granted),
            }
        }
        _ => Ok(granted),
    }
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

fn respond(
    uri: &str,
    parameters: &[(&str, &str)],
    state: Option<&str>,
    issuer: Option<&str>,
) -> String {
    let mut all = parameters.to_vec();
    all.extend(state.map(|state| ("state", state)));
    all.extend(issuer.map(|issuer| ("iss", issuer)));
    redirect::with_parameters(uri, &all)
}
