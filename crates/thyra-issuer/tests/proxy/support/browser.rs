//! A browser: it keeps cookies, and follows redirects only when it is told to.

use std::collections::BTreeMap;

use reqwest::header::{ACCEPT, COOKIE, HeaderMap, LOCATION, ORIGIN, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{RequestBuilder, StatusCode};
use url::Url;

/// A browser of one person.
#[derive(Clone, Debug)]
pub(crate) struct Browser {
    http: reqwest::Client,
    /// By name: all servers of the tests are on one host, and cookies know no ports.
    pub(crate) cookies: BTreeMap<String, String>,
    /// Further headers of each request.
    pub(crate) headers: Vec<(&'static str, String)>,
}

/// What a browser got.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    pub(crate) url: Url,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Browser {
    pub(crate) fn new() -> Self {
        let http = reqwest::Client::builder()
            .redirect(Policy::none())
            .no_proxy();
        Self {
            http: http.build().unwrap(),
            cookies: BTreeMap::new(),
            headers: Vec::new(),
        }
    }

    /// The same browser, as if it had sent this header always.
    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    pub(crate) async fn get(&mut self, url: &str) -> Page {
        let request = self.http.get(url);
        self.send(url, request).await
    }

    pub(crate) async fn head(&mut self, url: &str) -> Page {
        let request = self.http.head(url);
        self.send(url, request).await
    }

    /// Sends a form, as a page of the same origin does.
    pub(crate) async fn post(&mut self, url: &str, form: &[(&str, &str)]) -> Page {
        let origin = Url::parse(url).unwrap().origin().ascii_serialization();
        self.post_from(url, Some(&origin), form).await
    }

    /// Sends a form, as a page of this origin does.
    pub(crate) async fn post_from(
        &mut self,
        url: &str,
        origin: Option<&str>,
        form: &[(&str, &str)],
    ) -> Page {
        let mut request = self.http.post(url).form(form);
        if let Some(origin) = origin {
            request = request.header(ORIGIN, origin);
        }
        self.send(url, request).await
    }

    /// Follows redirects as long as they lead to places that begin with one of these.
    pub(crate) async fn follow(&mut self, mut page: Page, within: &[&str]) -> Page {
        for _ in 0..10 {
            let Some(location) = page.location() else {
                return page;
            };
            if !within.iter().any(|base| location.starts_with(base)) {
                return page;
            }
            page = self.get(&location).await;
        }
        panic!("redirected in circles: {page:?}")
    }

    /// Follows redirects until they lead to the client.
    pub(crate) async fn follow_but(&mut self, mut page: Page, redirect_uri: &str) -> Page {
        for _ in 0..10 {
            match page.location() {
                Some(location) if !location.starts_with(redirect_uri) => {
                    page = self.get(&location).await;
                }
                _ => return page,
            }
        }
        panic!("redirected in circles: {page:?}")
    }

    async fn send(&mut self, url: &str, request: RequestBuilder) -> Page {
        let mut request = request.header(ACCEPT, "text/html");
        if !self.cookies.is_empty() {
            let pairs = self
                .cookies
                .iter()
                .map(|(name, value)| format!("{name}={value}"));
            request = request.header(COOKIE, pairs.collect::<Vec<_>>().join("; "));
        }
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        for cookie in headers.get_all(SET_COOKIE) {
            self.keep(cookie.to_str().unwrap());
        }
        Page {
            url: Url::parse(url).unwrap(),
            status,
            headers,
            body: response.text().await.unwrap(),
        }
    }

    fn keep(&mut self, cookie: &str) {
        let (pair, attributes) = cookie.split_once(';').unwrap();
        let (name, value) = pair.split_once('=').unwrap();
        if attributes.contains("Max-Age=0") {
            self.cookies.remove(name);
        } else {
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }
}

impl Page {
    /// Where the page sends the browser.
    pub(crate) fn location(&self) -> Option<String> {
        let location = self.headers.get(LOCATION)?.to_str().unwrap();
        Some(match Url::parse(location) {
            // Byte for byte.
            Ok(_) => location.to_owned(),
            Err(_) => self.url.join(location).unwrap().to_string(),
        })
    }

    /// The value of a hidden field of the form on the page.
    pub(crate) fn field(&self, name: &str) -> String {
        let marker = format!("name=\"{name}\" value=\"");
        let (_, rest) = self.body.split_once(&marker).unwrap_or_else(|| {
            panic!("no field {name} in {}: {}", self.status, self.body);
        });
        rest.split('"').next().unwrap().to_owned()
    }

    /// The value of a parameter of where the page sends the browser.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        let mut values = self.parameters(name);
        assert!(values.len() < 2, "{name} comes {} times", values.len());
        values.pop()
    }

    pub(crate) fn parameters(&self, name: &str) -> Vec<String> {
        let location = self.location().unwrap_or_else(|| {
            panic!("no redirect but {}: {}", self.status, self.body);
        });
        let location = Url::parse(&location).unwrap();
        let pairs = location.query_pairs().filter(|(one, _)| one == name);
        pairs.map(|(_, value)| value.into_owned()).collect()
    }

    /// Whether this is an answer to the client, with this error.
    pub(crate) fn assert_error(&self, redirect_uri: &str, error: &str) {
        let location = self.location().unwrap_or_default();
        assert!(location.starts_with(redirect_uri), "{self:?}");
        assert_eq!(
            self.parameter("error").as_deref(),
            Some(error),
            "{location}"
        );
        assert!(self.parameter("error_description").is_some(), "{location}");
        assert!(self.parameters("code").is_empty(), "{location}");
        assert_eq!(self.parameters("iss").len(), 1, "{location}");
    }

    /// Whether this is a page of ours that goes nowhere.
    pub(crate) fn assert_page(&self, status: u16) {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        assert_eq!(self.location(), None);
        assert_eq!(self.headers["content-type"], "text/html; charset=utf-8");
        assert!(self.headers.contains_key("content-security-policy"));
        assert_eq!(self.headers["x-frame-options"], "DENY");
        assert_eq!(self.headers["cache-control"], "no-store");
    }
}
