use thyra_oauth::{ScopeSet, Secret};

use super::*;

const NOW: u64 = 1_795_000_000;

fn https() -> CookiePolicy {
    CookiePolicy::of(&Url::parse("https://mcp.example.com").unwrap())
}

fn http() -> CookiePolicy {
    CookiePolicy::of(&Url::parse("http://127.0.0.1:8000").unwrap())
}

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

/// A browser that keeps cookies by their names.
#[derive(Default)]
struct Browser(Vec<(String, String)>);

impl Browser {
    fn take(&mut self, set: impl IntoIterator<Item = HeaderValue>) {
        for header in set {
            let text = header.to_str().unwrap();
            let (pair, attributes) = text.split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.0.retain(|(held, _)| held != name);
            if !attributes.contains("Max-Age=0;") {
                self.0.push((name.to_owned(), value.to_owned()));
            }
        }
    }

    fn headers(&self) -> HeaderMap {
        let pairs: Vec<_> = self.0.iter().map(|(n, v)| format!("{n}={v}")).collect();
        let mut headers = HeaderMap::new();
        if !pairs.is_empty() {
            headers.insert(header::COOKIE, pairs.join("; ").parse().unwrap());
        }
        headers
    }
}

#[test]
fn cookies_of_https_belong_to_the_host_alone() {
    let (policy, none) = (https(), HeaderMap::new());
    let set = BindingCookies::of(&policy, &none).set("transaction", &secret("hush"), NOW);
    let [cookie] = &set[..] else {
        panic!("{set:?}")
    };
    assert_eq!(
        cookie.to_str().unwrap(),
        "__Host-thyra-login-zpIlGaPD7K-bCYbC=1795000000.hush; Path=/; Max-Age=900; HttpOnly; \
         SameSite=Lax; Secure"
    );
    assert!(cookie.is_sensitive());
    assert!(!format!("{set:?}").contains("hush"));
}

#[test]
fn cookies_of_loopback_need_no_tls() {
    let (policy, none) = (http(), HeaderMap::new());
    let cookie = BindingCookies::of(&policy, &none).clear("transaction");
    assert_eq!(
        cookie.to_str().unwrap(),
        "thyra-login-zpIlGaPD7K-bCYbC=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"
    );
}

#[test]
fn each_login_has_a_secret_of_its_own() {
    let (policy, mut browser) = (https(), Browser::default());
    browser.take(BindingCookies::of(&policy, &browser.headers()).set("one", &secret("1"), NOW));
    browser.take(BindingCookies::of(&policy, &browser.headers()).set("two", &secret("2"), NOW));
    let headers = browser.headers();
    let cookies = BindingCookies::of(&policy, &headers);
    assert!(cookies.secret_for("one").unwrap() == secret("1"));
    assert!(cookies.secret_for("two").unwrap() == secret("2"));
    assert!(cookies.secret_for("three").is_none());

    browser.take([cookies.clear("one")]);
    let headers = browser.headers();
    let cookies = BindingCookies::of(&policy, &headers);
    assert!(cookies.secret_for("one").is_none());
    assert!(cookies.secret_for("two").is_some());
}

#[test]
fn a_cookie_without_the_prefix_never_counts_on_https() {
    let (plain, strict, none) = (http(), https(), HeaderMap::new());
    let mut browser = Browser::default();
    browser.take(BindingCookies::of(&plain, &none).set("one", &secret("1"), NOW));
    let headers = browser.headers();
    assert!(
        BindingCookies::of(&plain, &headers)
            .secret_for("one")
            .is_some()
    );
    assert!(
        BindingCookies::of(&strict, &headers)
            .secret_for("one")
            .is_none()
    );
}

#[test]
fn of_two_cookies_with_one_name_none_counts() {
    let (policy, none) = (http(), HeaderMap::new());
    let mut browser = Browser::default();
    browser.take(BindingCookies::of(&policy, &none).set("one", &secret("1"), NOW));
    let mut headers = browser.headers();
    let name = browser.0[0].0.clone();
    headers.append(header::COOKIE, format!("{name}=1.planted").parse().unwrap());
    assert!(
        BindingCookies::of(&policy, &headers)
            .secret_for("one")
            .is_none()
    );
}

#[test]
fn ten_logins_stay_and_the_oldest_go() {
    let (policy, mut browser) = (https(), Browser::default());
    for login in 0..25 {
        let headers = browser.headers();
        let cookies = BindingCookies::of(&policy, &headers);
        browser.take(cookies.set(&format!("login {login}"), &secret("s"), NOW + login));
        assert!(browser.0.len() <= 10, "{}", browser.0.len());
    }
    let headers = browser.headers();
    let cookies = BindingCookies::of(&policy, &headers);
    let lives = |login: u64| cookies.secret_for(&format!("login {login}")).is_some();
    assert!((15..25).all(lives));
    assert!(!(0..15).any(lives));
}

#[test]
fn only_so_many_cookies_are_cleared_and_none_with_odd_names() {
    let policy = https();
    let cookies: Vec<_> = (0..500)
        .map(|n| format!("__Host-thyra-login-{n}=x; __Host-thyra-login-\"{n}=x"))
        .collect();
    let mut headers = HeaderMap::new();
    headers.insert(header::COOKIE, cookies.join("; ").parse().unwrap());
    let set = BindingCookies::of(&policy, &headers).set("one", &secret("1"), NOW);
    assert_eq!(set.len(), 51);
    assert!(
        set.iter()
            .all(|cookie| !cookie.to_str().unwrap().contains('"'))
    );
}

#[test]
fn a_form_is_of_one_browser_and_one_transaction() {
    let (mine, other) = (secret("mine"), secret("other"));
    let token = csrf_token(&mine, "transaction");
    assert_eq!(token, csrf_token(&mine, "transaction"));
    assert!(csrf_is_good(&mine, "transaction", &token));
    assert!(!csrf_is_good(&other, "transaction", &token));
    assert!(!csrf_is_good(&mine, "another", &token));
    for odd in ["", "=", "not base64", &token[1..]] {
        assert!(!csrf_is_good(&mine, "transaction", odd), "{odd}");
    }
}

fn key(byte: u8) -> ApprovalKey {
    ApprovalKey::new(&Secret::new([byte; 32])).unwrap()
}

fn approved<'a>(client_id: &'a str, scopes: &'a ScopeSet) -> Approved<'a> {
    Approved {
        client_id,
        redirect_uri: "https://claude.ai/cb?a=1",
        scopes,
        resource: "https://mcp.example/mcp",
    }
}

#[test]
fn an_approval_is_for_one_client_one_place_and_these_scopes() {
    let (policy, key, mut browser) = (https(), key(1), Browser::default());
    let (read, both, turned) = (
        ScopeSet::parse("read"),
        ScopeSet::parse("read write"),
        ScopeSet::parse("write read"),
    );
    let given = approved("client", &both);
    let none = Approvals::of(&policy, &key, &browser.headers(), NOW);
    assert!(!none.hold(&given));
    browser.take([none.with(&policy, &key, &given, NOW).unwrap()]);

    let held = Approvals::of(&policy, &key, &browser.headers(), NOW + 1);
    assert!(held.hold(&given));
    assert!(held.hold(&approved("client", &turned)));
    assert!(!held.hold(&approved("client", &read)));
    assert!(!held.hold(&approved("another", &both)));
    let elsewhere = Approved {
        redirect_uri: "https://claude.ai/cb?a=2",
        ..given
    };
    assert!(!held.hold(&elsewhere));
    let other_resource = Approved {
        resource: "https://mcp.example/other",
        ..given
    };
    assert!(!held.hold(&other_resource));
    // What is written side by side is not read across its border.
    let shifted = Approved {
        client_id: "clienth",
        redirect_uri: "ttps://claude.ai/cb?a=1",
        ..given
    };
    assert!(!held.hold(&shifted));
    // It ends after a year.
    let later = NOW + 366 * 24 * 60 * 60;
    assert!(!Approvals::of(&policy, &key, &browser.headers(), later).hold(&given));
}

#[test]
fn approvals_are_sealed_for_one_server() {
    let (policy, scopes) = (https(), ScopeSet::parse("read"));
    let given = approved("client", &scopes);
    let (mine, other) = (key(1), key(2));
    let none = Approvals::of(&policy, &mine, &HeaderMap::new(), NOW);
    let cookie = none.with(&policy, &mine, &given, NOW).unwrap();
    let mut browser = Browser::default();
    browser.take([cookie]);
    let held = |policy: &CookiePolicy, key: &ApprovalKey, browser: &Browser| {
        Approvals::of(policy, key, &browser.headers(), NOW).hold(&given)
    };
    assert!(held(&policy, &mine, &browser));
    assert!(!held(&policy, &other, &browser));

    // The cookie of another server on the host, under the name of this one.
    let neighbour = CookiePolicy::of(&Url::parse("https://mcp.example.com/other").unwrap());
    assert!(!held(&neighbour, &mine, &browser));
    let moved = browser.0[0].1.clone();
    let renamed = Browser(vec![(
        neighbour.name(&format!("approvals-{}", neighbour.server)),
        moved,
    )]);
    assert!(!held(&neighbour, &mine, &renamed));

    // Any change of a character.
    let value = browser.0[0].1.clone();
    for at in [0, 20, value.len() - 1] {
        let mut bytes = value.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        browser.0[0].1 = String::from_utf8(bytes).unwrap();
        assert!(!held(&policy, &mine, &browser), "{at}");
    }
    for odd in ["", "!", "AAAA", &"A".repeat(100_000)] {
        odd.clone_into(&mut browser.0[0].1);
        assert!(!held(&policy, &mine, &browser));
    }
}

#[test]
fn the_newest_approvals_stay_in_a_small_cookie() {
    let (policy, key, scopes) = (https(), key(1), ScopeSet::parse("read"));
    let mut browser = Browser::default();
    let ids: Vec<_> = (0..60).map(|client| format!("client {client}")).collect();
    for (now, id) in (NOW..).zip(&ids) {
        // The second time takes no second place.
        for _ in 0..2 {
            let held = Approvals::of(&policy, &key, &browser.headers(), now);
            browser.take([held
                .with(&policy, &key, &approved(id, &scopes), now)
                .unwrap()]);
        }
        assert!(browser.0[0].1.len() < 1200, "{}", browser.0[0].1.len());
    }
    let held = Approvals::of(&policy, &key, &browser.headers(), NOW + 60);
    let is_held = |id: &String| held.hold(&approved(id, &scopes));
    assert!(ids[35..].iter().all(is_held));
    assert!(!ids[..35].iter().any(is_held));
}
