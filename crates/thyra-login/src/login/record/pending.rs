//! What a web application keeps while the browser is away.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use thyra_oauth::{CodeVerifier, ScopeSet, Secret};
use url::Url;

use super::{OriginRecord, VERSION, read, write};
use crate::authorize::AuthorizationError;
use crate::client::Client;
use crate::tokens::Origin;

/// The most that is kept of one login, in bytes.
const MAX_PENDING: usize = 16 * 1024;

/// A login that was begun, and not finished yet.
#[derive(Debug)]
pub(in crate::login) struct Pending {
    /// What its tokens will come from.
    pub(in crate::login) origin: Arc<Origin>,
    /// The login page, for those who watch.
    pub(in crate::login) page: String,
    /// Whether the authorization server always names itself (RFC 9207).
    pub(in crate::login) names_itself: bool,
    pub(in crate::login) redirect_uri: String,
    /// What was asked for.
    pub(in crate::login) scopes: Option<ScopeSet>,
    /// The scopes that the resource demanded in its last answer, if it demanded any.
    pub(in crate::login) demanded: Option<ScopeSet>,
    pub(in crate::login) state: Secret,
    pub(in crate::login) verifier: CodeVerifier,
    /// When it ends, since 1970.
    pub(in crate::login) end: Duration,
}

#[derive(Serialize, Deserialize)]
struct PendingRecord {
    version: u8,
    /// The resource as the login knows it, and whose login it is.
    server: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    #[serde(flatten)]
    origin: OriginRecord,
    page: String,
    names_itself: bool,
    redirect_uri: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    demanded: Option<String>,
    state: String,
    verifier: String,
    /// In milliseconds since 1970.
    end: u64,
}

impl Pending {
    /// The text to keep, which holds secrets.
    pub(in crate::login) fn write(
        &self,
        server: &Url,
        account: Option<&str>,
    ) -> Result<Secret, AuthorizationError> {
        let must_be_bound = matches!(&self.origin.binding, Some(binding) if binding.is_required);
        let record = || {
            let record = PendingRecord {
                version: VERSION,
                server: server.as_str().to_owned(),
                account: account.map(str::to_owned),
                origin: OriginRecord::of(&self.origin, must_be_bound)?,
                page: self.page.clone(),
                names_itself: self.names_itself,
                redirect_uri: self.redirect_uri.clone(),
                scope: self.scopes.as_ref().map(ToString::to_string),
                demanded: self.demanded.as_ref().map(ToString::to_string),
                state: self.state.expose().clone(),
                verifier: self.verifier.expose().to_owned(),
                end: u64::try_from(self.end.as_millis()).ok()?,
            };
            write(&record, MAX_PENDING)
        };
        record().ok_or(AuthorizationError::PendingTooLarge(MAX_PENDING))
    }

    /// Reads the text that a login of `account` at `server` wrote.
    pub(in crate::login) fn read(
        text: &Secret,
        server: &Url,
        account: Option<&str>,
        given: Option<&Client>,
    ) -> Result<Self, AuthorizationError> {
        let unreadable = || AuthorizationError::PendingUnreadable;
        if text.expose().len() > MAX_PENDING {
            return Err(unreadable());
        }
        let record: PendingRecord = read(text).ok_or_else(unreadable)?;
        if record.version != VERSION {
            return Err(unreadable());
        }
        if record.server != server.as_str() || record.account.as_deref() != account {
            return Err(AuthorizationError::OtherUser);
        }
        let origin = record.origin.origin(server, given).ok_or_else(unreadable)?;
        Ok(Self {
            origin: Arc::new(origin),
            page: record.page,
            names_itself: record.names_itself,
            redirect_uri: record.redirect_uri,
            scopes: record.scope.as_deref().map(ScopeSet::parse),
            demanded: record.demanded.as_deref().map(ScopeSet::parse),
            state: Secret::new(record.state),
            verifier: Secret::new(record.verifier).into(),
            end: Duration::from_millis(record.end),
        })
    }
}
