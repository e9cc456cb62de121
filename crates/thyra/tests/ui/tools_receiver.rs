use thyra::prelude::*;

struct Counter(u64);

#[tools]
impl Counter {
    #[tool]
    fn count(&mut self, by: u64) -> u64 {
        self.0 += by;
        self.0
    }

    #[tool]
    fn take(self) -> u64 {
        self.0
    }

    #[resource("counter://zero")]
    fn zero() -> String {
        "0".to_owned()
    }
}

fn main() {}
