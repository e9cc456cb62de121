use thyra::prelude::*;

#[tool]
fn greet(name: impl ToString) -> String {
    name.to_string()
}

#[tool]
fn later() -> impl Future<Output = String> {
    async { String::new() }
}

fn main() {}
