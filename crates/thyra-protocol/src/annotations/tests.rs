use super::*;

#[test]
fn a_priority_is_from_0_to_1() {
    for good in [0.0, 0.5, 1.0] {
        assert_eq!(
            Priority::new(good).map(|it| it.value().to_bits()),
            Ok(good.to_bits())
        );
    }
    for bad in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
        assert_eq!(Priority::new(bad), Err(PriorityOutOfRange), "{bad}");
    }
    for (text, good) in [
        ("1", true),
        ("0", true),
        ("0.7", true),
        ("2", false),
        ("-1", false),
        ("\"1\"", false),
        ("1e400", false),
        ("null", false),
    ] {
        let read = serde_json::from_str::<Priority>(text);
        assert_eq!(read.is_ok(), good, "{text}");
        if let Ok(priority) = read {
            assert_eq!(serde_json::to_string(&priority).unwrap(), text);
        }
    }
}

#[test]
fn last_modified_begins_with_2025_06_18() {
    let annotations = Annotations {
        last_modified: Some("2025-01-01".to_owned()),
        ..Annotations::default()
    };
    for revision in Revision::ALL {
        let json = serde_json::to_string(&annotations.for_revision(revision)).unwrap();
        let expected = if revision < Revision::V2025_06_18 {
            "{}"
        } else {
            r#"{"lastModified":"2025-01-01"}"#
        };
        assert_eq!(json, expected, "{revision}");
    }
}
