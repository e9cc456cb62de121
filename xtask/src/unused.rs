//! Checks that every dependency is used.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;

use crate::source;
use crate::workspace::{self, Member};

/// Dependencies to keep although no path names them, each with its reason.
const KEPT: &[(&str, &str)] = &[];

/// Checks that the sources of each crate name all its dependencies, and that some crate takes each
/// dependency that the workspace lists.
///
/// # Errors
///
/// All unused dependencies, one per line.
pub(crate) fn check(root: &Path) -> Result<(), String> {
    let members = workspace::members(root)?;
    let mut problems = Vec::new();
    let mut taken = BTreeSet::new();
    for member in &members {
        problems.extend(unused(member)?);
        taken.extend(member.dependencies.iter().map(|known| known.name.as_str()));
    }
    let manifest = source::read(&root.join("Cargo.toml"))?;
    for name in listed(&manifest) {
        if !taken.contains(name) {
            problems.push(format!("Cargo.toml: no crate takes `{name}`; take it out"));
        }
    }
    println!("{} dependencies", taken.len());
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems.join("\n"))
    }
}

/// The dependencies that a crate does not use.
fn unused(member: &Member) -> Result<Vec<String>, String> {
    let (mut own, mut of_tests) = (BTreeSet::new(), BTreeSet::new());
    for path in files(member)? {
        let mut file = source::parse(&path)?;
        names(file.to_token_stream(), &mut of_tests);
        if !is_of_tests(path.strip_prefix(&member.folder).unwrap_or(&path)) {
            source::remove_tests(&mut file);
            names(file.to_token_stream(), &mut own);
        }
    }
    let is_used = |name: &str, is_for_tests: bool| {
        let used = if is_for_tests { &of_tests } else { &own };
        used.contains(&name.replace('-', "_")) || KEPT.contains(&(&member.name, name))
    };
    Ok(member
        .dependencies
        .iter()
        .filter(|known| !is_used(&known.name, known.is_for_tests()))
        .map(|known| {
            let section = known
                .kind
                .as_deref()
                .map_or(String::new(), |kind| format!("{kind}-"));
            format!(
                "{}: nothing uses `{}`; take it out of its {section}dependencies",
                member.name, known.name
            )
        })
        .collect())
}

/// The Rust files of a crate.
fn files(member: &Member) -> Result<Vec<PathBuf>, String> {
    let mut files = Vec::new();
    for folder in ["src", "tests", "examples", "benches"] {
        files.extend(source::files(&member.folder.join(folder))?);
    }
    files.extend(Some(member.folder.join("build.rs")).filter(|path| path.is_file()));
    Ok(files)
}

/// Whether only tests, examples and benchmarks use a file of a crate.
fn is_of_tests(path: &Path) -> bool {
    let is_own = path.starts_with("src") || path == Path::new("build.rs");
    let names = path.with_extension("");
    !is_own || names.iter().any(|name| name == "tests")
}

/// Notes the names that paths begin with, including those in the examples of doc comments.
fn names(tokens: TokenStream, found: &mut BTreeSet<String>) {
    let tokens: Vec<_> = tokens.into_iter().collect();
    let is = |at: usize, mark: char| matches!(tokens.get(at), Some(TokenTree::Punct(punct)) if punct.as_char() == mark);
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Ident(name) => {
                let is_imported = at.checked_sub(1).and_then(|before| tokens.get(before));
                let is_imported =
                    matches!(is_imported, Some(TokenTree::Ident(word)) if word == "use");
                if is_imported || is(at + 1, ':') && is(at + 2, ':') {
                    found.insert(name.to_string());
                }
            }
            TokenTree::Group(group) => names(group.stream(), found),
            TokenTree::Literal(literal) => {
                // Doc comments, and the strings of attributes that are paths.
                let text = literal.to_string();
                for (end, _) in text.match_indices("::") {
                    let before = text.get(..end).unwrap_or_default();
                    let is_name = |c: char| c.is_alphanumeric() || c == '_';
                    if let Some(name) = before.rsplit(|c| !is_name(c)).next() {
                        found.insert(name.to_owned());
                    }
                }
            }
            TokenTree::Punct(_) => {}
        }
    }
}

/// The names that the manifest of a workspace lists as dependencies.
fn listed(manifest: &str) -> impl Iterator<Item = &str> {
    manifest
        .lines()
        .skip_while(|line| *line != "[workspace.dependencies]")
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split_once(" = "))
        .map(|(name, _)| name)
        .filter(|name| !name.starts_with('#'))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::workspace::Dependency;

    fn found(files: &[(&str, &str)], dependencies: &[(&str, Option<&str>)]) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        unused(&Member {
            name: "ours".to_owned(),
            folder: folder.path().to_path_buf(),
            version: "0.1.0".to_owned(),
            is_published: true,
            dependencies: dependencies
                .iter()
                .map(|(name, kind)| Dependency {
                    name: (*name).to_owned(),
                    kind: kind.map(str::to_owned),
                    path: None,
                })
                .collect(),
            features: Vec::new(),
        })
        .unwrap()
    }

    #[test]
    fn every_way_to_name_a_dependency_is_a_use() {
        let source = "use serde::Serialize; use http; fn f() { tokio_util::g() } \
            #[tracing::instrument] fn h() -> impl ::axum::I { m! { url::Url } }";
        let names = ["serde", "http", "tokio-util", "tracing", "axum", "url"];
        assert!(found(&[("src/lib.rs", source)], &names.map(|name| (name, None))).is_empty());
    }

    #[test]
    fn a_dependency_that_nothing_names_is_a_problem() {
        assert_eq!(
            found(
                &[("src/lib.rs", "fn serde() { x.serde() }")],
                &[("serde", None), ("insta", Some("dev"))]
            ),
            [
                "ours: nothing uses `serde`; take it out of its dependencies",
                "ours: nothing uses `insta`; take it out of its dev-dependencies",
            ]
        );
    }

    #[test]
    fn tests_and_examples_use_only_what_is_for_them() {
        let files = [
            ("src/lib.rs", "#[cfg(test)] mod tests { use insta::a; }"),
            ("src/a/tests.rs", "use insta::a;"),
            ("tests/it.rs", "use insta::a;"),
        ];
        assert!(found(&files, &[("insta", Some("dev"))]).is_empty());
        assert_eq!(
            found(&files, &[("insta", None)]),
            ["ours: nothing uses `insta`; take it out of its dependencies"]
        );
        let example = [(
            "src/lib.rs",
            "/// ```\n/// clap::parse();\n/// ```\nfn f() {}",
        )];
        assert!(found(&example, &[("clap", Some("dev"))]).is_empty());
    }

    #[test]
    fn the_list_of_the_workspace_ends_with_its_section() {
        let manifest = "[workspace]\nmembers = []\n\n[workspace.dependencies]\n# Ours.\na = \"1\"\n\
            b = { version = \"2\" }\n\n[profile.dev]\ndebug = 1\n";
        assert_eq!(listed(manifest).collect::<Vec<_>>(), ["a", "b"]);
    }
}
