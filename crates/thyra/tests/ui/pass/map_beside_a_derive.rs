// `JsonSchema` binds a local variable `map`, which no value of the module may be in the way of.
use thyra::prelude::*;

#[derive(thyra::serde::Deserialize, thyra::schemars::JsonSchema)]
#[serde(crate = "thyra::serde")]
#[schemars(crate = "thyra::schemars")]
struct Place {
    north: i32,
    east: i32,
}

/// Names the map of a place.
#[tool]
async fn map(place: Place) -> String {
    format!("{} {}", place.north, place.east)
}

/// Counts the maps.
#[tool]
fn count(maps: Vec<Place>) -> usize {
    maps.len()
}

fn main() {
    let map = Server::new("Maps").tool(map);
    let count = map.tool(count {});
    let _ = count;
}
