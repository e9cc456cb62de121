use super::policy::InvalidPolicy;
use super::*;

const ASKING: Asking<'static> = Asking {
    server: "Notes",
    resource: "https://notes.example.com/mcp",
    client_id: "5f0c7c1e-3b0b-4f6e-9d0a-2f7f1c6f3b11",
    client_name: Some("Claude Code"),
    vouching: Vouching::Nobody,
    redirect_uri: "http://127.0.0.1:33418/callback",
    scopes: &[
        AskedScope {
            name: "notes:read",
            description: Some("Read your notes"),
        },
        AskedScope {
            name: "notes:write",
            description: None,
        },
    ],
    action: "/consent",
    transaction: "transaction-1",
    csrf: "csrf-1",
};

const CONSENT: ConsentPage<'static> = ConsentPage {
    asking: ASKING,
    next: Some("GitHub"),
    remember: true,
    policy: &PagePolicy::Ours,
};

/// A page without its style sheet.
fn body(response: &Response<Bytes>) -> String {
    let text = std::str::from_utf8(response.body()).unwrap();
    text.replace(STYLE, "")
}

fn header<'a>(response: &'a Response<Bytes>, name: &str) -> Option<&'a str> {
    response
        .headers()
        .get(name)
        .map(|value| value.to_str().unwrap())
}

#[test]
fn the_consent_page() {
    insta::assert_snapshot!(body(&consent(&CONSENT)));
}

#[test]
fn the_consent_page_of_a_client_that_its_host_vouches_for() {
    let asking = Asking {
        client_id: "https://claude.ai/oauth/client.json",
        client_name: Some("Claude"),
        vouching: Vouching::Host("claude.ai"),
        redirect_uri: "https://claude.ai/api/mcp/auth_callback",
        scopes: &[],
        ..ASKING
    };
    let page = ConsentPage {
        asking,
        next: None,
        remember: false,
        ..CONSENT
    };
    insta::assert_snapshot!(body(&consent(&page)));
}

#[test]
fn the_sign_in_page_with_people_to_choose_from() {
    let people = [
        Person {
            username: "ada",
            name: "Ada Lovelace",
            about: Some("ada@example.com"),
            chosen: true,
        },
        Person {
            username: "charles",
            name: "Charles Babbage",
            about: None,
            chosen: false,
        },
    ];
    let page = SignInPage {
        asking: ASKING,
        people: People::Listed(&people),
        error: None,
        policy: &PagePolicy::Ours,
    };
    let response = sign_in(&page);
    assert_eq!(response.status(), StatusCode::OK);
    insta::assert_snapshot!(body(&response));
}

#[test]
fn the_sign_in_page_after_a_wrong_password() {
    let page = SignInPage {
        asking: ASKING,
        people: People::Typed("ada"),
        error: Some("The user name or the password is wrong."),
        policy: &PagePolicy::Ours,
    };
    let response = sign_in(&page);
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    insta::assert_snapshot!(body(&response));
}

#[test]
fn the_page_of_a_problem() {
    let shown = Problem {
        title: "This login has ended",
        text: "It was begun more than 15 minutes ago, or it was answered already.",
        next: Some("Go back to the application and connect again."),
        reference: Some("4f1c9a"),
    };
    let response = problem(StatusCode::BAD_REQUEST, &shown);
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    insta::assert_snapshot!(body(&response));
}

#[test]
fn the_page_for_a_client_that_is_not_known() {
    let response = unknown_client("Notes", "<gone>");
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    insta::assert_snapshot!(body(&response));
}

#[test]
fn each_page_has_all_headers() {
    let response = consent(&CONSENT);
    let hash = STANDARD.encode(digest(&SHA256, STYLE.as_bytes()));
    let headers = format!("{:#?}", response.headers()).replace(&hash, "HASH");
    insta::assert_snapshot!(headers);
    let another = unknown_client("Notes", "gone");
    assert_eq!(response.headers(), another.headers());
}

/// Hashed as a browser does it: what stands between the tags.
#[test]
fn the_policy_names_the_style_sheet_of_the_page() {
    let response = consent(&CONSENT);
    let text = std::str::from_utf8(response.body()).unwrap();
    let (_, rest) = text.split_once("<style>").unwrap();
    let (style, rest) = rest.split_once("</style>").unwrap();
    assert!(!rest.contains("<style") && !rest.contains("style="));
    let hash = STANDARD.encode(digest(&SHA256, style.as_bytes()));
    let policy = header(&response, "content-security-policy").unwrap();
    assert!(policy.contains(&format!("'sha256-{hash}'")), "{policy}");
    assert!(!policy.contains("unsafe") && !policy.contains("form-action"));
}

#[test]
fn an_operator_may_choose_another_policy() {
    let absent = PagePolicy::configured("").unwrap();
    let page = ConsentPage {
        policy: &absent,
        ..CONSENT
    };
    let response = consent(&page);
    assert_eq!(header(&response, "content-security-policy"), None);
    assert_eq!(header(&response, "x-frame-options"), Some("DENY"));

    let own = PagePolicy::configured("default-src 'self'").unwrap();
    let page = ConsentPage {
        policy: &own,
        ..CONSENT
    };
    let policy = consent(&page);
    let policy = header(&policy, "content-security-policy");
    assert_eq!(policy, Some("default-src 'self'"));

    for odd in ["a\r\nset-cookie: b", "caf\u{e9}", "a\tb", "a\0"] {
        assert_eq!(PagePolicy::configured(odd).unwrap_err(), InvalidPolicy);
    }
}

/// What a client could call itself, and what must not be in the page then.
#[test]
fn hostile_names_are_text_and_are_seen_to_be_odd() {
    let names = [
        ("<script>alert(1)</script>", "<script"),
        ("\"><img src=x onerror=alert(1)>", "<img"),
        ("' onmouseover='alert(1)", "' onmouseover"),
        ("</title></style><b>", "</title><"),
        ("Claude\u{202e}edoC", "\u{202e}"),
        ("\u{2066}Claude\u{2069}", "\u{2066}"),
        ("Cl\u{200b}aude", "\u{200b}"),
        ("Claude\r\nSet-Cookie: a=b", "\r"),
        ("Claude\0", "\0"),
        ("\u{feff}Claude", "\u{feff}"),
    ];
    for (name, forbidden) in names {
        let asking = Asking {
            server: name,
            resource: name,
            client_id: name,
            client_name: Some(name),
            vouching: Vouching::Host(name),
            redirect_uri: name,
            scopes: &[AskedScope {
                name,
                description: Some(name),
            }],
            ..ASKING
        };
        let consent_page = ConsentPage {
            asking,
            next: Some(name),
            ..CONSENT
        };
        let person = Person {
            username: "ada",
            name,
            about: Some(name),
            chosen: true,
        };
        let sign_in_page = |people| SignInPage {
            asking,
            people,
            error: Some(name),
            policy: &PagePolicy::Ours,
        };
        let shown = Problem {
            title: name,
            text: name,
            next: Some(name),
            reference: Some(name),
        };
        let pages = [
            consent(&consent_page),
            sign_in(&sign_in_page(People::Listed(&[person]))),
            sign_in(&sign_in_page(People::Typed("<ada>"))),
            problem(StatusCode::NOT_FOUND, &shown),
            unknown_client(name, name),
        ];
        for page in pages {
            let body = body(&page);
            assert!(!body.contains(forbidden), "{name:?}: {body}");
        }
    }
}

#[test]
fn long_names_are_cut_and_names_in_any_script_stay() {
    let long = "a".repeat(10_240);
    let named = |name| {
        let asking = Asking {
            client_name: Some(name),
            ..ASKING
        };
        body(&consent(&ConsentPage { asking, ..CONSENT }))
    };
    let page = named(&long);
    assert!(page.len() < 4096, "{}", page.len());
    assert!(page.contains(&format!("<bdi>{}...</bdi>", "a".repeat(60))));
    for name in ["דפדפן", "クロード", "مساعد", "Café ☕", "O'Brien"] {
        let page = named(name).replace("&#39;", "'");
        assert!(
            page.contains(&format!("<h1>Allow “<bdi>{name}</bdi>”")),
            "{page}"
        );
    }
}

#[test]
fn a_client_without_a_name_that_can_be_seen_goes_by_its_identifier() {
    for name in [
        None,
        Some(""),
        Some("  \n"),
        Some("\u{3164}"),
        Some("\u{2800} \u{2800}"),
    ] {
        let asking = Asking {
            client_name: name,
            ..ASKING
        };
        let page = body(&consent(&ConsentPage { asking, ..CONSENT }));
        let expected = format!("<h1>Allow “<bdi>{}</bdi>”", ASKING.client_id);
        assert!(page.contains(&expected), "{name:?}: {page}");
    }
}
