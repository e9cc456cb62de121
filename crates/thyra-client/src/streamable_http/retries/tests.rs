use super::*;

const LONG: Duration = Duration::from_mins(5);

fn refused() -> TransportError {
    TransportError::Http(FetchError::NotConnected {
        host: "a".to_owned(),
        source: "refused".into(),
    })
}

fn broken() -> TransportError {
    TransportError::Http(FetchError::Failed {
        host: "a".to_owned(),
        source: "reset".into(),
    })
}

fn status(status: u16, retry_after: Option<u64>) -> TransportError {
    TransportError::Status {
        status,
        retry_after,
    }
}

fn is_repeated(method: &str, error: &TransportError) -> bool {
    Retries::default().wait(method, error, 0, LONG, 0).is_some()
}

#[test]
fn what_was_not_carried_out_is_sent_again_whatever_it_is() {
    for method in ["tools/call", "tools/list", "initialize", "com.example/pay"] {
        for error in [refused(), status(429, None), status(503, Some(30))] {
            assert!(is_repeated(method, &error), "{method}: {error}");
        }
    }
}

#[test]
fn what_may_have_been_carried_out_is_sent_again_only_if_it_changes_nothing() {
    for error in [broken(), TransportError::StreamEnded] {
        for method in [
            "completion/complete",
            "ping",
            "prompts/get",
            "prompts/list",
            "resources/list",
            "resources/read",
            "resources/templates/list",
            "server/discover",
            "tools/list",
        ] {
            assert!(is_repeated(method, &error), "{method}: {error}");
        }
        for method in [
            "com.example/pay",
            "initialize",
            "logging/setLevel",
            "resources/subscribe",
            "tasks/cancel",
            "tasks/update",
            "tools/call",
        ] {
            assert!(!is_repeated(method, &error), "{method}: {error}");
        }
    }
}

#[test]
fn other_failures_are_not_repeated() {
    let insecure = FetchError::Insecure {
        host: "a".to_owned(),
    };
    for error in [
        TransportError::Http(insecure),
        TransportError::NotTheAnswer,
        TransportError::SessionLost,
        TransportError::Timeout(LONG),
        status(400, None),
        status(500, None),
        status(502, Some(1)),
        status(504, None),
    ] {
        assert!(!is_repeated("tools/list", &error), "{error}");
    }
}

#[test]
fn what_has_longer_waits_of_its_own_is_left_to_them() {
    for method in ["subscriptions/listen", "tasks/get"] {
        for error in [refused(), broken(), status(503, None)] {
            assert!(!is_repeated(method, &error), "{method}: {error}");
        }
    }
}

#[test]
fn waits_grow_and_end() {
    let waits = |random| {
        let retries = Retries::default();
        let waits = (0..5).map(move |done| retries.wait("ping", &refused(), done, LONG, random));
        waits.map(|wait| wait.map(|wait| wait.as_millis()))
    };
    let shortest = [Some(100), Some(200), Some(400), None, None];
    assert!(waits(0).eq(shortest));
    let longest = [Some(200), Some(400), Some(800), None, None];
    assert!(waits(u64::MAX).eq(longest));
    let often = Retries::new(u32::MAX);
    let last = often.wait("ping", &refused(), 40, LONG, u64::MAX);
    assert_eq!(last, Some(Duration::from_secs(2)));
    assert_eq!(Retries::new(0).wait("ping", &refused(), 0, LONG, 0), None);
}

#[test]
fn a_server_says_how_long_to_wait_within_bounds() {
    let wait = |seconds, left| {
        let busy = status(503, Some(seconds));
        Retries::default().wait("ping", &busy, 0, Duration::from_secs(left), u64::MAX)
    };
    assert_eq!(wait(0, 300), Some(Duration::from_millis(200)));
    assert_eq!(wait(7, 300), Some(Duration::from_millis(7200)));
    assert_eq!(wait(30, 300), Some(Duration::from_millis(30_200)));
    assert_eq!(wait(31, 300), None);
    assert_eq!(wait(u64::MAX, u64::MAX), None);
    // It would be over before the answer could come.
    assert_eq!(wait(7, 7), None);
}
