//! Lists in pages, and for how long they are good.

use std::time::Duration;

use serde_json::{Value, json};
use thyra::prelude::*;
use thyra::{CacheScope, Selector};

use super::{LISTS, Talk, ada_and_bob, entries, fails};
use crate::support::Running;

const TOOLS: (&str, &str, &str) = LISTS[0];

fn server() -> Server {
    (1..=5).fold(Server::new("Paged"), |server, number| {
        server
            .tool(Tool::new(format!("t{number}"), || async { "done" }))
            .prompt(Prompt::new(format!("p{number}"), || async { "done" }))
            .resource(Resource::new(format!("r://{number}"), "r", || async {
                "done"
            }))
    })
}

async fn page(talk: &Talk<'_>, method: &str, cursor: Option<&Value>) -> Value {
    let mut params = json!({});
    if let Some(cursor) = cursor {
        params["cursor"] = cursor.clone();
    }
    talk.ask(method, params).await.result()
}

#[tokio::test]
async fn cursors_walk_the_whole_list_page_by_page() {
    let server = Running::start(server().page_size(2)).await;
    for talk in Talk::each(&server).await {
        for list in &LISTS[..3] {
            let (mut seen, mut sizes, mut cursor) = (Vec::new(), Vec::new(), None);
            let mut hints = Vec::new();
            loop {
                let page = page(&talk, list.0, cursor.as_ref()).await;
                hints.push((page["ttlMs"].clone(), page["cacheScope"].clone()));
                let entries = entries(&page, *list);
                sizes.push(entries.len());
                seen.extend(entries);
                match page.get("nextCursor") {
                    Some(next) => cursor = Some(next.clone()),
                    None => break,
                }
                assert!(sizes.len() < 5, "{seen:?}");
            }
            assert_eq!(sizes, [2, 2, 1]);
            let mut sorted = seen.clone();
            sorted.sort_unstable();
            sorted.dedup();
            assert_eq!((sorted.len(), &sorted), (5, &seen));
            let expected = if talk.is_alone() {
                (json!(300_000), json!("public"))
            } else {
                (Value::Null, Value::Null)
            };
            assert_eq!(hints, vec![expected; 3]);
        }
    }
}

#[tokio::test]
async fn a_full_last_page_has_no_cursor() {
    let server = Running::start(server().page_size(5)).await;
    for talk in Talk::each(&server).await {
        let page = page(&talk, TOOLS.0, None).await;
        assert_eq!(entries(&page, TOOLS).len(), 5);
        assert!(page.get("nextCursor").is_none(), "{page}");
    }
}

#[tokio::test]
async fn a_cursor_that_the_server_did_not_make_is_refused() {
    for server in [server().page_size(2), server()] {
        let server = Running::start(server).await;
        for talk in Talk::each(&server).await {
            for cursor in ["2", "", "dDk", "!!", "dDI=", &"A".repeat(4096)] {
                for (method, _, _) in LISTS {
                    let answer = talk.ask(method, json!({ "cursor": cursor })).await;
                    fails(&answer, -32602);
                }
            }
            fails(
                &talk.ask("tools/list", json!({ "cursor": 2 })).await,
                -32602,
            );
        }
    }
}

#[tokio::test]
async fn a_cursor_stays_good_when_later_entries_come_and_go() {
    let server = server().page_size(2);
    let handle = server.handle();
    let server = Running::start(server).await;
    let talks = Talk::each(&server).await;
    let mut cursors = Vec::new();
    for talk in &talks {
        cursors.push(page(talk, TOOLS.0, None).await["nextCursor"].clone());
    }
    handle.remove(&Selector::tool("t4"));
    handle.disable(Selector::tool("t1"));
    for (talk, cursor) in talks.iter().zip(&cursors) {
        let last = page(talk, TOOLS.0, Some(cursor)).await;
        assert_eq!(entries(&last, TOOLS), ["t3", "t5"]);
        assert!(last.get("nextCursor").is_none(), "{last}");
    }
    handle
        .add_tool(Tool::new("t6", || async { "done" }))
        .unwrap();
    for (talk, cursor) in talks.iter().zip(&cursors) {
        let next = page(talk, TOOLS.0, Some(cursor)).await;
        assert_eq!(entries(&next, TOOLS), ["t3", "t5"]);
        let last = page(talk, TOOLS.0, next.get("nextCursor")).await;
        assert_eq!(entries(&last, TOOLS), ["t6"]);
    }
}

#[tokio::test]
async fn a_cursor_stays_good_when_the_entry_that_it_follows_is_gone() {
    let server = server().page_size(2);
    let handle = server.handle();
    let server = Running::start(server).await;
    let talk = Talk::alone(&server);
    let first = page(&talk, TOOLS.0, None).await;
    assert_eq!(entries(&first, TOOLS), ["t1", "t2"]);
    let cursor = first.get("nextCursor");
    handle.remove(&Selector::tool("t2"));
    handle
        .add_tool(Tool::new("t6", || async { "done" }))
        .unwrap();
    let next = page(&talk, TOOLS.0, cursor).await;
    assert_eq!(entries(&next, TOOLS), ["t3", "t4"]);
    for name in ["t1", "t3", "t4", "t5", "t6"] {
        handle.disable(Selector::tool(name));
    }
    let none = page(&talk, TOOLS.0, cursor).await;
    assert_eq!(entries(&none, TOOLS), [""; 0]);
    assert!(none.get("nextCursor").is_none());
    // What continues one list continues no other.
    let answer = talk.ask("prompts/list", json!({ "cursor": cursor })).await;
    fails(&answer, -32602);
}

#[tokio::test]
async fn the_author_says_for_how_long_lists_are_good_and_for_whom() {
    for (server, scope) in [
        (
            server()
                .page_size(2)
                .cache_lists(Duration::from_secs(7), CacheScope::Private),
            "private",
        ),
        (
            server().cache_lists(Duration::from_secs(7), CacheScope::Public),
            "public",
        ),
    ] {
        let server = Running::start(server).await;
        let talk = Talk::alone(&server);
        for (method, _, _) in LISTS {
            let list = page(&talk, method, None).await;
            assert_eq!(
                (&list["ttlMs"], &list["cacheScope"]),
                (&json!(7000), &json!(scope)),
                "{list}"
            );
        }
    }
}

#[tokio::test]
async fn a_list_that_is_not_the_same_for_all_is_not_shared() {
    let fresh = Duration::from_secs(7);
    for server in [
        server()
            .visible(|_, _| true)
            .cache_lists(fresh, CacheScope::Public),
        server().visible(|_, _| true),
        server().auth(ada_and_bob()),
    ] {
        let server = Running::start(server).await;
        let talk = Talk::alone(&server).with_token("ada");
        for (method, _, _) in LISTS {
            let list = page(&talk, method, None).await;
            assert_eq!(list["cacheScope"], "private", "{list}");
        }
    }
}
