//! `tools/list`.

use std::borrow::{Borrow, Cow};

use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::form::{ForRevision, Form, Members, Written, with_server_info};
use crate::meta::RequestMeta;
use crate::params::{self, ParamsError};
use crate::result::{CacheScope, ResultType, written_type};
use crate::revision::Revision;
use crate::text::Text;
use crate::tools::Tool;

/// Which page of the list is wanted.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ListToolsParams<'a> {
    /// What the request says about itself.
    #[serde(rename = "_meta", skip_serializing_if = "RequestMeta::is_empty")]
    pub meta: RequestMeta<'a>,
    /// Where the page begins, as the page before said; none is the first page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<Cow<'a, str>>,
}

impl<'a> ListToolsParams<'a> {
    /// Decodes the params of a `tools/list` request; none is the first page.
    ///
    /// # Errors
    ///
    /// When a member comes twice or has the wrong type.
    pub fn parse(params: Option<&'a RawValue>) -> Result<Self, ParamsError> {
        #[derive(Default, Deserialize)]
        struct Params<'a> {
            #[serde(rename = "_meta", borrow, default)]
            meta: RequestMeta<'a>,
            #[serde(borrow, default)]
            cursor: Option<Text<'a>>,
        }

        let Params { meta, cursor } = params::optional(params)?;
        Ok(ListToolsParams {
            meta,
            cursor: cursor.map(|Text(cursor)| cursor),
        })
    }
}

/// One page of the list. A server can build it of `&Tool` or `Arc<Tool>` and so clone nothing.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListToolsResult<T = Tool> {
    /// What kind of result it is; `for_revision` writes `complete` when it is `None`.
    #[serde(default)]
    pub result_type: Option<ResultType>,
    /// The tools.
    pub tools: Vec<T>,
    /// Where the next page begins; none on the last one.
    #[serde(default)]
    pub next_cursor: Option<String>,
    /// For how long the page stays fresh, in milliseconds; `for_revision` writes 0 (not at all)
    /// when it is `None` (from 2026-07-28).
    #[serde(default)]
    pub ttl_ms: Option<u64>,
    /// Who may share the page; `for_revision` writes `private` when it is `None` (from
    /// 2026-07-28).
    #[serde(default)]
    pub cache_scope: Option<CacheScope>,
    /// Anything more.
    #[serde(rename = "_meta", default)]
    pub meta: Option<Map<String, Value>>,
}

impl<T> ListToolsResult<T> {
    /// All tools on one page.
    pub fn new(tools: Vec<T>) -> Self {
        ListToolsResult {
            result_type: None,
            tools,
            next_cursor: None,
            ttl_ms: None,
            cache_scope: None,
            meta: None,
        }
    }

    /// The page as `revision` spells it. Plain serialisation writes all it holds.
    pub fn for_revision(&self, revision: Revision) -> ForRevision<'_, Self> {
        ForRevision::new(self, revision)
    }
}

with_server_info!((T) ListToolsResult<T>);

impl<T: Borrow<Tool>> Serialize for ListToolsResult<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.write(Form::VERBATIM, serializer)
    }
}

impl<T: Borrow<Tool>> Written for ListToolsResult<T> {
    fn write<S: Serializer>(&self, form: Form<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        let required = form.requires(Revision::has_cache_hints);
        let ttl_ms = self.ttl_ms.or(required.then_some(0));
        let cache_scope = self.cache_scope.or(required.then_some(CacheScope::Private));

        let mut members = Members::begin(form, serializer)?;
        members.put_some("resultType", written_type(self.result_type, form).as_ref())?;
        members.put_each("tools", self.tools.iter().map(T::borrow))?;
        members.put_some("nextCursor", self.next_cursor.as_ref())?;
        members.put_since(Revision::has_cache_hints, "ttlMs", ttl_ms.as_ref())?;
        members.put_since(
            Revision::has_cache_hints,
            "cacheScope",
            cache_scope.as_ref(),
        )?;
        members.put_result_meta(self.meta.as_ref())?;
        members.end()
    }
}
