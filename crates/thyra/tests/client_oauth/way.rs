//! The way from no token to the answer, and every way in which it can end.

use idp_emulator::{Faults, MetadataFault, Mint};
use serde_json::json;
use thyra::auth::Secret;
use thyra::client::{Client, ClientError, LoginError, Stage, login};

use crate::world::{World, said, whoami_of};

const LOGIN: [&str; 6] = [
    "401",
    "protected-resource metadata",
    "authorization server metadata",
    "client registration",
    "authorization",
    "token",
];
const CALL: &str = "tools/call";

#[tokio::test]
async fn a_client_goes_from_nothing_to_a_tool_that_needs_more() {
    let world = World::new().await;
    let client = world.client();
    let discovered = client.discover().await.unwrap();
    assert_eq!(discovered.server_info().unwrap().name, "notes");
    assert_eq!(world.hops(), [&LOGIN[..], &["server/discover"]].concat());

    let names: Vec<_> = client
        .list_tools()
        .await
        .unwrap()
        .into_iter()
        .map(|tool| tool.name)
        .collect();
    assert_eq!(
        names,
        ["whoami", "write_note", "share", "sort", "burn", "count"]
    );
    assert_eq!(whoami_of(&client).await.unwrap(), "usr_1 notes:read");
    assert_eq!(world.hops(), ["tools/list", CALL]);

    let noted = client.call_tool("write_note", &json!({})).await.unwrap();
    assert_eq!(said(&noted), "noted");
    assert_eq!(world.hops(), ["403", "authorization", "token", CALL]);
    assert_eq!(
        whoami_of(&client).await.unwrap(),
        "usr_1 notes:read notes:write"
    );
    assert_eq!(world.requests("clients:register"), 1);
}

#[tokio::test]
async fn a_scope_that_is_not_given_is_asked_for_once() {
    let world = World::new().await;
    let client = world.client();
    whoami_of(&client).await.unwrap();
    let error = client.call_tool("burn", &json!({})).await.unwrap_err();
    match &error {
        ClientError::Forbidden {
            needed: Some(needed),
            ..
        } => assert!(needed.contains("notes:burn")),
        other => panic!("{other:?}"),
    }
    assert_eq!(error.stage(), Stage::Call);
    assert_eq!(world.requests("/oauth/authorize"), 2);
    // Nor for the next call.
    let again = client.call_tool("burn", &json!({})).await.unwrap_err();
    assert!(matches!(again, ClientError::Forbidden { .. }), "{again}");
    assert_eq!(world.requests("/oauth/authorize"), 2);
    // What was granted before is not lost.
    assert_eq!(whoami_of(&client).await.unwrap(), "usr_1 notes:read");
}

#[tokio::test]
async fn calls_at_the_same_time_share_one_login() {
    let world = World::new().await;
    let client = world.client();
    let calls = futures_util::future::join_all((0..8).map(|_| whoami_of(&client))).await;
    assert!(
        calls
            .into_iter()
            .all(|call| call.unwrap() == "usr_1 notes:read")
    );
    assert_eq!(world.requests("/oauth/authorize"), 1);
    assert_eq!(world.requests("/oauth/token"), 1);
    assert_eq!(world.requests("clients:register"), 1);
}

#[tokio::test]
async fn calls_at_the_same_time_that_need_different_scopes_all_get_theirs() {
    let world = World::new().await;
    let client = world.client();
    let tools = [
        "whoami",
        "write_note",
        "share",
        "sort",
        "sort",
        "share",
        "write_note",
    ];
    let arguments = json!({});
    let calls = tools.map(|tool| client.call_tool(tool, &arguments));
    for (tool, called) in tools
        .iter()
        .zip(futures_util::future::join_all(calls).await)
    {
        assert!(called.is_ok(), "{tool}: {called:?}");
    }
    let granted = whoami_of(&client).await.unwrap();
    for scope in ["notes:read", "notes:write", "notes:share", "notes:sort"] {
        assert!(granted.contains(scope), "{granted}");
    }
    assert_eq!(world.requests("/oauth/authorize"), 4);
}

#[tokio::test]
async fn progress_reaches_the_caller() {
    let world = World::new().await;
    let mut seen = Vec::new();
    let client = world.client();
    let result = client
        .call_tool_with_progress("count", &json!({}), |progress| {
            seen.push(progress.progress.to_string());
        })
        .await
        .unwrap();
    assert_eq!(said(&result), "two");
    assert_eq!(seen, ["1", "2"]);
}

#[tokio::test]
async fn both_places_of_scalekits_metadata_are_found() {
    for metadata in [MetadataFault::AppendedOnly, MetadataFault::InsertedOnly] {
        let world = World::new().await;
        world.emulator.faults(Faults {
            metadata,
            ..Faults::default()
        });
        assert_eq!(
            whoami_of(&world.client()).await.unwrap(),
            "usr_1 notes:read"
        );
    }
}

#[tokio::test]
async fn a_token_is_renewed_without_a_person_while_that_is_possible() {
    let scopes = ["notes:read", "offline_access"];
    let world = World::with(|resource| resource.scopes(scopes), false).await;
    let client = world.client();
    assert_eq!(
        whoami_of(&client).await.unwrap(),
        "usr_1 notes:read offline_access"
    );
    assert_eq!(world.hops(), [&LOGIN[..], &[CALL]].concat());
    for _ in 0..2 {
        world.advance(280);
        whoami_of(&client).await.unwrap();
        assert_eq!(world.hops(), ["refresh", CALL]);
    }

    // The environment forgets everybody: the client notices, and begins anew.
    world.emulator.reset();
    world.advance(280);
    whoami_of(&client).await.unwrap();
    assert_eq!(world.hops(), [&LOGIN[..], &[CALL]].concat());
}

#[tokio::test]
async fn an_expired_token_leads_to_a_new_login_at_the_same_client() {
    let world = World::new().await;
    let client = world.client();
    whoami_of(&client).await.unwrap();
    world.hops();
    world.advance(400);
    whoami_of(&client).await.unwrap();
    let wanted = [
        "401",
        "protected-resource metadata",
        "authorization server metadata",
        "authorization",
        "token",
        CALL,
    ];
    assert_eq!(world.hops(), wanted);
}

#[tokio::test]
async fn every_hop_that_fails_is_named() {
    let world = World::with(|resource| resource.dynamic_registration(false), false).await;
    let error = whoami_of(&world.client()).await.unwrap_err();
    assert_eq!(error.stage(), Stage::Login(login::LoginStage::Registration));
    assert!(
        matches!(
            error,
            ClientError::Login(LoginError::RegistrationNotOffered { .. })
        ),
        "{error}"
    );

    let world = World::new().await;
    world.emulator.faults(Faults {
        metadata: MetadataFault::Status500,
        ..Faults::default()
    });
    let error = whoami_of(&world.client()).await.unwrap_err();
    assert_eq!(
        error.stage(),
        Stage::Login(login::LoginStage::AuthorizationServerMetadata)
    );
    assert!(
        error
            .to_string()
            .starts_with("authorization server metadata failed: "),
        "{error}"
    );

    // A login that brings nothing is not repeated.
    let world = World::with(|resource| resource, true).await;
    let error = whoami_of(&world.client()).await.unwrap_err();
    assert!(matches!(error, ClientError::Unauthorized { .. }), "{error}");
    assert_eq!(world.requests("/oauth/authorize"), 1);
}

#[tokio::test]
async fn a_token_of_ones_own_is_sent_as_it_is() {
    let world = World::new().await;
    let with = |token: &str| {
        Client::builder(&world.url)
            .bearer(Secret::new(token.to_owned()))
            .build()
            .unwrap()
    };
    let order = Mint::new().claim("scope", "notes:read");
    let token = world.emulator.mint(&order).unwrap();
    let client = with(&token);
    assert!(whoami_of(&client).await.unwrap().ends_with("notes:read"));
    let error = client
        .call_tool("write_note", &json!({}))
        .await
        .unwrap_err();
    assert!(matches!(error, ClientError::Forbidden { .. }), "{error}");

    let error = whoami_of(&with("nonsense")).await.unwrap_err();
    assert!(matches!(error, ClientError::Unauthorized { .. }), "{error}");
    let anonymous = Client::builder(&world.url).build().unwrap();
    let error = whoami_of(&anonymous).await.unwrap_err();
    assert!(error.to_string().contains(".oauth(...)"), "{error}");
    assert!(!format!("{client:?}").contains(&token));
}

#[tokio::test]
async fn errors_of_the_server_come_with_their_code() {
    let world = World::new().await;
    let error = world
        .client()
        .call_tool("no such tool", &json!({}))
        .await
        .unwrap_err();
    match error {
        ClientError::Rpc { error, .. } => assert_eq!(error.code.0, -32602),
        other => panic!("{other:?}"),
    }
    let error = world
        .client()
        .call_tool("whoami", &json!([1]))
        .await
        .unwrap_err();
    assert!(matches!(error, ClientError::Arguments { .. }), "{error}");
}
