use thyra::prelude::*;

#[prompt]
async fn review(code: String) -> u64 {
    7
}

fn main() {}
