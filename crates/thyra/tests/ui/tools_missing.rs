use thyra::prelude::*;

struct Counter(u64);

impl Counter {
    #[tool]
    fn count(&self, by: u64) -> u64 {
        self.0 + by
    }
}

fn register(_: impl thyra::Tools) {}

fn main() {
    register(Counter(1));
}
