use thyra::prelude::*;

#[tool]
fn fraction(#[arg(header = "Price")] price: f64) {}

#[tool]
fn optional_fraction(#[arg(header = "Price")] price: Option<f64>) {}

#[tool]
fn several(#[arg(header = "Cities")] cities: Vec<String>) {}

#[tool]
fn object(#[arg(header = "City")] city: thyra::serde_json::Value) {}

#[tool]
fn blank(#[arg(header = "My City")] city: String) {}

#[tool]
fn twice(#[arg(header = "City")] from: String, #[arg(header = "city")] to: String) {}

#[tool]
fn unnamed(#[arg(header = "City")] _: String) {}

fn main() {}
