//! A tool as the lists of one server have it for clients of one revision.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::Tool;

/// The schemas in the forms that the definition does not have. `None` where they are the same.
#[derive(Clone, Debug, Default)]
pub(super) struct OtherForms {
    /// The input schema with each `null` that the types take.
    pub(super) input: Option<Box<RawValue>>,
    /// The output schema with each `null` that the types have.
    pub(super) output: Option<Box<RawValue>>,
}

impl Tool {
    /// The definition in the form that a server shows.
    pub(crate) fn listed(&self, null_in_schemas: bool) -> Cow<'_, thyra_protocol::Tool> {
        let mut definition = Cow::Borrowed(&self.definition);
        if null_in_schemas {
            if let Some(input) = &self.other_forms.input {
                definition.to_mut().input_schema.clone_from(input);
            }
            if let Some(output) = &self.other_forms.output {
                definition.to_mut().output_schema = Some(output.clone());
            }
        }
        definition
    }
}
