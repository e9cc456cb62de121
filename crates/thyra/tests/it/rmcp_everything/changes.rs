//! What changes while a client looks on: a resource, the lists.

#![expect(
    deprecated,
    reason = "the SDK warns of everything that the newest revision has no longer"
)]

use rmcp::model::{
    ServerNotification, SubscribeRequestParams, SubscriptionFilter, UnsubscribeRequestParams,
};
use rmcp::service::{Subscription, SubscriptionEnd};
use serde_json::{Value, json};

use super::visitor::{Visitor, able, everyone};
use crate::support::soon;

const WATCHED: &str = "test://watched-resource";

#[tokio::test]
async fn tells_of_a_resource_that_changed_to_those_who_watch_it() {
    everyone(able(), async |visitor: &mut Visitor| {
        let touch = "test_touch_watched_resource";
        if visitor.kind.is_sessionless() {
            let filter = SubscriptionFilter::builder().resource_subscription(WATCHED);
            let mut watching = listen(visitor, filter.build()).await;
            assert_eq!(visitor.text(touch, json!({})).await, "Touched");
            let told = ("resource updated", json!(WATCHED));
            assert_eq!(next(&mut watching).await, told);
            soon("the end", watching.cancel()).await.unwrap();
            assert_eq!(watching.end(), Some(&SubscriptionEnd::Cancelled));
        } else {
            let params = SubscribeRequestParams::new(WATCHED);
            let subscribed = visitor.client.subscribe(params);
            soon("the subscription", subscribed).await.unwrap();
            assert_eq!(visitor.text(touch, json!({})).await, "Touched");
            assert_eq!(visitor.hears("resource updated").await, WATCHED);
            let params = UnsubscribeRequestParams::new(WATCHED);
            let unsubscribed = visitor.client.unsubscribe(params);
            soon("the end", unsubscribed).await.unwrap();
        }
        assert_eq!(visitor.text(touch, json!({})).await, "Touched");
        assert_eq!(
            visitor.text("test_trigger_tool_change", json!({})).await,
            "Gone"
        );
        if !visitor.kind.is_sessionless() {
            // Nothing of the second touch comes before it.
            visitor.hears("tools changed").await;
        }
        visitor.has_heard_all();
    })
    .await;
}

#[tokio::test]
async fn tells_of_tools_and_prompts_that_come_and_go() {
    everyone(able(), async |visitor: &mut Visitor| {
        let mut watching = if visitor.kind.is_sessionless() {
            let filter = SubscriptionFilter::builder()
                .tools_list_changed()
                .prompts_list_changed();
            Some(listen(visitor, filter.build()).await)
        } else {
            None
        };
        assert!(has_tool(visitor).await);
        assert!(has_prompt(visitor).await);
        for (said, is_there) in [("Gone", false), ("Back", true)] {
            let trigger = "test_trigger_tool_change";
            assert_eq!(visitor.text(trigger, json!({})).await, said);
            told(visitor, &mut watching, "tools changed").await;
            assert_eq!(has_tool(visitor).await, is_there);

            let trigger = "test_trigger_prompt_change";
            assert_eq!(visitor.text(trigger, json!({})).await, said);
            told(visitor, &mut watching, "prompts changed").await;
            assert_eq!(has_prompt(visitor).await, is_there);
        }
        visitor.has_heard_all();
    })
    .await;
}

/// Waits until the server has told of a change: those who listen in particular, else everybody in
/// the session.
async fn told(visitor: &mut Visitor, watching: &mut Option<Subscription>, what: &str) {
    match watching {
        Some(watching) => assert_eq!(next(watching).await, (what, Value::Null)),
        None => assert_eq!(visitor.hears(what).await, Value::Null),
    }
}

async fn has_tool(visitor: &Visitor) -> bool {
    let listed = soon("the tools", visitor.client.list_all_tools()).await;
    let listed = listed.unwrap();
    listed.iter().any(|tool| tool.name == "test_sometimes")
}

async fn has_prompt(visitor: &Visitor) -> bool {
    let listed = soon("the prompts", visitor.client.list_all_prompts()).await;
    let listed = listed.unwrap();
    listed.iter().any(|prompt| prompt.name == "test_sometimes")
}

async fn listen(visitor: &Visitor, filter: SubscriptionFilter) -> Subscription {
    let listening = visitor.client.listen(filter.clone());
    let listening = soon("the subscription", listening).await.unwrap();
    assert_eq!(listening.acknowledged(), &filter);
    listening
}

/// What a subscription tells next, in the words of [`Visitor::hears`].
async fn next(watching: &mut Subscription) -> (&'static str, Value) {
    let told = soon("a change", watching.next()).await.unwrap();
    match told.unwrap() {
        ServerNotification::ResourceUpdatedNotification(told) => {
            ("resource updated", json!(told.params.uri))
        }
        ServerNotification::ToolListChangedNotification(_) => ("tools changed", Value::Null),
        ServerNotification::PromptListChangedNotification(_) => ("prompts changed", Value::Null),
        other => panic!("{other:?}"),
    }
}
