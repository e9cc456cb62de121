//! A web application whose users use an MCP server, each with a login of their own: the
//! application sends the browser to the login page, and the browser comes back to the application.
//!
//! ```text
//! cargo run -p thyra --example hosted_login -- https://mcp.example.com/mcp
//! ```
//!
//! Then open `http://127.0.0.1:3000/`. Every browser is a user here. An application with accounts
//! uses its own sessions, and gives `OAuth::web` the name of the account that is signed in.

use std::collections::HashMap;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, COOKIE, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use thyra::client::login::{Login, LoginPage, MemoryStore};
use thyra::client::{Client, ClientError, LoginError, OAuth, Secret, UrlRefused};
use thyra_oauth::{NoRandomness, unguessable};
use tokio::net::TcpListener;

/// Bounds of what the application remembers.
const MAX_USERS: usize = 1000;
const MAX_PENDING: usize = 8;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::args().nth(1);
    let url = url.ok_or("usage: hosted_login URL")?;
    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    println!("Open http://127.0.0.1:3000/");
    axum::serve(listener, application(url, "http://127.0.0.1:3000")).await?;
    Ok(())
}

/// The application at `origin`, which uses the MCP server at `url`.
pub(crate) fn application(url: String, origin: &str) -> Router {
    let app = App {
        url,
        redirect_uri: format!("{origin}/callback"),
        // The application registers itself once. Replicas share a store that is not in memory.
        store: MemoryStore::new(),
        users: Mutex::default(),
    };
    Router::new()
        .route("/", get(tools))
        .route("/callback", get(callback))
        .with_state(Arc::new(app))
}

struct App {
    url: String,
    redirect_uri: String,
    store: MemoryStore,
    users: Mutex<HashMap<String, Arc<User>>>,
}

/// What belongs to one session.
struct User {
    session: String,
    login: Arc<Login>,
    client: Client,
    /// The logins that were begun in this session.
    pending: Mutex<HashMap<String, Secret>>,
}

/// The tools of the server, once the user has logged in.
async fn tools(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Response, Failed> {
    let user = match app.user(&headers) {
        Some(user) => user,
        None => app.new_user()?,
    };
    let tools = match user.client.list_tools().await {
        Err(ClientError::Login(LoginError::LoginRequired)) => return user.send_away().await,
        tools => tools?,
    };
    let names: Vec<_> = tools.into_iter().map(|tool| tool.name).collect();
    Ok(names.join("\n").into_response())
}

/// The browser is back from the login page.
async fn callback(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Redirect, Failed> {
    let query = uri.query().unwrap_or_default();
    // Only the browser that was sent away may come back, and only once.
    let user = app.user(&headers).ok_or(Failed::NobodyWaits)?;
    let id = LoginPage::id_in(query).ok_or(Failed::NobodyWaits)?;
    let pending = user.take(&id).ok_or(Failed::NobodyWaits)?;
    user.login.finish(&pending, query).await?;
    Ok(Redirect::to("/"))
}

impl App {
    /// Whose session the browser shows.
    fn user(&self, headers: &HeaderMap) -> Option<Arc<User>> {
        let cookies = headers.get(COOKIE)?.to_str().ok()?;
        let mut cookies = cookies.split("; ");
        let session = cookies.find_map(|cookie| cookie.strip_prefix("session="))?;
        let users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
        users.get(session).map(Arc::clone)
    }

    fn new_user(&self) -> Result<Arc<User>, Failed> {
        let session = unguessable::<16>()?.expose().clone();
        let oauth = OAuth::web(&session, &self.redirect_uri)?.store(self.store.clone());
        let login = Login::new(&self.url, oauth)?.client_name("Hosted login");
        let login = Arc::new(login);
        let client = Client::builder(&self.url)
            .login(Arc::clone(&login))
            .build()?;
        let user = Arc::new(User {
            session: session.clone(),
            login,
            client,
            pending: Mutex::default(),
        });
        let mut users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
        if users.len() >= MAX_USERS {
            return Err(Failed::TooManyUsers);
        }
        users.insert(session, Arc::clone(&user));
        Ok(user)
    }
}

impl User {
    /// Sends the browser to the login page.
    async fn send_away(&self) -> Result<Response, Failed> {
        let page = self.login.begin().await?;
        {
            let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
            if pending.len() >= MAX_PENDING {
                pending.clear();
            }
            pending.insert(page.id, page.pending);
        }
        // `Lax`, because the browser comes back from another site. Add `Secure` with https.
        let session = &self.session;
        let cookie = format!("session={session}; HttpOnly; SameSite=Lax; Path=/");
        let headers = [
            (SET_COOKIE, cookie),
            (LOCATION, page.url),
            (CACHE_CONTROL, "no-store".to_owned()),
        ];
        Ok((StatusCode::SEE_OTHER, headers).into_response())
    }

    fn take(&self, id: &str) -> Option<Secret> {
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        pending.remove(id)
    }
}

#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error(transparent)]
    Login(#[from] LoginError),
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    #[error("this browser has begun no such login; open / to begin one")]
    NobodyWaits,
    #[error("too many people are here; try again later")]
    TooManyUsers,
    #[error(transparent)]
    Url(#[from] UrlRefused),
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        let status = match self {
            Self::NobodyWaits => StatusCode::BAD_REQUEST,
            Self::TooManyUsers => StatusCode::SERVICE_UNAVAILABLE,
            Self::NoRandomness(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Client(_) | Self::Login(_) | Self::Url(_) => StatusCode::BAD_GATEWAY,
        };
        (status, self.to_string()).into_response()
    }
}
