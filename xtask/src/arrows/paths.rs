//! The paths of a piece of source that begin with `crate`, `self`, `super`, or a name that the
//! crate has for itself.
//!
//! They are read from tokens, not from syntax, so the ones in `use` trees, types, expressions,
//! attributes and macro bodies are all found in the same way.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// A path, and the module that contains it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// The module, from the root of the crate.
    pub(super) module: Vec<String>,
    /// The path: names, or `*` at its end. A name of the crate itself is written `crate`.
    pub(super) segments: Vec<String>,
    pub(super) line: usize,
}

/// Finds the paths of a module. `aliases` are the names that `extern crate self as ..` gives the
/// crate.
pub(super) fn find(module: &[String], tokens: TokenStream, aliases: &[String]) -> Vec<Found> {
    let mut finder = Finder {
        module: module.to_vec(),
        aliases,
        found: Vec::new(),
    };
    finder.walk(tokens, false);
    finder.found
}

struct Finder<'a> {
    module: Vec<String>,
    aliases: &'a [String],
    found: Vec<Found>,
}

impl Finder<'_> {
    /// Walks through tokens. In an attribute, a string can be a path or hold one.
    fn walk(&mut self, tokens: TokenStream, in_attribute: bool) {
        let tokens: Vec<_> = tokens.into_iter().collect();
        let mut rest = tokens.as_slice();
        while let Some((first, after)) = rest.split_first() {
            rest = after;
            match (first, after) {
                (
                    TokenTree::Ident(word),
                    [TokenTree::Ident(name), TokenTree::Group(body), after @ ..],
                ) if word == "mod" && body.delimiter() == Delimiter::Brace => {
                    self.module.push(name.to_string());
                    self.walk(body.stream(), false);
                    self.module.pop();
                    rest = after;
                }
                (TokenTree::Ident(word), _) => {
                    if let Some(start) = self.start(word.to_string()) {
                        rest = self.path(vec![start], word.span().start().line, after);
                    }
                }
                (TokenTree::Punct(hash), _) if hash.as_char() == '#' => {
                    if let Some((attribute, after)) = attribute(after) {
                        self.walk(attribute, true);
                        rest = after;
                    }
                }
                (TokenTree::Group(group), _) => self.walk(group.stream(), in_attribute),
                (TokenTree::Literal(literal), _) if in_attribute => {
                    let text: Option<syn::LitStr> = syn::parse_str(&literal.to_string()).ok();
                    if let Some(tokens) = text.and_then(|text| text.value().parse().ok()) {
                        let known = self.found.len();
                        self.walk(tokens, false);
                        for found in &mut self.found[known..] {
                            found.line = literal.span().start().line;
                        }
                    }
                }
                _ => {}
            }
        }
    }

    /// The first segment of a path of ours, if this word begins one.
    fn start(&self, word: String) -> Option<String> {
        if self.aliases.contains(&word) {
            return Some("crate".to_owned());
        }
        is_start(&word).then_some(word)
    }

    /// Reads on after the first segment of a path, to the end of the path or through all branches
    /// of a `use` tree. Returns the tokens that follow.
    fn path<'a>(
        &mut self,
        mut segments: Vec<String>,
        mut line: usize,
        mut rest: &'a [TokenTree],
    ) -> &'a [TokenTree] {
        while let Some(after) = separator(rest) {
            match after {
                [TokenTree::Ident(name), after @ ..] => {
                    if segments.iter().all(|segment| is_start(segment)) {
                        line = name.span().start().line;
                    }
                    segments.push(name.to_string());
                    rest = after;
                }
                [TokenTree::Punct(star), after @ ..] if star.as_char() == '*' => {
                    segments.push("*".to_owned());
                    rest = after;
                }
                [TokenTree::Group(group), after @ ..] if group.delimiter() == Delimiter::Brace => {
                    self.branches(&segments, group.stream());
                    return after;
                }
                _ => break,
            }
        }
        // A lone `self` is a value, and a lone `crate` a visibility.
        if segments.len() > 1 {
            self.found.push(Found {
                module: self.module.clone(),
                segments,
                line,
            });
        }
        rest
    }

    /// The branches of a `use` tree that all begin with `start`.
    fn branches(&mut self, start: &[String], tree: TokenStream) {
        let tokens: Vec<_> = tree.into_iter().collect();
        let is_comma =
            |token: &TokenTree| matches!(token, TokenTree::Punct(p) if p.as_char() == ',');
        for branch in tokens.split(is_comma) {
            match branch {
                [TokenTree::Ident(name), rest @ ..] => {
                    let mut segments = start.to_vec();
                    segments.push(name.to_string());
                    self.path(segments, name.span().start().line, rest);
                }
                [TokenTree::Punct(star), ..] if star.as_char() == '*' => {
                    let mut segments = start.to_vec();
                    segments.push("*".to_owned());
                    self.path(segments, star.span().start().line, &[]);
                }
                _ => {}
            }
        }
    }
}

/// Whether a path that begins with this word belongs to this crate.
pub(super) fn is_start(word: &str) -> bool {
    matches!(word, "crate" | "self" | "super")
}

/// The tokens after `::`, if that comes next.
fn separator(tokens: &[TokenTree]) -> Option<&[TokenTree]> {
    match tokens {
        [TokenTree::Punct(one), TokenTree::Punct(two), rest @ ..]
            if one.as_char() == ':' && two.as_char() == ':' =>
        {
            Some(rest)
        }
        _ => None,
    }
}

/// The tokens in an attribute whose `#` was read, and the tokens after it. Doc comments are empty.
fn attribute(tokens: &[TokenTree]) -> Option<(TokenStream, &[TokenTree])> {
    let (group, rest) = match tokens {
        [TokenTree::Punct(inner), TokenTree::Group(group), rest @ ..] if inner.as_char() == '!' => {
            (group, rest)
        }
        [TokenTree::Group(group), rest @ ..] => (group, rest),
        _ => return None,
    };
    if group.delimiter() != Delimiter::Bracket {
        return None;
    }
    let is_doc = matches!(
        group.stream().into_iter().next(),
        Some(TokenTree::Ident(name)) if name == "doc"
    );
    let inside = if is_doc {
        TokenStream::new()
    } else {
        group.stream()
    };
    Some((inside, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(source: &str) -> Vec<String> {
        let aliases = ["house".to_owned()];
        find(&["room".to_owned()], source.parse().unwrap(), &aliases)
            .into_iter()
            .map(|found| {
                format!(
                    "{} {} {}",
                    found.line,
                    found.module.join("."),
                    found.segments.join(".")
                )
            })
            .collect()
    }

    #[test]
    fn every_branch_of_a_use_tree_is_a_path() {
        assert_eq!(
            paths(
                "use crate::{\n  a::{B, c::*},\n  d as e,\n  f::{self, G},\n};\nuse std::{fmt, io};"
            ),
            [
                "2 room crate.a.B",
                "2 room crate.a.c.*",
                "3 room crate.d",
                "4 room crate.f.self",
                "4 room crate.f.G",
            ]
        );
        assert_eq!(
            paths("use {crate::a, super::b};"),
            ["1 room crate.a", "1 room super.b"]
        );
    }

    #[test]
    fn types_and_expressions_hold_paths() {
        assert_eq!(
            paths("fn f(a: Vec<crate::a::B<super::C>>) -> u8 { super::super::d::e(self.x); self }"),
            [
                "1 room crate.a.B",
                "1 room super.C",
                "1 room super.super.d.e"
            ]
        );
    }

    #[test]
    fn macros_hold_paths() {
        assert_eq!(
            paths(
                "macro_rules! m { ($a:ty) => { impl $crate::a::B for $a {} } }\nm!(crate::c::D);"
            ),
            ["1 room crate.a.B", "2 room crate.c.D"]
        );
    }

    #[test]
    fn attributes_hold_paths_and_strings_that_are_paths() {
        assert_eq!(
            paths(
                "#[a(crate::b)]\n#[serde(with = \"crate::c\")]\n#[doc = \"crate::d\"]\nstruct E;"
            ),
            ["1 room crate.b", "2 room crate.c"]
        );
        assert!(paths("const A: &str = \"crate::b\";").is_empty());
    }

    #[test]
    fn the_name_of_the_crate_itself_begins_a_path() {
        assert_eq!(
            paths("use house::{a::B, c};\nfn f(d: ::house::D) { d.house(house) }"),
            ["1 room crate.a.B", "1 room crate.c", "2 room crate.D"]
        );
    }

    #[test]
    fn a_module_within_a_file_is_a_module() {
        assert_eq!(
            paths("mod inner { use super::a; }\nuse super::b;"),
            ["1 room.inner super.a", "2 room super.b"]
        );
    }

    #[test]
    fn a_visibility_is_no_path() {
        assert!(paths("pub(crate) fn f(self) {} pub(super) struct A;").is_empty());
    }
}
