use thyra_auth::AuthProvider;

use super::*;

fn problem(auth: &InMemoryAuth) -> String {
    auth.protection("/mcp").unwrap_err().to_string()
}

#[test]
fn a_loopback_url_is_all_that_it_needs() {
    for url in [
        "http://127.0.0.1:8000",
        "http://localhost:8000",
        "http://[::1]:8000/base",
    ] {
        let protection = InMemoryAuth::new(url).protection("/mcp").unwrap();
        let warnings = &protection.summary().warnings;
        assert!(
            warnings
                .iter()
                .any(|text| text.contains("development only")),
            "{warnings:?}"
        );
    }
}

#[test]
fn others_than_this_computer_do_not_reach_it_by_accident() {
    let url = "https://mcp.example.com";
    let ada = || InMemoryUser::new("ada").password("engine");
    let refused = problem(&InMemoryAuth::new(url).user(ada()));
    assert!(refused.starts_with("base_url cannot be used"), "{refused}");
    assert!(refused.contains("insecure_allow_remote"), "{refused}");

    let open = InMemoryAuth::new(url).insecure_allow_remote();
    for auth in [open.clone(), open.clone().user(InMemoryUser::new("ada"))] {
        let refused = problem(&auth);
        assert!(
            refused.starts_with("the password of a user is not set"),
            "{refused}"
        );
    }
    open.user(ada()).protection("/mcp").unwrap();
}

#[test]
fn users_are_told_apart() {
    let auth = || InMemoryAuth::new("http://127.0.0.1:8000");
    let user = |name: &str| InMemoryUser::new(name);
    for (auth, part) in [
        (
            auth().user(user("ada")).user(user("ada")),
            "two users have the same name",
        ),
        (auth().user(user("")), "a user name is empty"),
        (auth().user(user(" ada")), "begins or ends with a space"),
        (auth().user(user(&"a".repeat(257))), "longer than 256 bytes"),
        (
            auth()
                .user(user("ada").password("engine"))
                .user(user("eve")),
            "some users have a password, and others have none",
        ),
    ] {
        let refused = problem(&auth);
        assert!(refused.contains(part), "{refused}");
    }
    let many = (0..=MAX_USERS).fold(auth(), |auth, n| auth.user(user(&n.to_string())));
    assert!(problem(&many).contains("more than 1,000 users"));
}

#[test]
fn passwords_are_not_shown() {
    let user = InMemoryUser::new("ada").password("engine");
    let auth = InMemoryAuth::new("http://127.0.0.1:8000").user(user);
    let protection = auth.protection("/mcp").unwrap();
    assert!(!format!("{auth:?} {protection:?}").contains("engine"));
}
