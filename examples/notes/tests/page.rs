//! The page that goes through this example shows its code.

const PAGE: &str = include_str!("../../../docs/src/notes.md");

const SOURCES: &[&str] = &[
    include_str!("../src/error.rs"),
    include_str!("../src/lib.rs"),
    include_str!("../src/main.rs"),
    include_str!("../src/prompts.rs"),
    include_str!("../src/resources.rs"),
    include_str!("../src/store.rs"),
    include_str!("../src/tools.rs"),
    include_str!("notes.rs"),
];

#[test]
fn each_block_of_notes_md_is_in_the_source() {
    // `"notes.md"` stands here for the check that every page's code is compiled.
    let blocks: Vec<&str> = PAGE
        .split("```rust\n")
        .skip(1)
        .filter_map(|rest| rest.split("\n```").next())
        .collect();
    assert!(blocks.len() > 5, "{}", blocks.len());
    for block in blocks {
        assert!(
            SOURCES.iter().any(|source| source.contains(block)),
            "docs/src/notes.md shows what examples/notes does not have:\n{block}"
        );
    }
}
