//! A resource of a Scalekit environment, and the URLs that follow from it.

use crate::provider::ProviderError;
use crate::provider::vendor_setting::VendorSetting;

const ENVIRONMENT_URL: VendorSetting = VendorSetting::new(
    "environment_url (SCALEKIT_ENVIRONMENT_URL)",
    "Copy the environment URL from the Scalekit dashboard, Developers > Settings > API \
     credentials; it looks like https://acme.scalekit.dev.",
);
const RESOURCE_ID: VendorSetting = VendorSetting::new(
    "resource_id (SCALEKIT_RESOURCE_ID)",
    "Copy the resource ID from the Scalekit dashboard, MCP servers > your server; it looks like \
     res_1234567890.",
);

/// Where Scalekit is, and which of its resources this server is. Both parts are checked, so the
/// strings that are made of them are what Scalekit writes into tokens and metadata.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Environment {
    /// Without a slash at the end.
    url: String,
    resource_id: String,
}

impl Environment {
    pub(super) fn new(url: Option<&str>, resource_id: Option<&str>) -> Result<Self, ProviderError> {
        let url = ENVIRONMENT_URL.required(url)?;
        let resource_id = RESOURCE_ID.identifier(RESOURCE_ID.required(resource_id)?)?;
        if !resource_id.starts_with("res_") {
            tracing::warn!(
                "SCALEKIT_RESOURCE_ID does not begin with `res_`, as Scalekit's resource IDs do; \
                 if every token is refused, compare it with the one in the Scalekit dashboard, MCP \
                 servers"
            );
        }
        Ok(Self {
            url: ENVIRONMENT_URL.origin(url)?,
            resource_id: resource_id.to_owned(),
        })
    }

    /// The environment's URL, which is also the issuer of tokens from before the change to
    /// resource-scoped issuers.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// The resource's own issuer: what the metadata sends clients to.
    pub(super) fn resource_issuer(&self) -> String {
        format!("{}/resources/{}", self.url, self.resource_id)
    }

    /// The environment's key set; resources have none of their own.
    pub(super) fn keys_url(&self) -> String {
        format!("{}/keys", self.url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(url: &str, resource_id: &str) -> Result<Environment, ProviderError> {
        Environment::new(Some(url), Some(resource_id))
    }

    fn problem(url: &str, resource_id: &str) -> String {
        of(url, resource_id).unwrap_err().to_string()
    }

    #[test]
    fn the_urls_are_the_ones_that_scalekit_uses() {
        for url in [
            "https://my-env.scalekit.com",
            "https://my-env.scalekit.com/",
            " https://my-env.scalekit.com//\n",
        ] {
            let environment = of(url, " sk_resource_456 ").unwrap();
            assert_eq!(environment.url(), "https://my-env.scalekit.com");
            assert_eq!(environment.keys_url(), "https://my-env.scalekit.com/keys");
            assert_eq!(
                environment.resource_issuer(),
                "https://my-env.scalekit.com/resources/sk_resource_456"
            );
        }
    }

    #[test]
    fn regions_custom_domains_and_local_environments_are_accepted() {
        for url in [
            "https://leafpad.eu.scalekit.com",
            "https://auth.example.com",
            "http://localhost:8080",
            "http://127.0.0.1:8080",
            "http://[::1]:8080",
        ] {
            assert!(of(url, "res_1").is_ok(), "{url}");
        }
    }

    #[test]
    fn a_bad_environment_url_is_named_with_its_cure() {
        insta::assert_snapshot!(problem(" ", "res_1"), @"environment_url (SCALEKIT_ENVIRONMENT_URL) cannot be used: it is blank. Copy the environment URL from the Scalekit dashboard, Developers > Settings > API credentials; it looks like https://acme.scalekit.dev.");
        insta::assert_snapshot!(problem("acme.scalekit.dev", "res_1"), @"environment_url (SCALEKIT_ENVIRONMENT_URL) cannot be used: it is not an absolute URL that begins with `https://`. Copy the environment URL from the Scalekit dashboard, Developers > Settings > API credentials; it looks like https://acme.scalekit.dev.");
        insta::assert_snapshot!(problem("https://ACME.scalekit.dev:443", "res_1"), @"environment_url (SCALEKIT_ENVIRONMENT_URL) cannot be used: tokens spell it in another way; write it as `https://acme.scalekit.dev`. Copy the environment URL from the Scalekit dashboard, Developers > Settings > API credentials; it looks like https://acme.scalekit.dev.");
        for (url, part) in [
            ("http://acme.scalekit.dev", "must begin with `https://`"),
            ("http://127.0.0.1.example.com", "must begin with `https://`"),
            ("ftp://acme.scalekit.dev", "not an absolute URL"),
            ("https:acme", "not an absolute URL"),
            (
                "https://user:hunter2@acme.scalekit.dev",
                "user name or password",
            ),
            ("https://acme.scalekit.dev?x=1", "query or a fragment"),
            ("https://acme.scalekit.dev#x", "query or a fragment"),
            ("https://acme.scalekit.dev/resources/res_1", "it has a path"),
        ] {
            let problem = problem(url, "res_1");
            assert!(problem.contains(part), "{url}: {problem}");
            assert!(!problem.contains("hunter2"));
        }
    }

    #[test]
    fn a_bad_resource_id_is_named_with_its_cure() {
        let url = "https://acme.scalekit.dev";
        insta::assert_snapshot!(problem(url, ""), @"resource_id (SCALEKIT_RESOURCE_ID) cannot be used: it is blank. Copy the resource ID from the Scalekit dashboard, MCP servers > your server; it looks like res_1234567890.");
        insta::assert_snapshot!(problem(url, "res 1"), @"resource_id (SCALEKIT_RESOURCE_ID) cannot be used: it holds characters other than letters, digits, `_` and `-`. Copy the resource ID from the Scalekit dashboard, MCP servers > your server; it looks like res_1234567890.");
        for id in [
            "res_1/../res_2",
            "https://acme.scalekit.dev/resources/res_1",
            "rés_1",
            "res_1%20",
        ] {
            assert!(problem(url, id).contains("characters other than"), "{id}");
        }
    }
}
