//! What a server says about a request before it answers.

use thyra_protocol::{LoggingMessageParams, Message, ProgressParams, method as methods};

use super::{TransportError, parse};

/// What a server says about a request before it answers.
#[derive(Debug)]
pub(in crate::client) enum Report {
    Log(LoggingMessageParams),
    Progress(ProgressParams),
}

/// Takes the reports of one request as they come.
pub(in crate::client) type OnReport<'a> = &'a mut (dyn FnMut(Report) + Send);

/// Passes on what `message` reports. Other notifications have nobody to go to; they are not an error.
pub(super) fn report(message: &[u8], on_report: OnReport<'_>) -> Result<(), TransportError> {
    let Message::Notification(notification) = parse(message)? else {
        return Ok(());
    };
    let params = notification.params.map_or("", |params| params.get());
    let report = match &*notification.method {
        methods::MESSAGE => serde_json::from_str(params).map(Report::Log),
        methods::PROGRESS => serde_json::from_str(params).map(Report::Progress),
        _ => return Ok(()),
    };
    if let Ok(report) = report {
        on_report(report);
    }
    Ok(())
}
