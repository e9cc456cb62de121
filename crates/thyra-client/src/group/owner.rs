//! Which server of a group owns a name.

use std::sync::Arc;

use futures_util::future::join_all;

use super::ClientGroup;
use super::error::GroupError;
use super::lists::{Ask, PROMPTS, RESOURCES, TOOLS, list_of};
use super::member::Member;
use crate::client::Client;

/// The server of a group that owns a name.
#[derive(Debug)]
#[non_exhaustive]
pub struct Owner<'g> {
    /// The name of the server.
    pub server: &'g str,
    /// Its client.
    pub client: &'g Client,
    /// What the server itself calls it.
    pub name: String,
    pub(super) member: &'g Arc<Member>,
}

impl ClientGroup {
    /// The server that owns a tool, and the tool's name there. With its client you can do what the
    /// group has no method for.
    ///
    /// # Errors
    ///
    /// [`GroupError::Unknown`] when no server has it; [`GroupError::Client`] when the lists have to
    /// decide, and a server cannot be asked.
    pub async fn owner_of_tool(&self, name: &str) -> Result<Owner<'_>, GroupError> {
        self.owner_of("tool", name, &TOOLS, |tool| &tool.name).await
    }

    /// The server that owns a prompt, and the prompt's name there.
    ///
    /// # Errors
    ///
    /// As [`ClientGroup::owner_of_tool`].
    pub async fn owner_of_prompt(&self, name: &str) -> Result<Owner<'_>, GroupError> {
        self.owner_of("prompt", name, &PROMPTS, |prompt| &prompt.name)
            .await
    }

    /// The server that owns a resource, and the resource's URI there. A URI without `://` belongs
    /// to the first server that lists it.
    ///
    /// # Errors
    ///
    /// As [`ClientGroup::owner_of_tool`].
    pub async fn owner_of_resource(&self, uri: &str) -> Result<Owner<'_>, GroupError> {
        if let Some(owner) = self.named_in(uri) {
            return Ok(owner);
        }
        let members = self.0.members.iter();
        let is_bare = members
            .clone()
            .all(|member| member.outward_uri(uri).is_none());
        let candidates = members.filter(|_| is_bare).map(|member| (member, uri));
        self.first(candidates.collect(), &RESOURCES, |resource| &resource.uri)
            .await?
            .ok_or_else(|| self.unknown("resource", uri))
    }

    /// The server that owns a resource template.
    pub(super) fn owner_of_template(&self, uri: &str) -> Result<Owner<'_>, GroupError> {
        self.named_in(uri)
            .ok_or_else(|| self.unknown("resource template", uri))
    }

    /// The server that owns a task, and the task's id there. Where it could be the task of two
    /// servers, it is the first one's that knows it.
    pub(super) async fn owner_of_task(&self, id: &str) -> Result<Owner<'_>, GroupError> {
        let mut candidates = self.candidates(id);
        if let [(member, own)] = *candidates {
            return Ok(Owner::new(member, own.to_owned()));
        }
        let asked = candidates.iter().map(|(member, own)| {
            let task = member.client().task(*own);
            async move { task.status().await.is_ok() }
        });
        let know = join_all(asked).await;
        let first = know.iter().position(|knows| *knows);
        first
            .map(|first| candidates.swap_remove(first))
            .map(|(member, own)| Owner::new(member, own.to_owned()))
            .ok_or_else(|| self.unknown("task", id))
    }

    /// The server whose name is in a URI. There is at most one.
    fn named_in(&self, uri: &str) -> Option<Owner<'_>> {
        self.0
            .members
            .iter()
            .find_map(|member| Some(Owner::new(member, member.inward_uri(uri)?)))
    }

    async fn owner_of<T>(
        &self,
        kind: &'static str,
        name: &str,
        ask: &Ask<T>,
        of: fn(&T) -> &String,
    ) -> Result<Owner<'_>, GroupError> {
        let candidates = self.candidates(name);
        if let [(member, own)] = *candidates {
            return Ok(Owner::new(member, own.to_owned()));
        }
        self.first(candidates, ask, of)
            .await?
            .ok_or_else(|| self.unknown(kind, name))
    }

    /// The servers that can have the name, with what it would be there.
    fn candidates<'g, 'n>(&'g self, name: &'n str) -> Vec<(&'g Arc<Member>, &'n str)> {
        let members = self.0.members.iter();
        members
            .filter_map(|member| Some((member, member.inward(name)?)))
            .collect()
    }

    /// The first of the candidates that has the name which it would be there. One that cannot be
    /// asked might have it, so that none after it is the first.
    async fn first<'g, T>(
        &'g self,
        candidates: Vec<(&'g Arc<Member>, &str)>,
        ask: &Ask<T>,
        of: fn(&T) -> &String,
    ) -> Result<Option<Owner<'g>>, GroupError> {
        let asked = candidates.iter().map(|(member, _)| list_of(member, ask));
        for ((member, own), answer) in candidates.iter().zip(join_all(asked).await) {
            let list = answer.map_err(|source| GroupError::Client {
                server: member.server().to_owned(),
                source,
            })?;
            if list.iter().any(|entry| of(entry) == own) {
                return Ok(Some(Owner::new(member, (*own).to_owned())));
            }
        }
        Ok(None)
    }

    fn unknown(&self, kind: &'static str, name: &str) -> GroupError {
        let servers: Vec<_> = self.clients().map(|(server, _)| server).collect();
        GroupError::Unknown {
            kind,
            name: name.to_owned(),
            servers: servers.join(", "),
        }
    }
}

impl<'g> Owner<'g> {
    fn new(member: &'g Arc<Member>, name: String) -> Self {
        Self {
            server: member.server(),
            client: member.client(),
            name,
            member,
        }
    }
}
