use thyra::prelude::*;

#[prompt]
async fn review(#[arg(complete = ["mild", "strict"])] tone: String) -> String {
    tone
}

fn main() {}
