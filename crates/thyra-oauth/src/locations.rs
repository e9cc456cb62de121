//! Where metadata documents are published.

use url::Url;

/// The name of protected resource metadata below `/.well-known/` (RFC 9728 section 3).
pub const PROTECTED_RESOURCE: &str = "oauth-protected-resource";
/// The name of authorization server metadata below `/.well-known/` (RFC 8414 section 3).
pub const AUTHORIZATION_SERVER: &str = "oauth-authorization-server";
/// The name of `OpenID` provider metadata below `/.well-known/` (`OpenID` Connect Discovery section
/// 4).
const OPENID_PROVIDER: &str = "openid-configuration";

/// In which order the places of authorization server metadata are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LocationOrder {
    /// The places that the specifications name, then the one that only some servers use.
    SpecifiedFirst,
    /// The two places of OAuth, then the two of `OpenID` Connect: for those who want the OAuth
    /// document when a server has both.
    OAuthFirst,
}

/// Where the metadata of an authorization server may be, the best place first.
///
/// RFC 8414 section 3.1 inserts its name before the issuer's path; some servers append it instead.
/// `OpenID` Connect Discovery section 4 appends its own, and some servers insert it.
pub fn locations(issuer: &Url, order: LocationOrder) -> Vec<Url> {
    let path = issuer.path().trim_end_matches('/');
    let inserted = |name| format!("/.well-known/{name}{path}");
    let appended = |name| format!("{path}/.well-known/{name}");
    let candidates = match order {
        LocationOrder::SpecifiedFirst => [
            inserted(AUTHORIZATION_SERVER),
            inserted(OPENID_PROVIDER),
            appended(OPENID_PROVIDER),
            appended(AUTHORIZATION_SERVER),
        ],
        LocationOrder::OAuthFirst => [
            inserted(AUTHORIZATION_SERVER),
            appended(AUTHORIZATION_SERVER),
            inserted(OPENID_PROVIDER),
            appended(OPENID_PROVIDER),
        ],
    };
    let mut locations = Vec::new();
    for candidate in candidates {
        let location = at(issuer, &candidate);
        if !locations.contains(&location) {
            locations.push(location);
        }
    }
    locations
}

/// Where the metadata of a protected resource may be: with its path and query (RFC 9728 section
/// 3.1), then at the root of its origin.
pub fn protected_resource_locations(resource: &Url) -> Vec<Url> {
    let root = at(resource, &format!("/.well-known/{PROTECTED_RESOURCE}"));
    if resource.path() == "/" && resource.query().is_none() {
        return vec![root];
    }
    let path = resource.path();
    let path = path.strip_suffix('/').unwrap_or(path);
    let mut inserted = at(
        resource,
        &format!("/.well-known/{PROTECTED_RESOURCE}{path}"),
    );
    inserted.set_query(resource.query());
    vec![inserted, root]
}

fn at(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_path(path);
    url.set_query(None);
    url.set_fragment(None);
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(issuer: &str, order: LocationOrder) -> Vec<String> {
        let locations = locations(&Url::parse(issuer).unwrap(), order);
        locations.into_iter().map(String::from).collect()
    }

    #[test]
    fn an_issuer_with_a_path_has_four_locations() {
        let inserted = "https://e/.well-known/oauth-authorization-server/resources/res_1";
        let appended = "https://e/resources/res_1/.well-known/oauth-authorization-server";
        let openid_inserted = "https://e/.well-known/openid-configuration/resources/res_1";
        let openid_appended = "https://e/resources/res_1/.well-known/openid-configuration";
        assert_eq!(
            of("https://e/resources/res_1", LocationOrder::OAuthFirst),
            [inserted, appended, openid_inserted, openid_appended]
        );
        assert_eq!(
            of("https://e/resources/res_1", LocationOrder::SpecifiedFirst),
            [inserted, openid_inserted, openid_appended, appended]
        );
    }

    #[test]
    fn an_issuer_without_a_path_has_two_locations() {
        let expected = [
            "https://e/.well-known/oauth-authorization-server",
            "https://e/.well-known/openid-configuration",
        ];
        for order in [LocationOrder::OAuthFirst, LocationOrder::SpecifiedFirst] {
            assert_eq!(of("https://e", order), expected);
            assert_eq!(of("https://e/", order), expected);
        }
    }

    #[test]
    fn a_resource_has_a_place_of_its_own_and_one_at_the_root() {
        let of = |resource: &str| -> Vec<String> {
            let resource = Url::parse(resource).unwrap();
            let locations = protected_resource_locations(&resource);
            locations.into_iter().map(String::from).collect()
        };
        let root = "https://h/.well-known/oauth-protected-resource";
        assert_eq!(of("https://h/"), [root]);
        assert_eq!(of("https://h/mcp"), [&format!("{root}/mcp"), root]);
        assert_eq!(
            of("https://h/mcp/?tenant=1"),
            [&format!("{root}/mcp?tenant=1"), root]
        );
    }
}
