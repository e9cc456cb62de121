//! What a server's file begins with: `use thyra::prelude::*;`.

pub use thyra_auth::{Principal, ScalekitProvider};

pub use crate::{
    Args, CallToolResult, Claims, Content, Context, Headers, Json, Server, State, Tool, ToolError,
    tool,
};
