//! What the catalog knows about a component of any kind.

use thyra_auth::ScopeSet;

use super::list::Listed;
use crate::check::Check;
use crate::component::prompt::Prompt;
use crate::component::resource::{Resource, ResourceTemplate};
use crate::component::tool::Tool;
use crate::selector::{ComponentInfo, HasInfo, Kind};
use crate::state::StateMap;

/// A component of any kind, as the catalog sees it.
pub(crate) trait Entry: HasInfo + Listed + 'static {
    const KIND: Kind;

    fn checks(&self) -> &[Check];
    fn is_undescribed(&self) -> bool;
    fn missing_state(&self, state: &StateMap) -> Option<&'static str>;
    fn problems(&self) -> &[String];
    fn required_scopes(&self) -> &ScopeSet;
}

macro_rules! entries {
    ($($component:ident, $key:ident;)+) => {$(
        impl HasInfo for $component {
            fn info(&self) -> ComponentInfo<'_> {
                ComponentInfo {
                    kind: Self::KIND,
                    name: self.$key(),
                    tags: self.component_tags(),
                    version: self.component_version(),
                    meta: self.definition().meta.as_ref(),
                }
            }
        }

        impl Entry for $component {
            const KIND: Kind = Kind::$component;

            fn checks(&self) -> &[Check] {
                $component::checks(self)
            }

            fn is_undescribed(&self) -> bool {
                let description = self.definition().description.as_deref();
                description.is_none_or(|description| description.trim().is_empty())
            }

            fn missing_state(&self, state: &StateMap) -> Option<&'static str> {
                $component::missing_state(self, state)
            }

            fn problems(&self) -> &[String] {
                $component::problems(self)
            }

            fn required_scopes(&self) -> &ScopeSet {
                $component::required_scopes(self)
            }
        }
    )+};
}

entries! {
    Tool, name;
    Prompt, name;
    Resource, uri;
    ResourceTemplate, uri_template;
}
