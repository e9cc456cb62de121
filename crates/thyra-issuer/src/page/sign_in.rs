//! The page on which people sign in where there is no identity provider.

use askama::Template;
use bytes::Bytes;
use http::{Response, StatusCode};

use super::asked::{Asked, Asking, ShownVouching};
use super::{PagePolicy, STYLE, page, text};

/// The page on which a person signs in and decides whether a client may do what it wants to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SignInPage<'a> {
    /// What the person is asked about.
    pub(crate) asking: Asking<'a>,
    /// How people say who they are.
    pub(crate) people: People<'a>,
    /// Why the last try did not succeed.
    pub(crate) error: Option<&'a str>,
    /// The content security policy.
    pub(crate) policy: &'a PagePolicy,
}

/// How people say who they are. The form sends `username`.
#[derive(Clone, Copy, Debug)]
pub(crate) enum People<'a> {
    /// They choose.
    Listed(&'a [Person<'a>]),
    /// They type a user name and a password; the form sends `password` as well. The user name is
    /// what was typed before, or empty.
    Typed(&'a str),
}

/// One of those to choose from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Person<'a> {
    /// What the form sends.
    pub(crate) username: &'a str,
    /// What the person is called.
    pub(crate) name: &'a str,
    /// What tells the person from others, such as an e-mail address.
    pub(crate) about: Option<&'a str>,
    /// Whether this is the choice at first.
    pub(crate) chosen: bool,
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInTemplate<'a> {
    style: &'static str,
    asked: Asked<'a>,
    people: ShownPeople<'a>,
    error: Option<String>,
}

enum ShownPeople<'a> {
    Listed(Vec<ShownPerson<'a>>),
    Typed(&'a str),
}

struct ShownPerson<'a> {
    username: &'a str,
    name: String,
    about: Option<String>,
    chosen: bool,
}

impl<'a> From<People<'a>> for ShownPeople<'a> {
    fn from(people: People<'a>) -> Self {
        let person = |person: &Person<'a>| ShownPerson {
            username: person.username,
            name: text(person.name),
            about: person.about.map(text),
            chosen: person.chosen,
        };
        match people {
            People::Listed(people) => Self::Listed(people.iter().map(person).collect()),
            People::Typed(username) => Self::Typed(username),
        }
    }
}

/// The sign-in page. Its form sends `action=approve` or `action=deny`. A failed try is 403.
pub(crate) fn sign_in(content: &SignInPage<'_>) -> Response<Bytes> {
    let template = SignInTemplate {
        style: STYLE,
        asked: Asked::from(&content.asking),
        people: content.people.into(),
        error: content.error.map(text),
    };
    let status = match content.error {
        Some(_) => StatusCode::FORBIDDEN,
        None => StatusCode::OK,
    };
    page(status, &template, content.policy)
}
