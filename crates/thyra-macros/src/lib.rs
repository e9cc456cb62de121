//! The macros of Thyra: `#[tool]`, `#[resource]`, `#[prompt]`, `#[tools]`, `#[derive(CallerError)]`
//! and `#[derive(Elicit)]`. Use them through the `thyra` crate, which re-exports them. The code
//! they write needs no other dependency.

mod arguments;
mod attribute;
mod caller_error;
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

/// Makes a function a tool. The function may be async.
///
/// The function's doc comment describes the tool to models, and each argument's doc comment
/// describes that argument. The function stays a function, which you can call, for example in a
/// unit test:
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
/// | `check = Check::role("admin")` | decides who may call it: an expression of `thyra::Check` |
/// | `tags = ["a", "b"]` | names that group components |
/// | `version = "2.0"` | which version of the tool this is |
/// | `timeout = "30s"` | how long a call may take: a number of seconds, a text with the unit `ms`, `s`, `m` or `h`, or a `Duration` |
/// | `icon = "https://.."` | an icon, or a list of them |
/// | `meta(key = "value")` | members of `_meta`; a key that is no identifier is a string |
/// | `task`, `task = "required"` | clients may run it as a task, or have to |
/// | `inline` | the function is not `async` and never blocks, so it runs where the request is answered |
/// | `output_schema = schema()`, `= none` | the JSON Schema of the result, as an expression of `serde_json::Value`; or that there is none |
/// | `read_only`, `destructive`, `idempotent`, `open_world` | hints about what the tool does; `= false` says the opposite |
///
/// # The arguments
///
/// The type of an argument decides which of two kinds it is:
///
/// - The client sends any type that implements `serde::Deserialize` and `schemars::JsonSchema`.
///   Clients may leave out an `Option`, and an argument with `#[arg(default = EXPR)]`; `EXPR` is
///   evaluated for each call that needs it, and once for the schema. `#[arg(name = "type")]` gives
///   it another name for clients. `#[arg(header = "Region")]` has HTTP clients repeat it in the
///   header `Mcp-Param-Region` (from 2026-07-28), where proxies can see it: text, an integer or a
///   `bool`, and never a secret.
/// - The server injects `Context`, `State<T>`, `Principal`, `Claims<T>`, `Headers`, and every type
///   that implements `thyra::FromCall`. Clients do not see these. A pattern may take them apart:
///   `State(db): State<Db>`.
///
/// # The function
///
/// It may return anything that implements `thyra::IntoReply`, or a `Result` of it. The future of an
/// `async` function must be `Send`. A function that is not `async` may block, because it runs on a
/// thread where that harms nobody; its arguments and its return value must be `Send`. With `inline`
/// it runs in place, which is cheaper, and must return soon.
///
/// # How a server takes it
///
/// `Server::tool` takes an `async` function by its name: `.tool(add)`. A function that is not
/// `async` returns a plain value, which cannot say of which tool it is. Beside such a function the
/// macro puts a type of the same name, and `.tool(add {})` takes that.
#[proc_macro_attribute]
pub fn tool(attribute: TokenStream, item: TokenStream) -> TokenStream {
    function::expand(Kind::Tool, attribute.into(), item.into()).into()
}

/// Makes a function a resource, which clients read by its URI. The function may be async.
///
/// With variables in the URI (an RFC 6570 template) it stands for many resources. Each variable is
/// an argument of the function, decoded as the argument's type. A URI that fits the template with a
/// value of another type, such as `notes://seven` below, is an error that names the argument.
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
/// `name`, `title`, `description`, `scopes`, `check`, `tags`, `version`, `timeout`, `icon`, `meta`
/// and `inline` are those of `#[tool]`. A resource has these too:
///
/// | in `#[resource("..", ..)]` | meaning |
/// |---|---|
/// | `mime_type = "text/markdown"` | in place of the one that the return type implies |
/// | `size = 1024` | the size in bytes, of a resource without variables |
/// | `audience = "user"`, `priority = 0.5` | who it is for, and how much it matters |
/// | `cache = "60s"`, `cache_scope = "public"` | how long clients may cache the contents, and whether for all users |
/// | `exempt = ["path"]` | variables that may hold what looks like an attack on paths, such as `..` |
///
/// # The arguments
///
/// An argument takes the variable of the same name; `#[arg(name = "type")]` names another. Every
/// other argument is injected, as in tools. A variable in the query (`{?format}`) may be missing
/// from a URI, so its argument is an `Option` or has `#[arg(default = EXPR)]`.
/// `#[arg(complete = COMPLETER)]` completes the variable with an async function of the typed text,
/// or with anything else that implements `thyra::IntoCompleter`.
#[proc_macro_attribute]
pub fn resource(attribute: TokenStream, item: TokenStream) -> TokenStream {
    function::expand(Kind::Resource, attribute.into(), item.into()).into()
}

/// Makes a function a prompt: messages for a model that people choose by name. The function may be
/// async.
///
/// ```text
/// use thyra::prelude::*;
///
/// /// Asks for a review.
/// #[prompt(title = "Review")]
/// async fn review(
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
/// `name`, `title`, `description`, `scopes`, `check`, `tags`, `version`, `timeout`, `icon`, `meta`
/// and `inline` are those of `#[tool]`. So are the arguments, except for `header`. Clients send the
/// arguments of prompts as text, and an argument of another type is read from it as JSON.
/// `#[arg(complete = COMPLETER)]` completes an argument with an async function of the typed text,
/// or with anything else that implements `thyra::IntoCompleter`.
#[proc_macro_attribute]
pub fn prompt(attribute: TokenStream, item: TokenStream) -> TokenStream {
    function::expand(Kind::Prompt, attribute.into(), item.into()).into()
}

/// Makes the methods of a value components, which share the value.
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
/// The methods stay methods, and those without an attribute stay as they are. Each component takes
/// `&self`: calls run at the same time, so keep what changes in a `Mutex` or an atomic. The type
/// must be `Send`, `Sync` and `'static`, and may have one such block.
#[proc_macro_attribute]
pub fn tools(attribute: TokenStream, item: TokenStream) -> TokenStream {
    methods::expand(attribute.into(), item.into()).into()
}

/// Makes a struct a form that `Context::ask` can ask the user to fill in, or an enum a choice in
/// one.
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
/// A form is flat: its fields are `String`, `bool`, integers, floats, enums of plain variants,
/// `Vec` of such an enum, and `Option` of these. The form shows the doc comments of fields. The
/// server checks the answer again when it comes back.
///
/// | in `#[elicit(..)]` | on | meaning |
/// |---|---|---|
/// | `rename_all = "kebab-case"` | the type | how names are spelled |
/// | `rename = "type"` | a field, a variant | the name itself |
/// | `title = ".."` | a field, a variant | a name for people |
/// | `description = ".."` | a field | replaces the doc comment |
/// | `default = EXPR` | a field | what the form shows first, and the value of a field that the user leaves empty |
/// | `min = 1`, `max = 9` | a number | its bounds |
/// | `min_length = 1`, `max_length = 80` | text | its bounds in characters |
/// | `format = "email"` | text | `email`, `uri`, `date` or `date-time` |
/// | `min_items = 1`, `max_items = 3` | a `Vec` | how many may be chosen |
#[proc_macro_derive(Elicit, attributes(elicit))]
pub fn elicit(item: TokenStream) -> TokenStream {
    elicit::expand(item.into()).into()
}

/// Says what an error of your own tells the caller of a tool, a resource or a prompt.
///
/// A function returns `Result<_, NoteError>`, or `Result<_, ToolError>` and says `?` to a
/// `NoteError`; either way, and in every build, callers are told the same:
///
/// ```text
/// use thyra::prelude::*;
///
/// #[derive(Debug, thiserror::Error, CallerError)]
/// enum NoteError {
///     #[error("there is no note {0}")]
///     #[caller(not_found)]
///     Missing(u64),
///     #[error("a note has at most 1000 characters")]
///     #[caller(shown)]
///     TooLong,
///     #[error("the database failed")]
///     Database(#[from] rusqlite::Error),
/// }
///
/// /// One note.
/// #[resource("notes://{id}")]
/// async fn note(id: u64, State(notes): State<Notes>) -> Result<String, NoteError> {
///     notes.get(id)?.ok_or(NoteError::Missing(id))
/// }
/// ```
///
/// | in `#[caller(..)]` | the caller reads | the log reads |
/// |---|---|---|
/// | `shown` | the error's text | nothing, or if the error has a cause, the error and its causes |
/// | `not_found` | the text; from a resource with the protocol's code for "not found" | the same |
/// | `masked`, or nothing at all | a general sentence | the error and all its causes |
/// | `transparent` | what the error in the only field tells: a `ToolError`, an `AskError`, another `CallerError` | what that error says |
///
/// On the type, `#[caller(shown)]` and the others hold for every variant that does not say
/// otherwise, and `#[caller(with = function)]` names the `fn(NoteError) -> ToolError` that decides
/// by the value. Within it, do not convert the same error with `into` or `?`: that calls it again.
///
/// The type implements `std::error::Error`, by `thiserror` or by hand. The derive writes
/// `From<NoteError> for ToolError`, and makes the type not `Unpin`: so the compiler tells it from
/// other errors, whose conversion masks them.
#[proc_macro_derive(CallerError, attributes(caller))]
pub fn caller_error(item: TokenStream) -> TokenStream {
    caller_error::expand(item.into()).into()
}
