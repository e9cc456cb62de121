use thyra::prelude::*;

#[tool(titel = "Add")]
fn add(a: i64) -> i64 {
    a
}

#[tool(readonly)]
fn show(a: i64) -> i64 {
    a
}

#[tool(xyz = 1)]
fn other(a: i64) -> i64 {
    a
}

#[tool]
fn argument(#[arg(defualt = 1)] a: i64, #[arg(min = 1)] b: i64) -> i64 {
    a + b
}

fn main() {}
