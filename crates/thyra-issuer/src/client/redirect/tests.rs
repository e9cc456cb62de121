use proptest::prelude::*;

use super::RedirectRefused as Refused;
use super::*;

fn problem(text: &str) -> Option<Refused> {
    RedirectUri::parse(text).err()
}

fn uri(text: &str) -> RedirectUri {
    RedirectUri::parse(text).unwrap_or_else(|reason| panic!("{text}: {reason}"))
}

/// What each redirect URI is found to be, whoever registers it.
const SINGLE: &[(&str, Option<Refused>)] = &[
    // What applications have.
    ("https://app.example", None),
    ("https://app.example/", None),
    ("https://app.example/callback", None),
    ("https://app.example:8443/callback?a=1&b", None),
    ("HTTPS://App.Example/Callback", None),
    ("https://app.example./callback", None),
    ("https://xn--bcher-kva.example/cb", None),
    ("https://192.0.2.7/cb", None),
    ("https://[2001:db8::7]/cb", None),
    ("http://localhost/cb", None),
    ("http://localhost:33418/", None),
    ("http://localhost./cb", None),
    ("http://app.localhost:3000/cb", None),
    ("http://127.0.0.1:1/cb", None),
    ("http://127.9.8.7/cb", None),
    ("http://[::1]:3000/cb", None),
    ("cursor://anysphere.cursor-retrieval/oauth/cb", None),
    ("com.example.app:/cb", None),
    ("com.example.app:cb", None),
    ("myapp:///cb", None),
    ("myapp://", None),
    ("urn:ietf:wg:oauth:2.0:oob", None),
    ("https://app.example/a.b/..c/...", None),
    ("https://app.example/%20%c3%a9%ff", None),
    ("https://app.example/cb?next=/../x", None),
    ("https://app.example/~a/;b=1,2/(c)/$'*+!@:d", None),
    // User names.
    ("https://app.example@evil.example/", Some(Refused::UserName)),
    (
        "https://app.example:1@evil.example/",
        Some(Refused::UserName),
    ),
    ("https://:x@evil.example/", Some(Refused::UserName)),
    ("https://@evil.example/", Some(Refused::Host)),
    ("http://localhost@evil.example/", Some(Refused::UserName)),
    ("http://127.0.0.1:80@evil.example/", Some(Refused::UserName)),
    ("myapp://user@host/", Some(Refused::UserName)),
    ("myapp://@host/", Some(Refused::UserName)),
    // Backslashes, white space and other characters that browsers mend.
    (
        "https://app.example\\@evil.example/",
        Some(Refused::Character),
    ),
    (
        "https://evil.example\\.app.example/",
        Some(Refused::Character),
    ),
    ("https:\\\\evil.example", Some(Refused::Character)),
    ("https://app.example/..\\x", Some(Refused::Character)),
    (" https://app.example", Some(Refused::Character)),
    ("https://app.example ", Some(Refused::Character)),
    ("https://app.exam\tple/", Some(Refused::Character)),
    ("java\nscript:alert(1)", Some(Refused::Character)),
    (
        "https://app.example/\r\nset-cookie:a=b",
        Some(Refused::Character),
    ),
    ("https://app.example/\0", Some(Refused::Character)),
    ("https://\u{430}pp.example/", Some(Refused::Character)),
    ("https://app\u{3002}example/", Some(Refused::Character)),
    ("https://app.example/<script>", Some(Refused::Character)),
    // Schemes that no application has, in any case.
    ("javascript:alert(1)", Some(Refused::Scheme)),
    (
        "JavaScript://app.example/%0aalert(1)",
        Some(Refused::Scheme),
    ),
    ("data:text/html,x", Some(Refused::Scheme)),
    ("DATA:text/html;base64,eA==", Some(Refused::Scheme)),
    ("file:///etc/passwd", Some(Refused::Scheme)),
    ("vbscript:x", Some(Refused::Scheme)),
    ("blob:https://app.example/1", Some(Refused::Scheme)),
    ("about:blank", Some(Refused::Scheme)),
    ("view-source:https://app.example", Some(Refused::Scheme)),
    ("wss://app.example/", Some(Refused::Scheme)),
    ("ms-word:ofe", Some(Refused::Scheme)),
    ("MS-Settings:privacy", Some(Refused::Scheme)),
    ("search-ms:query=x", Some(Refused::Scheme)),
    ("intent://scan/", Some(Refused::Scheme)),
    ("mailto:a", Some(Refused::Scheme)),
    ("ssh://app.example/", Some(Refused::Scheme)),
    ("sftp://app.example/", Some(Refused::Scheme)),
    ("ftp://app.example/", Some(Refused::Scheme)),
    ("tel:1", Some(Refused::Scheme)),
    ("sms:1", Some(Refused::Scheme)),
    ("smb://app.example/", Some(Refused::Scheme)),
    ("ldap://app.example/", Some(Refused::Scheme)),
    ("chrome-extension://a/b", Some(Refused::Scheme)),
    ("moz-extension://a/b", Some(Refused::Scheme)),
    ("msauth.example.app://auth", None),
    // Hosts that browsers read otherwise than people.
    ("https:app.example", Some(Refused::Host)),
    ("https:/app.example", Some(Refused::Host)),
    ("https:///app.example", Some(Refused::Host)),
    ("https://2130706433/", Some(Refused::Host)),
    ("http://0x7f000001/", Some(Refused::Host)),
    ("http://0177.0.0.1/", Some(Refused::Host)),
    ("http://127.1/", Some(Refused::Host)),
    ("http://127.0.0.1./", Some(Refused::Host)),
    ("http://[0:0:0:0:0:0:0:1]/", Some(Refused::Host)),
    ("https://ev%69l.example/", Some(Refused::Host)),
    (
        "https://app.example%2f.evil.example/",
        Some(Refused::NotAbsolute),
    ),
    (
        "https://app.example%00.evil.example/",
        Some(Refused::NotAbsolute),
    ),
    // Not absolute.
    ("", Some(Refused::NotAbsolute)),
    ("/callback", Some(Refused::NotAbsolute)),
    ("//app.example/callback", Some(Refused::NotAbsolute)),
    ("app.example", Some(Refused::NotAbsolute)),
    ("https://", Some(Refused::NotAbsolute)),
    ("https://app.example:65536/", Some(Refused::NotAbsolute)),
    ("https://app.example:x/", Some(Refused::NotAbsolute)),
    ("https://[::1/", Some(Refused::NotAbsolute)),
    ("https://[fe80::1%25eth0]/", Some(Refused::NotAbsolute)),
    ("*", Some(Refused::NotAbsolute)),
    // Fragments.
    ("https://app.example/#", Some(Refused::Fragment)),
    ("https://app.example/cb#x", Some(Refused::Fragment)),
    (
        "https://app.example#@evil.example/",
        Some(Refused::Fragment),
    ),
    ("myapp:cb#x", Some(Refused::Fragment)),
    // Dot segments, raw and encoded.
    (
        "https://app.example/oauth/../evil",
        Some(Refused::DotSegment),
    ),
    ("https://app.example/oauth/./cb", Some(Refused::DotSegment)),
    ("https://app.example/..", Some(Refused::DotSegment)),
    ("https://app.example/.", Some(Refused::DotSegment)),
    (
        "https://app.example/oauth/%2e%2e/evil",
        Some(Refused::DotSegment),
    ),
    (
        "https://app.example/oauth/%2E%2E/evil",
        Some(Refused::DotSegment),
    ),
    (
        "https://app.example/oauth/.%2e/evil",
        Some(Refused::DotSegment),
    ),
    (
        "https://app.example/oauth/%2e./evil",
        Some(Refused::DotSegment),
    ),
    (
        "https://app.example/oauth/..%2fevil",
        Some(Refused::DotSegment),
    ),
    (
        "https://app.example/oauth/%2e%2e%2fevil",
        Some(Refused::DotSegment),
    ),
    (
        "https://app.example/oauth/..%5cevil",
        Some(Refused::DotSegment),
    ),
    (
        "https://app.example/oauth%5c..%5cevil",
        Some(Refused::DotSegment),
    ),
    (
        "https://app.example/oauth/%252e%252e/evil",
        Some(Refused::DotSegment),
    ),
    (
        "https://app.example/oauth/%25252e%25252e/evil",
        Some(Refused::DotSegment),
    ),
    (
        "https://app.example/%2525252525252525",
        Some(Refused::DotSegment),
    ),
    ("myapp://host/../x", Some(Refused::DotSegment)),
    ("myapp:..", Some(Refused::DotSegment)),
];

#[test]
fn the_truth_table_of_single_redirect_uris() {
    for (text, wanted) in SINGLE {
        assert_eq!(problem(text), *wanted, "{text}");
    }
    let long = format!("https://app.example/{}", "x".repeat(MAX_LENGTH));
    assert_eq!(problem(&long[..MAX_LENGTH]), None);
    assert_eq!(problem(&long[..=MAX_LENGTH]), Some(Refused::Length));
}

/// SEP-837.
#[test]
fn web_and_native_clients_have_different_redirect_uris() {
    use ApplicationType::{Native, Web};
    for (text, native, web) in [
        ("https://app.example/cb", None, None),
        ("https://localhost./cb", None, Some(Refused::WebLoopback)),
        ("https://localhost/cb", None, Some(Refused::WebLoopback)),
        ("https://app.localhost/cb", None, Some(Refused::WebLoopback)),
        ("https://127.0.0.2/cb", None, Some(Refused::WebLoopback)),
        ("https://[::1]/cb", None, Some(Refused::WebLoopback)),
        (
            "https://[::ffff:7f00:1]/cb",
            None,
            Some(Refused::WebLoopback),
        ),
        ("http://127.0.0.1/cb", None, Some(Refused::WebScheme)),
        ("http://LOCALHOST/cb", None, Some(Refused::WebScheme)),
        ("myapp://cb", None, Some(Refused::WebScheme)),
        ("myapp://localhost/cb", None, Some(Refused::WebScheme)),
        (
            "http://app.example/cb",
            Some(Refused::NativeHttp),
            Some(Refused::WebScheme),
        ),
        (
            "http://localhost.evil.example/",
            Some(Refused::NativeHttp),
            Some(Refused::WebScheme),
        ),
        (
            "http://notlocalhost/",
            Some(Refused::NativeHttp),
            Some(Refused::WebScheme),
        ),
        (
            "http://0.0.0.0/",
            Some(Refused::NativeHttp),
            Some(Refused::WebScheme),
        ),
        (
            "http://10.0.0.1/",
            Some(Refused::NativeHttp),
            Some(Refused::WebScheme),
        ),
        ("https://localhost.evil.example/", None, None),
    ] {
        assert_eq!(uri(text).check_for(Native).err(), native, "native {text}");
        assert_eq!(uri(text).check_for(Web).err(), web, "web {text}");
    }
}

/// RFC 8252 section 7.3, and exactly the same otherwise.
#[test]
fn only_the_port_of_this_machine_is_free() {
    for (registered, asked, wanted) in [
        ("https://app.example/cb", "https://app.example/cb", true),
        ("https://app.example/cb", "https://app.example/cb/", false),
        ("https://app.example/cb", "https://app.example/CB", false),
        (
            "https://app.example/cb",
            "https://app.example:443/cb",
            false,
        ),
        (
            "https://app.example/cb",
            "https://app.example:8443/cb",
            false,
        ),
        ("https://app.example/cb", "https://APP.example/cb", false),
        ("https://app.example/cb", "https://app.example./cb", false),
        (
            "https://app.example/cb",
            "https://app.example/cb?x=1",
            false,
        ),
        ("https://app.example/cb", "https://app.example/cb?", false),
        (
            "https://app.example/cb",
            "https://evil.app.example/cb",
            false,
        ),
        ("https://app.example", "https://app.example/", false),
        ("https://app.example/cb", "http://app.example/cb", false),
        ("myapp://cb", "myapp://cb", true),
        ("myapp://cb", "myapp://CB", false),
        ("myapp://localhost:1/cb", "myapp://localhost:2/cb", false),
        ("http://localhost/cb", "http://localhost:5000/cb", true),
        (
            "http://localhost:33418/cb",
            "http://localhost:5000/cb",
            true,
        ),
        ("http://localhost:33418/cb", "http://localhost/cb", true),
        ("http://LOCALHOST/cb", "http://localhost:1/cb", true),
        ("http://app.localhost/cb", "http://app.localhost:1/cb", true),
        ("http://127.0.0.1/cb", "http://127.0.0.1:1/cb", true),
        ("http://127.0.0.2/cb", "http://127.0.0.2:1/cb", true),
        ("http://[::1]/cb", "http://[::1]:1/cb", true),
        ("https://localhost/cb", "https://localhost:1/cb", true),
        ("http://localhost", "http://localhost:1/", true),
        ("http://localhost?a", "http://localhost:1/?a", true),
        ("http://localhost/cb?a=1", "http://localhost:1/cb?a=1", true),
        (
            "http://localhost/cb?a=1",
            "http://localhost:1/cb?a=2",
            false,
        ),
        ("http://localhost/cb", "http://localhost:1/cb?a=1", false),
        ("http://localhost/cb", "http://localhost:1/cb/x", false),
        ("http://localhost/cb", "http://localhost:1/", false),
        ("http://localhost/cb", "https://localhost:1/cb", false),
        ("http://localhost/cb", "http://127.0.0.1:1/cb", false),
        ("http://127.0.0.1/cb", "http://127.0.0.2:1/cb", false),
        ("http://127.0.0.1/cb", "http://[::1]:1/cb", false),
        ("http://localhost/cb", "http://app.localhost:1/cb", false),
        (
            "http://localhost/cb",
            "http://localhost.evil.example:1/cb",
            false,
        ),
    ] {
        assert_eq!(
            uri(asked).is(&uri(registered)),
            wanted,
            "{registered} {asked}"
        );
    }
}

#[test]
fn what_is_there_stays_to_the_byte_when_the_answer_is_written() {
    let given = [
        ("code", "a b+c&d"),
        ("state", "\u{e9}="),
        ("iss", "https://as.example"),
    ];
    let answer = "code=a%20b%2Bc%26d&state=%C3%A9%3D&iss=https%3A%2F%2Fas.example";
    for (text, kept) in [
        ("https://app.example", ""),
        ("https://app.example/cb", ""),
        ("https://app.example/cb?", ""),
        ("https://app.example/cb?flag", "flag&"),
        (
            "https://app.example/cb?flag&x=%ff%zz&y=a+b",
            "flag&x=%ff%zz&y=a+b&",
        ),
        ("https://app.example/cb?a=1&&b=2&", "a=1&&b=2&"),
        ("https://app.example/cb?a=1?b", "a=1?b&"),
        ("https://app.example/cb?iss=https://evil.example", ""),
        ("https://app.example/cb?a=1&iss=x&b=2&iss=y", "a=1&b=2&"),
        (
            "https://app.example/cb?%69%73%73=x&issx=1&xiss=2&ISS=3",
            "issx=1&xiss=2&ISS=3&",
        ),
        ("https://app.example/cb?iss", ""),
        ("https://app.example/cb?state=x&code=y&z", "z&"),
        ("com.example.app:cb", ""),
        ("com.example.app:/cb?x", "x&"),
        ("myapp:///cb", ""),
        ("myapp://", ""),
    ] {
        let base = text.split('?').next().unwrap();
        let written = uri(text).with(&given);
        assert_eq!(written, format!("{base}?{kept}{answer}"), "{text}");
        assert!(is_of_urls(&written) || text.contains("%zz"), "{written}");
    }
    assert_eq!(uri("myapp:///cb").with(&[("a", "")]), "myapp:///cb?a=");
}

#[test]
fn debug_output_leaves_out_the_query() {
    let shown = format!("{:?}", uri("https://app.example/cb?key=hush"));
    assert_eq!(shown, r#"RedirectUri("https://app.example/cb")"#);
}

proptest! {
    #[test]
    fn whatever_comes_is_judged(text in "\\PC{0,60}", rest in "[-a-z0-9.:/?#@%\\\\\\[\\]*&= ]{0,40}") {
        for text in [text, format!("https://{rest}"), format!("http://localhost{rest}"), format!("myapp:{rest}")] {
            let Ok(uri) = RedirectUri::parse(&text) else { continue };
            prop_assert!(uri.is(&uri));
            prop_assert!(!uri.as_str().contains('#'));
            // A browser reads it as we do: nothing is left for it to mend.
            let read = Url::parse(uri.as_str()).unwrap();
            prop_assert_eq!(read.username(), "");
            prop_assert!(read.path().split('/').all(|segment| segment != ".."));
        }
    }

    #[test]
    fn an_answer_reads_as_it_was_written(query in "[a-z0-9%&=+?;/:@._~-]{0,40}", code in "\\PC{0,30}", state in "\\PC{0,30}") {
        let text = format!("https://app.example/cb?{query}");
        let Ok(uri) = RedirectUri::parse(&text) else { return Ok(()) };
        let written = uri.with(&[("code", &code), ("state", &state), ("iss", "https://as.example")]);
        prop_assert!(is_of_urls(&written), "{}", written);
        let url = Url::parse(&written).unwrap();
        prop_assert_eq!(url.host_str(), Some("app.example"));
        prop_assert_eq!(url.path(), "/cb");
        for (name, wanted) in [("code", &*code), ("state", &*state), ("iss", "https://as.example")] {
            let found: Vec<_> = url.query_pairs().filter(|(n, _)| n == name).map(|(_, v)| v).collect();
            prop_assert_eq!(found, [wanted]);
        }
    }

    #[test]
    fn another_host_is_another_place(host in "[a-z]{1,8}\\.example", port in 1..u16::MAX, path in "/[a-z]{0,5}") {
        let registered = uri("http://localhost/cb");
        let other = uri(&format!("http://{host}:{port}{path}"));
        prop_assert!(!other.is(&registered));
        let same = uri(&format!("http://localhost:{port}{path}"));
        prop_assert_eq!(same.is(&registered), path == "/cb");
    }
}
