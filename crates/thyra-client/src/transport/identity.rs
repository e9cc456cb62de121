//! Whose answers a transport brings.

use thyra_oauth::Secret;

/// Who a client is to its server: two are the same if the server's answers to the one are meant for
/// the other, too. The default is a caller who is always the same.
#[derive(Clone, Debug, Default)]
pub struct Identity(Option<Secret>);

impl Identity {
    /// Whoever has this token.
    pub fn of_token(token: &Secret) -> Self {
        Self(Some(token.clone()))
    }

    /// Whether it is the one without a token.
    pub(crate) fn has_no_token(&self) -> bool {
        self.0.is_none()
    }
}

impl PartialEq for Identity {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_ref().map(Secret::expose) == other.0.as_ref().map(Secret::expose)
    }
}

impl Eq for Identity {}
