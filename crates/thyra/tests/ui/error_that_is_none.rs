use thyra::prelude::*;

struct Oops;

#[tool]
fn risky() -> Result<i64, Oops> {
    Err(Oops)
}

#[resource("notes://{id}")]
async fn note(id: u64) -> Result<String, Oops> {
    Err(Oops)
}

#[prompt]
async fn discuss(id: u64) -> Result<String, Oops> {
    Err(Oops)
}

/// It lacks `Send` and `Sync`.
#[tool]
async fn boxed() -> Result<i64, Box<dyn std::error::Error>> {
    Ok(7)
}

#[tool]
async fn passes_on() -> Result<i64, ToolError> {
    Err(Oops)?
}

fn main() {}
