use thyra::prelude::*;

struct Forecast;

#[tool]
fn weather() -> Forecast {
    Forecast
}

#[tool]
fn risky() -> Result<Forecast, ToolError> {
    Ok(Forecast)
}

fn main() {}
