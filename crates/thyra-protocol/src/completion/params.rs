//! What to complete: an argument of a prompt or of a resource template.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::decode;
use crate::form::{Form, Members, Written, for_revision};
use crate::meta::RequestMeta;
use crate::params::ParamsError;
use crate::revision::Revision;
use crate::text::Text;

/// The params of `completion/complete`: the argument to complete. Borrowed from the request.
#[derive(Clone, Debug)]
pub struct CompleteParams<'a> {
    /// The request's `_meta`.
    pub meta: RequestMeta<'a>,
    /// What the argument belongs to.
    pub reference: CompletionReference<'a>,
    /// The argument, with what has been typed so far.
    pub argument: CompletionArgument<'a>,
    /// The other arguments whose values are known (from 2025-06-18).
    pub context: BTreeMap<Cow<'a, str>, Cow<'a, str>>,
}

/// What an argument belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type")]
pub enum CompletionReference<'a> {
    /// A prompt.
    #[serde(rename = "ref/prompt")]
    Prompt {
        /// Its name.
        name: Cow<'a, str>,
    },
    /// A resource template.
    #[serde(rename = "ref/resource")]
    Resource {
        /// The template (RFC 6570), or the URI of a resource.
        uri: Cow<'a, str>,
    },
}

/// An argument, with what has been typed so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompletionArgument<'a> {
    /// Its name.
    #[serde(borrow)]
    pub name: Cow<'a, str>,
    /// What has been typed so far; may be empty.
    #[serde(borrow)]
    pub value: Cow<'a, str>,
}

impl<'a> CompleteParams<'a> {
    /// Decodes the params of a `completion/complete` request.
    ///
    /// # Errors
    ///
    /// When there are no params, a member is missing, appears twice or has the wrong type, or the
    /// reference names neither a prompt nor a resource template.
    pub fn parse(params: Option<&'a RawValue>) -> Result<Self, ParamsError> {
        decode::required(params)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for CompleteParams<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Params<'a> {
            #[serde(rename = "_meta", borrow, default)]
            meta: RequestMeta<'a>,
            #[serde(rename = "ref", borrow)]
            reference: CompletionReference<'a>,
            #[serde(borrow)]
            argument: CompletionArgument<'a>,
            #[serde(borrow, default)]
            context: Context<'a>,
        }

        #[derive(Default, Deserialize)]
        struct Context<'a> {
            #[serde(borrow, default)]
            arguments: BTreeMap<Text<'a>, Text<'a>>,
        }

        let params = Params::deserialize(deserializer)?;
        Ok(CompleteParams {
            meta: params.meta,
            reference: params.reference,
            argument: params.argument,
            context: params
                .context
                .arguments
                .into_iter()
                .map(|(Text(name), Text(value))| (name, value))
                .collect(),
        })
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for CompletionReference<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        /// Which of the two it is, we know only after reading all members.
        #[derive(Deserialize)]
        struct Reference<'a> {
            #[serde(rename = "type")]
            kind: Kind,
            #[serde(borrow, default)]
            name: Option<Text<'a>>,
            #[serde(borrow, default)]
            uri: Option<Text<'a>>,
        }

        #[derive(Deserialize)]
        enum Kind {
            #[serde(rename = "ref/prompt")]
            Prompt,
            #[serde(rename = "ref/resource")]
            Resource,
        }

        let Reference { kind, name, uri } = Reference::deserialize(deserializer)?;
        match kind {
            Kind::Prompt => {
                let Text(name) = name.ok_or_else(|| D::Error::missing_field("name"))?;
                Ok(CompletionReference::Prompt { name })
            }
            Kind::Resource => {
                let Text(uri) = uri.ok_or_else(|| D::Error::missing_field("uri"))?;
                Ok(CompletionReference::Resource { uri })
            }
        }
    }
}

for_revision!(CompleteParams<'_>);

impl Written for CompleteParams<'_> {
    fn write<S: Serializer>(&self, form: Form<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Context<'a> {
            arguments: &'a BTreeMap<Cow<'a, str>, Cow<'a, str>>,
        }

        let context = (!self.context.is_empty()).then_some(Context {
            arguments: &self.context,
        });
        let mut members = Members::begin(form, serializer)?;
        members.put_some("_meta", (!self.meta.is_empty()).then_some(&self.meta))?;
        members.put("ref", &self.reference)?;
        members.put("argument", &self.argument)?;
        members.put_since(
            Revision::has_completion_context,
            "context",
            context.as_ref(),
        )?;
        members.end()
    }
}
