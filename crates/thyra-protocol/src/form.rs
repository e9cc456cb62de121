//! Writes a value in the wire form of one protocol revision.

use std::collections::BTreeMap;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::cache_scope::CacheScope;
use crate::meta_key::META_SERVER_INFO;
use crate::revision::Revision;

/// A value that serialises in the wire form of one revision: without the members that the revision
/// does not know, and with those that it requires. It borrows; nothing is cloned.
///
/// Made by the `for_revision` function of a type.
#[derive(Clone, Copy, Debug)]
pub struct ForRevision<'a, T: ?Sized> {
    value: &'a T,
    form: Form<'a>,
}

impl<'a, T: ?Sized> ForRevision<'a, T> {
    pub(crate) fn new(value: &'a T, revision: Revision) -> Self {
        ForRevision {
            value,
            form: Form {
                revision: Some(revision),
                server_info: None,
            },
        }
    }

    /// The value in a form that the caller chose.
    pub(crate) fn of(value: &'a T, form: Form<'a>) -> Self {
        ForRevision { value, form }
    }

    /// The same, with the server's implementation in the result's `_meta` if the revision has it.
    /// The JSON is copied verbatim: make it once, from an `Implementation`.
    pub(crate) fn naming_server(self, server_info: &'a RawValue) -> Self {
        ForRevision {
            value: self.value,
            form: Form {
                server_info: Some(server_info),
                ..self.form
            },
        }
    }
}

impl<T: Written + ?Sized> Serialize for ForRevision<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.write(self.form, serializer)
    }
}

/// A type whose wire form differs between revisions.
pub(crate) trait Written {
    fn write<S: Serializer>(&self, form: Form<'_>, serializer: S) -> Result<S::Ok, S::Error>;
}

/// What to leave out and what to add while writing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Form<'a> {
    /// `None` writes everything in the value.
    revision: Option<Revision>,
    server_info: Option<&'a RawValue>,
}

impl Form<'_> {
    /// Everything in the value, and nothing else.
    pub(crate) const VERBATIM: Form<'static> = Form {
        revision: None,
        server_info: None,
    };

    /// Whether to write the member that `has` asks about.
    pub(crate) fn writes(self, has: fn(Revision) -> bool) -> bool {
        self.revision.is_none_or(has)
    }

    /// Whether the revision requires the member that `has` asks about.
    pub(crate) fn requires(self, has: fn(Revision) -> bool) -> bool {
        self.revision.is_some_and(has)
    }

    /// The revision, unless everything is written.
    pub(crate) fn revision(self) -> Option<Revision> {
        self.revision
    }
}

/// Gives types `for_revision`, and a [`Serialize`] that writes all members.
macro_rules! for_revision {
    ($($name:ty),+ $(,)?) => {$(
        impl $name {
            /// The value in the wire form of `revision`. Plain serialisation writes all members.
            pub fn for_revision(
                &self,
                revision: $crate::revision::Revision,
            ) -> $crate::form::ForRevision<'_, Self> {
                $crate::form::ForRevision::new(self, revision)
            }
        }

        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $crate::form::Written::write(self, $crate::form::Form::VERBATIM, serializer)
            }
        }
    )+};
}

/// Gives the written form of a result a way to name the server.
macro_rules! with_server_info {
    ($(($($generic:tt)*) $name:ty),+ $(,)?) => {$(
        impl<'a, $($generic)*> $crate::form::ForRevision<'a, $name> {
            /// The same, with the server's implementation in `_meta` if the revision has it (from
            /// 2026-07-28). It replaces one that the result already holds. The JSON is copied
            /// verbatim: make it once, from an [`Implementation`](crate::Implementation).
            #[must_use]
            pub fn with_server_info(self, server_info: &'a ::serde_json::value::RawValue) -> Self {
                self.naming_server(server_info)
            }
        }
    )+};
}

pub(crate) use for_revision;
pub(crate) use with_server_info;

/// The members of one object while it is written.
pub(crate) struct Members<'f, M> {
    map: M,
    form: Form<'f>,
}

impl<'f, M: SerializeMap> Members<'f, M> {
    pub(crate) fn begin<S>(form: Form<'f>, serializer: S) -> Result<Self, S::Error>
    where
        S: Serializer<SerializeMap = M>,
    {
        Ok(Members {
            map: serializer.serialize_map(None)?,
            form,
        })
    }

    pub(crate) fn end(self) -> Result<M::Ok, M::Error> {
        self.map.end()
    }

    /// A member that is always there.
    pub(crate) fn put<T>(&mut self, name: &'static str, value: &T) -> Result<(), M::Error>
    where
        T: Serialize + ?Sized,
    {
        self.map.serialize_entry(name, value)
    }

    /// A member that may be absent.
    pub(crate) fn put_some<T>(
        &mut self,
        name: &'static str,
        value: Option<&T>,
    ) -> Result<(), M::Error>
    where
        T: Serialize + ?Sized,
    {
        match value {
            Some(value) => self.put(name, value),
            None => Ok(()),
        }
    }

    /// A member that may be absent and that only some revisions have.
    pub(crate) fn put_since<T>(
        &mut self,
        has: fn(Revision) -> bool,
        name: &'static str,
        value: Option<&T>,
    ) -> Result<(), M::Error>
    where
        T: Serialize + ?Sized,
    {
        self.put_some(name, value.filter(|_| self.form.writes(has)))
    }

    /// A member whose form differs between revisions.
    pub(crate) fn put_written<T>(
        &mut self,
        name: &'static str,
        value: Option<&T>,
    ) -> Result<(), M::Error>
    where
        T: Written + ?Sized,
    {
        let form = self.form;
        self.put_some(
            name,
            value.map(|value| ForRevision { value, form }).as_ref(),
        )
    }

    /// A list of items whose form differs between revisions.
    pub(crate) fn put_each<'v, T: Written + 'v>(
        &mut self,
        name: &'static str,
        items: impl Iterator<Item = &'v T> + Clone,
    ) -> Result<(), M::Error> {
        let form = self.form;
        self.put(name, &Each { items, form })
    }

    /// An object with values whose form differs between revisions.
    pub(crate) fn put_entries<T: Written>(
        &mut self,
        name: &'static str,
        entries: &BTreeMap<String, T>,
    ) -> Result<(), M::Error> {
        let form = self.form;
        self.put(name, &Entries { entries, form })
    }

    /// `ttlMs` and `cacheScope`, in revisions that have them. The defaults are 0 and `private`.
    pub(crate) fn put_cache_hints(
        &mut self,
        ttl_ms: Option<u64>,
        cache_scope: Option<CacheScope>,
    ) -> Result<(), M::Error> {
        let required = self.form.requires(Revision::has_cache_hints);
        let ttl_ms = ttl_ms.or(required.then_some(0));
        let cache_scope = cache_scope.or(required.then_some(CacheScope::Private));
        self.put_since(Revision::has_cache_hints, "ttlMs", ttl_ms.as_ref())?;
        self.put_since(
            Revision::has_cache_hints,
            "cacheScope",
            cache_scope.as_ref(),
        )
    }

    /// `_meta` of a result, with the server's implementation.
    pub(crate) fn put_result_meta(
        &mut self,
        meta: Option<&Map<String, Value>>,
    ) -> Result<(), M::Error> {
        let server_info = self
            .form
            .server_info
            .filter(|_| self.form.requires(Revision::has_result_type));
        match server_info {
            Some(server_info) => self.put("_meta", &ResultMeta { server_info, meta }),
            None => self.put_some("_meta", meta),
        }
    }
}

struct ResultMeta<'a> {
    server_info: &'a RawValue,
    meta: Option<&'a Map<String, Value>>,
}

impl Serialize for ResultMeta<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry(META_SERVER_INFO, self.server_info)?;
        for (key, value) in self.meta.into_iter().flatten() {
            if key != META_SERVER_INFO {
                map.serialize_entry(key, value)?;
            }
        }
        map.end()
    }
}

/// A list of items whose form differs between revisions.
struct Each<'f, I> {
    items: I,
    form: Form<'f>,
}

impl<'v, I, T> Serialize for Each<'_, I>
where
    I: Iterator<Item = &'v T> + Clone,
    T: Written + 'v,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let form = self.form;
        serializer.collect_seq(self.items.clone().map(|value| ForRevision { value, form }))
    }
}

/// An object with values whose form differs between revisions.
struct Entries<'a, T> {
    entries: &'a BTreeMap<String, T>,
    form: Form<'a>,
}

impl<T: Written> Serialize for Entries<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let form = self.form;
        serializer.collect_map(
            self.entries
                .iter()
                .map(|(key, value)| (key, ForRevision { value, form })),
        )
    }
}

/// The list, or `None` if it is empty: both mean the same.
pub(crate) fn filled<T>(items: &[T]) -> Option<&[T]> {
    (!items.is_empty()).then_some(items)
}
