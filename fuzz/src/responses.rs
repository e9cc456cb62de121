//! What a token endpoint and a registration endpoint answer. The first byte chooses the status.

use thyra_oauth::{ClientCredentials, TokenResponse, is_of_credentials, is_scope_token};

use crate::shown::assert_printable;

pub(crate) fn run(data: &[u8]) {
    let Some((status, body)) = data.split_first() else {
        return;
    };
    let status = [200, 201, 400, 401, 429, 500][usize::from(*status) % 6];
    match TokenResponse::read(status, body) {
        Ok(response) => {
            let refresh = response.refresh_token.iter();
            for token in refresh.chain([&response.access_token]) {
                assert!(is_of_credentials(token.expose()) && !token.expose().is_empty());
            }
            let scopes = response.scope.unwrap_or_default();
            assert!(scopes.len() <= 1000 && scopes.iter().all(is_scope_token));
        }
        Err(error) => assert_printable(&error),
    }
    match ClientCredentials::read_registration(status, body) {
        Ok(credentials) => assert!(is_of_credentials(&credentials.client_id)),
        Err(error) => assert_printable(&error),
    }
}
