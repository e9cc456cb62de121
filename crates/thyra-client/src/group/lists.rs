//! The lists of all servers as one.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::future::{BoxFuture, join_all};
use thyra_oauth::printable;
use thyra_protocol::{ErrorCode, Prompt, Resource, ResourceTemplate, ServerCapabilities, Tool};

use super::ClientGroup;
use super::error::{Failure, GroupError};
use super::member::Member;
use crate::client::Client;
use crate::error::ClientError;

type Listing<'a, T> = BoxFuture<'a, Result<Vec<T>, ClientError>>;

/// A kind of list.
pub(super) struct Ask<T> {
    /// How one server is asked for it.
    list: for<'a> fn(&'a Client) -> Listing<'a, T>,
    /// Whether a server that says this about itself has such a list.
    is_had: fn(&ServerCapabilities) -> bool,
}

pub(super) const TOOLS: Ask<Tool> = Ask {
    list: |client| Box::pin(client.list_tools()),
    is_had: |has| has.tools.is_some(),
};
pub(super) const PROMPTS: Ask<Prompt> = Ask {
    list: |client| Box::pin(client.list_prompts()),
    is_had: |has| has.prompts.is_some(),
};
pub(super) const RESOURCES: Ask<Resource> = Ask {
    list: |client| Box::pin(client.list_resources()),
    is_had: |has| has.resources.is_some(),
};
const TEMPLATES: Ask<ResourceTemplate> = Ask {
    list: |client| Box::pin(client.list_resource_templates()),
    is_had: |has| has.resources.is_some(),
};

impl ClientGroup {
    /// Lists the tools of all servers, each as `SERVER_tool`.
    ///
    /// # Errors
    ///
    /// [`GroupError::AllFailed`] when no server answers.
    pub async fn list_tools(&self) -> Result<Vec<Tool>, GroupError> {
        let lists = self.ask(&TOOLS).await?;
        let outward = |member: &Member, name: &str| Some(member.outward(name));
        Ok(merged(lists, |tool| &mut tool.name, outward))
    }

    /// Lists the prompts of all servers, each as `SERVER_prompt`.
    ///
    /// # Errors
    ///
    /// As [`ClientGroup::list_tools`].
    pub async fn list_prompts(&self) -> Result<Vec<Prompt>, GroupError> {
        let lists = self.ask(&PROMPTS).await?;
        let outward = |member: &Member, name: &str| Some(member.outward(name));
        Ok(merged(lists, |prompt| &mut prompt.name, outward))
    }

    /// Lists the resources of all servers, each as `scheme://SERVER/rest`. A URI without `://`
    /// stays as it is.
    ///
    /// # Errors
    ///
    /// As [`ClientGroup::list_tools`].
    pub async fn list_resources(&self) -> Result<Vec<Resource>, GroupError> {
        let lists = self.ask(&RESOURCES).await?;
        let outward = |member: &Member, uri: &str| {
            let outward = member.outward_uri(uri);
            Some(outward.unwrap_or_else(|| uri.to_owned()))
        };
        Ok(merged(lists, |resource| &mut resource.uri, outward))
    }

    /// Lists the resource templates of all servers, each as `scheme://SERVER/rest`. One without
    /// `://` is left out with a warning in the log, since nobody could tell whose its URIs are.
    ///
    /// # Errors
    ///
    /// As [`ClientGroup::list_tools`].
    pub async fn list_resource_templates(&self) -> Result<Vec<ResourceTemplate>, GroupError> {
        let lists = self.ask(&TEMPLATES).await?;
        let outward = |member: &Member, uri: &str| member.outward_uri(uri);
        Ok(merged(
            lists,
            |template| &mut template.uri_template,
            outward,
        ))
    }

    /// Asks all servers at the same time, and returns the lists of those that answer.
    async fn ask<T>(&self, ask: &Ask<T>) -> Result<Vec<(&Member, Vec<T>)>, GroupError> {
        let members = &self.0.members;
        let asked = members.iter().map(|member| list_of(member, ask));
        let mut lists = Vec::with_capacity(members.len());
        let mut failures = Vec::new();
        for (member, answer) in members.iter().zip(join_all(asked).await) {
            match answer {
                Ok(list) => lists.push((&**member, list)),
                Err(source) => {
                    let failure = Failure::client(member.server(), source);
                    tracing::warn!("{failure}; the list is without it");
                    failures.push(Arc::new(failure));
                }
            }
        }
        if lists.is_empty() {
            failures.extend(self.0.left_out.iter().cloned());
            return Err(GroupError::AllFailed { failures });
        }
        Ok(lists)
    }
}

/// The list of one server. One that does not know the method has nothing of the kind. One that says
/// it has none is not asked: some leave alone what they do not know.
pub(super) async fn list_of<T>(member: &Member, ask: &Ask<T>) -> Result<Vec<T>, ClientError> {
    if let Some(has) = member.client().capabilities().await?
        && !(ask.is_had)(&has)
        // One that says nothing about itself may still have something.
        && (has.tools.is_some() || has.resources.is_some() || has.prompts.is_some())
    {
        return Ok(Vec::new());
    }
    match (ask.list)(member.client()).await {
        Err(ClientError::Rpc { error, .. }) if error.code == ErrorCode::METHOD_NOT_FOUND => {
            Ok(Vec::new())
        }
        answer => answer,
    }
}

/// All lists as one, with the names that `outward` gives. The first server that has a name keeps
/// it.
fn merged<T>(
    lists: Vec<(&Member, Vec<T>)>,
    name: impl Fn(&mut T) -> &mut String,
    outward: impl Fn(&Member, &str) -> Option<String>,
) -> Vec<T> {
    let mut owners: HashMap<String, &str> = HashMap::new();
    let mut all = Vec::new();
    for (member, list) in lists {
        for mut entry in list {
            let own = name(&mut entry);
            let Some(outward) = outward(member, own) else {
                let (server, own) = (printable(member.server()), printable(own));
                tracing::warn!(%server, template = %own, "a template without `://` is left out");
                continue;
            };
            let owner = *owners.entry(outward.clone()).or_insert(member.server());
            if owner == member.server() {
                *own = outward;
                all.push(entry);
            } else {
                let (server, owner) = (printable(member.server()), printable(owner));
                let outward = printable(&outward);
                tracing::warn!(%server, %owner, name = %outward, "a name that two servers have is the first one's");
            }
        }
    }
    all
}
