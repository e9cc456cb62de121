//! The values that a server holds for its handlers, one for each type.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

/// Values keyed by their type. The map is filled while the server is built, and shared by all
/// requests after that. Cloning it costs one reference count, and an empty map allocates nothing.
#[derive(Clone, Default)]
pub struct StateMap(Option<Arc<HashMap<TypeId, Entry>>>);

#[derive(Clone)]
struct Entry {
    type_name: &'static str,
    value: Arc<dyn Any + Send + Sync>,
}

impl StateMap {
    /// Inserts `value`, in place of an earlier value of the same type.
    pub fn insert<T: Send + Sync + 'static>(&mut self, value: T) {
        self.share(Arc::new(value));
    }

    /// The same, for a value that others hold too.
    pub(crate) fn share<T: Send + Sync + 'static>(&mut self, value: Arc<T>) {
        let entry = Entry {
            type_name: std::any::type_name::<T>(),
            value,
        };
        Arc::make_mut(self.0.get_or_insert_default()).insert(TypeId::of::<T>(), entry);
    }

    /// The value of type `T`.
    pub fn get<T: Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        let entry = self.0.as_deref()?.get(&TypeId::of::<T>())?;
        Arc::clone(&entry.value).downcast().ok()
    }

    /// Whether there is a value of the type with this id.
    pub fn contains(&self, type_id: TypeId) -> bool {
        self.0
            .as_deref()
            .is_some_and(|values| values.contains_key(&type_id))
    }

    /// The name of a type that is here and holds the type `name`, as `Arc<Db>` holds `Db`, or that
    /// is held by it. For people only: two types may have one name.
    pub(crate) fn relative_of(&self, name: &str) -> Option<&'static str> {
        /// Whether one of the type's parameters is the other, or has it as one in turn.
        fn holds(outer: &str, inner: &str) -> bool {
            outer.match_indices(inner).any(|(at, _)| {
                outer[..at].ends_with(['<', ' '])
                    && outer[at + inner.len()..].starts_with(['>', ','])
            })
        }
        let values = self.0.iter().flat_map(|values| values.values());
        let mut names: Vec<_> = values.map(|entry| entry.type_name).collect();
        names.sort_unstable();
        let mut names = names.into_iter();
        names.find(|given| holds(given, name) || holds(name, given))
    }
}

impl fmt::Debug for StateMap {
    /// Only the types: the values may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set()
            .entries(
                self.0
                    .iter()
                    .flat_map(|values| values.values())
                    .map(|entry| entry.type_name),
            )
            .finish()
    }
}

#[cfg(test)]
mod tests;
