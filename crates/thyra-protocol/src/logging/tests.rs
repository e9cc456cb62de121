use super::*;

#[test]
fn levels_are_in_order_and_read_back() {
    assert!(LoggingLevel::ALL.is_sorted());
    assert!(LoggingLevel::Warning < LoggingLevel::Error);
    for level in LoggingLevel::ALL {
        assert_eq!(level.to_string().parse(), Ok(level));
        let json = serde_json::to_string(&level).unwrap();
        assert_eq!(json, format!("\"{level}\""));
        assert_eq!(serde_json::from_str::<LoggingLevel>(&json).unwrap(), level);
    }
    for unknown in ["", "Debug", "warn", "fatal"] {
        assert_eq!(unknown.parse::<LoggingLevel>(), Err(UnknownLoggingLevel));
    }
}

#[test]
fn the_error_names_every_level() {
    let text = UnknownLoggingLevel.to_string();
    for level in LoggingLevel::ALL {
        assert!(text.contains(level.as_str()), "{level}");
    }
}

#[test]
fn a_message_needs_a_level_and_data() {
    for bad in [
        r#"{"level":"info"}"#,
        r#"{"data":1}"#,
        r#"{"level":"loud","data":1}"#,
        r#"{"level":"info","data":1,"data":2}"#,
    ] {
        assert!(
            serde_json::from_str::<LoggingMessageParams>(bad).is_err(),
            "{bad}"
        );
    }
    let text = r#"{"level":"info","data":null}"#;
    let message: LoggingMessageParams = serde_json::from_str(text).unwrap();
    assert_eq!(serde_json::to_string(&message).unwrap(), text);
}

#[test]
fn set_level_params_hold_a_level() {
    let parse = |text: &str| {
        let params: Box<RawValue> = serde_json::from_str(text).unwrap();
        SetLevelParams::parse(Some(&params)).map(|params| params.level)
    };
    assert_eq!(parse(r#"{"level":"error"}"#).unwrap(), LoggingLevel::Error);
    for bad in ["{}", r#"{"level":"loud"}"#, r#"{"level":3}"#] {
        assert!(parse(bad).is_err(), "{bad}");
    }
    assert!(SetLevelParams::parse(None).is_err());
}
