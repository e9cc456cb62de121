use thyra::prelude::*;

struct Date;

#[derive(Elicit)]
struct Address {
    city: String,
}

#[derive(Elicit)]
struct Booking {
    address: Address,
    day: Date,
    names: Vec<String>,
}

fn ask<T: thyra::Elicit>() {}

fn main() {
    ask::<Date>();
}
