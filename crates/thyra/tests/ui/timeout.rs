use thyra::prelude::*;

#[tool(timeout)]
fn nothing() {}

#[tool(timeout = 0)]
fn never() {}

#[tool(timeout = "soon")]
fn soon() {}

#[tool(timeout = 1.5)]
fn fraction() {}

fn main() {}
