//! `subscriptions/listen`.

use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::decode;
use crate::form::{ForRevision, Form, Members, Written, with_server_info};
use crate::jsonrpc::RequestId;
use crate::meta::{RequestMeta, of_subscription};
use crate::meta_key::META_SUBSCRIPTION_ID;
use crate::params::ParamsError;
use crate::result::ResultType;
use crate::revision::Revision;

/// The params of `subscriptions/listen`: the changes that a client wants to hear of.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct SubscriptionsListenParams<'a> {
    /// The request's `_meta`.
    #[serde(
        rename = "_meta",
        borrow,
        default,
        skip_serializing_if = "RequestMeta::is_empty"
    )]
    pub meta: RequestMeta<'a>,
    /// The changes.
    pub notifications: SubscriptionFilter,
}

impl<'a> SubscriptionsListenParams<'a> {
    /// Decodes the params of a `subscriptions/listen` request.
    ///
    /// # Errors
    ///
    /// When there are no params or no filter, or a member appears twice or has the wrong type.
    pub fn parse(params: Option<&'a RawValue>) -> Result<Self, ParamsError> {
        decode::required(params)
    }
}

/// Kinds of changes. The client hears only of those that it names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SubscriptionFilter {
    /// Changes of the list of tools.
    #[serde(skip_serializing_if = "is_false")]
    pub tools_list_changed: bool,
    /// Changes of the list of prompts.
    #[serde(skip_serializing_if = "is_false")]
    pub prompts_list_changed: bool,
    /// Changes of the lists of resources and resource templates.
    #[serde(skip_serializing_if = "is_false")]
    pub resources_list_changed: bool,
    /// Changes of these resources, by URI. Their number is not bounded here: the caller must do
    /// that.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resource_subscriptions: Vec<String>,
}

impl SubscriptionFilter {
    /// Changes of all lists.
    pub fn lists() -> Self {
        SubscriptionFilter {
            tools_list_changed: true,
            prompts_list_changed: true,
            resources_list_changed: true,
            ..SubscriptionFilter::default()
        }
    }

    /// The same, and changes of the resource at `uri`.
    #[must_use]
    pub fn resource(mut self, uri: impl Into<String>) -> Self {
        self.resource_subscriptions.push(uri.into());
        self
    }

    /// Whether it names no change.
    pub fn is_empty(&self) -> bool {
        *self == SubscriptionFilter::default()
    }
}

/// Which changes a client will hear of: the first notification of a subscription.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SubscriptionsAcknowledgedParams {
    /// The changes, at most those that the client asked for.
    pub notifications: SubscriptionFilter,
    /// Metadata, with the subscription that this belongs to.
    #[serde(rename = "_meta", default, skip_serializing_if = "Option::is_none")]
    pub meta: Option<Map<String, Value>>,
}

impl SubscriptionsAcknowledgedParams {
    /// The listen request `subscription` will hear of these changes.
    pub fn new(subscription: &RequestId, notifications: SubscriptionFilter) -> Self {
        SubscriptionsAcknowledgedParams {
            notifications,
            meta: Some(of_subscription(subscription)),
        }
    }
}

/// The result of `subscriptions/listen`, sent when the server ends the subscription in good order.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct SubscriptionsListenResult {
    /// Metadata, with the subscription that has ended.
    #[serde(rename = "_meta")]
    pub meta: Map<String, Value>,
}

impl SubscriptionsListenResult {
    /// The listen request `subscription` has ended.
    pub fn new(subscription: &RequestId) -> Self {
        SubscriptionsListenResult {
            meta: of_subscription(subscription),
        }
    }

    /// The id of the listen request that has ended, if `_meta` holds it.
    pub fn subscription_id(&self) -> Option<RequestId> {
        RequestId::deserialize(self.meta.get(META_SUBSCRIPTION_ID)?).ok()
    }

    /// The result as written in 2026-07-28, the first revision that has it.
    pub fn for_revision(&self, revision: Revision) -> ForRevision<'_, Self> {
        ForRevision::new(self, revision.max(Revision::V2026_07_28))
    }
}

with_server_info!(() SubscriptionsListenResult);

impl Serialize for SubscriptionsListenResult {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.for_revision(Revision::LATEST).serialize(serializer)
    }
}

impl Written for SubscriptionsListenResult {
    fn write<S: Serializer>(&self, form: Form<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = Members::begin(form, serializer)?;
        members.put("resultType", &ResultType::Complete)?;
        members.put_result_meta(Some(&self.meta))?;
        members.end()
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_false(flag: &bool) -> bool {
    !flag
}
