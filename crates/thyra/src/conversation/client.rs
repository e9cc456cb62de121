//! What a client says about itself, as it is kept: what the server reads is typed, and all of it is
//! the text that it came in. A tree of the same JSON takes up to some fifteen times as much.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use thyra_protocol::{
    ClientCapabilities, ErrorObject, Implementation, ParamsError, TASKS_EXTENSION,
};

use super::capability::ClientCapability;

/// The largest capabilities that a client may declare, in bytes of JSON.
pub(crate) const LARGEST_CAPABILITIES: usize = 16 * 1024;

/// The largest description of a client that is kept whole, in bytes of JSON.
pub(crate) const LARGEST_INFO: usize = 4 * 1024;

/// How much is kept of the name and of the version in a larger one, in bytes.
pub(super) const LONGEST_NAME: usize = 256;

/// A client, as it described itself at `initialize`.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    abilities: Abilities,
    capabilities: Box<RawValue>,
    info: Box<RawValue>,
}

/// Which capabilities a client has, of those that the server itself asks about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Abilities(u8);

/// The bit that stands for the tasks extension. Those before it are of [`ClientCapability`].
const TASKS: u8 = 1 << 7;

impl Client {
    /// A client of these capabilities. Of a long `info` only the beginning of its name and its
    /// version is kept.
    ///
    /// # Errors
    ///
    /// When the capabilities are larger than may be kept, or one of the two is malformed.
    pub(crate) fn new(capabilities: &RawValue, info: &RawValue) -> Result<Self, ErrorObject> {
        check_size(capabilities).map_err(ErrorObject::invalid_params)?;
        let declared = decoded::<ClientCapabilities>(capabilities)?;
        let info = if info.get().len() > LARGEST_INFO {
            to_raw_value(&decoded::<Essence<'_>>(info)?.shortened())
                .map_err(|error| ParamsError::Decode(error).error_object())?
        } else {
            decoded::<Implementation>(info)?;
            info.to_owned()
        };
        Ok(Self {
            abilities: Abilities::of(&declared),
            capabilities: capabilities.to_owned(),
            info,
        })
    }

    /// One that says nothing about itself.
    #[cfg(test)]
    pub(crate) fn silent() -> Self {
        let info = to_raw_value(&Implementation::default()).unwrap();
        Self::new(
            &to_raw_value(&ClientCapabilities::default()).unwrap(),
            &info,
        )
        .unwrap()
    }

    /// Which capabilities it has.
    pub(crate) fn abilities(&self) -> Abilities {
        self.abilities
    }

    /// The capabilities that it declared.
    pub(crate) fn capabilities(&self) -> &RawValue {
        &self.capabilities
    }

    /// Who it says it is.
    pub(crate) fn info(&self) -> &RawValue {
        &self.info
    }

    /// How much of it is kept, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.capabilities.get().len() + self.info.get().len()
    }
}

impl Abilities {
    /// Those in `declared`.
    pub(crate) fn of(declared: &ClientCapabilities) -> Self {
        let tasks = if declared.extensions.contains_key(TASKS_EXTENSION) {
            TASKS
        } else {
            0
        };
        Self(ClientCapability::ALL.into_iter().fold(tasks, |bits, one| {
            if one.is_in(declared) {
                bits | bit(one)
            } else {
                bits
            }
        }))
    }

    /// Whether the client has `capability`.
    pub(crate) fn has(self, capability: ClientCapability) -> bool {
        self.0 & bit(capability) != 0
    }

    /// Whether the client knows tasks.
    pub(crate) fn has_tasks(self) -> bool {
        self.0 & TASKS != 0
    }
}

fn bit(capability: ClientCapability) -> u8 {
    1 << capability as u8
}

/// Checks that declared capabilities are small enough to be kept.
///
/// # Errors
///
/// A sentence, when they are not.
pub(crate) fn check_size(capabilities: &RawValue) -> Result<(), String> {
    if capabilities.get().len() > LARGEST_CAPABILITIES {
        return Err(format!(
            "The capabilities of a client have at most {LARGEST_CAPABILITIES} bytes"
        ));
    }
    Ok(())
}

/// The text of `info` that is worth keeping: all of a short one, and of a long one the beginnings
/// of its name and its version. `None` when a long one has neither.
pub(crate) fn brief_info(info: &RawValue) -> Option<Cow<'_, RawValue>> {
    if info.get().len() <= LARGEST_INFO {
        return Some(Cow::Borrowed(info));
    }
    let essence: Essence<'_> = serde_json::from_str(info.get()).ok()?;
    to_raw_value(&essence.shortened()).ok().map(Cow::Owned)
}

/// A client's name and version, without what else it says.
#[derive(Deserialize, Serialize)]
struct Essence<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    version: Cow<'a, str>,
}

impl Essence<'_> {
    /// The beginnings of both.
    fn shortened(&self) -> Essence<'_> {
        Essence {
            name: beginning(&self.name).into(),
            version: beginning(&self.version).into(),
        }
    }
}

fn beginning(text: &str) -> &str {
    text.get(..text.floor_char_boundary(LONGEST_NAME))
        .unwrap_or_default()
}

fn decoded<'a, T: Deserialize<'a>>(text: &'a RawValue) -> Result<T, ErrorObject> {
    serde_json::from_str(text.get()).map_err(|error| ParamsError::Decode(error).error_object())
}
