//! The ways to a token: a person, here or elsewhere, the client itself, or somebody's word.

use std::sync::Arc;

use url::Url;

use crate::assertion::AssertionSource;
use crate::browser::Browser;
use crate::client::Client;
use crate::device::DevicePrompt;

/// How a program gets a token.
#[derive(Clone, Debug)]
pub(crate) enum Way {
    /// A person logs in on another device.
    Device {
        prompt: Arc<dyn DevicePrompt>,
        client: Option<Client>,
    },
    /// A person logs in, for this client or for one that is registered on the way.
    Person {
        browser: Arc<dyn Browser>,
        client: Option<Client>,
    },
    /// A user of a web application logs in, and comes back to it.
    Web {
        redirect_uri: Url,
        client: Option<Client>,
    },
    /// The program asks for itself.
    Machine { client: Client, word: Word },
}

/// What a program without a person shows.
#[derive(Clone, Debug)]
pub(crate) enum Word {
    /// An assertion, for RFC 7523 section 2.1.
    Assertion(Arc<dyn AssertionSource>),
    /// The same, of the identity provider of a company.
    Enterprise(Arc<dyn AssertionSource>),
    /// That it is this client.
    Client,
    /// A token of the type, for RFC 8693.
    Token(Arc<dyn AssertionSource>, String),
}
