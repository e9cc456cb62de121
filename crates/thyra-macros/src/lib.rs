//! The attributes of Thyra: `#[tool]`, `#[resource]`, `#[prompt]`, `#[tools]` and `#[derive(Elicit)]`. Use them through the `thyra`
//! crate, which re-exports them; the code that they write needs no other dependency.

mod arguments;
mod attribute;
mod checks;
mod component;
mod doc;
mod elicit;
mod function;
mod keys;
mod kind;
mod methods;
mod name;
mod nearest;
mod template;
mod values;

use proc_macro::TokenStream;

use self::kind::Kind;

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
/// | `tags = ["a", "b"]` | names to group components by |
/// | `version = "2.0"` | which version of the tool this is |
/// | `timeout = "30s"` | how long a call may take: seconds as a number, a text with the unit `ms`, `s`, `m` or `h`, or a `Duration` |
/// | `icon = "https://.."` | an icon, or a list of them |
/// | `meta(key = "value")` | members of `_meta`; a key that is no identifier is a string |
/// | `task`, `task = "required"` | clients may run it as a task, or have to |
/// | `inline` | a function that is not `async` runs where the request is answered: it never blocks |
/// | `read_only`, `destructive`, `idempotent`, `open_world` | hints about what the tool does; `= false` says the opposite |
///
/// # The arguments
///
/// Each argument is one of two kinds, told apart by its type:
///
/// - what the client sends: any type that implements `serde::Deserialize` and `schemars::JsonSchema`. An `Option` may be left out. So
///   may an argument with `#[arg(default = EXPR)]`; `EXPR` is evaluated for each call that needs it, and once for the schema.
///   `#[arg(name = "type")]` gives it another name for clients. `#[arg(header = "Region")]` has HTTP clients repeat it in the
///   header `Mcp-Param-Region` (from 2026-07-28), where proxies can see it: text, an integer or a `bool`, and never a secret;
/// - what the server injects: `Context`, `State<T>`, `Principal`, `Claims<T>`, `Headers`, and every type that implements
///   `thyra::FromCall`. Clients do not see these. They may be taken apart by a pattern: `State(db): State<Db>`.
///
/// # The function
///
/// It may return anything that implements `thyra::IntoReply`, or a `Result` of it. The future of an `async` one has to be `Send`. One
/// that is not `async` may block, since it runs on a thread of its own; its arguments and what it returns have to be `Send`. With
/// `inline` it runs at once, which is cheaper, and has to return soon.
///
/// What is left behind is a unit struct. Rust does not let a local variable have the name of a unit struct that is in scope, so a
/// tool `sum` and a `let sum = ..` do not go together in one module; inside the tool's own function they do.
#[proc_macro_attribute]
pub fn tool(attribute: TokenStream, item: TokenStream) -> TokenStream {
    function::expand(Kind::Tool, attribute.into(), item.into()).into()
}

/// Makes a resource out of a function, async or not: something that clients read by its URI.
///
/// With variables in the URI it stands for many resources (an RFC 6570 template), and each variable is an argument of the function,
/// decoded as the argument's type. What fits the template and is not of that type, such as `notes://seven` below, is an error that names the argument.
///
/// ```text
/// use thyra::prelude::*;
///
/// /// One note.
/// #[resource("notes://{id}{?format}", mime_type = "text/markdown")]
/// async fn note(id: u64, format: Option<String>, State(notes): State<Notes>) -> Result<String, ResourceError> {
///     notes.get(id).ok_or_else(ResourceError::not_found)
/// }
///
/// /// Where all notes are listed.
/// #[resource("notes://all")]
/// async fn all(State(notes): State<Notes>) -> Json<Vec<u64>> {
///     Json(notes.ids())
/// }
///
/// let server = Server::new("Notes").resource(note).resource(all);
/// ```
///
/// # The resource
///
/// `name`, `title`, `description`, `scopes`, `tags`, `version`, `timeout`, `icon`, `meta` and `inline` are those of `#[tool]`. There are
/// these besides:
///
/// | in `#[resource("..", ..)]` | meaning |
/// |---|---|
/// | `mime_type = "text/markdown"` | in place of the one that goes with the returned type |
/// | `size = 1024` | the size in bytes, of a resource without variables |
/// | `audience = "user"`, `priority = 0.5` | for whom it is, and how much it matters |
/// | `cache = "60s"`, `cache_scope = "public"` | how long clients may keep what they read, and whether for others too |
/// | `exempt = ["path"]` | variables that may hold what otherwise looks like an attack on paths, such as `..` |
///
/// # The arguments
///
/// An argument with the name of a variable takes it; `#[arg(name = "type")]` gives it that name. Every other argument is injected, as
/// those of tools are. A variable in the query (`{?format}`) may be missing from a URI, so its argument is an `Option` or has
/// `#[arg(default = EXPR)]`. `#[arg(complete = COMPLETER)]` says what completes the variable: anything that implements
/// `thyra::Completer`.
#[proc_macro_attribute]
pub fn resource(attribute: TokenStream, item: TokenStream) -> TokenStream {
    function::expand(Kind::Resource, attribute.into(), item.into()).into()
}

/// Makes a prompt out of a function, async or not: messages for a model that people choose by name.
///
/// ```text
/// use thyra::prelude::*;
///
/// /// Asks for a review.
/// #[prompt(title = "Review")]
/// fn review(
///     /// What to review
///     code: String,
///     /// How strict to be
///     #[arg(complete = completion_values(["mild", "strict"]))]
///     tone: Option<String>,
/// ) -> String {
///     format!("Review this, {}: {code}", tone.as_deref().unwrap_or("mild"))
/// }
///
/// let server = Server::new("Reviews").prompt(review);
/// ```
///
/// `name`, `title`, `description`, `scopes`, `tags`, `version`, `timeout`, `icon`, `meta` and `inline` are those of `#[tool]`. So are the
/// arguments, but for `header`; clients send the arguments of prompts as text, and an argument of another type is read as the JSON
/// in it. `#[arg(complete = COMPLETER)]` says what completes an argument: anything that implements `thyra::Completer`.
#[proc_macro_attribute]
pub fn prompt(attribute: TokenStream, item: TokenStream) -> TokenStream {
    function::expand(Kind::Prompt, attribute.into(), item.into()).into()
}

/// Makes components out of the methods of a value, which they share.
///
/// ```text
/// use thyra::prelude::*;
///
/// struct Counter(std::sync::atomic::AtomicU64);
///
/// #[tools]
/// impl Counter {
///     /// Counts on.
///     #[tool]
///     async fn count(&self, by: u64) -> u64 {
///         self.0.fetch_add(by, std::sync::atomic::Ordering::Relaxed) + by
///     }
///
///     /// The count.
///     #[resource("counter://now")]
///     async fn now(&self) -> String {
///         self.0.load(std::sync::atomic::Ordering::Relaxed).to_string()
///     }
/// }
///
/// let server = Server::new("Counter").tools(Counter(0.into()));
/// ```
///
/// The methods stay methods, and those without an attribute are left alone. Each component takes `&self`: calls run at the same time, so
/// what changes goes into a `Mutex` or an atomic. The type has to be `Send`, `Sync` and without borrowed parts, and has one such block.
#[proc_macro_attribute]
pub fn tools(attribute: TokenStream, item: TokenStream) -> TokenStream {
    methods::expand(attribute.into(), item.into()).into()
}

/// Makes a struct a form that `Context::ask` can ask the user to fill in, or an enum a choice in one.
///
/// ```text
/// use thyra::prelude::*;
///
/// #[derive(Elicit)]
/// #[elicit(rename_all = "lowercase")]
/// enum Unit {
///     #[elicit(title = "Celsius (°C)")]
///     Celsius,
///     Fahrenheit,
/// }
///
/// #[derive(Elicit)]
/// struct Booking {
///     /// Where to
///     city: String,
///     #[elicit(min = 1, max = 9, default = 2)]
///     people: u8,
///     #[elicit(title = "Email", format = "email")]
///     contact: Option<String>,
///     unit: Unit,
/// }
///
/// let booking: Booking = ctx.ask("booking", "Where do you want to go?").await?;
/// ```
///
/// A form is flat: its fields are `String`, `bool`, integers, floats, enums of plain variants, `Vec` of such an enum, and `Option` of
/// these. Doc comments of fields are shown. What the user answers is checked again when it comes back.
///
/// | in `#[elicit(..)]` | on | meaning |
/// |---|---|---|
/// | `rename_all = "kebab-case"` | the type | how names are spelled |
/// | `rename = "type"` | a field, a variant | the name itself |
/// | `title = ".."` | a field, a variant | a name for people |
/// | `description = ".."` | a field | replaces the doc comment |
/// | `default = EXPR` | a field | what the form shows at first, and the value of a field without an answer |
/// | `min = 1`, `max = 9` | a number | its bounds |
/// | `min_length = 1`, `max_length = 80` | text | its bounds in characters |
/// | `format = "email"` | text | `email`, `uri`, `date` or `date-time` |
/// | `min_items = 1`, `max_items = 3` | a `Vec` | how many may be chosen |
#[proc_macro_derive(Elicit, attributes(elicit))]
pub fn elicit(item: TokenStream) -> TokenStream {
    elicit::expand(item.into()).into()
}
