use thyra::prelude::*;

#[tool]
async fn wait(a: i64) -> i64 {
    let kept = std::rc::Rc::new(a);
    std::future::ready(()).await;
    *kept
}

fn main() {}
