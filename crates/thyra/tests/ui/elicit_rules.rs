use thyra::prelude::*;

#[derive(Elicit)]
struct UnknownKey {
    #[elicit(minimum = 1)]
    age: u8,
}

#[derive(Elicit)]
struct Order {
    #[elicit(min = 9, max = 1)]
    age: u8,
}

#[derive(Elicit)]
struct Lengths {
    #[elicit(min_length = 9, max_length = 1)]
    name: String,
}

#[derive(Elicit)]
struct NoNumber {
    #[elicit(min = "1")]
    age: u8,
}

#[derive(Elicit)]
struct NoFormat {
    #[elicit(format = "phone")]
    phone: String,
}

#[derive(Elicit)]
#[elicit(rename_all = "UPPERCASE")]
struct NoSpelling {
    phone: String,
}

#[derive(Elicit)]
enum NoRules {
    #[elicit(default)]
    A,
    B,
}

fn main() {}
