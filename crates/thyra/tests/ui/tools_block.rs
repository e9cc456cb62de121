use thyra::prelude::*;

struct Counter(u64);

struct Third(u64);

#[tools]
impl Counter {
    /// Counts on.
    fn count(&self, by: u64) -> u64 {
        self.0 + by
    }
}

#[tools]
struct Other;

#[tools]
impl Clone for Third {
    #[tool]
    fn clone(&self) -> Self {
        Third(self.0)
    }
}

#[tools(name = "counter")]
impl Other {
    #[tool]
    #[prompt]
    fn both(&self) -> String {
        String::new()
    }

    #[tool(nmae = "one")]
    fn typo(&self, #[arg(default = 1)] by: u64) -> u64 {
        by
    }

    #[tool]
    const TOOL: u64 = 1;
}

fn main() {}
