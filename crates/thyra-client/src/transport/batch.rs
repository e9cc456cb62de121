//! Batches: several messages as one array (JSON-RPC 2.0 section 6). Of MCP's revisions, only
//! 2025-03-26 has them.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;
use thyra_protocol::Revision;

use super::{TransportError, without_mark};

/// The most messages of a batch.
const MOST: usize = 1000;

/// The messages in what a server says: those of a batch, or the whole.
///
/// # Errors
///
/// [`TransportError::Message`], when it is a batch that cannot be.
pub(crate) fn messages(text: &[u8], revision: Revision) -> Result<Vec<&[u8]>, TransportError> {
    let text = without_mark(text);
    if !is_batch(text) {
        return Ok(vec![text]);
    }
    let refused = |problem: &str| TransportError::Message {
        problem: problem.to_owned(),
    };
    if revision != Revision::V2025_03_26 {
        return Err(refused(&format!(
            "it is a batch, and {revision} has none; only 2025-03-26 does"
        )));
    }
    let batch: Batch<'_> =
        serde_json::from_slice(text).map_err(|_| refused("it is a batch that is not JSON"))?;
    match batch {
        Batch::Messages(messages) if messages.is_empty() => {
            Err(refused("it is a batch without messages"))
        }
        Batch::Messages(messages) => Ok(messages),
        Batch::TooMany => Err(refused("it is a batch of more than 1000 messages")),
    }
}

/// The messages of an array, of which no more than [`MOST`] are held.
enum Batch<'a> {
    Messages(Vec<&'a [u8]>),
    TooMany,
}

impl<'de> Deserialize<'de> for Batch<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bounded;

        impl<'de> Visitor<'de> for Bounded {
            type Value = Batch<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Self::Value, A::Error> {
                let mut messages = Vec::new();
                while let Some(message) = array.next_element::<&RawValue>()? {
                    if messages.len() == MOST {
                        while array.next_element::<IgnoredAny>()?.is_some() {}
                        return Ok(Batch::TooMany);
                    }
                    messages.push(message.get().as_bytes());
                }
                Ok(Batch::Messages(messages))
            }
        }

        deserializer.deserialize_seq(Bounded)
    }
}

/// Whether a text can be nothing but a batch.
pub(crate) fn is_batch(text: &[u8]) -> bool {
    text.trim_ascii_start().first() == Some(&b'[')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_taken_apart_where_the_revision_has_them() {
        let revision = Revision::V2025_03_26;
        let read = |text: &'static str| messages(text.as_bytes(), revision).unwrap();
        assert_eq!(read(r#" {"a":[1]}"#), [br#" {"a":[1]}"#]);
        assert_eq!(
            read("\u{feff} [ {\"a\":1} ,[2], 3]\n"),
            [&b"{\"a\":1}"[..], b"[2]", b"3"]
        );
        assert_eq!(read("nothing"), [b"nothing"]);
    }

    #[test]
    fn a_batch_that_cannot_be_is_refused() {
        let problem = |text: &str, revision| {
            let error = messages(text.as_bytes(), revision).unwrap_err().to_string();
            error
                .strip_prefix("the reply is not a JSON-RPC message: it is a batch")
                .map(str::to_owned)
        };
        let has = Revision::V2025_03_26;
        let of = |count| format!("[{}0]", "0,".repeat(count - 1));
        assert!(messages(of(MOST).as_bytes(), has).is_ok());
        for (text, revision, wanted) in [
            ("[]".to_owned(), has, " without messages"),
            ("[{]".to_owned(), has, " that is not JSON"),
            (of(MOST + 1), has, " of more than 1000 messages"),
            (of(100_000), has, " of more than 1000 messages"),
            (format!("{}x", of(MOST + 1)), has, " that is not JSON"),
            (
                of(1),
                Revision::V2025_06_18,
                ", and 2025-06-18 has none; only 2025-03-26 does",
            ),
            (
                of(1),
                Revision::V2026_07_28,
                ", and 2026-07-28 has none; only 2025-03-26 does",
            ),
        ] {
            assert_eq!(
                problem(&text, revision).as_deref(),
                Some(wanted),
                "{text:.10}"
            );
        }
    }
}
