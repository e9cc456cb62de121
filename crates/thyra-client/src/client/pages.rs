//! Lists, read page by page to their end (MCP `server/utilities/pagination`).

use serde::Serialize;
use serde::de::DeserializeOwned;
use thyra_protocol::{
    ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult, ListToolsResult, Prompt,
    RequestMeta, Resource, ResourceTemplate, Tool, method as methods,
};

use super::Client;
use super::request::unusable;
use crate::error::ClientError;

/// The most pages of a list, and the most entries and bytes in all of them.
const MAX_PAGES: usize = 1000;
const MAX_ENTRIES: usize = 100_000;
const MAX_BYTES: usize = 64 * 1024 * 1024;

/// One page of a list.
pub(super) trait Page: DeserializeOwned {
    type Entry;
    /// The method that asks for a page.
    const METHOD: &'static str;

    /// The entries of the page, and the cursor of the next one.
    fn open(self) -> (Vec<Self::Entry>, Option<String>);
}

impl Client {
    /// All entries of the list with the pages `P`.
    pub(super) async fn pages<P: Page>(&self) -> Result<Vec<P::Entry>, ClientError> {
        #[derive(Serialize)]
        struct Params<'a> {
            #[serde(rename = "_meta", skip_serializing_if = "RequestMeta::is_empty")]
            meta: RequestMeta<'a>,
            #[serde(skip_serializing_if = "Option::is_none")]
            cursor: Option<&'a str>,
        }

        let mut all = Vec::new();
        let mut bytes = 0_usize;
        let mut cursor: Option<String> = None;
        for _ in 0..MAX_PAGES {
            let params = |meta, _| Params {
                meta,
                cursor: cursor.as_deref(),
            };
            let page = self.result(P::METHOD, params).await?;
            bytes = bytes.saturating_add(page.get().len());
            if bytes > MAX_BYTES {
                return Err(unusable(P::METHOD, "the list is larger than 64 MiB"));
            }
            let page: P = self.answered(P::METHOD, None, &page)?;
            let (entries, next) = page.open();
            all.extend(entries);
            match next.filter(|next| !next.is_empty()) {
                None if all.len() <= MAX_ENTRIES => return Ok(all),
                Some(next) if all.len() <= MAX_ENTRIES && cursor.as_ref() != Some(&next) => {
                    cursor = Some(next);
                }
                _ => break,
            }
        }
        Err(unusable(P::METHOD, "the list does not end"))
    }
}

macro_rules! pages {
    ($($page:ident, $entry:ident, $member:ident, $method:ident;)+) => {$(
        impl Page for $page {
            type Entry = $entry;
            const METHOD: &'static str = methods::$method;

            fn open(self) -> (Vec<$entry>, Option<String>) {
                (self.$member, self.next_cursor)
            }
        }
    )+};
}

pages! {
    ListPromptsResult, Prompt, prompts, PROMPTS_LIST;
    ListResourceTemplatesResult, ResourceTemplate, resource_templates, RESOURCES_TEMPLATES_LIST;
    ListResourcesResult, Resource, resources, RESOURCES_LIST;
    ListToolsResult, Tool, tools, TOOLS_LIST;
}
