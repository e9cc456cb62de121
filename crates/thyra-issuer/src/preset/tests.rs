//! Every preset, at the emulator of its vendor.

/// The settings of a preset, from variables.
macro_rules! from {
    ($Builder:ident) => {
        |vars| {
            let builder = <$Builder>::from_vars(vars)?.base_url(BASE_URL);
            builder.upstream_settings()
        }
    };
}

mod entra;
mod settings;

use std::time::Duration;

use idp_emulator::{Client, Emulator, Faults, TokenFault, Vendor};
use serde_json::Value;
use thyra_oauth::{CodeVerifier, FetchLimits, Fetcher, ScopeSet, Secret, Trust};
use url::Url;

use super::*;
use crate::record::SignedIn;
use crate::upstream::{
    ClientProof, Redeem, Renewal, Upstream, UpstreamError, UpstreamRequest, UpstreamSettings,
};

const BASE_URL: &str = "https://mcp.example.com";
const CALLBACK: &str = "https://mcp.example.com/auth/callback";
const RESOURCE: &str = "https://mcp.example.com/mcp";

type Vars = Vec<(&'static str, String)>;

/// A preset, and what its vendor is emulated with.
struct Row {
    vendor: Vendor,
    /// What this server asks the vendor with.
    settings: fn(Vars) -> Result<UpstreamSettings, ProviderError>,
    scopes: &'static str,
    /// A claim that must be known.
    claim: &'static str,
    /// Whether logins can go on.
    renews: bool,
}

fn rows() -> Vec<Row> {
    vec![
        Row {
            vendor: Vendor::Auth0,
            settings: from!(Auth0ProxyBuilder),
            scopes: "openid email",
            claim: "email",
            renews: true,
        },
        Row {
            vendor: Vendor::Clerk,
            settings: |vars| {
                let builder = ClerkProxyBuilder::from_vars(vars)?.base_url(BASE_URL);
                builder
                    .additional_authorize_scopes(["offline_access"])
                    .upstream_settings()
            },
            scopes: "openid email profile",
            claim: "email",
            renews: true,
        },
        Row {
            vendor: Vendor::Cognito,
            settings: from!(CognitoProxyBuilder),
            scopes: "openid email",
            claim: "email",
            renews: true,
        },
        Row {
            vendor: Vendor::Discord,
            settings: from!(DiscordProxyBuilder),
            scopes: "identify",
            claim: "user",
            renews: true,
        },
        Row {
            vendor: Vendor::Entra,
            settings: from!(EntraProxyBuilder),
            scopes: "openid",
            claim: "name",
            renews: true,
        },
        Row {
            vendor: Vendor::GitHub,
            settings: from!(GitHubProxyBuilder),
            scopes: "user",
            claim: "login",
            // Tokens do not end.
            renews: false,
        },
        Row {
            vendor: Vendor::Google,
            settings: from!(GoogleProxyBuilder),
            scopes: "openid email profile",
            claim: "email",
            renews: true,
        },
        Row {
            vendor: Vendor::HuggingFace,
            settings: from!(HuggingFaceProxyBuilder),
            scopes: "openid profile",
            claim: "name",
            renews: true,
        },
        Row {
            vendor: Vendor::Oci,
            settings: |vars| {
                let url = vars.iter().find(|(name, _)| *name == "OCI_DOMAIN_URL");
                let issuer = format!("{}/identity.oraclecloud.com/", url.unwrap().1);
                let builder = OciProxyBuilder::from_vars(vars)?.base_url(BASE_URL);
                builder
                    .domain_issuer(issuer)
                    .additional_authorize_scopes(["offline_access"])
                    .upstream_settings()
            },
            scopes: "openid email",
            claim: "email",
            renews: true,
        },
        Row {
            vendor: Vendor::WorkOs,
            settings: from!(WorkOsProxyBuilder),
            scopes: "profile email",
            claim: "email",
            renews: true,
        },
    ]
}

impl Row {
    async fn emulator(&self) -> Emulator {
        let other = Client::new("other")
            .secret("development-secret")
            .redirect_uris([CALLBACK]);
        Emulator::of(self.vendor)
            .application(CALLBACK)
            .client(other)
            .auto_consent(true)
            .start()
            .await
            .unwrap()
    }

    fn settings(&self, emulator: &Emulator) -> UpstreamSettings {
        let mut vars = emulator.variables();
        let application = vars.iter().find(|(name, _)| *name == "UPSTREAM_CLIENT_ID");
        let application = application.map(|(_, id)| id.clone());
        for (name, value) in &mut vars {
            // Some emulated vendors have other clients as well.
            if let (true, Some(id)) = (name.ends_with("_CLIENT_ID"), &application) {
                value.clone_from(id);
            }
        }
        (self.settings)(vars).unwrap()
    }

    fn scopes(&self) -> ScopeSet {
        ScopeSet::parse(self.scopes)
    }

    /// A person goes to the vendor, agrees at once, and comes back.
    async fn login(&self, upstream: &Upstream) -> Result<SignedIn, UpstreamError> {
        let verifier = CodeVerifier::random().unwrap();
        let code_verifier = &Secret::new(verifier.expose().to_owned());
        let nonce = &Secret::new("nonce".to_owned());
        let scopes = &self.scopes();
        let request = UpstreamRequest {
            state: "state",
            code_verifier,
            nonce,
            scopes,
            resource: RESOURCE,
        };
        let page = upstream.authorization_url(&request).await?;
        let limits = FetchLimits {
            max_bytes: 100_000,
            timeout: Duration::from_secs(10),
        };
        let answer = Fetcher::new()
            .get(&page, limits, Trust::Configured)
            .await
            .unwrap();
        let location = answer.headers.get(http::header::LOCATION);
        let location = location.unwrap_or_else(|| panic!("{:?} {answer:?}", self.vendor));
        let location = Url::parse(location.to_str().unwrap()).unwrap();
        let one = |name: &str| {
            let mut pairs = location.query_pairs();
            pairs
                .find(|(held, _)| held == name)
                .map(|(_, value)| value.into_owned())
        };
        upstream.check_issuer(one("iss").as_deref()).await?;
        let code = one("code").unwrap_or_else(|| panic!("{:?} {location}", self.vendor));
        let callback = Redeem {
            code: &Secret::new(code),
            code_verifier,
            nonce,
            scopes,
            resource: RESOURCE,
        };
        upstream.redeem(callback).await
    }

    async fn renew(
        &self,
        upstream: &Upstream,
        login: &SignedIn,
    ) -> Result<SignedIn, UpstreamError> {
        let renewal = Renewal {
            tokens: login.tokens.as_ref().unwrap(),
            subject: &login.subject,
            claims: &login.claims,
            scopes: &self.scopes(),
            resource: RESOURCE,
        };
        upstream.renew(renewal).await
    }

    fn check(&self, login: &SignedIn) {
        let vendor = self.vendor;
        let claim = login.claims.get(self.claim);
        assert!(
            claim.is_some_and(|claim| *claim != Value::Null),
            "{vendor} {login:?}"
        );
        if let Some(granted) = &login.scopes {
            assert!(self.scopes().is_subset(granted), "{vendor} {granted:?}");
        }
    }
}

#[tokio::test]
async fn a_login_comes_of_the_vendors_own_variables_and_goes_on() {
    for row in rows() {
        let emulator = row.emulator().await;
        let upstream = Upstream::new(row.settings(&emulator)).unwrap();
        let login = row.login(&upstream).await;
        let login = login.unwrap_or_else(|error| panic!("{} {error:?}", row.vendor));
        row.check(&login);
        assert!(!login.subject.is_empty());
        let tokens = login.tokens.as_ref().unwrap();
        assert_eq!(tokens.refresh_token.is_some(), row.renews, "{}", row.vendor);
        if !row.renews {
            continue;
        }
        let renewed = row.renew(&upstream, &login).await;
        let renewed = renewed.unwrap_or_else(|error| panic!("{} {error:?}", row.vendor));
        row.check(&renewed);
        assert_eq!(renewed.subject, login.subject);
        let new = renewed.tokens.as_ref().unwrap();
        assert!(new.access_token != tokens.access_token, "{}", row.vendor);
    }
}

#[tokio::test]
async fn a_login_without_a_refresh_token_ends_when_its_token_does() {
    let mut seen = 0;
    for row in rows().into_iter().filter(|row| !row.renews) {
        let emulator = row.emulator().await;
        let upstream = Upstream::new(row.settings(&emulator)).unwrap();
        let login = row.login(&upstream).await.unwrap();
        let again = row.renew(&upstream, &login).await.unwrap();
        assert_eq!(again.subject, login.subject, "{}", row.vendor);
        // What the vendor no longer knows.
        let mut taken_away = login.clone();
        let tokens = taken_away.tokens.as_mut().unwrap();
        tokens.access_token = Secret::new("gho_taken_away".to_owned());
        let error = row.renew(&upstream, &taken_away).await.unwrap_err();
        assert!(error.ends_login(), "{} {error:?}", row.vendor);
        seen += 1;
    }
    assert!(seen > 0, "there is such a vendor");
}

#[tokio::test]
async fn an_outage_of_the_vendor_ends_no_login() {
    for row in rows() {
        let emulator = row.emulator().await;
        let upstream = Upstream::new(row.settings(&emulator)).unwrap();
        let login = row.login(&upstream).await.unwrap();
        for token in [TokenFault::Status500, TokenFault::Page] {
            emulator.faults(Faults {
                token,
                ..Faults::default()
            });
            let error = row.login(&upstream).await.unwrap_err();
            assert!(!error.ends_login(), "{} {error:?}", row.vendor);
            if row.renews {
                let error = row.renew(&upstream, &login).await.unwrap_err();
                assert!(!error.ends_login(), "{} {error:?}", row.vendor);
            }
        }
        emulator.faults(Faults::default());
        if row.renews {
            row.renew(&upstream, &login).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_token_of_another_application_lets_nobody_in() {
    for row in rows() {
        let emulator = row.emulator().await;
        let settings = UpstreamSettings {
            client_id: "other".to_owned(),
            proof: ClientProof::Basic(Secret::new("development-secret".to_owned())),
            ..row.settings(&emulator)
        };
        let upstream = Upstream::new(settings).unwrap();
        let error = row.login(&upstream).await.unwrap_err();
        let is_identity = matches!(error, UpstreamError::Identity { .. });
        assert!(is_identity, "{} {error:?}", row.vendor);
    }
}

#[tokio::test]
async fn a_wrong_secret_is_for_the_operator() {
    for row in rows() {
        let emulator = row.emulator().await;
        let settings = UpstreamSettings {
            proof: ClientProof::Basic(Secret::new("wrong".to_owned())),
            ..row.settings(&emulator)
        };
        let upstream = Upstream::new(settings).unwrap();
        let error = row.login(&upstream).await.unwrap_err();
        let is_client = matches!(error, UpstreamError::Client { .. });
        assert!(is_client, "{} {error:?}", row.vendor);
    }
}
