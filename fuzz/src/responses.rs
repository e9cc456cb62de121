//! What a token endpoint, a device authorization endpoint and a registration endpoint answer. The
//! first byte chooses the status.

use thyra_oauth::{
    ClientCredentials, DeviceResponse, TokenResponse, check_page, is_of_credentials, is_scope_token,
};

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
    match DeviceResponse::read(status, body) {
        Ok(response) => {
            assert!(is_of_credentials(response.device_code.expose()));
            assert_printable(&response.user_code);
            assert!(response.user_code.is_ascii() && response.user_code.len() <= 64);
            let complete = response.verification_uri_complete.iter();
            for page in complete.chain([&response.verification_uri]) {
                assert_printable(page);
                assert_eq!(check_page(page), Ok(()));
            }
        }
        Err(error) => assert_printable(&error),
    }
    match ClientCredentials::read_registration(status, body) {
        Ok(credentials) => assert!(is_of_credentials(&credentials.client_id)),
        Err(error) => assert_printable(&error),
    }
}
