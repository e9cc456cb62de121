//! The server or the servers of one command, used as one.

use thyra::protocol::{Prompt, Tool};
use thyra_client::{
    Call, Client, ClientError, ClientGroup, GetPromptResult, GroupError, Owner, Printable,
};

use crate::failure::Failure;
use crate::suggestion::with_nearest;

/// What one server alone is called, where nobody sees it.
const ONLY: &str = "server";

/// The server of a command, or the servers that a file names. With several, names begin with the
/// server's.
#[derive(Debug)]
pub(crate) struct Servers {
    group: ClientGroup,
    is_alone: bool,
}

impl Servers {
    /// A server alone, with its own names.
    pub(crate) fn one(client: Client) -> Result<Self, Failure> {
        let group = ClientGroup::new([(ONLY, client)]).map_err(Failure::Group)?;
        Ok(Self {
            group,
            is_alone: true,
        })
    }

    pub(crate) fn several(group: ClientGroup) -> Self {
        Self {
            group,
            is_alone: false,
        }
    }

    pub(crate) fn group(&self) -> &ClientGroup {
        &self.group
    }

    pub(crate) fn are_several(&self) -> bool {
        !self.is_alone
    }

    /// The name of a server, if there are several.
    pub(crate) fn shown<'s>(&self, server: &'s str) -> Option<&'s str> {
        (!self.is_alone).then_some(server)
    }

    /// The tool `name`, and a call of it.
    pub(crate) async fn tool(&self, name: &str) -> Result<(Call<'_>, Tool), Failure> {
        if let Some(owner) = self.owner(self.group.owner_of_tool(name).await)? {
            let tools = owner.client.list_tools().await;
            let mut tools = tools
                .map_err(|error| self.failed_at(&owner, error))?
                .into_iter();
            if let Some(tool) = tools.find(|tool| tool.name == owner.name) {
                return Ok((owner.call(), tool));
            }
        }
        let tools = self.group.list_tools().await;
        let tools = tools.map_err(|error| self.failed(error))?;
        Err(self.no_such("tool", name, tools.iter().map(|tool| &*tool.name)))
    }

    /// The prompt `name`, and how it is filled in.
    pub(crate) async fn prompt(
        &self,
        name: &str,
    ) -> Result<(Call<'_, GetPromptResult>, Prompt), Failure> {
        if let Some(owner) = self.owner(self.group.owner_of_prompt(name).await)? {
            let prompts = owner.client.list_prompts().await;
            let prompts = prompts.map_err(|error| self.failed_at(&owner, error))?;
            let mut prompts = prompts.into_iter();
            if let Some(prompt) = prompts.find(|prompt| prompt.name == owner.name) {
                return Ok((owner.prompt(), prompt));
            }
        }
        let prompts = self.group.list_prompts().await;
        let prompts = prompts.map_err(|error| self.failed(error))?;
        Err(self.no_such("prompt", name, prompts.iter().map(|prompt| &*prompt.name)))
    }

    /// The failure of the group. Of one server alone it is the failure of its client.
    pub(crate) fn failed(&self, error: GroupError) -> Failure {
        match error {
            GroupError::Client { source, .. } if self.is_alone => source.into(),
            GroupError::AllFailed { mut failures } if self.is_alone && failures.len() == 1 => {
                let only = failures.pop().and_then(std::sync::Arc::into_inner);
                match only {
                    Some(thyra_client::Failure::Client { source, .. }) => source.into(),
                    _ => Failure::Group(GroupError::NoServers),
                }
            }
            other => Failure::Group(other),
        }
    }

    fn failed_at(&self, owner: &Owner<'_>, source: ClientError) -> Failure {
        let server = owner.server.to_owned();
        self.failed(GroupError::Client { server, source })
    }

    /// The owner of a name, or `None` if there is none.
    fn owner<'g>(
        &self,
        owner: Result<Owner<'g>, GroupError>,
    ) -> Result<Option<Owner<'g>>, Failure> {
        match owner {
            Ok(owner) => Ok(Some(owner)),
            Err(GroupError::Unknown { .. }) => Ok(None),
            Err(error) => Err(self.failed(error)),
        }
    }

    fn no_such<'n>(
        &self,
        kind: &str,
        name: &str,
        known: impl Iterator<Item = &'n str> + Clone,
    ) -> Failure {
        let name_shown = Printable(name);
        let sentence = if self.is_alone {
            format!("the server has no {kind} `{name_shown:.200}`")
        } else {
            format!("no server has the {kind} `{name_shown:.200}`")
        };
        Failure::Usage(with_nearest(&sentence, name, known))
    }
}
