//! A tool as the lists of one server have it for clients of one revision.

use std::borrow::Cow;

use serde_json::value::RawValue;
use thyra_protocol::Revision;

use super::Tool;
use crate::handler::Forms;

/// The schemas in the forms that the definition does not have. `None` where they are the same.
#[derive(Clone, Debug, Default)]
pub(super) struct OtherForms {
    /// The input schema with each `null` that the types take.
    pub(super) input: Option<Box<RawValue>>,
    /// The output schema with each `null` that the types have.
    pub(super) output: Option<Box<RawValue>>,
    /// The output schema for the revisions whose structured content is an object.
    pub(super) wrapped_output: Option<Forms>,
}

impl Tool {
    /// The definition in the form that a server shows to clients of `revision`.
    pub(crate) fn listed(
        &self,
        revision: Revision,
        null_in_schemas: bool,
    ) -> Cow<'_, thyra_protocol::Tool> {
        let forms = &self.other_forms;
        let input = forms.input.as_deref().filter(|_| null_in_schemas);
        let output = match &forms.wrapped_output {
            Some(wrapped) if !revision.has_any_structured_output() => {
                Some(wrapped.form(null_in_schemas))
            }
            _ => forms.output.as_deref().filter(|_| null_in_schemas),
        };
        let mut definition = Cow::Borrowed(&self.definition);
        if let Some(input) = input {
            definition.to_mut().input_schema = input.to_owned();
        }
        if let Some(output) = output {
            definition.to_mut().output_schema = Some(output.to_owned());
        }
        definition
    }
}
