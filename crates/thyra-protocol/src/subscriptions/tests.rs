use serde_json::json;
use serde_json::value::{RawValue, to_raw_value};

use super::*;
use crate::jsonrpc::RequestId;
use crate::revision::Revision;

fn raw(text: &str) -> &RawValue {
    serde_json::from_str(text).unwrap()
}

#[test]
fn what_is_not_named_is_not_wanted() {
    let params = SubscriptionsListenParams::parse(Some(raw(
        r#"{"notifications":{"toolsListChanged":true,"promptsListChanged":false,
            "resourceSubscriptions":["a:b"],"somethingElse":[1]}}"#,
    )))
    .unwrap();
    assert_eq!(
        params.notifications,
        SubscriptionFilter {
            tools_list_changed: true,
            resource_subscriptions: vec!["a:b".to_owned()],
            ..SubscriptionFilter::default()
        }
    );
    assert_eq!(
        serde_json::to_value(&params).unwrap(),
        json!({
            "notifications": {"toolsListChanged": true, "resourceSubscriptions": ["a:b"]},
        })
    );
    let built = SubscriptionFilter::lists().resource("a:b");
    assert_eq!(
        serde_json::to_value(&built).unwrap(),
        json!({
            "toolsListChanged": true, "promptsListChanged": true, "resourcesListChanged": true,
            "resourceSubscriptions": ["a:b"],
        })
    );
    assert!(!built.is_empty() && SubscriptionFilter::default().is_empty());
    let nothing = SubscriptionsListenParams::parse(Some(raw(r#"{"notifications":{}}"#))).unwrap();
    assert_eq!(nothing.notifications, SubscriptionFilter::default());
    for bad in [
        "{}",
        r#"{"notifications":null}"#,
        r#"{"notifications":{"toolsListChanged":1}}"#,
        r#"{"notifications":{"resourceSubscriptions":"a:b"}}"#,
        r#"{"notifications":{"resourceSubscriptions":[1]}}"#,
    ] {
        assert!(
            SubscriptionsListenParams::parse(Some(raw(bad))).is_err(),
            "{bad}"
        );
    }
}

#[test]
fn messages_of_a_subscription_name_it() {
    let key = "io.modelcontextprotocol/subscriptionId";
    for (id, written) in [
        (RequestId::from("l"), json!("l")),
        (RequestId::from(7), json!(7)),
    ] {
        let acknowledged = SubscriptionsAcknowledgedParams::new(&id, SubscriptionFilter::default());
        assert_eq!(
            serde_json::to_value(&acknowledged).unwrap(),
            json!({"notifications": {}, "_meta": {key: written}})
        );
        let changed = ListChangedParams::new(Some(&id));
        assert_eq!(
            serde_json::to_value(&changed).unwrap(),
            json!({"_meta": {key: written}})
        );

        let info = to_raw_value(&json!({"name": "s", "version": "1"})).unwrap();
        let ended = SubscriptionsListenResult::new(&id);
        assert_eq!(ended.subscription_id(), Some(id));
        assert_eq!(
            serde_json::to_value(ended.for_revision(Revision::LATEST).with_server_info(&info))
                .unwrap(),
            json!({
                "resultType": "complete",
                "_meta": {
                    key: written,
                    "io.modelcontextprotocol/serverInfo": {"name": "s", "version": "1"},
                },
            })
        );
    }
    let changed = ListChangedParams::new(None);
    assert_eq!(serde_json::to_value(&changed).unwrap(), json!({}));
}
