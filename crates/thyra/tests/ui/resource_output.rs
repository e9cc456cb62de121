use thyra::prelude::*;

struct Note;

#[resource("notes://{id}")]
async fn note(id: u64) -> Note {
    Note
}

#[resource("notes://count")]
async fn count() -> u64 {
    7
}

fn main() {}
