//! What a server offers, and what all of it has in common.

pub(crate) mod completion;
pub(crate) mod prompt;
pub(crate) mod resource;
pub(crate) mod template;
pub(crate) mod tool;

use std::collections::BTreeSet;
use std::time::Duration;

use thyra_auth::ScopeSet;

use self::prompt::Prompt;
use self::resource::{Resource, ResourceTemplate};
use self::tool::Tool;
use crate::handler::{Input, Requirement};
use crate::state::StateMap;

/// A component of any kind.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Component {
    /// A message for models that people choose.
    Prompt(Prompt),
    /// Something to read.
    Resource(Resource),
    /// Many things to read, under one pattern of URIs.
    Template(ResourceTemplate),
    /// A function that models call.
    Tool(Tool),
}

/// What [`Server::tools`](crate::Server::tools) takes: a value whose methods are components. `#[tools]` on an `impl` block implements
/// it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no methods that are tools",
    label = "nothing of it can be offered",
    note = "put `#[tools]` on its `impl` block, and `#[tool]`, `#[resource(\"uri\")]` or `#[prompt]` on the methods in it"
)]
pub trait Tools {
    /// The components, which share the value.
    fn components(self) -> Vec<Component>;
}

/// What a component of any kind has besides its definition and its handler.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facets {
    problems: Vec<String>,
    requirements: Vec<Requirement>,
    scopes: ScopeSet,
    tags: BTreeSet<String>,
    timeout: Option<Duration>,
    version: Option<String>,
}

impl Facets {
    /// Those of a component that takes this.
    fn new(input: &mut Input) -> Self {
        Self {
            problems: std::mem::take(&mut input.problems),
            requirements: std::mem::take(&mut input.requirements),
            ..Self::default()
        }
    }

    fn missing_state(&self, state: &StateMap) -> Option<&'static str> {
        self.requirements
            .iter()
            .find_map(|requirement| match requirement {
                Requirement::State { type_id, type_name } if !state.contains(*type_id) => {
                    Some(*type_name)
                }
                _ => None,
            })
    }
}

/// Writes the methods that all components have, on a type with a `definition` and `facets`.
macro_rules! component_methods {
    ($component:ident, $noun:literal) => {
        impl $component {
            /// A name for people.
            #[must_use]
            pub fn title(mut self, title: impl Into<String>) -> Self {
                self.definition.title = Some(title.into());
                self
            }

            #[doc = concat!("What the ", $noun, " is for, in words for models.")]
            #[must_use]
            pub fn description(mut self, description: impl Into<String>) -> Self {
                self.definition.description = Some(description.into());
                self
            }

            /// An icon that clients may show; call it once for each size or theme (from 2025-11-25).
            #[must_use]
            pub fn icon(mut self, icon: ::thyra_protocol::Icon) -> Self {
                self.definition.icons.push(icon);
                self
            }

            /// One more tag. Tags do not go to clients; they group components to show, hide and remove them.
            #[must_use]
            pub fn tag(mut self, tag: impl Into<String>) -> Self {
                self.facets.tags.insert(tag.into());
                self
            }

            #[doc = concat!("More tags, as [`", stringify!($component), "::tag`].")]
            #[must_use]
            pub fn tags<S: Into<String>>(mut self, tags: impl IntoIterator<Item = S>) -> Self {
                self.facets.tags.extend(tags.into_iter().map(Into::into));
                self
            }

            /// Anything more that clients get to know, as the member `key` of `_meta` (from 2025-06-18). A key of your own begins with a
            /// domain of yours: `com.example/owner`.
            #[must_use]
            pub fn meta(mut self, key: impl Into<String>, value: impl Into<::serde_json::Value>) -> Self {
                self.definition
                    .meta
                    .get_or_insert_default()
                    .insert(key.into(), value.into());
                self
            }

            /// The scopes that a caller needs, all of them. On a server without tokens they are not asked for.
            #[must_use]
            pub fn scopes<S: AsRef<str>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
                self.facets.scopes = scopes.into_iter().collect();
                self
            }

            /// Its version. Of several versions of one name, clients see and get the highest unless they ask for another.
            #[must_use]
            pub fn version(mut self, version: impl Into<String>) -> Self {
                self.facets.version = Some(version.into());
                self
            }

            /// For how long a call may take, in place of the server's own limit.
            #[must_use]
            pub fn timeout(mut self, timeout: ::std::time::Duration) -> Self {
                self.facets.timeout = Some(timeout);
                self
            }

            /// The name that programs know it by.
            pub fn name(&self) -> &str {
                &self.definition.name
            }

            /// What clients learn about it, as the newest revision has it.
            pub fn definition(&self) -> &::thyra_protocol::$component {
                &self.definition
            }

            /// The scopes that a caller needs; empty when none.
            pub fn required_scopes(&self) -> &::thyra_auth::ScopeSet {
                &self.facets.scopes
            }

            /// What the server must have for it to work.
            pub fn requirements(&self) -> &[$crate::handler::Requirement] {
                &self.facets.requirements
            }

            /// The name of a type that the handler wants as `State<T>` and that is not in `state`.
            pub fn missing_state(&self, state: &$crate::state::StateMap) -> Option<&'static str> {
                self.facets.missing_state(state)
            }

            #[doc = concat!("What is wrong with the ", $noun, " itself, each as a sentence without its subject. A server does not start with such a one.")]
            pub fn problems(&self) -> &[String] {
                &self.facets.problems
            }

            /// Its tags.
            pub fn component_tags(&self) -> &::std::collections::BTreeSet<String> {
                &self.facets.tags
            }

            /// Its version, if it has one.
            pub fn component_version(&self) -> Option<&str> {
                self.facets.version.as_deref()
            }

            /// For how long a call may take, if that is not the server's own limit.
            pub fn call_timeout(&self) -> Option<::std::time::Duration> {
                self.facets.timeout
            }
        }
    };
}

use component_methods;

/// Gives what can be read the methods that only such components have.
macro_rules! readable_methods {
    ($component:ident) => {
        impl $component {
            /// The media type, in place of the one found by the handler's type. Contents that say their own keep it.
            #[must_use]
            pub fn mime_type(mut self, mime_type: impl Into<String>) -> Self {
                self.definition.mime_type = Some(mime_type.into());
                self
            }

            /// Hints for clients: for whom it is, how much it matters, when it changed last.
            #[must_use]
            pub fn annotations(mut self, annotations: ::thyra_protocol::Annotations) -> Self {
                self.definition.annotations = Some(annotations);
                self
            }

            /// For how long, and by whom, what was read may be kept (from 2026-07-28). Without it, it is not kept.
            #[must_use]
            pub fn cache(
                mut self,
                fresh: ::std::time::Duration,
                scope: ::thyra_protocol::CacheScope,
            ) -> Self {
                self.freshness = $crate::component::resource::Freshness::new(fresh, scope);
                self
            }
        }
    };
}

use readable_methods;

/// The rule for names of tools (MCP 2025-11-25, server/tools), which serves prompts as well.
fn name_problem(name: &str) -> Option<String> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let good = (1..=128).contains(&name.len()) && name.bytes().all(allowed);
    (!good).then(|| "its name is not 1 to 128 of the characters `A-Z a-z 0-9 _ - .`".to_owned())
}
