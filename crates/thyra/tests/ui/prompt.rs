use thyra::prelude::*;

#[prompt(name = "to review")]
fn name() -> String {
    String::new()
}

#[prompt("review")]
fn uri() -> String {
    String::new()
}

#[prompt]
fn borrowed(code: &str) -> String {
    code.to_owned()
}

#[prompt]
fn header(#[arg(header = "Tone")] tone: String) -> String {
    tone
}

#[prompt]
fn completion(#[arg(complete)] tone: String) -> String {
    tone
}

#[prompt]
struct Review;

fn main() {}
