//! The page that says what went wrong.

use askama::Template;
use bytes::Bytes;
use http::{Response, StatusCode};

use super::{PagePolicy, STYLE, page, shown, text};

/// What went wrong, for a person. None of it is shown to be markup, and none of it may be the text
/// of an error of another program.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Problem<'a> {
    /// A short heading.
    pub(crate) title: &'a str,
    /// What happened, in a sentence.
    pub(crate) text: &'a str,
    /// What the person can do now.
    pub(crate) next: Option<&'a str>,
    /// What finds the entry in the log.
    pub(crate) reference: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemTemplate {
    style: &'static str,
    kind: String,
    title: String,
    text: String,
    next: Option<String>,
    reference: Option<String>,
}

/// The page that says what went wrong.
pub(crate) fn problem(status: StatusCode, problem: &Problem<'_>) -> Response<Bytes> {
    let template = ProblemTemplate {
        style: STYLE,
        kind: format!("Error {}", status.as_u16()),
        title: text(problem.title),
        text: text(problem.text),
        next: problem.next.map(text),
        reference: problem.reference.map(text),
    };
    page(status, &template, &PagePolicy::Ours)
}

/// The page for an authorization request of a client that is not known: 400. It is the usual end
/// of a registration that ran out, so it says how to get another.
pub(crate) fn unknown_client(server: &str, client_id: &str) -> Response<Bytes> {
    let server = shown(server, 60).unwrap_or_default();
    let client = shown(client_id, 200).unwrap_or_default();
    let sentence = format!(
        "{server} does not know the application that sent you here. It calls itself “{client}”. \
         Its registration may have ended."
    );
    let next = "Go back to the application, log out of this server there or remove it, and connect \
                again. The application then registers anew.";
    let unknown = Problem {
        title: "This application is not known",
        text: &sentence,
        next: Some(next),
        reference: None,
    };
    problem(StatusCode::BAD_REQUEST, &unknown)
}
