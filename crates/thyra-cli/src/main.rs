//! The `thyra` program.
fn main() {}
