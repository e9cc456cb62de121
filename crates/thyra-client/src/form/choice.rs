//! What a user chooses among.

/// One of the choices of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What the user reads instead, if the server has a name for it.
    pub title: Option<String>,
}

impl Choice {
    /// The most choices that a field may have.
    pub const MOST: usize = 4096;

    /// What the user reads.
    pub fn label(&self) -> &str {
        self.title.as_deref().unwrap_or(&self.value)
    }
}

/// The choice that a user means who typed `typed`: its value or its title, in any case if that is
/// clear, or its number in the list, from 1.
pub(super) fn meant<'c>(choices: &'c [Choice], typed: &str) -> Option<&'c Choice> {
    let typed = typed.trim();
    let only = |is_meant: &dyn Fn(&Choice) -> bool| {
        let mut meant = choices.iter().filter(|choice| is_meant(choice));
        meant.next().filter(|_| meant.next().is_none())
    };
    let lower = typed.to_lowercase();
    let spells = |text: &str| text.to_lowercase() == lower;
    only(&|choice| choice.value == typed)
        .or_else(|| only(&|choice| choice.label() == typed))
        .or_else(|| only(&|choice| spells(&choice.value) || spells(choice.label())))
        .or_else(|| {
            let number: usize = typed.parse().ok()?;
            choices.get(number.checked_sub(1)?)
        })
}
