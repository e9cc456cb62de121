//! The `#[tool]` attribute of Thyra. Use it through the `thyra` crate, which re-exports it; the code that it writes needs no other
//! dependency.

mod arguments;
mod attribute;
mod checks;
mod doc;
mod expand;
mod keys;
mod name;

use proc_macro::TokenStream;

/// Makes a tool out of a function, async or not.
///
/// The function's doc comment describes the tool to models, and each argument's doc comment describes that argument. The function's
/// name becomes a value that `Server::tool` takes, and that is still called like the function, in a unit test for example:
///
/// ```text
/// use thyra::prelude::*;
///
/// /// Add two numbers.
/// #[tool]
/// async fn add(
///     /// The first number
///     a: i64,
///     /// The second number
///     #[arg(default = 1)]
///     b: i64,
/// ) -> i64 {
///     a + b
/// }
///
/// let server = Server::new("Calculator").tool(add);
/// assert_eq!(add(1, 2).await, 3);
/// ```
///
/// # The tool
///
/// | in `#[tool(..)]` | meaning |
/// |---|---|
/// | `name = "add"` | the name for clients; the function's own by default |
/// | `title = "Add"` | a name for people |
/// | `description = ".."` | replaces the doc comment |
/// | `scopes = ["a", "b"]` | the OAuth scopes that a caller needs, all of them |
/// | `read_only`, `destructive`, `idempotent`, `open_world` | hints about what the tool does; `= false` says the opposite |
///
/// # The arguments
///
/// Each argument is one of two kinds, told apart by its type:
///
/// - what the client sends: any type that implements `serde::Deserialize` and `schemars::JsonSchema`. An `Option` may be left out. So
///   may an argument with `#[arg(default = EXPR)]`; `EXPR` is evaluated for each call that needs it, and once for the schema.
///   `#[arg(name = "type")]` gives it another name for clients;
/// - what the server injects: `Context`, `State<T>`, `Principal`, `Claims<T>`, `Headers`, and every type that implements
///   `thyra::FromCall`. Clients do not see these. They may be taken apart by a pattern: `State(db): State<Db>`.
///
/// # The function
///
/// It may return anything that implements `thyra::IntoReply`, or a `Result` of it. A function that is not `async` runs on the
/// connection's own thread, so it should not block. The future of an async one has to be `Send`.
///
/// What is left behind is a unit struct. Rust does not let a local variable have the name of a unit struct that is in scope, so a
/// tool `sum` and a `let sum = ..` do not go together in one module; inside the tool's own function they do.
#[proc_macro_attribute]
pub fn tool(attribute: TokenStream, item: TokenStream) -> TokenStream {
    expand::tool(attribute.into(), item.into()).into()
}
