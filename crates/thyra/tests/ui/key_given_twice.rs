use thyra::prelude::*;

#[tool(title = "Add", title = "Sum")]
fn add(a: i64) -> i64 {
    a
}

#[tool]
fn argument(#[arg(default = 1)] #[arg(default = 2)] a: i64) -> i64 {
    a
}

fn main() {}
