use thyra::prelude::*;

struct Db;

#[tool]
fn look_up(id: u32, db: Db) -> String {
    String::new()
}

fn main() {}
