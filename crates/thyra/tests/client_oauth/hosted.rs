//! The users of a web application log in: the example `hosted_login`, and the client with a login
//! of one's own.

#[expect(
    dead_code,
    reason = "its `main` reads arguments, which a test does not have"
)]
#[path = "../../examples/hosted_login.rs"]
mod example;

use std::sync::Arc;

use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Response, StatusCode, Url};
use thyra::client::login::{Login, MemoryStore};
use thyra::client::{Client, ClientError, FollowRedirects, LoginError, OAuth};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::world::World;

/// The application in a world, until this is dropped.
struct Application {
    origin: String,
    _server: JoinSet<()>,
}

impl Application {
    async fn new(world: &World) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let application = example::application(world.url.clone(), &origin);
        let mut server = JoinSet::new();
        server.spawn(async move { axum::serve(listener, application).await.unwrap() });
        Self {
            origin,
            _server: server,
        }
    }

    fn home(&self) -> Url {
        Url::parse(&self.origin).unwrap()
    }
}

/// A browser, whose cookies are the application's.
struct Browser {
    http: reqwest::Client,
    cookie: Option<String>,
}

impl Browser {
    fn new() -> Self {
        let http = reqwest::Client::builder().redirect(Policy::none());
        Self {
            http: http.build().unwrap(),
            cookie: None,
        }
    }

    async fn open(&mut self, url: Url) -> Response {
        let mut request = self.http.get(url);
        if let Some(cookie) = &self.cookie {
            request = request.header(COOKIE, cookie);
        }
        let response = request.send().await.unwrap();
        if let Some(set) = response.headers().get(SET_COOKIE) {
            let (cookie, _) = set.to_str().unwrap().split_once(';').unwrap();
            self.cookie = Some(cookie.to_owned());
        }
        response
    }

    /// Goes on until it is at `end` of the application, but does not open that.
    async fn go(&mut self, start: Url, end: &str) -> Url {
        let mut url = start;
        for _ in 0..10 {
            let response = self.open(url.clone()).await;
            assert!(response.status().is_redirection(), "{url}");
            let to = response.headers()[LOCATION].to_str().unwrap();
            url = url.join(to).unwrap();
            if url.path() == end {
                return url;
            }
        }
        unreachable!("there is no way to {end}");
    }

    async fn read(&mut self, url: Url) -> (StatusCode, String) {
        let response = self.open(url).await;
        (response.status(), response.text().await.unwrap())
    }
}

#[tokio::test]
async fn each_browser_logs_in_on_its_own() {
    let world = World::new().await;
    let application = Application::new(&world).await;
    let (mut ada, mut eve) = (Browser::new(), Browser::new());
    let back = ada.go(application.home(), "/callback").await;
    let hers = eve.go(application.home(), "/callback").await;

    // Neither gets anywhere with the other's answer, and nothing is lost by it.
    for (browser, foreign) in [(&mut ada, &hers), (&mut eve, &back)] {
        let (status, _) = browser.read(foreign.clone()).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
    }
    let (status, _) = Browser::new().read(back.clone()).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(world.requests("/oauth/token"), 0);

    for (browser, back) in [(&mut ada, &back), (&mut eve, &hers)] {
        let home = browser.go(back.clone(), "/").await;
        let (status, tools) = browser.read(home).await;
        assert_eq!(status, StatusCode::OK);
        assert!(tools.starts_with("whoami\n"), "{tools}");
        // It is good once.
        let (status, _) = browser.read(back.clone()).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
    }
    assert_eq!(world.requests("clients:register"), 1);
    assert_eq!(world.requests("/oauth/token"), 2);
}

#[tokio::test]
async fn a_call_that_needs_the_user_says_so() {
    let world = World::new().await;
    let oauth = OAuth::web("ada", "https://app.example.com/callback").unwrap();
    let login = Arc::new(Login::new(&world.url, oauth).unwrap());
    let client = Client::builder(&world.url).login(Arc::clone(&login));
    let client = client.build().unwrap();
    let error = client.list_tools().await.unwrap_err();
    let is_required = matches!(error, ClientError::Login(LoginError::LoginRequired));
    assert!(is_required, "{error}");
    // It asks for what the server has just named, and not for all that it knows.
    let page = Url::parse(&login.begin().await.unwrap().url).unwrap();
    let mut asked = page.query_pairs().filter(|(name, _)| name == "scope");
    assert_eq!(asked.next().unwrap().1, "notes:read");
}

#[tokio::test]
async fn a_login_of_ones_own_is_one_at_the_same_server() {
    let elsewhere = OAuth::new(FollowRedirects::new()).store(MemoryStore::new());
    let login = Login::new("https://other.example.com/mcp", elsewhere).unwrap();
    let builder = Client::builder("https://mcp.example.com/mcp").login(Arc::new(login));
    let error = builder.build().unwrap_err();
    assert!(error.to_string().contains("at another URL"), "{error}");
    let url = "https://mcp.example.com/mcp";
    let here = Login::new(url, OAuth::new(FollowRedirects::new())).unwrap();
    let builder = Client::builder(url).login(Arc::new(here)).hosted();
    let error = builder.build().unwrap_err();
    assert!(error.to_string().contains("OAuth::hosted"), "{error}");
}
