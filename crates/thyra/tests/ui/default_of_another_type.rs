use thyra::prelude::*;

#[tool]
fn count(#[arg(default = true)] most: u32) -> u32 {
    most
}

fn main() {}
