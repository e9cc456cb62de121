//! How clients may register themselves.

use std::time::Duration;

/// How clients may register themselves (RFC 7591). By default everybody may, five times a second
/// and fifty times at once, all clients together; a registration lives for half an hour until
/// somebody has logged in with it, and then for 90 days from its last use.
///
/// So at most about 9,000 registrations exist that nobody has logged in with, for each replica.
///
/// ```
/// use std::time::Duration;
/// use thyra_issuer::RegistrationPolicy;
///
/// let policy = RegistrationPolicy::open().rate(20, 200).lifetime(Duration::from_hours(24 * 365));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistrationPolicy {
    pub(super) is_open: bool,
    pub(super) per_second: u32,
    pub(super) burst: u32,
    pub(super) unconfirmed_lifetime: Duration,
    pub(super) lifetime: Duration,
}

impl RegistrationPolicy {
    /// Everybody may register.
    pub fn open() -> Self {
        Self {
            is_open: true,
            per_second: 5,
            burst: 50,
            unconfirmed_lifetime: Duration::from_mins(30),
            lifetime: Duration::from_hours(24 * 90),
        }
    }

    /// Nobody may. Clients are set up ([`IssuerClient`](crate::IssuerClient)), or have a metadata
    /// document. Those that registered while it was open are not known any more.
    pub fn closed() -> Self {
        Self {
            is_open: false,
            ..Self::open()
        }
    }

    /// How many may register in a second in the long run, and how many at once. Zero counts as one.
    #[must_use]
    pub fn rate(mut self, per_second: u32, burst: u32) -> Self {
        self.per_second = per_second;
        self.burst = burst;
        self
    }

    /// How long a registration lives that nobody has logged in with: as long as a person may take
    /// to log in, and a day at most.
    #[must_use]
    pub fn unconfirmed_lifetime(mut self, lifetime: Duration) -> Self {
        self.unconfirmed_lifetime = bounded(lifetime, Duration::from_hours(24));
        self
    }

    /// How long a registration lives after its last use: 5 years at most.
    #[must_use]
    pub fn lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = bounded(lifetime, Duration::from_hours(24 * 365 * 5));
        self
    }
}

impl Default for RegistrationPolicy {
    fn default() -> Self {
        Self::open()
    }
}

fn bounded(lifetime: Duration, most: Duration) -> Duration {
    lifetime.clamp(Duration::from_secs(1), most)
}
