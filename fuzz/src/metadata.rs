//! What discovery fetches: the challenge's URL of the metadata, and then one document a line.

use thyra_client::Hop;
use thyra_login::LoginHop;
use thyra_login::discovery::{Step, begin};
use thyra_oauth::{Challenge, is_of_urls, is_scope_token};

use crate::shown::assert_printable;

/// More documents than discovery may ask for: three places of the resource and four of its
/// authorization server.
const MOST: usize = 7;

pub(crate) fn run(data: &[u8]) {
    discovered(data);
}

/// Whether the authorization server is found.
fn discovered(data: &[u8]) -> bool {
    let mut lines = data.split(|byte| *byte == b'\n');
    let named = String::from_utf8_lossy(lines.next().unwrap_or_default());
    let challenge = Challenge::new().resource_metadata(&named);
    let challenge = (!named.is_empty()).then_some(challenge);
    let mut asked = 0;
    let mut step = begin("https://mcp.example.com/mcp", challenge.as_ref());
    loop {
        let pending = match step {
            Err(error) => {
                assert_printable(&error);
                return false;
            }
            Ok(Step::Fetch(pending)) => pending,
            Ok(Step::Done(found)) => {
                let (resource, server) = (&found.resource, &found.authorization_server);
                for url in [&resource.resource, &resource.issuer] {
                    assert!(is_of_urls(url), "{url:?}");
                }
                let scopes = resource.scopes_supported.clone().unwrap_or_default();
                assert!(scopes.len() <= 1000 && scopes.iter().all(is_scope_token));
                for hop in [
                    LoginHop::AuthorizationServerMetadata {
                        url: &named,
                        metadata: server,
                    },
                    LoginHop::ResourceMetadata {
                        url: &named,
                        metadata: resource,
                    },
                ] {
                    assert_printable(&Hop::Login(&hop));
                }
                return true;
            }
        };
        asked += 1;
        assert!(asked <= MOST, "discovery does not end");
        assert!(pending.url().starts_with("https://"), "{}", pending.url());
        step = match lines.next() {
            Some(document) => pending.answer(200, document),
            None => pending.answer(404, b""),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::discovered;

    #[test]
    fn the_corpus_reaches_the_end() {
        assert!(discovered(include_bytes!("../corpus/metadata/found")));
        assert!(discovered(include_bytes!("../corpus/metadata/well_known")));
        assert!(!discovered(include_bytes!("../corpus/metadata/escapes")));
    }
}
