use thyra::prelude::*;

#[derive(Elicit)]
struct Form {
    #[elicit(min = 1)]
    name: String,
    #[elicit(min_length = 1)]
    age: u8,
    #[elicit(format = "email")]
    agreed: bool,
    #[elicit(max_items = 2)]
    city: Option<String>,
}

#[derive(Elicit)]
struct Defaults {
    #[elicit(default = true)]
    age: u8,
}

fn main() {}
