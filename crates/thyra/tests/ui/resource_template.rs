use thyra::prelude::*;

#[resource]
fn no_uri() -> String {
    String::new()
}

#[resource(title = "Note")]
fn key_first() -> String {
    String::new()
}

#[resource("")]
fn empty() -> String {
    String::new()
}

#[resource("notes://{id")]
fn not_closed(id: u64) -> String {
    String::new()
}

#[resource("notes://id}")]
fn not_opened(id: u64) -> String {
    String::new()
}

#[resource("notes://{}")]
fn no_name() -> String {
    String::new()
}

#[resource("notes://{my id}")]
fn bad_name() -> String {
    String::new()
}

#[resource("notes://{id}/{id}")]
fn twice(id: u64) -> String {
    String::new()
}

#[resource("my notes")]
fn blank() -> String {
    String::new()
}

#[resource("notes")]
fn no_scheme() -> String {
    String::new()
}

#[resource("{scheme}://notes")]
fn scheme(scheme: String) -> String {
    scheme
}

fn main() {}
