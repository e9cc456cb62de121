use thyra::prelude::*;

#[derive(Elicit)]
struct Nothing {}

#[derive(Elicit)]
struct Unnamed(String);

#[derive(Elicit)]
struct Generic<T> {
    value: T,
}

#[derive(Elicit)]
enum None {}

#[derive(Elicit)]
enum Filled {
    Text(String),
    Plain,
}

#[derive(Elicit)]
struct Twice {
    #[elicit(rename = "b")]
    a: String,
    b: String,
}

#[derive(Elicit)]
enum TwiceToo {
    A,
    #[elicit(rename = "A")]
    B,
}

fn main() {}
