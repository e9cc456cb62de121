use std::rc::Rc;

use thyra::prelude::*;

struct NotSend(Rc<str>);

impl From<NotSend> for ToolError {
    fn from(error: NotSend) -> Self {
        Self::new(error.0.to_string())
    }
}

#[tool]
fn read() -> Result<String, NotSend> {
    Err(NotSend("no".into()))
}

fn main() {}
