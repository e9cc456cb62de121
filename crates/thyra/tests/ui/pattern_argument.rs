use thyra::prelude::*;

#[derive(thyra::serde::Deserialize, thyra::schemars::JsonSchema)]
#[serde(crate = "thyra::serde")]
#[schemars(crate = "thyra::schemars")]
struct Point {
    x: i64,
    y: i64,
}

#[tool]
fn length(Point { x, y }: Point) -> i64 {
    x * x + y * y
}

#[tool]
fn nameless(_: i64) {}

fn main() {}
