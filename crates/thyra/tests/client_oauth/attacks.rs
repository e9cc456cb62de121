//! Browsers that lie, and URLs that would show tokens.

use std::time::Duration;

use futures_util::future::BoxFuture;
use reqwest::redirect::Policy;
use thyra::client::{
    AuthorizationError, Browser, BrowserError, Client, ClientError, FollowRedirects, LoginError,
    OAuth, Stage, login,
};
use url::Url;

use crate::world::{World, whoami_of};

#[test]
fn tokens_go_to_confidential_places_only() {
    let oauth = || OAuth::new(FollowRedirects::new());
    for url in [
        "http://mcp.example.com/mcp",
        "ftp://127.0.0.1/",
        "https://a:b@mcp.example.com/",
        "mcp",
        "https://a/#b",
    ] {
        assert!(
            Client::builder(url).oauth(oauth()).build().is_err(),
            "{url}"
        );
    }
    for url in [
        "https://mcp.example.com/mcp",
        "http://127.0.0.1:8000/mcp",
        "http://localhost/mcp",
    ] {
        assert!(Client::builder(url).oauth(oauth()).build().is_ok(), "{url}");
    }
    assert!(
        Client::builder("http://mcp.example.com/mcp")
            .build()
            .is_ok()
    );
}

/// Logs in, and changes one parameter of the answer on the way back.
#[derive(Debug)]
struct Meddler {
    parameter: &'static str,
    value: Option<&'static str>,
}

impl Meddler {
    async fn meddle(&self, url: &str) -> Result<(), BrowserError> {
        let http = reqwest::Client::builder()
            .redirect(Policy::none())
            .build()
            .unwrap();
        let response = http.get(url).send().await.unwrap();
        let location = Url::parse(response.headers()["location"].to_str().unwrap()).unwrap();
        let mut changed = location.clone();
        let rest = location
            .query_pairs()
            .filter(|(name, _)| name != self.parameter);
        let value = self
            .value
            .map(|value| (self.parameter.into(), value.into()));
        changed
            .query_pairs_mut()
            .clear()
            .extend_pairs(rest.chain(value));
        let response = http.get(changed).send().await.unwrap();
        if response.status().is_success() {
            Ok(())
        } else {
            Err(BrowserError::Other("turned away".to_owned()))
        }
    }
}

impl Browser for Meddler {
    fn open<'a>(&'a self, url: &'a str) -> BoxFuture<'a, Result<(), BrowserError>> {
        Box::pin(self.meddle(url))
    }
}

#[tokio::test]
async fn an_answer_that_was_meddled_with_gives_no_token() {
    for (parameter, value, wanted) in [
        (
            "iss",
            Some("https://evil.example"),
            "another authorization server",
        ),
        ("iss", None, "does not name its authorization server"),
        ("state", Some("wrong"), "turned away"),
        ("state", None, "turned away"),
        ("code", None, "turned away"),
    ] {
        let world = World::new().await;
        let error = whoami_of(&world.client_with(Meddler { parameter, value }))
            .await
            .unwrap_err();
        assert_eq!(
            error.stage(),
            Stage::Login(login::LoginStage::Authorization)
        );
        assert!(error.to_string().contains(wanted), "{parameter}: {error}");
        assert_eq!(world.requests("/oauth/token"), 0);
    }
    let world = World::new().await;
    let error = whoami_of(&world.client_with(Meddler {
        parameter: "code",
        value: Some("guessed"),
    }))
    .await
    .unwrap_err();
    assert_eq!(error.stage(), Stage::Login(login::LoginStage::Token));
}

#[derive(Debug)]
struct Nobody;

impl Browser for Nobody {
    fn open<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<(), BrowserError>> {
        Box::pin(async { Ok(()) })
    }
}

#[tokio::test]
async fn a_login_that_nobody_answers_ends() {
    let world = World::new().await;
    let oauth = OAuth::new(Nobody).login_time(Duration::ZERO);
    let client = Client::builder(&world.url).oauth(oauth).build().unwrap();
    let error = whoami_of(&client).await.unwrap_err();
    let timed_out = matches!(
        error,
        ClientError::Login(LoginError::Authorization(AuthorizationError::TimedOut {
            strays: false,
            ..
        }))
    );
    assert!(timed_out, "{error}");
}
