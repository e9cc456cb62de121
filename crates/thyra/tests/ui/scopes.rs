use thyra::prelude::*;

#[tool(scopes = "notes:read")]
fn not_a_list() {}

#[tool(scopes("notes:read"))]
fn parentheses() {}

#[tool(scopes = [5])]
fn not_a_string() {}

#[tool(scopes = ["notes:read notes:write"])]
fn two_in_one() {}

#[tool(scopes = [""])]
fn empty() {}

fn main() {}
