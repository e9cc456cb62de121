//! Checks that the links in the documentation work, and that its Rust code is compiled.

mod markdown;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};

use self::markdown::Page;

/// The module of `thyra` that turns the pages into doctests.
const GUIDES: &str = "crates/thyra/src/guides.rs";

/// The crate that turns its own page into doctests, as `thyra` does not know it.
const STORE: &str = "crates/thyra-store/src/lib.rs";

/// The test that a page which goes through an example shows the example's own code.
const EXCERPTS: &str = "examples/notes/tests/page.rs";

/// Checks the pages at the root and in `docs/src`: each file and heading that a page links to
/// exists, the table of contents names every page of the book, and all Rust code is compiled.
///
/// # Errors
///
/// All problems, one per line.
pub(crate) fn check(root: &Path) -> Result<(), String> {
    let book = root.join("docs/src");
    let mut paths = pages_in(root, false)?;
    paths.extend(pages_in(&book, true)?);
    let mut pages = BTreeMap::new();
    for path in paths {
        let text =
            fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        pages.insert(path, Page::parse(&text));
    }

    let mut problems = Vec::new();
    for (path, page) in &pages {
        for link in &page.links {
            if let Some(problem) = broken(path, link, &pages) {
                problems.push(format!("{}: {problem}", shown(path, root)));
            }
        }
    }
    problems.extend(
        unlisted(&book, &pages)
            .map(|path| format!("{}: SUMMARY.md does not name it", shown(path, root))),
    );
    // Without this module, a repository compiles none of its pages.
    let guides = [GUIDES, STORE, EXCERPTS].map(|path| fs::read_to_string(root.join(path)));
    let guides: String = guides.into_iter().filter_map(Result::ok).collect();
    for (path, page) in &pages {
        if let Some(problem) = uncompiled(&relative(&book, path), page, &guides) {
            problems.push(format!("{}: {problem}", shown(path, root)));
        }
    }
    println!("{} pages", pages.len());
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems.join("\n"))
    }
}

/// The Markdown files of a folder.
fn pages_in(folder: &Path, deep: bool) -> Result<Vec<PathBuf>, String> {
    let unreadable = |error| format!("{}: {error}", folder.display());
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.is_dir() {
            if deep {
                found.extend(pages_in(&path, deep)?);
            }
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
    Ok(found)
}

/// What is wrong with a link, if anything. Links to other sites are not checked.
fn broken(from: &Path, link: &str, pages: &BTreeMap<PathBuf, Page>) -> Option<String> {
    if link.contains("://") || link.starts_with("mailto:") {
        return None;
    }
    let (file, heading) = link.split_once('#').unwrap_or((link, ""));
    let target = if file.is_empty() {
        from.to_path_buf()
    } else {
        resolve(from.parent()?, file)
    };
    if !target.exists() {
        return Some(format!("`{link}` leads nowhere"));
    }
    let absent = !heading.is_empty()
        && !pages
            .get(&target)
            .is_some_and(|page| page.headings.iter().any(|known| known == heading));
    absent.then(|| format!("`{link}` names a heading that is not there"))
}

/// The pages of the book that its table of contents leaves out.
fn unlisted<'a>(book: &Path, pages: &'a BTreeMap<PathBuf, Page>) -> impl Iterator<Item = &'a Path> {
    let summary = book.join("SUMMARY.md");
    let listed: Vec<_> = pages
        .get(&summary)
        .into_iter()
        .flat_map(|page| &page.links)
        .map(|link| resolve(book, link))
        .collect();
    let book = book.to_path_buf();
    pages
        .keys()
        .filter(move |path| path.starts_with(&book) && **path != summary && !listed.contains(path))
        .map(PathBuf::as_path)
}

/// Why some Rust code of a page is not compiled, if that is so.
fn uncompiled(name: &str, page: &Page, guides: &str) -> Option<String> {
    let mut rust = page
        .code
        .iter()
        .filter(|info| info.starts_with("rust"))
        .peekable();
    rust.peek()?;
    if rust.any(|info| info.contains("ignore")) {
        return Some("a Rust block is `ignore`, so nothing compiles it".to_owned());
    }
    let named = [format!("\"{name}\""), format!("/docs/src/{name}\"")];
    let is_named = named.iter().any(|named| guides.contains(named));
    (!is_named).then(|| format!("{GUIDES} does not name it"))
}

/// The path of a page as [`GUIDES`] spells it: from the folder of the book.
fn relative(book: &Path, page: &Path) -> String {
    let within = page.strip_prefix(book);
    within.map_or_else(
        |_| format!("../../{}", page.file_name().unwrap_or_default().display()),
        |path| path.display().to_string(),
    )
}

/// `base` and `relative` as one path without `.` and `..`, so that two spellings of a path are
/// equal.
fn resolve(base: &Path, relative: &str) -> PathBuf {
    let mut path = base.to_path_buf();
    for component in Path::new(relative).components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                path.pop();
            }
            other => path.push(other),
        }
    }
    path
}

fn shown(path: &Path, root: &Path) -> String {
    path.strip_prefix(root)
        .unwrap_or(path)
        .display()
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A repository with a book of three pages.
    fn repository(readme: &str, summary: &str) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        let book = root.path().join("docs/src");
        fs::create_dir_all(book.join("providers")).unwrap();
        fs::write(root.path().join("README.md"), readme).unwrap();
        fs::write(book.join("SUMMARY.md"), summary).unwrap();
        fs::write(book.join("tools.md"), "# Tools\n\n## What a tool is\n").unwrap();
        fs::write(
            book.join("providers/remote.md"),
            "[tools](../tools.md#what-a-tool-is)\n",
        )
        .unwrap();
        root
    }

    const SUMMARY: &str = "- [Tools](tools.md)\n- [Remote](providers/remote.md)\n";

    #[test]
    fn links_that_lead_somewhere_are_fine() {
        let root = repository(
            "[a](docs/src/tools.md) [b](https://example.com/nothing) [c](docs)",
            SUMMARY,
        );
        check(root.path()).unwrap();
    }

    #[test]
    fn a_link_to_no_file_is_a_problem() {
        let root = repository("[a](docs/src/absent.md)", SUMMARY);
        assert_eq!(
            check(root.path()).unwrap_err(),
            "README.md: `docs/src/absent.md` leads nowhere"
        );
    }

    #[test]
    fn a_link_to_no_heading_is_a_problem() {
        let root = repository("[a](docs/src/tools.md#absent)", SUMMARY);
        assert_eq!(
            check(root.path()).unwrap_err(),
            "README.md: `docs/src/tools.md#absent` names a heading that is not there"
        );
    }

    #[test]
    fn a_page_that_the_contents_leave_out_is_a_problem() {
        let root = repository("", "- [Tools](tools.md)\n");
        assert_eq!(
            check(root.path()).unwrap_err(),
            "docs/src/providers/remote.md: SUMMARY.md does not name it"
        );
    }

    #[test]
    fn rust_code_is_compiled() {
        let root = repository("```rust\n```\n", SUMMARY);
        let guides = root.path().join(GUIDES);
        assert_eq!(
            check(root.path()).unwrap_err(),
            "README.md: crates/thyra/src/guides.rs does not name it"
        );

        fs::create_dir_all(guides.parent().unwrap()).unwrap();
        fs::write(guides, "readme: \"../../README.md\",").unwrap();
        check(root.path()).unwrap();

        let page = root.path().join("docs/src/tools.md");
        fs::write(&page, "# Tools\n## What a tool is\n```rust\n```\n").unwrap();
        assert_eq!(
            check(root.path()).unwrap_err(),
            "docs/src/tools.md: crates/thyra/src/guides.rs does not name it"
        );
        let store = root.path().join(STORE);
        fs::create_dir_all(store.parent().unwrap()).unwrap();
        fs::write(store, "include_str!(\"../../../docs/src/tools.md\")").unwrap();
        check(root.path()).unwrap();

        fs::write(root.path().join("README.md"), "```rust,ignore\n```\n").unwrap();
        assert_eq!(
            check(root.path()).unwrap_err(),
            "README.md: a Rust block is `ignore`, so nothing compiles it"
        );
    }

    #[test]
    fn a_page_that_the_contents_promise_must_exist() {
        let root = repository("", &format!("{SUMMARY}- [More](more.md)\n"));
        assert_eq!(
            check(root.path()).unwrap_err(),
            "docs/src/SUMMARY.md: `more.md` leads nowhere"
        );
    }
}
