use thyra::prelude::*;

fn add(a: i64, b: i64) -> i64 {
    a + b
}

fn register(_: impl thyra::IntoTool) {}

fn tools() {
    register(add);
}

fn main() {}
