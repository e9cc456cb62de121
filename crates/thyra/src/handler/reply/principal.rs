//! The caller as a tool's output: `whoami` in one line.

use schemars::json_schema;
use serde_json::json;
use thyra_auth::Principal;
use thyra_protocol::CallToolResult;

use super::{IntoReply, Json, Output, Shape, json};
use crate::handler::CallError;
use crate::handler::schema::OutputSchema;

/// The marker of a principal that is written as JSON.
#[derive(Debug)]
pub enum PrincipalReply {}

/// What `Principal` writes has a schema of its own: the crate that it comes from knows of none.
impl IntoReply<PrincipalReply> for Json<Principal> {
    fn output() -> Output {
        let text = json!({ "type": "string" });
        let optional_text = json!({ "type": ["string", "null"] });
        let schema = json_schema!({
            "type": "object",
            "properties": {
                "subject": text,
                "client_id": optional_text,
                "org_id": optional_text,
                "scopes": { "type": "array", "items": text },
                "kind": { "type": "string", "enum": ["user", "machine"] },
                "issuer": text,
            },
            "required": ["subject", "client_id", "org_id", "scopes", "kind", "issuer"],
        });
        Output {
            schema: OutputSchema::of_object(schema).ok(),
            shape: Shape::Object,
        }
    }

    fn into_reply(self, shape: Shape) -> Result<CallToolResult, CallError> {
        json(&self.0, shape)
    }
}
