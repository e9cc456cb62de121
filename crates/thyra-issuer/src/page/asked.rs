//! What a person is asked about.

use super::goal::Goal;
use super::{shown, text};

/// How much of a name is shown, in characters.
const NAME: usize = 60;

/// How much is shown of what identifies something, in characters.
const IDENTIFIER: usize = 2048;

/// What a person is asked about: who wants what, and where the answer goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asking<'a> {
    /// What people call the server.
    pub(crate) server: &'a str,
    /// The resource that the tokens are for.
    pub(crate) resource: &'a str,
    /// The client that asks.
    pub(crate) client_id: &'a str,
    /// What the client is called, if it is.
    pub(crate) client_name: Option<&'a str>,
    /// Who says so.
    pub(crate) vouching: Vouching<'a>,
    /// Where the answer goes. It was checked.
    pub(crate) redirect_uri: &'a str,
    /// What is asked for.
    pub(crate) scopes: &'a [AskedScope<'a>],
    /// The path that takes the form. It is sent `transaction`, `csrf` and `action`, which is
    /// `approve` or `deny`.
    pub(crate) action: &'a str,
    /// The identifier of the transaction.
    pub(crate) transaction: &'a str,
    /// What shows that the form was ours.
    pub(crate) csrf: &'a str,
}

/// Who says what a client is called.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Vouching<'a> {
    /// Whoever set up this server, and the client in it.
    Operator,
    /// The host of the client's metadata document.
    Host(&'a str),
    /// Nobody but the client itself.
    Nobody,
}

/// A scope that is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AskedScope<'a> {
    /// The scope.
    pub(crate) name: &'a str,
    /// What it allows, in words of whoever set up this server.
    pub(crate) description: Option<&'a str>,
}

/// The same as the templates show it.
pub(super) struct Asked<'a> {
    pub(super) server: String,
    pub(super) resource: String,
    pub(super) client: String,
    /// Whether that is a name, and not the identifier.
    pub(super) is_named: bool,
    pub(super) client_id: String,
    pub(super) vouching: ShownVouching,
    pub(super) redirect_uri: String,
    pub(super) goal: Goal,
    pub(super) scopes: Vec<ShownScope>,
    pub(super) action: &'a str,
    pub(super) transaction: &'a str,
    pub(super) csrf: &'a str,
}

pub(super) struct ShownScope {
    pub(super) name: String,
    pub(super) description: Option<String>,
}

pub(super) enum ShownVouching {
    Operator,
    Host(String),
    Nobody,
}

impl From<Vouching<'_>> for ShownVouching {
    fn from(vouching: Vouching<'_>) -> Self {
        match vouching {
            Vouching::Operator => Self::Operator,
            Vouching::Host(host) => Self::Host(text(host)),
            Vouching::Nobody => Self::Nobody,
        }
    }
}

impl<'a> From<&Asking<'a>> for Asked<'a> {
    fn from(asking: &Asking<'a>) -> Self {
        let scope = |scope: &AskedScope<'a>| ShownScope {
            name: shown(scope.name, IDENTIFIER).unwrap_or_default(),
            description: scope.description.map(text),
        };
        let name = asking.client_name.and_then(|name| shown(name, NAME));
        let server = shown(asking.server, NAME);
        Self {
            server: server.unwrap_or_else(|| asking.resource.to_owned()),
            resource: text(asking.resource),
            is_named: name.is_some(),
            client: name.unwrap_or_else(|| shown(asking.client_id, NAME).unwrap_or_default()),
            client_id: shown(asking.client_id, IDENTIFIER).unwrap_or_default(),
            vouching: asking.vouching.into(),
            redirect_uri: shown(asking.redirect_uri, IDENTIFIER).unwrap_or_default(),
            goal: Goal::of(asking.redirect_uri),
            scopes: asking.scopes.iter().map(scope).collect(),
            action: asking.action,
            transaction: asking.transaction,
            csrf: asking.csrf,
        }
    }
}
