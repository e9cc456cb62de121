//! How people show who they are.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::Response;
use thiserror::Error;

use crate::form::Form;
use crate::page::{Asking, PagePolicy};
use crate::record::{Grant, SignedIn};
use crate::upstream::Upstream;

/// How people show who they are.
#[derive(Clone, Debug)]
pub(crate) enum SignIn {
    /// To this server itself.
    Local(Arc<dyn Directory>),
    /// To an identity provider.
    Upstream(Arc<Upstream>),
}

/// The people who sign in to this server itself.
pub(crate) trait Directory: fmt::Debug + Send + Sync {
    /// The page on which a person signs in and decides. `typed` is what the form had before, and
    /// `error` why that was not accepted.
    fn page(
        &self,
        asking: Asking<'_>,
        typed: Option<&Form>,
        error: Option<&str>,
        policy: &PagePolicy,
    ) -> Response<Bytes>;

    /// Judges what the form of the page says.
    fn sign_in(&self, form: &Form) -> Result<SignedIn, NotSignedIn>;

    /// The person of a grant as it is known now; `None` if there is no such person any more.
    fn known(&self, grant: &Grant) -> Option<SignedIn>;
}

/// The person was not recognised. The text is shown.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{0}")]
pub(crate) struct NotSignedIn(pub(crate) String);
