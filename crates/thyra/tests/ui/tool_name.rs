use thyra::prelude::*;

#[tool(name = "add numbers")]
fn space() {}

#[tool(name = "")]
fn empty() {}

#[tool(name = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx")]
fn long() {}

#[tool]
fn größe() {}

fn main() {}
