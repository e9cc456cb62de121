//! The documents and the login page of a resource that is its own authorization server. A test has
//! its own token endpoint, `/token`.

use serde_json::json;
use url::Url;

use crate::scripted::{Answer, Asked};

const RESOURCE_METADATA: &str = "/.well-known/oauth-protected-resource";

/// What it answers about the resource at the path `resource`; `None` when it is asked for something
/// else.
pub(crate) fn answer(asked: &Asked, resource: &str) -> Option<Answer> {
    let origin = origin(asked);
    let at = |path: &str| format!("{origin}{path}");
    let target = Url::parse(&at(asked.target())).unwrap();
    let document = |document| Some(Answer::json("200 OK", &document));
    match (asked.verb(), target.path()) {
        ("get", path) if path.strip_prefix(RESOURCE_METADATA) == Some(resource) => {
            let servers = [&origin];
            document(json!({ "resource": at(resource), "authorization_servers": servers }))
        }
        ("get", "/.well-known/oauth-authorization-server") => document(json!({
            "issuer": origin,
            "authorization_endpoint": at("/authorize"),
            "token_endpoint": at("/token"),
            "registration_endpoint": at("/register"),
            "code_challenge_methods_supported": ["S256"],
            "dpop_signing_alg_values_supported": ["ES256"],
        })),
        ("post", "/register") => {
            let registered = json!({ "client_id": "c" });
            Some(Answer::json("201 Created", &registered))
        }
        ("get", "/authorize") => {
            let mut back = Url::parse(&parameter(&target, "redirect_uri")?).unwrap();
            let mut answer = back.query_pairs_mut();
            answer.append_pair("code", "x");
            answer.append_pair("state", &parameter(&target, "state")?);
            drop(answer);
            Some(Answer::empty("302 Found").header("Location", back.as_str()))
        }
        _ => None,
    }
}

/// The challenge of the resource at the path `resource`.
pub(crate) fn challenge(asked: &Asked, scheme: &str, resource: &str, error: &str) -> String {
    let place = format!("{}{RESOURCE_METADATA}{resource}", origin(asked));
    format!("{scheme} {error}, resource_metadata=\"{place}\"")
}

pub(crate) fn origin(asked: &Asked) -> String {
    format!("http://{}", asked.header("host").unwrap())
}

/// What a request to the login page says.
pub(crate) fn authorization_parameter(asked: &Asked, wanted: &str) -> Option<String> {
    let target = Url::parse(&format!("{}{}", origin(asked), asked.target())).unwrap();
    parameter(&target, wanted)
}

fn parameter(target: &Url, wanted: &str) -> Option<String> {
    let mut pairs = target.query_pairs();
    let (_, value) = pairs.find(|(name, _)| name == wanted)?;
    Some(value.into_owned())
}
