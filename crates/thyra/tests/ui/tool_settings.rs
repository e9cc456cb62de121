use thyra::prelude::*;

#[tool(tags = "billing")]
fn tags() {}

#[tool(version = "")]
fn version() {}

#[tool(icon = "icon.png")]
fn icon() {}

#[tool(meta = "author")]
fn meta() {}

#[tool(meta(author = [1, 2]))]
fn meta_value() {}

#[tool(meta(author = 1, author = 2))]
fn meta_twice() {}

#[tool(task = "always")]
fn task() {}

#[tool(inline)]
async fn inline() {}

fn main() {}
