//! Lists, read page by page to their end (MCP `server/utilities/pagination`). A bad entry does not
//! take the others with it.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use thyra_protocol::{
    ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult, ListToolsResult, Prompt,
    RequestMeta, Resource, ResourceTemplate, Tool, method as methods,
};

use super::Client;
use super::entries::{Entry, read};
use super::request::{parsed, unusable};
use crate::cache::{CacheMode, Key};
use crate::error::ClientError;

/// The most pages of a list, and the most entries and bytes in all of them.
const MAX_PAGES: usize = 1000;
const MAX_ENTRIES: usize = 100_000;
const MAX_BYTES: usize = 64 * 1024 * 1024;

/// The longest cursor, which goes back to the server with the request for the next page.
const LONGEST_CURSOR: usize = 64 * 1024;

/// What a list is a list of.
pub(super) trait Listed: Entry {
    /// The method that asks for a page.
    const METHOD: &'static str;
    type Page: Page;
}

/// One page of a list.
pub(super) trait Page: DeserializeOwned {
    /// The entries of the page, and the cursor of the next one.
    fn open(self) -> (Vec<Box<RawValue>>, Option<String>);
}

impl Client {
    /// All entries of the list of `L` that can be used.
    pub(super) async fn list<L: Listed>(&self) -> Result<Vec<L>, ClientError> {
        #[derive(Serialize)]
        struct Params<'a> {
            #[serde(rename = "_meta", skip_serializing_if = "RequestMeta::is_empty")]
            meta: RequestMeta<'a>,
            #[serde(skip_serializing_if = "Option::is_none")]
            cursor: Option<&'a str>,
        }

        let mut all = Vec::new();
        let mut count = 0_usize;
        let mut bytes = 0_usize;
        let mut cursors: Vec<String> = Vec::new();
        for _ in 0..MAX_PAGES {
            let params = |meta, _| Params {
                meta,
                cursor: cursors.last().map(String::as_str),
            };
            let key = Key::new(L::METHOD, cursors.last().map(String::as_str), &[]);
            // On the heap, since callers ask for several lists within one future.
            let ask = self.kept_or(key, self.result(L::METHOD, params));
            let page = match Box::pin(ask).await {
                // The pages that were kept lead to where nothing is any more.
                Err(ClientError::Rpc { .. })
                    if !cursors.is_empty()
                        && self.1 == CacheMode::Use
                        && self.forget(L::METHOD) =>
                {
                    return Box::pin(self.cached(CacheMode::Refresh).list()).await;
                }
                page => page?,
            };
            bytes = bytes.saturating_add(page.get().len());
            if bytes > MAX_BYTES {
                return Err(unusable(L::METHOD, "the list is larger than 64 MiB"));
            }
            let page: L::Page = parsed(L::METHOD, &page)?;
            let (entries, next) = page.open();
            count = count.saturating_add(entries.len());
            all.extend(entries.iter().filter_map(|entry| read(L::METHOD, entry)));
            if count > MAX_ENTRIES {
                break;
            }
            match next.filter(|next| !next.is_empty()) {
                None => return Ok(all),
                Some(next) if next.len() > LONGEST_CURSOR => {
                    return Err(unusable(L::METHOD, "a cursor has more than 64 KiB"));
                }
                // A page that was there before leads to those that were there after it.
                Some(next) if cursors.contains(&next) => break,
                Some(next) => cursors.push(next),
            }
        }
        Err(unusable(L::METHOD, "the list does not end"))
    }
}

macro_rules! lists {
    ($($entry:ident, $page:ident, $member:ident, $method:ident;)+) => {$(
        impl Listed for $entry {
            const METHOD: &'static str = methods::$method;
            type Page = $page<Box<RawValue>>;
        }

        impl Page for $page<Box<RawValue>> {
            fn open(self) -> (Vec<Box<RawValue>>, Option<String>) {
                (self.$member, self.next_cursor)
            }
        }
    )+};
}

lists! {
    Prompt, ListPromptsResult, prompts, PROMPTS_LIST;
    Resource, ListResourcesResult, resources, RESOURCES_LIST;
    ResourceTemplate, ListResourceTemplatesResult, resource_templates, RESOURCES_TEMPLATES_LIST;
    Tool, ListToolsResult, tools, TOOLS_LIST;
}
