//! What may be shown to a person.

use std::fmt::Display;

/// Checks that a text can be printed as it is, whatever the bytes were that it speaks of.
#[track_caller]
pub(crate) fn assert_printable(said: &impl Display) {
    let said = said.to_string();
    let shown = thyra_oauth::Printable(&said).to_string();
    assert_eq!(said, shown, "this must not be printed");
}
