//! `#[elicit(rename_all = "..")]`: names of fields and variants as other people spell them.

use syn::{Error, LitStr, Result};

/// A way to spell names.
#[derive(Clone, Copy)]
pub(super) enum Spelling {
    Camel,
    Kebab,
    Lower,
    ScreamingSnake,
    Snake,
}

impl Spelling {
    pub(super) fn parse(literal: &LitStr) -> Result<Self> {
        match literal.value().as_str() {
            "camelCase" => Ok(Self::Camel),
            "kebab-case" => Ok(Self::Kebab),
            "lowercase" => Ok(Self::Lower),
            "SCREAMING_SNAKE_CASE" => Ok(Self::ScreamingSnake),
            "snake_case" => Ok(Self::Snake),
            _ => Err(Error::new(
                literal.span(),
                "`rename_all` is one of `\"lowercase\"`, `\"snake_case\"`, `\"kebab-case\"`, `\"camelCase\"`, `\"SCREAMING_SNAKE_CASE\"`",
            )),
        }
    }

    /// The identifier of a field or of a variant, spelled this way.
    pub(super) fn spell(self, ident: &str) -> String {
        let words = words(ident);
        match self {
            Self::Camel => words
                .iter()
                .enumerate()
                .map(|(index, word)| {
                    if index == 0 {
                        word.clone()
                    } else {
                        capital(word)
                    }
                })
                .collect(),
            Self::Kebab => words.join("-"),
            Self::Lower => words.concat(),
            Self::ScreamingSnake => words.join("_").to_uppercase(),
            Self::Snake => words.join("_"),
        }
    }
}

/// The words of `snake_case` or `CamelCase`, in small letters.
fn words(ident: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut begins = true;
    for character in ident.chars() {
        if character == '_' {
            begins = true;
            continue;
        }
        if begins || character.is_uppercase() {
            words.push(String::new());
        }
        begins = false;
        if let Some(word) = words.last_mut() {
            word.extend(character.to_lowercase());
        }
    }
    words
}

fn capital(word: &str) -> String {
    let mut characters = word.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::Spelling;

    #[test]
    fn fields_and_variants_are_spelled_alike() {
        for ident in ["in_progress", "InProgress"] {
            assert_eq!(Spelling::Camel.spell(ident), "inProgress");
            assert_eq!(Spelling::Kebab.spell(ident), "in-progress");
            assert_eq!(Spelling::Lower.spell(ident), "inprogress");
            assert_eq!(Spelling::Snake.spell(ident), "in_progress");
            assert_eq!(Spelling::ScreamingSnake.spell(ident), "IN_PROGRESS");
        }
    }
}
