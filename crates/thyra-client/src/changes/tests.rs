use std::sync::Arc;

use futures_util::FutureExt as _;
use serde_json::json;
use thyra_protocol::{Message, RequestId, SubscriptionFilter};

use super::*;

fn read(method: &str, params: &str) -> Option<Notice> {
    let json = format!(r#"{{"jsonrpc":"2.0","method":"{method}"{params}}}"#);
    match Message::parse(json.as_bytes()).unwrap() {
        Message::Notification(notification) => Notice::read(&notification),
        other => panic!("{other:?}"),
    }
}

fn changed(method: &str, params: &str) -> Option<Change> {
    match read(method, params)? {
        Notice {
            subscription: None,
            said: Said::Changed(change),
        } => Some(change),
        other => panic!("{other:?}"),
    }
}

#[test]
fn notifications_of_changes_are_read_and_others_left_alone() {
    let tools = "notifications/tools/list_changed";
    assert_eq!(changed(tools, ""), Some(Change::ToolList));
    for params in [r#","params":{}"#, r#","params":{"_meta":null,"more":[1]}"#] {
        assert_eq!(changed(tools, params), Some(Change::ToolList), "{params}");
    }
    let of = |id| {
        let meta = json!({ "_meta": { "io.modelcontextprotocol/subscriptionId": id } });
        read(tools, &format!(r#","params":{meta}"#))
            .unwrap()
            .subscription
    };
    assert_eq!(of(json!(7)), Some(RequestId::Number(7)));
    assert_eq!(of(json!("a")), Some(RequestId::from("a")));
    assert_eq!(of(json!({})), None);
    let updated = "notifications/resources/updated";
    assert_eq!(
        changed(updated, r#","params":{"uri":"a:b"}"#),
        Some(resource("a:b"))
    );
    for broken in ["", r#","params":{}"#, r#","params":{"uri":7}"#] {
        assert_eq!(read(updated, broken), None, "{broken}");
    }
    assert_eq!(read("notifications/message", ""), None);
}

#[test]
fn an_acknowledgement_says_what_is_told_if_it_can_be_read() {
    let accepted = |params: &str| {
        read("notifications/subscriptions/acknowledged", params)
            .unwrap()
            .said
    };
    let tools = SubscriptionFilter {
        tools_list_changed: true,
        ..SubscriptionFilter::default()
    };
    let params = r#","params":{"notifications":{"toolsListChanged":true}}"#;
    assert_eq!(accepted(params), Said::Accepted(Some(tools)));
    for unsaid in [
        "",
        r#","params":{"notifications":{"toolsListChanged":"yes"}}"#,
    ] {
        assert_eq!(accepted(unsaid), Said::Accepted(None), "{unsaid}");
    }
}

/// What waits in the queue, in its order.
fn waiting(queue: &Queue) -> Vec<Change> {
    std::iter::from_fn(|| queue.next().now_or_never()).collect()
}

fn resource(uri: &str) -> Change {
    Change::Resource(uri.to_owned())
}

#[test]
fn changes_of_the_same_thing_are_one() {
    let queue = Queue::new(SubscriptionFilter::lists());
    for _ in 0..1000 {
        for change in [Change::PromptList, Change::ToolList, Change::ResourceList] {
            queue.push(change);
        }
        queue.push(resource("b"));
        queue.push(resource("a"));
    }
    assert_eq!(queue.told(), 5000);
    assert_eq!(
        waiting(&queue),
        [
            Change::PromptList,
            resource("a"),
            resource("b"),
            Change::ResourceList,
            Change::ToolList
        ]
    );
    queue.push(resource("a"));
    assert_eq!(waiting(&queue), [resource("a")]);
}

#[test]
fn more_resources_than_a_queue_holds_are_missed() {
    let queue = Queue::new(SubscriptionFilter::lists());
    for number in 0..=1000 {
        queue.push(resource(&number.to_string()));
    }
    assert_eq!(waiting(&queue), [Change::Missed]);
    queue.push(resource(&"a".repeat(8 * 1024 + 1)));
    assert_eq!(waiting(&queue), [Change::Missed]);
}

#[test]
fn what_happens_while_nobody_tells_is_missed() {
    let queue = Queue::new(SubscriptionFilter::lists());
    queue.shut();
    queue.hear(Said::Accepted(None));
    assert_eq!(queue.accepted(), Some(SubscriptionFilter::lists()));
    queue.hear(Said::Accepted(None));
    assert_eq!(waiting(&queue), []);
    queue.shut();
    assert_eq!(waiting(&queue), []);
    queue.open(SubscriptionFilter::default().resource("a"));
    assert_eq!(waiting(&queue), [Change::Missed]);
    assert!(queue.refused().now_or_never().is_none());
    queue.hear(Said::Accepted(Some(SubscriptionFilter::default())));
    assert!(queue.refused().now_or_never().is_some());
}

#[test]
fn what_a_session_tells_goes_to_those_who_want_it() {
    let listeners = Listeners::default();
    let lists = Arc::new(Queue::new(SubscriptionFilter::lists()));
    let a = Arc::new(Queue::new(SubscriptionFilter::default().resource("a")));
    let b = Arc::new(Queue::new(SubscriptionFilter::default().resource("b")));
    let hearing = [&lists, &a, &b].map(|queue| listeners.hear(queue));
    let told = |change| {
        listeners.tell(&change);
        [&lists, &a, &b].map(|queue| waiting(queue).len())
    };
    assert_eq!(told(Change::ToolList), [1, 0, 0]);
    assert_eq!(told(resource("a")), [0, 1, 0]);
    // Nobody asked for it by this name, so it is a part of what somebody asked for.
    assert_eq!(told(resource("a/1")), [0, 1, 1]);
    assert_eq!(told(Change::Missed), [1, 1, 1]);
    assert!(listeners.want("b") && !listeners.want("a/1"));
    let [_lists_hear, _a_hears, b_hears] = hearing;
    drop(b_hears);
    assert!(!listeners.want("b"));
    assert_eq!(told(Change::Missed), [1, 1, 0]);
}

#[test]
fn a_connection_that_was_lost_before_is_noticed() {
    let listeners = Listeners::default();
    assert!(listeners.lost().now_or_never().is_none());
    listeners.set_lost(true);
    assert!(listeners.lost().now_or_never().is_some());
    listeners.set_lost(false);
    assert!(listeners.lost().now_or_never().is_none());
}
