use thyra::prelude::*;

struct Oops;

#[tool]
fn risky() -> Result<i64, Oops> {
    Err(Oops)
}

fn main() {}
