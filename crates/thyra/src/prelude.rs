//! The imports that most servers need: `use thyra::prelude::*;`.

pub use thyra_auth::{Principal, ScalekitProvider};

pub use crate::{
    Args, CallToolResult, Claims, Content, Context, Elicit, Headers, Json, Prompt, PromptError,
    Resource, ResourceError, ResourceTemplate, Server, State, Tool, ToolError, prompt, resource,
    tool, tools,
};
