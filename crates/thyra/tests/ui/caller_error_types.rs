use thyra::prelude::*;

#[derive(Debug, CallerError)]
enum WithoutText {
    One,
}

#[derive(Debug)]
struct Inner;

#[derive(Debug, thiserror::Error, CallerError)]
enum Outer {
    #[error("one")]
    #[caller(transparent)]
    One(Inner),
}

#[derive(Debug, thiserror::Error, CallerError)]
#[error("one")]
#[caller(with = decide)]
struct With;

fn decide(_: u8) -> ToolError {
    ToolError::not_found()
}

fn main() {}
