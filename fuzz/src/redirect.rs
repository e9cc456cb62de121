//! The target of the request that a browser brings back from a login.

use thyra_login::__private::read_callback;
use thyra_oauth::is_of_credentials;

/// The `state` of the login.
const STATE: &str = "c3RhdGU";

pub(crate) fn run(data: &[u8]) {
    let Ok(target) = std::str::from_utf8(data) else {
        return;
    };
    let Some(answer) = read_callback(target, STATE) else {
        return;
    };
    // Nobody ends a login who does not know its `state`.
    assert!(target.contains("state="), "{target:?}");
    if let Ok(code) = answer {
        assert!(!code.is_empty() && is_of_credentials(&code));
        assert!(target.contains("code="));
    }
    assert_eq!(read_callback(target, "another"), None);
}
