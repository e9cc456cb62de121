use super::*;

fn refused(error: &str) -> TokenError {
    TokenError::Refused {
        status: 400,
        error: error.to_owned(),
        description: String::new(),
    }
}

#[test]
fn the_server_sets_the_pace() {
    let rhythm = Rhythm::new(Duration::from_secs(7));
    assert_eq!(rhythm.wait(), Duration::from_secs(7));
    let next = rhythm.after(&refused("authorization_pending")).unwrap();
    assert_eq!(next, rhythm);
    let slower = next.after(&refused("slow_down")).unwrap();
    assert_eq!(slower.wait(), Duration::from_secs(12));
    let slower = slower.after(&refused("slow_down")).unwrap();
    assert_eq!(slower.wait(), Duration::from_secs(17));
    assert_eq!(Rhythm::new(Duration::ZERO).wait(), Duration::from_secs(1));
    // It never overflows.
    let slowest = Rhythm::new(Duration::MAX);
    assert_eq!(slowest.after(&refused("slow_down")), Some(slowest));
    assert_eq!(slowest.after_trouble(), slowest);
}

#[test]
fn a_server_in_trouble_is_asked_ever_less() {
    let mut rhythm = Rhythm::new(Duration::from_secs(5));
    let mut waits = Vec::new();
    for _ in 0..5 {
        rhythm = rhythm
            .after(&TokenError::Unavailable { status: 503 })
            .unwrap();
        waits.push(rhythm.wait().as_secs());
    }
    assert_eq!(waits, [10, 20, 40, 60, 60]);
}

#[test]
fn any_other_answer_is_the_end() {
    for error in [
        "access_denied",
        "expired_token",
        "invalid_grant",
        "no reason given",
    ] {
        assert_eq!(
            Rhythm::new(Duration::ZERO).after(&refused(error)),
            None,
            "{error}"
        );
    }
    assert_eq!(
        Rhythm::new(Duration::ZERO).after(&TokenError::Malformed("odd")),
        None
    );
}

#[test]
fn what_is_printed_holds_the_code_and_both_pages() {
    let code = DeviceCode {
        user_code: "WDJB-MJHT",
        verification_uri: "https://example.com/device",
        verification_uri_complete: Some("https://example.com/device?user_code=WDJB-MJHT"),
        time: Duration::from_mins(5),
    };
    assert_eq!(
        code.to_string(),
        "To log in, open this page on any device, and type the code WDJB-MJHT:\n\n  \
         https://example.com/device\n\n\
         Or open this one, and compare the code:\n\n  \
         https://example.com/device?user_code=WDJB-MJHT\n"
    );
}
