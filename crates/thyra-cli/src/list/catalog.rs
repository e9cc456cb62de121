//! What a server offers, or several, as it was asked for.

use std::collections::HashSet;

use futures_util::future::join_all;
use serde::Serialize;
use serde_json::{Map, Value, json};
use thyra::protocol::{Prompt, Resource, ResourceTemplate, Tool};
use thyra::{Implementation, Revision};
use thyra_client::{Client, ClientError, Printable, Skill};

use super::Kind;
use crate::connection::Servers;
use crate::failure::Failure;

/// What is offered. A list is `None` when it was not asked for, or there is none such.
#[derive(Debug)]
pub(super) struct Catalog {
    pub(super) heads: Vec<Head>,
    pub(super) lists: Lists,
    /// The servers that failed, and why.
    failed: Vec<(String, Failure)>,
}

/// What a server says about itself.
#[derive(Debug)]
pub(super) struct Head {
    /// Its name in the file, if it is one of several.
    pub(super) name: Option<String>,
    pub(super) server: Option<Implementation>,
    pub(super) revision: Revision,
    pub(super) instructions: Option<String>,
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Lists {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tools: Option<Vec<Tool>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) resources: Option<Vec<Resource>>,
    #[serde(rename = "resourceTemplates", skip_serializing_if = "Option::is_none")]
    pub(super) templates: Option<Vec<ResourceTemplate>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) prompts: Option<Vec<Prompt>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) skills: Option<Vec<Skill>>,
}

impl Catalog {
    /// What one server offers.
    #[cfg(test)]
    pub(super) fn of(head: Head, lists: Lists) -> Self {
        Self {
            heads: vec![head],
            lists,
            failed: Vec::new(),
        }
    }

    /// Asks all servers at the same time. Of several, those that fail are warned of once, and left
    /// out.
    pub(super) async fn read(
        servers: &Servers,
        wanted: impl Fn(Kind) -> bool,
    ) -> Result<Self, Failure> {
        let asked = servers.group().clients().map(|(name, client)| {
            let offered = offered(client, &wanted);
            async move { (name, offered.await) }
        });
        let mut catalog = Self {
            heads: Vec::new(),
            lists: Lists::default(),
            failed: Vec::new(),
        };
        for (name, answer) in join_all(asked).await {
            match answer {
                Ok((head, lists)) => {
                    let shown = servers.shown(name);
                    catalog.heads.push(Head {
                        name: shown.map(str::to_owned),
                        ..head
                    });
                    catalog.lists.add(lists, servers, name);
                }
                Err(failure) if !servers.are_several() => return Err(failure),
                Err(failure) => {
                    let told = failure.told();
                    eprintln!(
                        "warning: the server `{}` is left out: {told}",
                        Printable(name)
                    );
                    catalog.failed.push((name.to_owned(), failure));
                }
            }
        }
        if catalog.heads.is_empty() {
            return Err(Failure::AllFailed(catalog.failed));
        }
        Ok(catalog)
    }

    /// The catalog as one JSON document, with everything as the servers said it.
    pub(super) fn json(&self) -> impl Serialize {
        #[derive(Serialize)]
        struct Written<'a> {
            #[serde(flatten)]
            about: Map<String, Value>,
            #[serde(flatten)]
            lists: &'a Lists,
        }

        let about = match self.heads.as_slice() {
            [only] if only.name.is_none() => only.json(),
            heads => {
                let mut servers = Map::new();
                for head in heads {
                    let name = head.name.clone().unwrap_or_default();
                    servers.insert(name, head.json().into());
                }
                for (name, failure) in &self.failed {
                    let error = json!({
                        "kind": failure.kind().as_str(),
                        "message": failure.told(),
                    });
                    servers.insert(name.clone(), json!({ "error": error }));
                }
                Map::from_iter([("servers".to_owned(), servers.into())])
            }
        };
        Written {
            about,
            lists: &self.lists,
        }
    }
}

impl Head {
    fn json(&self) -> Map<String, Value> {
        let mut about = Map::new();
        if let Some(server) = &self.server {
            about.insert("serverInfo".to_owned(), json!(server));
        }
        let revision = self.revision.as_str();
        about.insert("protocolVersion".to_owned(), revision.into());
        if let Some(instructions) = &self.instructions {
            about.insert("instructions".to_owned(), instructions.as_str().into());
        }
        about
    }
}

impl Lists {
    /// Adds what `server` has, with the names that it has among the others.
    fn add(&mut self, lists: Self, servers: &Servers, server: &str) {
        let group = servers.group();
        let named = |name: &mut String| {
            if let Some(outward) = group.outward_name(server, name) {
                *name = outward;
            }
        };
        let at = |uri: &mut String| {
            if let Some(outward) = group.outward_uri(server, uri) {
                *uri = outward;
            }
        };
        add(&mut self.tools, lists.tools, |tool| &mut tool.name, named);
        add(&mut self.resources, lists.resources, |one| &mut one.uri, at);
        add(
            &mut self.templates,
            lists.templates,
            |one| &mut one.uri_template,
            at,
        );
        add(&mut self.prompts, lists.prompts, |one| &mut one.name, named);
        add(&mut self.skills, lists.skills, |one| &mut one.uri, at);
    }
}

/// Adds the entries whose names nobody has yet: the first server that has a name keeps it.
fn add<T>(
    all: &mut Option<Vec<T>>,
    more: Option<Vec<T>>,
    name: fn(&mut T) -> &mut String,
    outward: impl Fn(&mut String),
) {
    let Some(mut more) = more else { return };
    for entry in &mut more {
        outward(name(entry));
    }
    let all = all.get_or_insert_default();
    let known: HashSet<String> = all.iter_mut().map(|entry| name(entry).clone()).collect();
    all.extend(more.into_iter().filter_map(|mut entry| {
        let is_new = !known.contains(name(&mut entry));
        is_new.then_some(entry)
    }));
}

/// Asks a server what it says about itself, and for the lists that are wanted and that it says it
/// has, all at the same time.
async fn offered(
    client: &Client,
    wanted: &impl Fn(Kind) -> bool,
) -> Result<(Head, Lists), Failure> {
    let discovered = client.discover().await?;
    let has = &discovered.capabilities;
    // A server that says nothing about itself may still have tools.
    let says_nothing = has.tools.is_none() && has.resources.is_none() && has.prompts.is_none();
    let (tools, resources, templates, prompts, skills) = tokio::try_join!(
        when(
            wanted(Kind::Tools) && (has.tools.is_some() || says_nothing),
            client.list_tools()
        ),
        when(
            wanted(Kind::Resources) && has.resources.is_some(),
            client.list_resources()
        ),
        when(
            wanted(Kind::Templates) && has.resources.is_some(),
            client.list_resource_templates()
        ),
        when(
            wanted(Kind::Prompts) && has.prompts.is_some(),
            client.list_prompts()
        ),
        when(
            wanted(Kind::Skills) && has.extensions.contains_key(Skill::EXTENSION),
            client.list_skills()
        ),
    )?;
    let head = Head {
        name: None,
        server: discovered.server_info(),
        revision: client.revision().await?,
        instructions: discovered.instructions,
    };
    let lists = Lists {
        tools,
        resources,
        templates,
        prompts,
        skills,
    };
    Ok((head, lists))
}

/// Waits for the list if it is wanted. One that the server does not have after all is left out.
async fn when<T>(
    is_wanted: bool,
    list: impl Future<Output = Result<Vec<T>, ClientError>>,
) -> Result<Option<Vec<T>>, ClientError> {
    if !is_wanted {
        return Ok(None);
    }
    match list.await {
        Err(ClientError::Rpc { error, .. }) if error.code == thyra::ErrorCode::METHOD_NOT_FOUND => {
            Ok(None)
        }
        listed => listed.map(Some),
    }
}
