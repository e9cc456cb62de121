use std::collections::BTreeSet;
use std::future::pending;
use std::time::Duration;

use serde_json::{Map, json};

use super::*;
use crate::selector::{Answer, Asked, HasInfo, Kind};

#[derive(Debug)]
struct Thing(&'static str, BTreeSet<String>);

impl HasInfo for Thing {
    fn info(&self) -> ComponentInfo<'_> {
        ComponentInfo {
            kind: Kind::Tool,
            name: self.0,
            tags: &self.1,
            version: None,
            meta: None,
        }
    }
}

fn thing(name: &'static str) -> Arc<Thing> {
    Arc::new(Thing(name, BTreeSet::from(["staff".to_owned()])))
}

/// A caller with the scope `read` and these claims.
fn caller(claims: Value) -> CheckedCaller {
    let claims: Map<String, Value> = serde_json::from_value(claims).unwrap();
    let ada = Principal::builder("https://issuer.example", "ada")
        .scopes(["read"])
        .claims(claims);
    CheckedCaller::new(Some(Arc::new(ada.build())), None, true)
}

fn nobody() -> CheckedCaller {
    CheckedCaller::new(None, None, true)
}

async fn said(check: &Check, caller: CheckedCaller) -> Decision {
    let call = CheckedCall::new(caller, thing("a"), Operation::Call);
    check.decide(&call, &Memory::default()).await
}

fn scopes(scopes: &str) -> Decision {
    Decision::NeedsScopes(ScopeSet::parse(scopes))
}

fn is_failed(decision: &Decision) -> bool {
    matches!(decision, Decision::Failed(_))
}

fn is_refused(decision: &Decision) -> bool {
    matches!(decision, Decision::Refuse(_))
}

/// One of each kind.
fn all() -> [Check; 6] {
    let always = |decision: Decision| {
        Check::new("always", move |_| {
            let decision = decision.clone();
            async { decision }
        })
    };
    [
        always(Decision::Allow),
        always(Decision::Failed("failed".to_owned())),
        always(scopes("one")),
        always(scopes("two")),
        always(Decision::NeedsSignIn),
        always(Decision::refuse("refused")),
    ]
}

#[tokio::test]
async fn what_failed_allows_nothing_whatever_stands_around_it() {
    let [allows, fails, ..] = all();
    let needs = Check::scopes_all(["contractor"]);
    for check in [
        fails.clone(),
        !fails.clone(),
        !!fails.clone(),
        fails.clone().and(allows.clone()),
        allows.clone().and(fails.clone()),
        !(fails.clone().and(allows.clone())),
        !(allows.clone().and(fails.clone())),
        fails.clone().or(!allows.clone()),
        !(fails.clone().or(!allows.clone())),
        !((!allows.clone()).or(fails.clone())),
        Check::tag("staff", fails.clone()),
        !(fails.clone().or(needs.clone())),
        !(needs.clone().or(fails.clone())),
        !Check::tag("staff", fails.clone().or(needs.clone())),
        !!!(fails.clone().or(needs.clone())),
        !(fails.clone().and(!allows.clone())),
    ] {
        for caller in [caller(json!({})), nobody()] {
            let said = said(&check, caller).await;
            assert!(is_failed(&said), "{check:?} {said:?}");
        }
    }
}

#[tokio::test]
async fn and_allows_what_both_allow_and_or_what_one_does() {
    for (one, first) in all().iter().enumerate() {
        for (other, second) in all().iter().enumerate() {
            let and = said(&first.clone().and(second.clone()), nobody()).await;
            assert_eq!(
                and == Decision::Allow,
                one == 0 && other == 0,
                "{one} {other}"
            );
            let or = said(&first.clone().or(second.clone()), nobody()).await;
            assert_eq!(
                or == Decision::Allow,
                one == 0 || other == 0,
                "{one} {other}"
            );
            // A refusal tells nothing of what else is missing, and fails where either fails.
            let refuses = [1, 5].contains(&one) || [1, 5].contains(&other);
            assert_eq!(
                is_failed(&and) || is_refused(&and),
                refuses,
                "{one} {other}"
            );
            // A way that the caller can go is told.
            let has_way = [2, 3, 4].contains(&one) || [2, 3, 4].contains(&other);
            let is_way = matches!(or, Decision::NeedsScopes(_) | Decision::NeedsSignIn);
            assert_eq!(is_way, has_way && or != Decision::Allow, "{one} {other}");
        }
    }
    let [.., one, two, sign_in, _] = all();
    let and = said(&one.clone().and(two.clone()), nobody()).await;
    assert_eq!(and, scopes("one two"));
    assert_eq!(said(&two.clone().or(one), nobody()).await, scopes("two"));
    assert_eq!(said(&sign_in.and(two), nobody()).await, scopes("two"));
}

#[tokio::test]
async fn not_allows_only_what_is_surely_refused() {
    let [allows, _, needs, _, sign_in, refuses] = all();
    assert!(is_refused(&said(&!allows, nobody()).await));
    assert_eq!(said(&!refuses, nobody()).await, Decision::Allow);
    assert_eq!(
        said(&!needs.clone(), caller(json!({}))).await,
        Decision::Allow
    );
    assert_eq!(said(&!needs, nobody()).await, Decision::NeedsSignIn);
    assert_eq!(said(&!sign_in, nobody()).await, Decision::NeedsSignIn);
}

#[tokio::test]
async fn scopes_are_those_of_the_token() {
    let has = async |check: Check| said(&check, caller(json!({}))).await;
    assert_eq!(has(Check::scopes_all(["read"])).await, Decision::Allow);
    assert_eq!(
        has(Check::scopes_any(["write", "read"])).await,
        Decision::Allow
    );
    let both = Check::scopes_all(["read", "write"]);
    assert_eq!(has(both).await, scopes("read write"));
    let first = Check::scopes_any(["write", "admin"]);
    assert_eq!(has(first.clone()).await, scopes("write"));
    assert_eq!(said(&first, nobody()).await, scopes("write"));
    assert!(is_failed(&has(Check::scopes_any([""; 0])).await));
    assert!(is_failed(&has(Check::scopes_all([""; 0])).await));
}

#[tokio::test]
async fn roles_are_a_text_or_a_list_of_texts_and_anything_else_fails() {
    let admin = Check::role("admin");
    for (claims, allowed) in [
        (json!({ "roles": ["user", "admin"] }), Some(true)),
        (json!({ "roles": "admin" }), Some(true)),
        (json!({ "roles": ["user"] }), Some(false)),
        (json!({ "roles": [] }), Some(false)),
        (json!({ "roles": "administrator" }), Some(false)),
        (json!({ "roles": ["admin", 7] }), None),
        (json!({ "roles": { "admin": true } }), None),
        (json!({ "roles": true }), None),
        (json!({ "roles": null }), None),
        (json!({}), None),
    ] {
        let (is, is_not) = (
            said(&admin, caller(claims.clone())).await,
            said(&!admin.clone(), caller(claims.clone())).await,
        );
        match allowed {
            Some(allowed) => {
                assert_eq!(is == Decision::Allow, allowed, "{claims}");
                assert_eq!(is_not == Decision::Allow, !allowed, "{claims}");
            }
            None => assert!(is_failed(&is) && is_failed(&is_not), "{claims}"),
        }
    }
    assert_eq!(said(&admin, nobody()).await, Decision::NeedsSignIn);
    let groups = |caller: &Principal| caller.claim("groups").cloned();
    let claims = json!({ "groups": ["a", "b"] });
    for (check, allowed) in [
        (Check::roles_all(groups, ["a", "b"]), true),
        (Check::roles_all(groups, ["a", "c"]), false),
        (Check::roles_any(groups, ["c", "b"]), true),
        (Check::roles_any(groups, ["c"]), false),
    ] {
        let said = said(&check, caller(claims.clone())).await;
        assert_eq!(said == Decision::Allow, allowed, "{check:?}");
    }
    for none in [
        Check::roles_all(groups, [""; 0]),
        Check::roles_any(groups, [""; 0]),
    ] {
        assert!(is_failed(&said(&none, caller(claims.clone())).await));
    }
}

#[tokio::test]
async fn a_claim_has_the_value_or_a_list_that_has_it() {
    let check = Check::claim("plan", "paid");
    for (claims, expected) in [
        (json!({ "plan": "paid" }), "Allow"),
        (json!({ "plan": ["free", "paid"] }), "Allow"),
        (json!({ "plan": "free" }), "Refuse"),
        (json!({ "plan": 7 }), "Refuse"),
        (json!({}), "Failed"),
    ] {
        let said = format!("{:?}", said(&check, caller(claims.clone())).await);
        assert!(said.starts_with(expected), "{claims}: {said}");
    }
}

#[tokio::test]
async fn a_tag_limits_a_check() {
    let [.., refuses] = all();
    let other = Check::tag("other", refuses.clone());
    assert_eq!(said(&other, nobody()).await, Decision::Allow);
    assert!(is_refused(
        &said(&Check::tag("staff", refuses), nobody()).await
    ));
}

#[tokio::test]
async fn a_panic_fails_wherever_it_happens() {
    fn panics(_: CheckedCall) -> std::future::Ready<bool> {
        panic!("a bug")
    }
    for check in [
        Check::new("at once", panics),
        Check::new("later", |_| async { panics_later().await }),
        Check::caller("of the caller", |_| async { panics_later().await }),
        Check::roles_all(|_| panic!("a bug"), ["admin"]),
    ] {
        for check in [check.clone(), !check] {
            let said = said(&check, caller(json!({}))).await;
            assert!(is_failed(&said), "{check:?} {said:?}");
        }
    }
}

async fn panics_later() -> bool {
    std::future::ready(()).await;
    panic!("a bug")
}

#[tokio::test(start_paused = true)]
async fn what_does_not_answer_in_time_is_denied_and_what_did_counts() {
    let slow = Check::new("slow", |call: CheckedCall| async move {
        if call.component().name == "slow" {
            pending::<()>().await;
        }
        true
    });
    let (fast, slow_thing, unasked) = (thing("fast"), thing("slow"), thing("unasked"));
    let subject = |component: &Arc<Thing>| {
        let component = Arc::clone(component);
        Subject::new(component, [&slow].into_iter())
    };
    let subjects = [&slow_thing, &fast].map(subject).into_iter().flatten();
    let inquiry = Inquiry {
        caller: nobody(),
        operation: Operation::List,
        time: Duration::from_secs(5),
    };
    let answers = inquiry.ask(subjects.collect()).await;
    let asked = Asked::Answered(Arc::new(answers));
    assert_eq!(*asked.of(&fast), Answer::Granted);
    assert_eq!(*asked.of(&slow_thing), Answer::Denied);
    assert_eq!(*asked.of(&unasked), Answer::Denied);
    assert_eq!(*Asked::default().of(&fast), Answer::Denied);
    assert_eq!(*Asked::Exempt.of(&fast), Answer::Granted);
}

#[tokio::test]
async fn what_is_missing_is_told_to_those_who_can_bring_it() {
    let [_, _, needs, _, sign_in, _] = all();
    let stuck = |mut caller: CheckedCaller| {
        caller = CheckedCaller::new(caller.principal().cloned().map(Arc::new), None, false);
        caller
    };
    let missing = |scopes: &str| Answer::Missing(ScopeSet::parse(scopes));
    for (check, caller, expected) in [
        (&needs, caller(json!({})), missing("one")),
        (&needs, nobody(), missing("one")),
        (&needs, stuck(caller(json!({}))), Answer::Denied),
        (&needs, stuck(nobody()), Answer::Denied),
        (&sign_in, nobody(), missing("")),
        (&sign_in, stuck(nobody()), Answer::Denied),
        (&sign_in, caller(json!({})), Answer::Denied),
    ] {
        let component = thing("a");
        let subject = Subject::new(
            Arc::clone(&component) as Arc<dyn HasInfo>,
            [check].into_iter(),
        );
        let inquiry = Inquiry {
            caller,
            operation: Operation::Call,
            time: Duration::from_secs(5),
        };
        let asked = Asked::Answered(Arc::new(inquiry.ask(subject.into_iter().collect()).await));
        assert_eq!(*asked.of(&component), expected);
    }
}
