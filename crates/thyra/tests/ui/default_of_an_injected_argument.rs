use thyra::prelude::*;

#[tool]
fn look_up(#[arg(default = 1)] ctx: Context) -> String {
    String::new()
}

fn main() {}
