use thyra::prelude::*;

fn tools() {
    // An argument that is not taken as `Args`.
    let _ = Tool::new("a", |a: i64| async move { a });
    // Not async.
    let _ = Tool::new("b", || "text");
}

fn main() {}
