//! What the person is asked.

use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serializer};
use serde_json::value::RawValue;

use crate::form::{Form, Members, Written, for_revision};
use crate::revision::Revision;

/// What the person is asked.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ElicitParams {
    /// A form that the client shows.
    Form(ElicitFormParams),
    /// To visit a page, for data that must not pass through the client (from 2025-11-25).
    Url(ElicitUrlParams),
}

/// A form to fill in.
#[derive(Clone, Debug)]
pub struct ElicitFormParams {
    /// What the person reads.
    pub message: String,
    /// The JSON Schema of the answer: an object whose properties are strings, numbers, booleans
    /// or choices. It is written as it is given.
    pub requested_schema: Box<RawValue>,
}

/// A page to visit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ElicitUrlParams {
    /// What the person reads.
    pub message: String,
    /// The page, a URI.
    pub url: String,
    /// The id by which a notification says that the question is done. Only 2025-11-25 has it, and
    /// requires it.
    pub elicitation_id: Option<String>,
}

impl ElicitParams {
    /// A form to fill in.
    pub fn form(message: impl Into<String>, requested_schema: Box<RawValue>) -> Self {
        ElicitParams::Form(ElicitFormParams {
            message: message.into(),
            requested_schema,
        })
    }

    /// A page to visit. `elicitation_id` is written only where the revision has it.
    pub fn url(
        message: impl Into<String>,
        url: impl Into<String>,
        elicitation_id: impl Into<String>,
    ) -> Self {
        ElicitParams::Url(ElicitUrlParams {
            message: message.into(),
            url: url.into(),
            elicitation_id: Some(elicitation_id.into()),
        })
    }

    /// What the person reads.
    pub fn message(&self) -> &str {
        match self {
            ElicitParams::Form(form) => &form.message,
            ElicitParams::Url(page) => &page.message,
        }
    }
}

for_revision!(ElicitParams);

impl Written for ElicitParams {
    fn write<S: Serializer>(&self, form: Form<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = Members::begin(form, serializer)?;
        match self {
            ElicitParams::Form(params) => {
                members.put_since(Revision::has_elicitation_modes, "mode", Some("form"))?;
                members.put("message", &params.message)?;
                members.put("requestedSchema", &params.requested_schema)?;
            }
            ElicitParams::Url(params) => {
                members.put("mode", "url")?;
                members.put("message", &params.message)?;
                members.put("url", &params.url)?;
                members.put_since(
                    Revision::has_elicitation_ids,
                    "elicitationId",
                    params.elicitation_id.as_ref(),
                )?;
            }
        }
        members.end()
    }
}

impl<'de> Deserialize<'de> for ElicitParams {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Params {
            #[serde(default)]
            mode: Mode,
            message: String,
            #[serde(default)]
            requested_schema: Option<Box<RawValue>>,
            #[serde(default)]
            url: Option<String>,
            #[serde(default)]
            elicitation_id: Option<String>,
        }

        /// Absent means `form`.
        #[derive(Default, Deserialize)]
        #[serde(rename_all = "lowercase")]
        enum Mode {
            #[default]
            Form,
            Url,
        }

        let params = Params::deserialize(deserializer)?;
        let message = params.message;
        match params.mode {
            Mode::Form => Ok(ElicitParams::Form(ElicitFormParams {
                message,
                requested_schema: params
                    .requested_schema
                    .ok_or_else(|| D::Error::missing_field("requestedSchema"))?,
            })),
            Mode::Url => Ok(ElicitParams::Url(ElicitUrlParams {
                message,
                url: params.url.ok_or_else(|| D::Error::missing_field("url"))?,
                elicitation_id: params.elicitation_id,
            })),
        }
    }
}
