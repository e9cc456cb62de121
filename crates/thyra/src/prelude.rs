//! The imports that most servers need: `use thyra::prelude::*;`.

pub use thyra_auth::{Principal, ScalekitProvider};

pub use crate::{
    Args, Audio, CallToolResult, CallerError, Claims, Content, Context, Depends, Elicit, File,
    Headers, Image, Json, Prompt, PromptError, Resource, ResourceError, ResourceTemplate, Server,
    State, Tool, ToolError, WithContent, prompt, resource, tool, tools,
};
