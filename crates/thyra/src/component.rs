//! What a server offers: tools, resources and prompts, and what they have in common.

pub(crate) mod completion;
pub(crate) mod described;
pub(crate) mod prompt;
mod readable;
pub(crate) mod resource;
pub(crate) mod template;
pub(crate) mod tool;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use thyra_auth::ScopeSet;

use self::prompt::Prompt;
use self::resource::{Resource, ResourceTemplate};
use self::tool::Tool;
use crate::check::Check;
use crate::handler::{Input, Parameters, Requirement};
use crate::state::StateMap;

/// A component of any kind.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Component {
    /// Messages for a model that people choose by name.
    Prompt(Prompt),
    /// Something that clients read.
    Resource(Resource),
    /// Many resources under one pattern of URIs.
    Template(ResourceTemplate),
    /// A function that models call.
    Tool(Tool),
}

/// A value whose methods are components, for [`Server::tools`](crate::Server::tools). `#[tools]` on
/// an `impl` block implements it, also for an [`Arc`] of the value.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no methods that are tools",
    label = "nothing of it can be offered",
    note = "put `#[tools]` on its `impl` block, and `#[tool]`, `#[resource(\"uri\")]` or `#[prompt]` on the methods in it"
)]
pub trait Tools: Sized {
    /// The components. They share the value.
    fn components(self) -> Vec<Component> {
        Arc::new(self).shared_components()
    }

    /// The components of a value that others hold too.
    fn shared_components(self: Arc<Self>) -> Vec<Component>;
}

impl<T: Tools> Tools for Arc<T> {
    fn components(self) -> Vec<Component> {
        T::shared_components(self)
    }

    fn shared_components(self: Arc<Self>) -> Vec<Component> {
        T::shared_components(Self::clone(&self))
    }
}

/// What a component of any kind has besides its definition and its handler.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facets {
    checks: Vec<Check>,
    /// The names of all arguments, if no others are taken.
    known: Option<Arc<[String]>>,
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
            known: input.known.take(),
            problems: std::mem::take(&mut input.problems),
            requirements: std::mem::take(&mut input.requirements),
            ..Self::default()
        }
    }

    /// Adds what a part of the component needs besides its handler.
    fn need(&mut self, parameters: Parameters) {
        let input = parameters.finish();
        self.requirements.extend(input.requirements);
        self.problems.extend(input.problems);
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
            /// Sets the name that people see.
            #[must_use]
            pub fn title(mut self, title: impl Into<String>) -> Self {
                self.definition.title = Some(title.into());
                self
            }

            #[doc = concat!("Describes the ", $noun, " to models.")]
            #[must_use]
            pub fn description(mut self, description: impl Into<String>) -> Self {
                self.definition.description = Some(description.into());
                self
            }

            /// Adds an icon that clients may show (from 2025-11-25). Call it once for each size or
            /// theme.
            #[must_use]
            pub fn icon(mut self, icon: ::thyra_protocol::Icon) -> Self {
                self.definition.icons.push(icon);
                self
            }

            /// Adds a tag. Tags group components, so that you can show, hide or remove them
            /// together. Clients do not see them.
            #[must_use]
            pub fn tag(mut self, tag: impl Into<String>) -> Self {
                self.facets.tags.insert(tag.into());
                self
            }

            #[doc = concat!("Adds tags, as [`", stringify!($component), "::tag`] does.")]
            #[must_use]
            pub fn tags<S: Into<String>>(mut self, tags: impl IntoIterator<Item = S>) -> Self {
                self.facets.tags.extend(tags.into_iter().map(Into::into));
                self
            }

            /// Adds the member `key` to `_meta`, which clients see (from 2025-06-18). Start a key
            /// of your own with your domain: `com.example/owner`.
            #[must_use]
            pub fn meta(mut self, key: impl Into<String>, value: impl Into<::serde_json::Value>) -> Self {
                self.definition
                    .meta
                    .get_or_insert_default()
                    .insert(key.into(), value.into());
                self
            }

            /// Sets the scopes that a caller needs, all of them. A server without tokens does not
            /// check them.
            #[must_use]
            pub fn scopes<S: AsRef<str>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
                self.facets.scopes = scopes.into_iter().collect();
                self
            }

            /// Adds a check that decides who may use it. All of its checks, and those of the
            /// server, have to allow a use.
            #[must_use]
            pub fn check(mut self, check: $crate::Check) -> Self {
                self.facets.checks.push(check);
                self
            }

            /// Sets its version. If a name has several versions, clients get the highest unless
            /// they ask for another.
            #[must_use]
            pub fn version(mut self, version: impl Into<String>) -> Self {
                self.facets.version = Some(version.into());
                self
            }

            /// Sets how long a call may take, in place of the server's own limit.
            #[must_use]
            pub fn timeout(mut self, timeout: ::std::time::Duration) -> Self {
                self.facets.timeout = Some(timeout);
                self
            }

            /// The name that programs use.
            pub fn name(&self) -> &str {
                &self.definition.name
            }

            /// What clients learn about it, as the newest revision spells it.
            pub fn definition(&self) -> &::thyra_protocol::$component {
                &self.definition
            }

            /// The scopes that a caller needs; empty when it needs none.
            pub fn required_scopes(&self) -> &::thyra_auth::ScopeSet {
                &self.facets.scopes
            }

            /// The checks of its own.
            pub fn checks(&self) -> &[$crate::Check] {
                &self.facets.checks
            }

            /// What the server must have for it to work.
            pub fn requirements(&self) -> &[$crate::handler::Requirement] {
                &self.facets.requirements
            }

            /// The name of a type that the handler wants as `State<T>` and `state` lacks.
            pub fn missing_state(&self, state: &$crate::state::StateMap) -> Option<&'static str> {
                self.facets.missing_state(state)
            }

            #[doc = concat!("What is wrong with the ", $noun, " itself, each as a sentence without its subject. A server does not start with a ", $noun, " that has problems.")]
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

            /// How long a call may take, if not the server's own limit.
            pub fn call_timeout(&self) -> Option<::std::time::Duration> {
                self.facets.timeout
            }
        }
    };
}

use component_methods;

/// Writes the methods that only readable components have.
macro_rules! readable_methods {
    ($component:ident) => {
        impl $component {
            /// Sets the media type, in place of the one that the handler's return type implies.
            /// Contents with a media type keep theirs.
            #[must_use]
            pub fn mime_type(mut self, mime_type: impl Into<String>) -> Self {
                self.definition.mime_type = Some(mime_type.into());
                self
            }

            /// Sets hints for clients: who it is for, how much it matters, when it changed last.
            #[must_use]
            pub fn annotations(mut self, annotations: ::thyra_protocol::Annotations) -> Self {
                self.definition.annotations = Some(annotations);
                self
            }

            /// Sets how long clients may cache the contents, and whether for one user or for all
            /// (from 2026-07-28). By default they may not.
            #[must_use]
            pub fn cache(
                mut self,
                fresh: ::std::time::Duration,
                scope: ::thyra_protocol::CacheScope,
            ) -> Self {
                self.freshness = $crate::component::readable::Freshness::new(fresh, scope);
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
