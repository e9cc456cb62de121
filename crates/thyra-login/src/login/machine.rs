//! Tokens that need no person.

use std::sync::Arc;

use thyra_oauth::{Grant, ScopeSet, TokenExchange};

use super::endpoints::Endpoints;
use crate::assertion::{AssertionRequest, AssertionSource};
use crate::error::LoginError;
use crate::tokens::{Origin, Tokens};
use crate::way::Word;

/// Gets tokens for `word`, in place of those `before`. A refusal is final: the same word is not
/// given twice, and no other.
pub(super) async fn tokens(
    endpoints: &Endpoints,
    word: &Word,
    origin: &Arc<Origin>,
    scopes: Option<&ScopeSet>,
    before: Option<&Tokens>,
) -> Result<Tokens, LoginError> {
    let said = match word {
        Word::Client => None,
        Word::Assertion(source) | Word::Enterprise(source) | Word::Token(source, _) => {
            Some(said(source, origin, scopes).await?)
        }
    };
    let grant = match (word, &said) {
        (Word::Assertion(_) | Word::Enterprise(_), Some(assertion)) => Grant::JwtBearer {
            assertion,
            scope: scopes,
        },
        (Word::Token(_, kind), Some(subject_token)) => Grant::TokenExchange(TokenExchange {
            subject_token,
            subject_token_type: kind,
            requested_token_type: None,
            audience: None,
            scope: scopes,
        }),
        (_, _) => Grant::ClientCredentials { scope: scopes },
    };
    endpoints.tokens(origin, grant, scopes, before).await
}

async fn said(
    source: &Arc<dyn AssertionSource>,
    origin: &Origin,
    scopes: Option<&ScopeSet>,
) -> Result<thyra_oauth::Secret, LoginError> {
    let wanted = AssertionRequest {
        audience: &origin.issuer,
        resource: &origin.resource,
        scopes,
    };
    Ok(source.assertion(wanted).await?)
}
