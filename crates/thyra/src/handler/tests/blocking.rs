use std::thread;

use super::scope;
use crate::Tool;
use crate::handler::{CallError, blocking};

#[tokio::test]
async fn work_that_blocks_runs_on_another_thread() {
    let here = thread::current().id();
    assert_ne!(blocking(move || thread::current().id()).await, here);
}

#[tokio::test]
async fn a_panic_on_the_other_thread_is_the_calls() {
    let tool = Tool::new("broken", || async {
        blocking(|| -> String { panic!("no luck") }).await
    });
    let answer = tool.try_call(None, &scope()).await;
    assert!(
        matches!(&answer, Err(CallError::Panicked(text)) if text == "no luck"),
        "{answer:?}"
    );
}

#[test]
fn without_a_runtime_it_runs_here() {
    use futures_util::FutureExt as _;
    let here = thread::current().id();
    let there = blocking(move || thread::current().id()).now_or_never();
    assert_eq!(there, Some(here));
}
