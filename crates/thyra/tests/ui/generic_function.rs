use thyra::prelude::*;

#[tool]
fn echo<T: ToString>(value: T) -> String
where
    T: Send,
{
    value.to_string()
}

#[tool]
fn first<'a>(value: String) -> String {
    value
}

fn main() {}
