use thyra::prelude::*;

#[tool]
fn greet() -> &str {
    "hello"
}

fn main() {}
