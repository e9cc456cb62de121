use thyra::prelude::*;

/// Doubles a number.
#[tool]
fn double(number: i64) -> i64 {
    number * 2
}

/// One note.
#[resource("notes://{id}")]
async fn note(id: u64) -> String {
    id.to_string()
}

fn main() {
    let _ = Server::new("Numbers").tool(double);
    let _ = Server::new("Numbers").tool(note);
    let _ = Server::new("Numbers").tool(5);
}
