//! What a server offers, as it was asked for.

use serde::Serialize;
use thyra::protocol::{Prompt, Resource, ResourceTemplate, Tool};
use thyra::{Implementation, Revision};
use thyra_client::{Client, ClientError, Skill};

use super::Kind;
use crate::failure::Failure;

/// What a server offers. A list is `None` when it was not asked for, or the server has none such.
#[derive(Debug)]
pub(super) struct Catalog {
    pub(super) server: Option<Implementation>,
    pub(super) revision: Revision,
    pub(super) instructions: Option<String>,
    pub(super) tools: Option<Vec<Tool>>,
    pub(super) resources: Option<Vec<Resource>>,
    pub(super) templates: Option<Vec<ResourceTemplate>>,
    pub(super) prompts: Option<Vec<Prompt>>,
    pub(super) skills: Option<Vec<Skill>>,
}

impl Catalog {
    /// Asks for the lists that are wanted and that the server says it has, all at the same time.
    pub(super) async fn read(
        client: &Client,
        wanted: impl Fn(Kind) -> bool,
    ) -> Result<Self, Failure> {
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
        Ok(Self {
            server: discovered.server_info(),
            revision: client.revision().await?,
            instructions: discovered.instructions,
            tools,
            resources,
            templates,
            prompts,
            skills,
        })
    }

    /// The catalog as one JSON document, with everything as the server said it.
    pub(super) fn json(&self) -> impl Serialize {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Written<'a> {
            #[serde(skip_serializing_if = "Option::is_none")]
            server_info: Option<&'a Implementation>,
            protocol_version: &'static str,
            #[serde(skip_serializing_if = "Option::is_none")]
            instructions: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            tools: Option<&'a [Tool]>,
            #[serde(skip_serializing_if = "Option::is_none")]
            resources: Option<&'a [Resource]>,
            #[serde(skip_serializing_if = "Option::is_none")]
            resource_templates: Option<&'a [ResourceTemplate]>,
            #[serde(skip_serializing_if = "Option::is_none")]
            prompts: Option<&'a [Prompt]>,
            #[serde(skip_serializing_if = "Option::is_none")]
            skills: Option<&'a [Skill]>,
        }

        Written {
            server_info: self.server.as_ref(),
            protocol_version: self.revision.as_str(),
            instructions: self.instructions.as_deref(),
            tools: self.tools.as_deref(),
            resources: self.resources.as_deref(),
            resource_templates: self.templates.as_deref(),
            prompts: self.prompts.as_deref(),
            skills: self.skills.as_deref(),
        }
    }
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
