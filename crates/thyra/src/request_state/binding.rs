//! The call that a request state is bound to.

use std::fmt;

use aws_lc_rs::digest;
use serde_json::Value;
use serde_json::value::RawValue;
use thyra_auth::PrincipalId;

/// The call that a state belongs to. The state only opens for an equal binding.
#[derive(Clone, Copy)]
pub(crate) struct Binding<'a> {
    /// The caller; `None` where nobody is asked for a token.
    pub(crate) principal: Option<&'a PrincipalId>,
    /// The name of the server, because several servers may share their keys.
    pub(crate) server: &'a str,
    pub(crate) method: &'a str,
    /// The tool, the prompt, or the URI of the resource.
    pub(crate) name: &'a str,
    /// The version of that component, if it has one.
    pub(crate) version: Option<&'a str>,
    pub(crate) arguments: Option<&'a RawValue>,
}

/// From here on, one float may stand for several integers.
const LARGEST_EXACT: f64 = 9_007_199_254_740_992.0; // 2^53

impl Binding<'_> {
    /// SHA-256 over all parts. Each part is preceded by its kind and its length, so that no two
    /// bindings give the same bytes.
    pub(super) fn digest(&self) -> [u8; 32] {
        let mut hash = digest::Context::new(&digest::SHA256);
        hash.update(b"thyra request state binding\0");
        let mut part = |kind: u8, bytes: &[u8]| {
            hash.update(&[kind]);
            hash.update(&(bytes.len() as u64).to_be_bytes());
            hash.update(bytes);
        };
        match self.principal {
            Some(id) => part(1, id.as_bytes()),
            None => part(0, &[]),
        }
        part(1, self.server.as_bytes());
        part(1, self.method.as_bytes());
        part(1, self.name.as_bytes());
        match self.version {
            None => part(0, &[]),
            Some(version) => part(1, version.as_bytes()),
        }
        match self.arguments {
            None => part(0, &[]),
            Some(arguments) => match canonical(arguments) {
                Some(canonical) => part(1, &canonical),
                None => part(2, arguments.get().as_bytes()),
            },
        }
        let mut digest = [0; 32];
        digest.copy_from_slice(hash.finish().as_ref());
        digest
    }
}

/// `arguments` in a canonical form, without what does not matter in JSON: the order of keys, white
/// space, and how strings are escaped.
///
/// `None` when this form could also stand for other arguments, or when they cannot be parsed. Then
/// the client must repeat them byte by byte.
fn canonical(arguments: &RawValue) -> Option<Vec<u8>> {
    let mut value: Value = serde_json::from_str(arguments.get()).ok()?;
    if !is_exact(&value) {
        return None;
    }
    value.sort_all_objects();
    serde_json::to_vec(&value).ok()
}

/// Whether `value` holds every number exactly. The recursion is bounded, because JSON that is
/// nested too deeply is not parsed.
fn is_exact(value: &Value) -> bool {
    match value {
        Value::Number(number) => {
            number.is_i64()
                || number.is_u64()
                || number
                    .as_f64()
                    .is_some_and(|number| number.abs() < LARGEST_EXACT)
        }
        Value::Array(items) => items.iter().all(is_exact),
        Value::Object(members) => members.values().all(is_exact),
        Value::Null | Value::Bool(_) | Value::String(_) => true,
    }
}

impl fmt::Debug for Binding<'_> {
    /// Leaves out the arguments, which are private to the caller.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Binding")
            .field("principal", &self.principal)
            .field("server", &self.server)
            .field("method", &self.method)
            .field("name", &self.name)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}
