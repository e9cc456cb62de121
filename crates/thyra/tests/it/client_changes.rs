//! Our client's subscriptions to our server, in every revision and over every transport.

use std::time::Duration;

use thyra::client::{CacheBounds, Change, Client, Subscription, SubscriptionFilter};
use thyra::prelude::*;
use thyra::{CacheScope, Resource, Revision, ServerHandle};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::support::{Running, soon};

/// Does nothing.
#[tool]
async fn nothing() {}

fn server() -> Server {
    Server::new("Changes").resource(Resource::text("note://a", "x"))
}

fn wish() -> SubscriptionFilter {
    SubscriptionFilter::lists().resource("note://a")
}

/// Waits until the subscription has told of both.
async fn told(changes: &mut Subscription, wanted: [Change; 2]) {
    let mut seen = Vec::new();
    let all = async {
        while !wanted.iter().all(|change| seen.contains(change)) {
            seen.push(changes.next().await.unwrap().unwrap());
        }
    };
    soon("the changes", all).await;
}

async fn changed_and_told(client: &Client, handle: &ServerHandle) {
    let mut changes = client.subscribe(wish()).await.unwrap();
    assert_eq!(changes.accepted(), wish());
    handle.add_tool(nothing).unwrap();
    handle.resource_updated("note://a");
    told(
        &mut changes,
        [Change::ToolList, Change::Resource("note://a".to_owned())],
    )
    .await;
    client.close().await;
    let end = async { while changes.next().await.is_some() {} };
    soon("the end", end).await;
}

#[tokio::test]
async fn changes_are_told_in_every_revision() {
    for revision in Revision::ALL {
        let server = server();
        let handle = server.handle();
        let running = Running::start(server).await;
        let client = Client::builder(running.url()).revision(revision).build();
        changed_and_told(&client.unwrap(), &handle).await;
    }
}

#[tokio::test]
async fn changes_are_told_within_the_process() {
    let server = server();
    let handle = server.handle();
    let client = Client::over(server.in_process().unwrap()).build();
    changed_and_told(&client, &handle).await;
}

#[tokio::test]
async fn a_subscription_outlives_a_restart_of_the_server_in_both_eras() {
    for revision in [Revision::V2025_11_25, Revision::V2026_07_28] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serve = |server: Server, listener| {
            let mut serving = JoinSet::new();
            serving.spawn(server.serve_listener(listener, std::future::pending()));
            serving
        };
        let mut first = serve(server(), listener);
        let client = Client::builder(format!("http://{address}/mcp"))
            .revision(revision)
            .build()
            .unwrap();
        let mut changes = client.subscribe(wish()).await.unwrap();
        first.shutdown().await;
        let second = server();
        let handle = second.handle();
        let _second = serve(second, TcpListener::bind(address).await.unwrap());
        let missed = async { while changes.next().await.unwrap().unwrap() != Change::Missed {} };
        soon("the subscription", missed).await;
        handle.resource_updated("note://a");
        let updated = Change::Resource("note://a".to_owned());
        told(&mut changes, [updated.clone(), updated]).await;
    }
}

#[tokio::test]
async fn a_list_that_is_kept_goes_with_its_change() {
    let server = server().cache_lists(Duration::from_hours(1), CacheScope::Private);
    let handle = server.handle();
    let client = Client::over(server.in_process().unwrap()).cache(CacheBounds::default());
    let client = client.build();
    let count = async |client: &Client| client.list_tools().await.unwrap().len();
    assert_eq!(count(&client).await, 0);
    handle.add_tool(nothing).unwrap();
    // Nobody has told the client.
    assert_eq!(count(&client).await, 0);
    let mut changes = client.subscribe(wish()).await.unwrap();
    handle.add_tool(Tool::new("other", || async {})).unwrap();
    let change = soon("the change", changes.next()).await.unwrap().unwrap();
    assert_eq!(change, Change::ToolList);
    assert_eq!(count(&client).await, 2);
}
