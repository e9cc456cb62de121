use thyra::prelude::*;

#[tool]
fn look_up(#[arg(default = 1)] _: i64) {}

fn main() {}
