//! Lists that come page by page (MCP `server/utilities/pagination`): the request for a page, and
//! the page. The four lists differ only in their items.

use serde::Deserialize;

use crate::meta::RequestMeta;
use crate::text::Text;

/// Defines the params and the result of a list method.
macro_rules! list {
    (
        $method:literal, $params:ident, $result:ident, $item:ident, $items:ident, $member:literal
    ) => {
        /// The page of the list to return.
        #[derive(Clone, Debug, Default, ::serde::Serialize)]
        pub struct $params<'a> {
            /// The request's `_meta`.
            #[serde(
                rename = "_meta",
                skip_serializing_if = "crate::meta::RequestMeta::is_empty"
            )]
            pub meta: $crate::meta::RequestMeta<'a>,
            /// The cursor from the previous page; `None` asks for the first page.
            #[serde(skip_serializing_if = "Option::is_none")]
            pub cursor: Option<::std::borrow::Cow<'a, str>>,
        }

        impl<'a> $params<'a> {
            #[doc = concat!("Decodes the params of a `", $method, "` request; without params, it asks for the first page.")]
            ///
            /// # Errors
            ///
            /// When a member appears twice or has the wrong type.
            pub fn parse(
                params: Option<&'a ::serde_json::value::RawValue>,
            ) -> Result<Self, $crate::params::ParamsError> {
                let $crate::page::PageParams { meta, cursor } = $crate::decode::optional(params)?;
                Ok($params {
                    meta,
                    cursor: cursor.map(|$crate::text::Text(cursor)| cursor),
                })
            }
        }

        #[doc = concat!("One page of the list. A server can build it from `&", stringify!($item), "` or `Arc<", stringify!($item), ">`")]
        /// without cloning.
        #[derive(Clone, Debug, ::serde::Deserialize)]
        #[serde(rename_all = "camelCase")]
        #[non_exhaustive]
        pub struct $result<T = $item> {
            /// The kind of result; `for_revision` writes `complete` for `None`.
            #[serde(default)]
            pub result_type: Option<$crate::result::ResultType>,
            /// The items.
            pub $items: Vec<T>,
            /// The cursor of the next page; `None` on the last page.
            #[serde(default)]
            pub next_cursor: Option<String>,
            /// How long clients may cache the page, in milliseconds; `for_revision` writes 0 (do
            /// not cache) for `None` (from 2026-07-28).
            #[serde(default, deserialize_with = "crate::cache_scope::ttl")]
            pub ttl_ms: Option<u64>,
            /// Who may share the page; `for_revision` writes `private` for `None` (from
            /// 2026-07-28).
            #[serde(default, deserialize_with = "crate::cache_scope::scope")]
            pub cache_scope: Option<$crate::cache_scope::CacheScope>,
            /// Metadata.
            #[serde(rename = "_meta", default)]
            pub meta: Option<::serde_json::Map<String, ::serde_json::Value>>,
        }

        impl<T> $result<T> {
            /// All items on one page.
            pub fn new($items: Vec<T>) -> Self {
                $result {
                    result_type: None,
                    $items,
                    next_cursor: None,
                    ttl_ms: None,
                    cache_scope: None,
                    meta: None,
                }
            }

            /// The page as `revision` spells it. Plain serialisation writes all it holds.
            pub fn for_revision(
                &self,
                revision: $crate::revision::Revision,
            ) -> $crate::form::ForRevision<'_, Self> {
                $crate::form::ForRevision::new(self, revision)
            }
        }

        $crate::form::with_server_info!((T) $result<T>);

        impl<T: ::std::borrow::Borrow<$item>> ::serde::Serialize for $result<T> {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $crate::form::Written::write(self, $crate::form::Form::VERBATIM, serializer)
            }
        }

        impl<T: ::std::borrow::Borrow<$item>> $crate::form::Written for $result<T> {
            fn write<S: ::serde::Serializer>(
                &self,
                form: $crate::form::Form<'_>,
                serializer: S,
            ) -> Result<S::Ok, S::Error> {
                let mut members = $crate::form::Members::begin(form, serializer)?;
                members.put_some(
                    "resultType",
                    $crate::result::written_type(self.result_type, form).as_ref(),
                )?;
                members.put_each($member, self.$items.iter().map(T::borrow))?;
                members.put_some("nextCursor", self.next_cursor.as_ref())?;
                members.put_cache_hints(self.ttl_ms, self.cache_scope)?;
                members.put_result_meta(self.meta.as_ref())?;
                members.end()
            }
        }
    };
}

pub(crate) use list;

/// What all list methods take.
#[derive(Default, Deserialize)]
pub(crate) struct PageParams<'a> {
    #[serde(rename = "_meta", borrow, default)]
    pub(crate) meta: RequestMeta<'a>,
    #[serde(borrow, default)]
    pub(crate) cursor: Option<Text<'a>>,
}
