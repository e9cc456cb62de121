use serde_json::json;
use serde_json::value::to_raw_value;
use thyra_oauth::Secret;

use super::*;

fn key(method: &'static str, subject: &str) -> Key {
    Key::new(method, Some(subject), &[])
}

fn raw(result: &Value) -> Box<RawValue> {
    to_raw_value(result).unwrap()
}

fn answer(ttl: impl Into<Value>, scope: &str) -> Box<RawValue> {
    raw(&json!({ "ttlMs": ttl.into(), "cacheScope": scope }))
}

fn ada() -> Identity {
    Identity::of_token(&Secret::new("ada".to_owned()))
}

fn bob() -> Identity {
    Identity::of_token(&Secret::new("bob".to_owned()))
}

/// A cache with an answer of Ada's to `resources/read` of each URI, kept for a second from `now`.
fn cache(bounds: CacheBounds, uris: &[&str], now: Instant) -> Cache {
    let cache = Cache::new(bounds);
    for uri in uris {
        let place = cache.place(key(methods::RESOURCES_READ, uri), ada());
        cache.keep(place, &answer(1000, "private"), now);
    }
    cache
}

/// Which of the URIs Ada still gets.
fn kept<'a>(cache: &Cache, uris: &[&'a str], now: Instant) -> Vec<&'a str> {
    let is_kept = |uri: &&str| {
        cache
            .get(&key(methods::RESOURCES_READ, uri), &ada(), now)
            .is_some()
    };
    uris.iter().copied().filter(is_kept).collect()
}

#[test]
fn an_answer_is_fresh_for_as_long_as_the_server_says() {
    let now = Instant::now();
    let millisecond = Duration::from_millis(1);
    let cache = cache(CacheBounds::default(), &["a:b"], now);
    let almost = now + Duration::from_millis(999);
    assert_eq!(kept(&cache, &["a:b"], almost), ["a:b"]);
    assert_eq!(kept(&cache, &["a:b"], almost + millisecond), [""; 0]);
    assert_eq!(cache.kept().bytes, 0);
}

#[test]
fn what_is_no_time_is_no_time() {
    let now = Instant::now();
    let cache = Cache::new(CacheBounds::default());
    let key = key(methods::TOOLS_LIST, "");
    for (ttl, is_kept) in [
        (json!(0), false),
        (json!(-5), false),
        (json!(null), false),
        (json!("1000"), false),
        (json!([1000]), false),
        (json!(1.5), true),
        (json!(u64::MAX), true),
        (json!(1e300), true),
    ] {
        cache.keep(
            cache.place(key.clone(), ada()),
            &answer(ttl.clone(), "public"),
            now,
        );
        assert_eq!(cache.get(&key, &ada(), now).is_some(), is_kept, "{ttl}");
        // Nobody knows what a server means with a time beyond a day.
        assert!(cache.get(&key, &ada(), now + LONGEST).is_none(), "{ttl}");
    }
}

#[test]
fn only_what_is_public_is_for_everybody() {
    let now = Instant::now();
    let cache = Cache::new(CacheBounds::default());
    for (scope, is_shared) in [
        (json!("public"), true),
        (json!("private"), false),
        (json!(null), false),
        (json!("everybody"), false),
        (json!(7), false),
    ] {
        let key = key(methods::RESOURCES_READ, "a:b");
        let answer = raw(&json!({ "ttlMs": 1000, "cacheScope": scope }));
        cache.keep(cache.place(key.clone(), ada()), &answer, now);
        assert!(cache.get(&key, &ada(), now).is_some(), "{scope}");
        for other in [bob(), Identity::default()] {
            assert_eq!(cache.get(&key, &other, now).is_some(), is_shared, "{scope}");
        }
    }
    // Without a word about it, it is private.
    let key = key(methods::RESOURCES_READ, "a:c");
    let place = cache.place(key.clone(), ada());
    cache.keep(place, &raw(&json!({ "ttlMs": 1000 })), now);
    assert!(cache.get(&key, &bob(), now).is_none());
}

#[test]
fn another_request_has_another_answer() {
    let now = Instant::now();
    let cache = cache(CacheBounds::default(), &["a:b"], now);
    let meta = [("x".to_owned(), raw(&json!(1)))];
    for other in [
        key(methods::RESOURCES_READ, "a:c"),
        key(methods::RESOURCES_LIST, "a:b"),
        Key::new(methods::RESOURCES_READ, None, &[]),
        Key::new(methods::RESOURCES_READ, Some("a:b"), &meta),
    ] {
        assert!(cache.get(&other, &ada(), now).is_none(), "{other:?}");
    }
}

#[test]
fn a_change_drops_what_it_is_about() {
    let now = Instant::now();
    let uris = ["a:b", "a:b/c", "x:y"];
    for (change, left) in [
        (Change::Resource("a:b/c".to_owned()), &["x:y"][..]),
        (Change::Resource("x:y".to_owned()), &["a:b", "a:b/c"]),
        (Change::ResourceList, &uris),
        (Change::ToolList, &uris),
        (Change::Missed, &[]),
    ] {
        let cache = cache(CacheBounds::default(), &uris, now);
        cache.changed(&change);
        assert_eq!(kept(&cache, &uris, now), left, "{change:?}");
    }
    for (change, gone) in [
        (Change::ToolList, &["tools/list"][..]),
        (Change::PromptList, &["prompts/list"]),
        (
            Change::ResourceList,
            &["resources/list", "resources/templates/list"],
        ),
    ] {
        let lists = [
            methods::TOOLS_LIST,
            methods::PROMPTS_LIST,
            methods::RESOURCES_LIST,
            methods::RESOURCES_TEMPLATES_LIST,
        ];
        let cache = Cache::new(CacheBounds::default());
        for list in lists {
            cache.keep(
                cache.place(key(list, ""), ada()),
                &answer(1000, "public"),
                now,
            );
        }
        cache.changed(&change);
        for list in lists {
            let is_kept = cache.get(&key(list, ""), &ada(), now).is_some();
            assert_eq!(is_kept, !gone.contains(&list), "{change:?} {list}");
        }
    }
}

#[test]
fn an_answer_that_was_overtaken_by_a_change_is_not_kept() {
    let now = Instant::now();
    let cache = Cache::new(CacheBounds::default());
    let key = key(methods::TOOLS_LIST, "");
    let place = cache.place(key.clone(), ada());
    cache.changed(&Change::ToolList);
    cache.keep(place, &answer(1000, "public"), now);
    assert!(cache.get(&key, &ada(), now).is_none());
}

#[test]
fn the_oldest_make_room_after_the_stale() {
    let begin = Instant::now();
    let at = |seconds| begin + Duration::from_secs(seconds);
    let bounds = CacheBounds {
        entries: 2,
        ..CacheBounds::default()
    };
    let cache = Cache::new(bounds);
    for (uri, ttl, received) in [("old", 60_000, 0), ("stale", 1000, 1), ("new", 60_000, 5)] {
        let place = cache.place(key(methods::RESOURCES_READ, uri), ada());
        cache.keep(place, &answer(ttl, "private"), at(received));
    }
    let uris = ["old", "stale", "new", "newer"];
    assert_eq!(kept(&cache, &uris, at(5)), ["old", "new"]);
    let place = cache.place(key(methods::RESOURCES_READ, "newer"), ada());
    cache.keep(place, &answer(60_000, "private"), at(6));
    assert_eq!(kept(&cache, &uris, at(6)), ["new", "newer"]);
}

#[test]
fn its_bytes_are_bounded() {
    let now = Instant::now();
    let bounds = CacheBounds {
        bytes: 1000,
        ..CacheBounds::default()
    };
    let cache = Cache::new(bounds);
    let filled = |bytes: usize| {
        raw(&json!({ "ttlMs": 1000, "cacheScope": "public", "text": "x".repeat(bytes) }))
    };
    let uris: Vec<String> = (0..10).map(|number| number.to_string()).collect();
    for uri in &uris {
        let place = cache.place(key(methods::RESOURCES_READ, uri), ada());
        cache.keep(place, &filled(150), now);
        let bytes = cache.kept().bytes;
        assert!(bytes <= 1000, "{bytes}");
    }
    let uris: Vec<&str> = uris.iter().map(String::as_str).collect();
    assert_eq!(kept(&cache, &uris, now).len(), 5);
    // One that would take the place of most others is not kept.
    let place = cache.place(key(methods::RESOURCES_READ, "large"), ada());
    cache.keep(place, &filled(250), now);
    assert_eq!(kept(&cache, &["large"], now), [""; 0]);
    cache.clear();
    assert_eq!(kept(&cache, &uris, now), [""; 0]);
    assert_eq!(cache.kept().bytes, 0);
}

#[test]
fn nothing_private_is_shown() {
    let cache = cache(CacheBounds::default(), &["a:b"], Instant::now());
    let shown = format!("{cache:?}");
    assert!(
        !shown.contains("ada") && !shown.contains("ttlMs"),
        "{shown}"
    );
}
