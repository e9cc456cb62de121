use thyra::prelude::*;

struct Db;

#[resource("notes://{id}")]
async fn note(id: u64, db: Db) -> String {
    String::new()
}

fn main() {}
