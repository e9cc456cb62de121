use serde_json::json;
use serde_json::value::to_raw_value;

use super::*;
use crate::revision::Revision;

#[test]
fn questions_per_revision() {
    let schema = json!({"type": "object", "properties": {}});
    let form = ElicitParams::form("m", to_raw_value(&schema).unwrap());
    let page = ElicitParams::url("m", "https://a.example/", "e");
    let written = |params: &ElicitParams, revision| {
        serde_json::to_value(params.for_revision(revision)).unwrap()
    };
    assert_eq!(
        written(&form, Revision::V2025_06_18),
        json!({"message": "m", "requestedSchema": schema})
    );
    for revision in [Revision::V2025_11_25, Revision::V2026_07_28] {
        assert_eq!(
            written(&form, revision),
            json!({"mode": "form", "message": "m", "requestedSchema": schema})
        );
    }
    assert_eq!(
        written(&page, Revision::V2025_11_25),
        json!({"mode": "url", "message": "m", "url": "https://a.example/", "elicitationId": "e"})
    );
    assert_eq!(
        written(&page, Revision::V2026_07_28),
        json!({"mode": "url", "message": "m", "url": "https://a.example/"})
    );
}

#[test]
fn questions_have_what_their_mode_needs() {
    let read = serde_json::from_str::<ElicitParams>;
    assert!(matches!(
        read(r#"{"message":"m","requestedSchema":{}}"#),
        Ok(ElicitParams::Form(_))
    ));
    assert!(matches!(
        read(r#"{"url":"a:b","message":"m","mode":"url"}"#),
        Ok(ElicitParams::Url(_))
    ));
    for bad in [
        r#"{"message":"m"}"#,
        r#"{"message":"m","url":"a:b"}"#,
        r#"{"mode":"url","message":"m","requestedSchema":{}}"#,
        r#"{"mode":"voice","message":"m","requestedSchema":{}}"#,
        r#"{"mode":"form","requestedSchema":{}}"#,
    ] {
        assert!(read(bad).is_err(), "{bad}");
    }
}

#[test]
fn answers_have_one_of_three_actions() {
    for (name, action) in [
        ("accept", ElicitAction::Accept),
        ("decline", ElicitAction::Decline),
        ("cancel", ElicitAction::Cancel),
    ] {
        let result: ElicitResult = serde_json::from_value(json!({"action": name})).unwrap();
        assert_eq!(result.action, action);
    }
    for bad in [
        r#"{"action":"Accept"}"#,
        r#"{"content":{}}"#,
        r#"{"action":"accept","content":[]}"#,
    ] {
        assert!(serde_json::from_str::<ElicitResult>(bad).is_err(), "{bad}");
    }
}
