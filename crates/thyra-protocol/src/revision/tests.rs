use super::*;

#[test]
fn negotiation_answers_the_same_or_the_latest_with_a_handshake() {
    let table = [
        ("2024-11-05", Revision::V2024_11_05),
        ("2025-03-26", Revision::V2025_03_26),
        ("2025-06-18", Revision::V2025_06_18),
        ("2025-11-25", Revision::V2025_11_25),
        ("2026-07-28", Revision::V2025_11_25),
        ("1900-01-01", Revision::V2025_11_25),
        ("2025-11-25 ", Revision::V2025_11_25),
        ("DRAFT-2026-v1", Revision::V2025_11_25),
        ("", Revision::V2025_11_25),
    ];
    for (requested, answered) in table {
        assert_eq!(Revision::negotiate(requested), answered, "{requested:?}");
    }
}

#[test]
fn names_read_back_and_are_in_order() {
    for revision in Revision::ALL {
        assert_eq!(revision.as_str().parse(), Ok(revision));
        assert_eq!(revision.to_string(), revision.as_str());
        let json = serde_json::to_string(&revision).unwrap();
        assert_eq!(json, format!("\"{revision}\""));
        assert_eq!(serde_json::from_str::<Revision>(&json).unwrap(), revision);
    }
    assert!(Revision::ALL.is_sorted());
    assert_eq!(Revision::ALL.last(), Some(&Revision::LATEST));
    assert!("2025-6-18".parse::<Revision>().is_err());
    assert!(serde_json::from_str::<Revision>("20250618").is_err());
}

#[test]
fn only_the_latest_is_sessionless() {
    for revision in Revision::ALL {
        let expected = if revision == Revision::LATEST {
            Era::Sessionless
        } else {
            Era::Handshake
        };
        assert_eq!(revision.era(), expected, "{revision}");
    }
    assert_eq!(Revision::LATEST_HANDSHAKE.era(), Era::Handshake);
}

#[test]
fn each_difference_begins_with_its_revision() {
    type Has = fn(Revision) -> bool;
    let since: [(Has, Revision); 18] = [
        (Revision::has_audio, Revision::V2025_03_26),
        (Revision::has_completions_capability, Revision::V2025_03_26),
        (Revision::has_progress_messages, Revision::V2025_03_26),
        (Revision::has_tool_annotations, Revision::V2025_03_26),
        (Revision::has_elicitation, Revision::V2025_06_18),
        (Revision::has_item_meta, Revision::V2025_06_18),
        (Revision::has_last_modified, Revision::V2025_06_18),
        (Revision::has_resource_links, Revision::V2025_06_18),
        (Revision::has_structured_output, Revision::V2025_06_18),
        (Revision::has_titles, Revision::V2025_06_18),
        (Revision::has_version_header, Revision::V2025_06_18),
        (Revision::has_capability_parts, Revision::V2025_11_25),
        (Revision::has_icons, Revision::V2025_11_25),
        (Revision::has_implementation_details, Revision::V2025_11_25),
        (Revision::has_any_structured_output, Revision::V2026_07_28),
        (Revision::has_cache_hints, Revision::V2026_07_28),
        (Revision::has_extensions, Revision::V2026_07_28),
        (Revision::has_result_type, Revision::V2026_07_28),
    ];
    for (row, (has, first)) in since.into_iter().enumerate() {
        for revision in Revision::ALL {
            assert_eq!(has(revision), revision >= first, "row {row}, {revision}");
        }
    }
    for revision in Revision::ALL {
        assert_eq!(
            revision.has_core_tasks(),
            revision == Revision::V2025_11_25,
            "{revision}"
        );
        assert_eq!(
            revision.has_roots_list_changed(),
            revision < Revision::V2026_07_28,
            "{revision}"
        );
    }
}
