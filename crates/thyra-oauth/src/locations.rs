//! Where the metadata of an issuer may be.

use url::Url;

/// The places to look at, in this order: RFC 8414 section 3.1 inserts its name before the issuer's path; some servers append it
/// instead; and `OpenID` Connect Discovery section 4 appends its own, which some insert.
pub fn locations(issuer: &Url) -> Vec<Url> {
    let path = issuer.path().trim_end_matches('/');
    let mut locations = Vec::new();
    for candidate in [
        format!("/.well-known/oauth-authorization-server{path}"),
        format!("{path}/.well-known/oauth-authorization-server"),
        format!("/.well-known/openid-configuration{path}"),
        format!("{path}/.well-known/openid-configuration"),
    ] {
        let mut url = issuer.clone();
        url.set_path(&candidate);
        url.set_query(None);
        url.set_fragment(None);
        if !locations.contains(&url) {
            locations.push(url);
        }
    }
    locations
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(issuer: &str) -> Vec<String> {
        let locations = locations(&Url::parse(issuer).unwrap());
        locations.into_iter().map(String::from).collect()
    }

    #[test]
    fn an_issuer_with_a_path_has_four_locations() {
        assert_eq!(
            of("https://e/resources/res_1"),
            [
                "https://e/.well-known/oauth-authorization-server/resources/res_1",
                "https://e/resources/res_1/.well-known/oauth-authorization-server",
                "https://e/.well-known/openid-configuration/resources/res_1",
                "https://e/resources/res_1/.well-known/openid-configuration",
            ]
        );
    }

    #[test]
    fn an_issuer_without_a_path_has_two_locations() {
        let expected = [
            "https://e/.well-known/oauth-authorization-server",
            "https://e/.well-known/openid-configuration",
        ];
        assert_eq!(of("https://e"), expected);
        assert_eq!(of("https://e/"), expected);
    }
}
