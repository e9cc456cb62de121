use thyra::prelude::*;

#[tool(title)]
fn title() {}

#[tool(name = 5)]
fn name() {}

#[tool(read_only = "yes")]
fn hint() {}

#[tool(title = "a" description = "b")]
fn comma() {}

#[tool]
fn default(#[arg(default)] a: i64) {}

fn main() {}
