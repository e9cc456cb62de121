//! A whole login through each proxy that knows its vendor, from the client to the call.

use axum::Router;
use axum::routing::get;
use idp_emulator::{AuthorizationFault, Emulator, Faults, TokenFault, Vendor};
use reqwest::StatusCode;
use thyra_auth::{AuthProvider, Principal, ProviderError};
use thyra_issuer::{
    Auth0ProxyBuilder, ClerkProxyBuilder, CognitoProxyBuilder, DiscordProxyBuilder,
    EntraProxyBuilder, GitHubProxyBuilder, GoogleProxyBuilder, HuggingFaceProxyBuilder,
    OciProxyBuilder, WorkOsProxyBuilder,
};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::support::{Browser, CALLBACK, Client};

type Vars = Vec<(&'static str, String)>;
type Make = fn(Vars, &str) -> Result<Box<dyn AuthProvider>, ProviderError>;

/// A proxy that is set up by the vendor's own variables.
macro_rules! proxy {
    ($Builder:ident) => {
        |vars, url| {
            Ok(Box::new(
                <$Builder>::from_vars(vars)?.base_url(url).build()?,
            ))
        }
    };
}

/// The vendors, and how their proxies are made.
const VENDORS: [(Vendor, Make); 10] = [
    (Vendor::Auth0, proxy!(Auth0ProxyBuilder)),
    (Vendor::Clerk, proxy!(ClerkProxyBuilder)),
    (Vendor::Cognito, proxy!(CognitoProxyBuilder)),
    (Vendor::Discord, proxy!(DiscordProxyBuilder)),
    (Vendor::Entra, proxy!(EntraProxyBuilder)),
    (Vendor::GitHub, proxy!(GitHubProxyBuilder)),
    (Vendor::Google, proxy!(GoogleProxyBuilder)),
    (Vendor::HuggingFace, proxy!(HuggingFaceProxyBuilder)),
    (Vendor::Oci, |vars, url| {
        let domain = vars.iter().find(|(name, _)| *name == "OCI_DOMAIN_URL");
        let issuer = format!("{}/identity.oraclecloud.com/", domain.unwrap().1);
        let builder = OciProxyBuilder::from_vars(vars)?.base_url(url);
        Ok(Box::new(builder.domain_issuer(issuer).build()?))
    }),
    (Vendor::WorkOs, proxy!(WorkOsProxyBuilder)),
];

struct Rig {
    vendor: Vendor,
    emulator: Emulator,
    url: String,
    _server: JoinSet<()>,
}

impl Rig {
    async fn start(vendor: Vendor, make: Make) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let emulator = Emulator::of(vendor)
            .application(format!("{url}/auth/callback"))
            .auto_consent(true)
            .start()
            .await
            .unwrap();
        let mut vars = emulator.variables();
        for name in ["CLIENT_ID", "CLIENT_SECRET"] {
            let of_application = format!("UPSTREAM_{name}");
            let given = vars.iter().find(|(held, _)| *held == of_application);
            let value = given.unwrap().1.clone();
            for (_, held) in vars.iter_mut().filter(|(held, _)| held.ends_with(name)) {
                held.clone_from(&value);
            }
        }
        let protection = make(vars, &url).unwrap().protection("/mcp").unwrap();
        let app: Router = Router::new()
            .route("/mcp", get(whoami).layer(protection.layer()))
            .merge(protection.public_routes().router());
        let mut server = JoinSet::new();
        server.spawn(async move {
            axum::serve(listener, app).await.unwrap();
        });
        Self {
            vendor,
            emulator,
            url,
            _server: server,
        }
    }

    fn faults(&self, change: impl FnOnce(&mut Faults)) {
        let mut faults = Faults::default();
        change(&mut faults);
        self.emulator.faults(faults);
    }
}

async fn whoami(principal: Principal) -> String {
    serde_json::json!([principal.subject(), principal.name(), principal.email()]).to_string()
}

#[tokio::test]
async fn a_client_logs_in_calls_and_refreshes() {
    for (vendor, make) in VENDORS {
        let rig = Rig::start(vendor, make).await;
        let client = Client::register(&rig.url, CALLBACK).await;
        let answer = client.log_in(&mut Browser::new()).await;
        let code = answer.parameter("code");
        let code = code.unwrap_or_else(|| panic!("{} {answer:?}", rig.vendor));
        let (status, tokens) = client.redeem(&code).await;
        assert_eq!(status, StatusCode::OK, "{vendor} {tokens}");
        let token = tokens["access_token"].as_str().unwrap();
        let (status, caller) = client.call(token).await;
        assert_eq!(status, StatusCode::OK, "{vendor} {caller}");
        assert!(!caller[0].as_str().unwrap().is_empty());
        if matches!(vendor, Vendor::Discord | Vendor::GitHub) {
            assert!(caller[1].is_string(), "{vendor} {caller}");
        }
        let Some(refresh_token) = tokens["refresh_token"].as_str() else {
            // Without offline_access, the vendor gives nothing that lasts longer.
            assert!(
                matches!(vendor, Vendor::Clerk | Vendor::Oci),
                "{vendor} {tokens}"
            );
            continue;
        };
        let (status, tokens) = client.refresh(refresh_token).await;
        assert_eq!(status, StatusCode::OK, "{vendor} {tokens}");
        let token = tokens["access_token"].as_str().unwrap();
        assert_eq!(
            client.call(token).await,
            (StatusCode::OK, caller),
            "{vendor}"
        );
    }
}

#[tokio::test]
async fn a_person_may_say_no_at_the_vendor() {
    for (vendor, make) in VENDORS {
        let rig = Rig::start(vendor, make).await;
        let client = Client::register(&rig.url, CALLBACK).await;
        rig.faults(|faults| faults.authorization = AuthorizationFault::Denied);
        let answer = client.log_in(&mut Browser::new()).await;
        assert_eq!(
            answer.parameter("error").as_deref(),
            Some("access_denied"),
            "{vendor}"
        );
        assert_eq!(answer.parameter("code"), None);
        assert_eq!(
            answer.parameter("state").as_deref(),
            Some("the state of the client")
        );
        assert_eq!(answer.parameter("iss").as_deref(), Some(&*rig.url));
    }
}

#[tokio::test]
async fn an_outage_of_the_vendor_is_told_to_the_client() {
    for (vendor, make) in VENDORS {
        let rig = Rig::start(vendor, make).await;
        let client = Client::register(&rig.url, CALLBACK).await;
        rig.faults(|faults| faults.token = TokenFault::Status500);
        let answer = client.log_in(&mut Browser::new()).await;
        let error = answer.parameter("error");
        assert!(
            matches!(
                error.as_deref(),
                Some("server_error" | "temporarily_unavailable")
            ),
            "{vendor} {answer:?}"
        );
        assert_eq!(answer.parameter("code"), None, "{vendor}");
        rig.faults(|_| {});
        let answer = client.log_in(&mut Browser::new()).await;
        assert!(answer.parameter("code").is_some(), "{vendor} {answer:?}");
    }
}
