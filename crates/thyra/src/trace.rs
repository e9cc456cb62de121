//! The place of a request in a distributed trace.

use thyra_protocol::RequestMeta;

/// The W3C Trace Context that a client sent in `_meta` (`traceparent`, `tracestate`, `baggage`).
///
/// The client chose these values: pass them on to your own services, but make no decisions by them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Trace {
    /// The trace and the client's span in it.
    pub traceparent: String,
    /// The values that tracing systems added.
    pub tracestate: Option<String>,
    /// The values that applications added.
    pub baggage: Option<String>,
}

impl Trace {
    /// The longest value that is passed on, in bytes. The W3C asks for at least 512 and 8192.
    const LONGEST: usize = 8192;

    /// The trace in `meta`. `None` without a well-formed `traceparent`: a version of two
    /// hexadecimal digits, then 32, 16 and 2 digits, separated by `-`.
    pub(crate) fn of(meta: &RequestMeta<'_>) -> Option<Self> {
        let traceparent = meta.traceparent.as_deref()?;
        if !is_traceparent(traceparent) {
            return None;
        }
        let bounded = |value: &Option<std::borrow::Cow<'_, str>>| {
            let value = value.as_deref()?;
            (value.len() <= Self::LONGEST).then(|| value.to_owned())
        };
        Some(Self {
            traceparent: traceparent.to_owned(),
            tracestate: bounded(&meta.tracestate),
            baggage: bounded(&meta.baggage),
        })
    }
}

fn is_traceparent(value: &str) -> bool {
    let mut parts = value.split('-');
    let hex = |part: Option<&str>, length: usize| {
        part.is_some_and(|part| {
            part.len() == length
                && part
                    .bytes()
                    .all(|byte| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f'))
        })
    };
    hex(parts.next(), 2)
        && hex(parts.next(), 32)
        && hex(parts.next(), 16)
        && hex(parts.next(), 2)
        && value.len() <= 64
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;

    #[test]
    fn only_what_has_the_form_is_passed_on() {
        let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let long = "x".repeat(Trace::LONGEST + 1);
        let meta = |value: &str| RequestMeta {
            traceparent: Some(Cow::Owned(value.to_owned())),
            tracestate: Some(Cow::Borrowed("a=1")),
            baggage: Some(Cow::Owned(long.clone())),
            ..RequestMeta::default()
        };
        let trace = Trace::of(&meta(parent)).unwrap();
        assert_eq!(trace.traceparent, parent);
        assert_eq!(trace.tracestate.as_deref(), Some("a=1"));
        assert_eq!(trace.baggage, None);
        for wrong in [
            "",
            "00",
            "00-xyz-b7ad6b7169203331-01",
            &parent.to_uppercase(),
        ] {
            assert_eq!(Trace::of(&meta(wrong)), None, "{wrong}");
        }
    }
}
