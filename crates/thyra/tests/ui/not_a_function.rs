use thyra::prelude::*;

#[tool]
struct Add;

trait Adder {
    #[tool]
    fn add(a: i64) -> i64;
}

fn main() {}
