use thyra::prelude::*;

#[tool]
fn greet(name: &str, others: &[String], everyone: &Vec<String>, ctx: &Context) -> String {
    name.to_owned()
}

fn main() {}
