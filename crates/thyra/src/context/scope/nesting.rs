//! Calls within a call: a handler that calls another component of its own server.
//!
//! What is called belongs to the same request: it has the same caller, speaks on the same stream
//! and asks in the same rounds. Its questions and its works have keys of their own, made from the
//! call, so that they are the same in every round and meet no others.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::value::RawValue;

use super::{RequestScope, Scope};
use crate::context::{Context, OwnServerError};
use crate::selector::Kind;

/// How many calls may be within each other, beside the client's own.
const DEEPEST: usize = 8;

/// How many calls one request of a client may cause.
const MOST_CALLS: usize = 10_000;

/// The place of a call within another.
pub(super) struct Nesting {
    pub(super) outer: Arc<Scope>,
    depth: usize,
    /// What the keys of its questions and works begin with.
    prefix: Box<str>,
}

/// The calls within one request so far, counted by what they call.
#[derive(Default)]
pub(super) struct NestedCalls(Mutex<Counts>);

#[derive(Default)]
struct Counts {
    all: usize,
    of_one: BTreeMap<[u8; 16], usize>,
}

impl Context {
    /// The scope of a call to another component of the same server.
    ///
    /// # Errors
    ///
    /// When the calls are too deep or too many.
    pub(crate) fn nested(
        &self,
        kind: Kind,
        name: &str,
        arguments: Option<&RawValue>,
    ) -> Result<RequestScope, OwnServerError> {
        let scope = &self.0;
        let (depth, within) = match &scope.nesting {
            Some(nesting) => (nesting.depth, &*nesting.prefix),
            None => (0, ""),
        };
        if depth >= DEEPEST {
            return Err(OwnServerError::TooDeep { most: DEEPEST });
        }
        let call = fingerprint(within, kind, name, arguments);
        let number = scope.speech().nested.count(call)?;
        let nesting = Nesting {
            outer: Arc::clone(scope),
            depth: depth + 1,
            prefix: format!("{}.{number}.", URL_SAFE_NO_PAD.encode(call)).into(),
        };
        Ok(RequestScope(Arc::new(Scope {
            known: scope.known.clone(),
            speech: std::sync::OnceLock::new(),
            nesting: Some(nesting),
        })))
    }
}

impl Nesting {
    /// The key of a question or a work, apart from those of all other calls.
    pub(super) fn key(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }
}

impl NestedCalls {
    /// Counts one more call, and returns how often the same was called before.
    fn count(&self, call: [u8; 16]) -> Result<usize, OwnServerError> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.all >= MOST_CALLS {
            return Err(OwnServerError::TooMany { most: MOST_CALLS });
        }
        counts.all += 1;
        let count = counts.of_one.entry(call).or_default();
        *count += 1;
        Ok(*count - 1)
    }
}

/// The first half of SHA-256 over the parts of a call, each after its length.
fn fingerprint(within: &str, kind: Kind, name: &str, arguments: Option<&RawValue>) -> [u8; 16] {
    let mut hash = digest::Context::new(&digest::SHA256);
    let arguments = arguments.map_or("", RawValue::get);
    for part in [within, &kind.to_string(), name, arguments] {
        hash.update(&(part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let mut half = [0; 16];
    half.copy_from_slice(&hash.finish().as_ref()[..16]);
    half
}
