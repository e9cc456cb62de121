//! Notifications of changes (MCP `basic/patterns/subscriptions`, from 2026-07-28; the notifications
//! are older).

mod changed;
mod listen;

pub use changed::ListChangedParams;
pub use listen::{
    SubscriptionFilter, SubscriptionsAcknowledgedParams, SubscriptionsListenParams,
    SubscriptionsListenResult,
};

#[cfg(test)]
mod tests;
