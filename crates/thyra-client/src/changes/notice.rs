//! Notifications about changes.

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use thyra_protocol::{
    META_SUBSCRIPTION_ID, Notification, RequestId, SubscriptionFilter, method as methods,
};

use super::Change;

/// A notification about changes.
#[derive(Debug, PartialEq)]
pub(crate) struct Notice {
    /// The `subscriptions/listen` request that it belongs to; none in the handshake era.
    pub(crate) subscription: Option<RequestId>,
    pub(crate) said: Said,
}

/// What a notification about changes says.
#[derive(Debug, PartialEq)]
pub(crate) enum Said {
    /// The server will tell of these changes; `None` if it does not say of which.
    Accepted(Option<SubscriptionFilter>),
    Changed(Change),
}

impl Notice {
    /// Reads a notification; `None` if it is about something else, or does not say what it must.
    pub(crate) fn read(notification: &Notification<'_>) -> Option<Self> {
        /// The members of all these notifications.
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Params {
            #[serde(rename = "_meta")]
            meta: Option<Map<String, Value>>,
            notifications: Option<Value>,
            uri: Option<String>,
        }

        let method = &*notification.method;
        if !matches!(
            method,
            methods::PROMPTS_LIST_CHANGED
                | methods::RESOURCES_LIST_CHANGED
                | methods::RESOURCES_UPDATED
                | methods::SUBSCRIPTIONS_ACKNOWLEDGED
                | methods::TOOLS_LIST_CHANGED
        ) {
            return None;
        }
        let params = notification.params.map(RawValue::get);
        let params = params.map_or_else(|| Ok(Params::default()), serde_json::from_str);
        let params: Params = params
            .inspect_err(|error| tracing::debug!(%method, %error, "a notification is left out"))
            .ok()?;
        let said = match method {
            methods::PROMPTS_LIST_CHANGED => Said::Changed(Change::PromptList),
            methods::RESOURCES_LIST_CHANGED => Said::Changed(Change::ResourceList),
            methods::TOOLS_LIST_CHANGED => Said::Changed(Change::ToolList),
            methods::RESOURCES_UPDATED => Said::Changed(Change::Resource(params.uri?)),
            _ => {
                let accepted = params.notifications;
                Said::Accepted(accepted.and_then(|filter| serde_json::from_value(filter).ok()))
            }
        };
        let subscription = params.meta.as_ref().and_then(|meta| {
            let id = meta.get(META_SUBSCRIPTION_ID)?;
            RequestId::deserialize(id).ok()
        });
        Some(Self { subscription, said })
    }
}
