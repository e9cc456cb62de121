//! `thyra complete`.

use serde_json::json;

use crate::program::run;
use crate::server::{calculator, serve};

#[tokio::test]
async fn suggestions_are_lines() {
    let server = serve(calculator()).await;
    let complete = async |words: &[&str]| run(&[&["complete", &server.url], words].concat()).await;
    let ran = complete(&["greet", "how=h"]).await;
    assert_eq!(
        (ran.code, &*ran.out, &*ran.errors),
        (Some(0), "hello\nhi\n", "")
    );
    let ran = complete(&["greet", "how", "who=Ada"]).await;
    assert_eq!(ran.out.lines().count(), 3);
    let ran = complete(&["greet", "how=x"]).await;
    assert_eq!((ran.code, &*ran.out), (Some(0), ""));
    let ran = complete(&["--json", "greet", "how=g"]).await;
    assert_eq!(ran.json()["completion"]["values"], json!(["good morning"]));
}

#[tokio::test]
async fn what_cannot_be_completed_is_an_error() {
    let server = serve(calculator()).await;
    for (words, code, wanted) in [
        (&["greet"][..], 2, "what is to be completed?"),
        (&["greet", "how=h", "who"], 2, "`who` is no `name=value`"),
        (&["nobody", "how=h"], 1, "completion/complete failed"),
        (&["nothing://{x}", "x=h"], 1, "completion/complete failed"),
    ] {
        let ran = run(&[&["complete", &server.url], words].concat()).await;
        assert_eq!(
            (ran.code, &*ran.out),
            (Some(code), ""),
            "{words:?}: {ran:?}"
        );
        assert!(ran.errors.contains(wanted), "{words:?}: {ran:?}");
    }
}
