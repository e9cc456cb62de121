use thyra::prelude::*;

#[resource("notes://{id}/{page}")]
fn no_argument(id: u64) -> String {
    String::new()
}

#[resource("notes://{id}{?format}")]
fn no_optional_argument(id: u64) -> String {
    String::new()
}

#[resource("notes://{id}")]
fn almost(idd: u64) -> String {
    String::new()
}

#[resource("notes://{id}")]
fn one_too_many(id: u64, format: Option<String>) -> String {
    String::new()
}

#[resource("notes://all")]
fn fixed(id: u64) -> String {
    String::new()
}

#[resource("notes://{id}{?page,format}")]
fn query(id: u64, page: u32, format: String) -> String {
    String::new()
}

#[resource("notes://{id}", exempt = ["path"])]
fn exempt(id: u64) -> String {
    String::new()
}

fn main() {}
