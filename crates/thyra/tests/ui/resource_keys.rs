use thyra::prelude::*;

#[resource("notes://all", mime = "text/plain")]
fn unknown() -> String {
    String::new()
}

#[resource("notes://all", mime_type = "markdown")]
fn mime_type() -> String {
    String::new()
}

#[resource("notes://all", audience = "people")]
fn audience() -> String {
    String::new()
}

#[resource("notes://all", priority = 2)]
fn priority() -> String {
    String::new()
}

#[resource("notes://all", cache_scope = "public")]
fn scope_alone() -> String {
    String::new()
}

#[resource("notes://all", cache = "60s", cache_scope = "all")]
fn scope() -> String {
    String::new()
}

#[resource("notes://{id}", size = 10)]
fn size(id: u64) -> String {
    String::new()
}

#[resource("notes://all", read_only)]
fn of_tools() -> String {
    String::new()
}

fn main() {}
