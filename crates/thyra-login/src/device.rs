//! A person who logs in on another device, such as a telephone, for a program that has no browser:
//! the device authorization grant (RFC 8628).

use std::fmt;
use std::time::Duration;

use futures_util::future::BoxFuture;
use thyra_oauth::{Printable, TokenError};

use crate::browser::{BrowserError, PrintUrl};

/// How much longer a server that is asked too often wants to be left alone each time (RFC 8628
/// section 3.5).
const SLOW_DOWN: Duration = Duration::from_secs(5);
/// A server that wants to be asked without a pause is not.
const SHORTEST_INTERVAL: Duration = Duration::from_secs(1);
/// A server that is in trouble is asked again all the same, while the codes live.
const LONGEST_INTERVAL: Duration = Duration::from_mins(1);

/// Shows a person the code to type, and where.
pub trait DevicePrompt: Send + Sync + fmt::Debug {
    /// Shows it. It need not wait for the person: the program finds out from the authorization
    /// server.
    fn show<'a>(&'a self, code: &'a DeviceCode<'a>) -> BoxFuture<'a, Result<(), BrowserError>>;
}

/// What a person needs to log in on another device. All of it is visible ASCII, and the URLs are
/// `https`, or `http` on this machine.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct DeviceCode<'a> {
    /// What the person types.
    pub user_code: &'a str,
    /// The page where it is typed.
    pub verification_uri: &'a str,
    /// The same page with the code in it, for a link or a QR code. The person should compare the
    /// code all the same.
    pub verification_uri_complete: Option<&'a str>,
    /// How long the person has.
    pub time: Duration,
}

impl DevicePrompt for PrintUrl {
    fn show<'a>(&'a self, code: &'a DeviceCode<'a>) -> BoxFuture<'a, Result<(), BrowserError>> {
        Box::pin(async move {
            eprintln!("{code}");
            Ok(())
        })
    }
}

/// The sentence that [`PrintUrl`] prints.
impl fmt::Display for DeviceCode<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "To log in, open this page on any device, and type the code {}:\n\n  {}\n",
            Printable(self.user_code),
            Printable(self.verification_uri)
        )?;
        if let Some(url) = self.verification_uri_complete {
            write!(
                f,
                "\nOr open this one, and compare the code:\n\n  {}\n",
                Printable(url)
            )?;
        }
        Ok(())
    }
}

/// How often the token endpoint is asked whether the person is done (RFC 8628 section 3.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rhythm {
    interval: Duration,
}

impl Rhythm {
    /// A rhythm as the server wants it.
    pub(crate) fn new(interval: Duration) -> Self {
        Self {
            interval: interval.max(SHORTEST_INTERVAL),
        }
    }

    /// How long to wait before the next question.
    pub(crate) fn wait(self) -> Duration {
        self.interval
    }

    /// The rhythm after an answer that gives no token; `None` when there will be none.
    pub(crate) fn after(self, error: &TokenError) -> Option<Self> {
        let interval = match error {
            TokenError::Refused { error, .. } if error == "authorization_pending" => self.interval,
            TokenError::Refused { error, .. } if error == "slow_down" => {
                self.interval.saturating_add(SLOW_DOWN)
            }
            error if error.is_transient() => return Some(self.after_trouble()),
            _ => return None,
        };
        Some(Self { interval })
    }

    /// The rhythm after no answer at all: ever slower.
    pub(crate) fn after_trouble(self) -> Self {
        let slower = self.interval.saturating_mul(2).min(LONGEST_INTERVAL);
        Self {
            interval: slower.max(self.interval),
        }
    }
}

#[cfg(test)]
mod tests;
