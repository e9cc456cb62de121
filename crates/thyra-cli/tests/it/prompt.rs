//! `thyra prompt`.

use crate::program::run;
use crate::server::{calculator, serve};

#[tokio::test]
async fn a_prompt_is_printed_with_who_says_what() {
    let server = serve(calculator()).await;
    let ran = run(&["prompt", &server.url, "greet", "who=5", "how=hi"]).await;
    assert_eq!(
        (ran.code, &*ran.out, &*ran.errors),
        (Some(0), "user:\nSay hi to 5.\n", "")
    );
    let ran = run(&["prompt", "--json", &server.url, "greet", "who=Ada"]).await;
    assert_eq!(ran.json()["messages"][0]["role"], "user");
    let text = &ran.json()["messages"][0]["content"]["text"];
    assert_eq!(text, "Say hello to Ada.");
}

#[tokio::test]
async fn a_mistake_is_found_before_the_server_is_asked() {
    let server = serve(calculator()).await;
    for (words, wanted) in [
        (&[][..], "which prompt?"),
        (
            &["gret"],
            "the server has no prompt `gret`; did you mean `greet`?",
        ),
        (&["greet"], "`greet` needs `who` (string): Whom to greet"),
        (&["greet", "who=x", "whoo=y"], "did you mean `who`?"),
        (&["greet", "who:=5"], "`who` must be text"),
    ] {
        let ran = run(&[&["prompt", &server.url], words].concat()).await;
        assert_eq!((ran.code, &*ran.out), (Some(2), ""), "{words:?}");
        assert!(ran.errors.contains(wanted), "{words:?}: {ran:?}");
    }
}
