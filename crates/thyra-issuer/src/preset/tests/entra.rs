//! Entra, beyond what it has in common with the others.

use idp_emulator::Resource;

use super::settings::CLIENT;
use super::*;
use crate::upstream::{Exchange, ExchangeRequest};

const GRAPH: &str = "https://graph.microsoft.com/";

async fn emulator() -> Emulator {
    let api = Resource::new(CLIENT).scopes(["Notes.Read"]);
    Emulator::of(Vendor::Entra)
        .resource(api)
        .application(CALLBACK)
        .auto_consent(true)
        .start()
        .await
        .unwrap()
}

fn row(scopes: &'static str) -> Row {
    Row {
        vendor: Vendor::Entra,
        settings: from!(EntraProxyBuilder),
        scopes,
        claim: "sub",
        renews: true,
    }
}

#[tokio::test]
async fn a_token_of_the_app_becomes_one_of_another_api() {
    let emulator = emulator().await;
    let row = row("Notes.Read email");
    let settings = row.settings(&emulator);
    assert_eq!(settings.exchange, Exchange::OnBehalfOf);
    let upstream = Upstream::new(settings).unwrap();
    let login = row.login(&upstream).await.unwrap();
    row.check(&login);
    // The prefix is Entra's; clients do not see it.
    assert!(login.scopes.as_ref().unwrap().contains("Notes.Read"));
    let scope = format!("{GRAPH}User.Read");
    let wanted = ExchangeRequest::new(None, [&scope]);
    let tokens = login.tokens.as_ref().unwrap();
    let exchanged = upstream.exchange(tokens, &wanted).await.unwrap();
    assert_eq!(exchanged.scope, Some(ScopeSet::from([&scope])));
    assert!(exchanged.access_token != tokens.access_token);
    let unknown = ExchangeRequest::new(None, ["User.Read"]);
    let error = upstream.exchange(tokens, &unknown).await.unwrap_err();
    assert!(matches!(error, UpstreamError::Client { .. }), "{error:?}");
}

#[tokio::test]
async fn a_login_is_renewed_for_the_app_alone() {
    let emulator = emulator().await;
    let row = row("Notes.Read");
    let builder = EntraProxyBuilder::from_vars(emulator.variables()).unwrap();
    let builder = builder
        .base_url(BASE_URL)
        .additional_authorize_scopes([format!("{GRAPH}Mail.Read")]);
    let upstream = Upstream::new(builder.upstream_settings().unwrap()).unwrap();
    let login = row.login(&upstream).await.unwrap();
    let renewed = row.renew(&upstream, &login).await.unwrap();
    assert!(renewed.scopes.unwrap().contains("Notes.Read"));
}
