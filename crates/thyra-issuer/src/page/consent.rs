//! The page that asks whether a client may do what it wants to.

use askama::Template;
use bytes::Bytes;
use http::{Response, StatusCode};

use super::asked::{Asked, Asking, ShownVouching};
use super::{PagePolicy, STYLE, page, text};

/// The page that asks whether a client may do what it wants to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ConsentPage<'a> {
    /// What the person is asked about.
    pub(crate) asking: Asking<'a>,
    /// Who is asked next who the person is: `GitHub`.
    pub(crate) next: Option<&'a str>,
    /// Whether the person may choose not to be asked again. The form then sends `remember=yes`.
    pub(crate) remember: bool,
    /// The content security policy.
    pub(crate) policy: &'a PagePolicy,
}

#[derive(Template)]
#[template(path = "consent.html")]
struct ConsentTemplate<'a> {
    style: &'static str,
    asked: Asked<'a>,
    next: Option<String>,
    remember: bool,
}

/// The consent page. Its form sends `action=approve` or `action=deny`.
pub(crate) fn consent(content: &ConsentPage<'_>) -> Response<Bytes> {
    let template = ConsentTemplate {
        style: STYLE,
        asked: Asked::from(&content.asking),
        next: content.next.map(text),
        remember: content.remember,
    };
    page(StatusCode::OK, &template, content.policy)
}
