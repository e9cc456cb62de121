//! A request, decoded as far as dispatch needs: the method and its params. Each part is parsed
//! once.

use std::borrow::Cow;

use serde_json::value::RawValue;
use thyra_protocol::{
    CallToolParams, CancelTaskParams, CompleteParams, ErrorObject, GetPromptParams, GetTaskParams,
    ListPromptsParams, ListResourceTemplatesParams, ListResourcesParams, ListToolsParams,
    LoggingLevel, ParamsError, RawInitializeParams, ReadResourceParams, RequestMeta,
    SetLevelParams, SubscribeParams, SubscriptionsListenParams, UnsubscribeParams,
    UpdateTaskParams, method,
};

/// What a request asks for and says about itself, borrowed from its bytes.
#[derive(Debug)]
pub(crate) struct MethodCall<'a> {
    method: Cow<'a, str>,
    meta: RequestMeta<'a>,
    asked: Asked<'a>,
}

/// What a request asks for. Its params no longer hold their `_meta`, which was taken out of them.
#[derive(Debug)]
pub(crate) enum Asked<'a> {
    CallTool(ToolCall<'a>),
    Complete(Box<CompleteParams<'a>>),
    Discover,
    GetPrompt(Box<GetPromptParams<'a>>),
    Initialize(Box<RawInitializeParams<'a>>),
    ListPrompts {
        cursor: Option<Cow<'a, str>>,
    },
    ListResourceTemplates {
        cursor: Option<Cow<'a, str>>,
    },
    ListResources {
        cursor: Option<Cow<'a, str>>,
    },
    ListTools {
        cursor: Option<Cow<'a, str>>,
    },
    Listen(Box<SubscriptionsListenParams<'a>>),
    Ping,
    ReadResource(Box<ReadResourceParams<'a>>),
    SetLevel(LoggingLevel),
    Subscribe(Cow<'a, str>),
    Task(TaskRequest<'a>),
    /// A method that the protocol does not define, but an extension may.
    Unknown {
        method: Cow<'a, str>,
        params: Option<&'a RawValue>,
    },
    Unsubscribe(Cow<'a, str>),
}

/// A tool's name, its arguments, and what the client brings from earlier rounds of the call.
#[derive(Debug)]
pub(crate) struct ToolCall<'a> {
    pub(crate) name: Cow<'a, str>,
    pub(crate) arguments: Option<&'a RawValue>,
    pub(crate) input_responses: Option<&'a RawValue>,
    pub(crate) request_state: Option<Cow<'a, str>>,
}

/// A request about a task.
#[derive(Debug)]
pub(crate) enum TaskRequest<'a> {
    Cancel(Cow<'a, str>),
    Get(Cow<'a, str>),
    Update {
        id: Cow<'a, str>,
        input_responses: &'a RawValue,
    },
}

impl TaskRequest<'_> {
    /// The id of the task.
    pub(crate) fn id(&self) -> &str {
        match self {
            Self::Cancel(id) | Self::Get(id) | Self::Update { id, .. } => id,
        }
    }
}

impl<'a> MethodCall<'a> {
    /// Decodes `params` as `method` defines them.
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

    /// What a header may repeat from the body besides the method: which tool, prompt, resource or
    /// task the request is about.
    pub(crate) fn name(&self) -> Option<&str> {
        match &self.asked {
            Asked::CallTool(call) => Some(&call.name),
            Asked::GetPrompt(params) => Some(&params.name),
            Asked::ReadResource(params) => Some(&params.uri),
            Asked::Task(request) => Some(request.id()),
            _ => None,
        }
    }

    pub(crate) fn into_parts(self) -> (Asked<'a>, RequestMeta<'a>) {
        (self.asked, self.meta)
    }
}

impl<'a> Asked<'a> {
    #[expect(clippy::too_many_lines, reason = "one arm for each method")]
    fn decode(
        method: &Cow<'a, str>,
        params: Option<&'a RawValue>,
    ) -> Result<(Self, RequestMeta<'a>), ParamsError> {
        // A request that names its revision in `_meta` belongs to an era without sessions, which
        // does not have these methods.
        let handshake_only = |decoded: fn(Option<&'a RawValue>) -> Result<Self, ParamsError>| {
            let meta = RequestMeta::of_params(params)?;
            let asked = match meta.protocol_version {
                Some(_) => Self::Unknown {
                    method: method.clone(),
                    params,
                },
                None => decoded(params)?,
            };
            Ok((asked, meta))
        };
        Ok(match &**method {
            method::TOOLS_CALL => {
                let CallToolParams {
                    meta,
                    name,
                    arguments,
                    input_responses,
                    request_state,
                } = CallToolParams::parse(params)?;
                let call = ToolCall {
                    name,
                    arguments,
                    input_responses,
                    request_state,
                };
                (Self::CallTool(call), meta)
            }
            method::PROMPTS_GET => {
                let mut params = GetPromptParams::parse(params)?;
                let meta = std::mem::take(&mut params.meta);
                (Self::GetPrompt(Box::new(params)), meta)
            }
            method::RESOURCES_READ => {
                let mut params = ReadResourceParams::parse(params)?;
                let meta = std::mem::take(&mut params.meta);
                (Self::ReadResource(Box::new(params)), meta)
            }
            method::TOOLS_LIST => {
                let ListToolsParams { meta, cursor } = ListToolsParams::parse(params)?;
                (Self::ListTools { cursor }, meta)
            }
            method::PROMPTS_LIST => {
                let ListPromptsParams { meta, cursor } = ListPromptsParams::parse(params)?;
                (Self::ListPrompts { cursor }, meta)
            }
            method::RESOURCES_LIST => {
                let ListResourcesParams { meta, cursor } = ListResourcesParams::parse(params)?;
                (Self::ListResources { cursor }, meta)
            }
            method::RESOURCES_TEMPLATES_LIST => {
                let ListResourceTemplatesParams { meta, cursor } =
                    ListResourceTemplatesParams::parse(params)?;
                (Self::ListResourceTemplates { cursor }, meta)
            }
            method::COMPLETION_COMPLETE => {
                let mut params = CompleteParams::parse(params)?;
                let meta = std::mem::take(&mut params.meta);
                (Self::Complete(Box::new(params)), meta)
            }
            method::SUBSCRIPTIONS_LISTEN => {
                let mut params = SubscriptionsListenParams::parse(params)?;
                let meta = std::mem::take(&mut params.meta);
                (Self::Listen(Box::new(params)), meta)
            }
            method::TASKS_GET => {
                let GetTaskParams { meta, task_id } = GetTaskParams::parse(params)?;
                (Self::Task(TaskRequest::Get(task_id)), meta)
            }
            method::TASKS_UPDATE => {
                let UpdateTaskParams {
                    meta,
                    task_id,
                    input_responses,
                } = UpdateTaskParams::parse(params)?;
                let request = TaskRequest::Update {
                    id: task_id,
                    input_responses,
                };
                (Self::Task(request), meta)
            }
            method::TASKS_CANCEL => {
                let CancelTaskParams { meta, task_id } = CancelTaskParams::parse(params)?;
                (Self::Task(TaskRequest::Cancel(task_id)), meta)
            }
            method::INITIALIZE => handshake_only(|params| {
                let params = RawInitializeParams::parse(params)?;
                Ok(Self::Initialize(Box::new(params)))
            })?,
            method::PING => handshake_only(|_| Ok(Self::Ping))?,
            method::SET_LEVEL => {
                handshake_only(|params| Ok(Self::SetLevel(SetLevelParams::parse(params)?.level)))?
            }
            method::RESOURCES_SUBSCRIBE => {
                handshake_only(|params| Ok(Self::Subscribe(SubscribeParams::parse(params)?.uri)))?
            }
            method::RESOURCES_UNSUBSCRIBE => handshake_only(|params| {
                Ok(Self::Unsubscribe(UnsubscribeParams::parse(params)?.uri))
            })?,
            method::DISCOVER => (Self::Discover, RequestMeta::of_params(params)?),
            _ => {
                let asked = Self::Unknown {
                    method: method.clone(),
                    params,
                };
                (asked, RequestMeta::of_params(params)?)
            }
        })
    }
}
