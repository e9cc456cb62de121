//! A request decoded as far as dispatch needs it: which method, with what. Each part of it is parsed once.

use std::borrow::Cow;

use serde_json::value::RawValue;
use thyra_protocol::{
    CallToolParams, ErrorObject, InitializeParams, ListToolsParams, ParamsError, RequestMeta,
    method,
};

/// What a request asks for and what it says about itself, borrowed from its bytes.
#[derive(Debug)]
pub(crate) struct Incoming<'a> {
    method: Cow<'a, str>,
    meta: RequestMeta<'a>,
    asked: Asked<'a>,
}

/// What is asked for.
#[derive(Debug)]
pub(crate) enum Asked<'a> {
    CallTool {
        name: Cow<'a, str>,
        arguments: Option<&'a RawValue>,
    },
    Discover,
    Initialize(Box<InitializeParams>),
    ListTools {
        cursor: Option<Cow<'a, str>>,
    },
    Ping,
    Unknown,
}

impl<'a> Incoming<'a> {
    /// Decodes `params` by `method`.
    pub(crate) fn decode(
        method: Cow<'a, str>,
        params: Option<&'a RawValue>,
    ) -> Result<Self, ErrorObject> {
        let (asked, meta) = Asked::decode(&method, params).map_err(|error| error.error_object())?;
        Ok(Self {
            method,
            meta,
            asked,
        })
    }

    pub(crate) fn method(&self) -> &str {
        &self.method
    }

    pub(crate) fn meta(&self) -> &RequestMeta<'a> {
        &self.meta
    }

    /// What a header may repeat of the body besides the method: the name of the tool.
    pub(crate) fn name(&self) -> Option<&str> {
        match &self.asked {
            Asked::CallTool { name, .. } => Some(name),
            _ => None,
        }
    }

    /// The revision that `initialize` would like.
    pub(crate) fn requested_revision(&self) -> Option<&str> {
        match &self.asked {
            Asked::Initialize(params) => Some(&params.protocol_version),
            _ => None,
        }
    }

    pub(crate) fn into_parts(self) -> (Asked<'a>, RequestMeta<'a>) {
        (self.asked, self.meta)
    }
}

impl<'a> Asked<'a> {
    fn decode(
        method: &str,
        params: Option<&'a RawValue>,
    ) -> Result<(Self, RequestMeta<'a>), ParamsError> {
        Ok(match method {
            method::TOOLS_CALL => {
                let CallToolParams {
                    meta,
                    name,
                    arguments,
                } = CallToolParams::parse(params)?;
                (Self::CallTool { name, arguments }, meta)
            }
            method::TOOLS_LIST => {
                let ListToolsParams { meta, cursor } = ListToolsParams::parse(params)?;
                (Self::ListTools { cursor }, meta)
            }
            method::INITIALIZE => {
                let meta = RequestMeta::of_params(params)?;
                // A request that names its revision in `_meta` belongs to an era that has no `initialize`.
                let asked = match meta.protocol_version {
                    Some(_) => Self::Unknown,
                    None => Self::Initialize(Box::new(InitializeParams::parse(params)?)),
                };
                (asked, meta)
            }
            method::DISCOVER => (Self::Discover, RequestMeta::of_params(params)?),
            method::PING => (Self::Ping, RequestMeta::of_params(params)?),
            _ => (Self::Unknown, RequestMeta::of_params(params)?),
        })
    }
}
