use std::fs;
use std::io::ErrorKind;

use serde_json::json;

use super::*;

const TEXT: &str =
    "---\nname: forms\ndescription: Fill in forms\nmetadata:\n  version: \"1\"\n---\nOpen it.\n";

fn skill(change: impl FnOnce(&mut Value)) -> Skill {
    let mut skill = json!({
        "uri": "skill://acme/forms/SKILL.md",
        "frontmatter": {
            "name": "forms", "description": "Fill in forms", "metadata": { "version": "1" },
        },
        "resources": [
            { "uri": "skill://acme/forms/SKILL.md", "digest": "sha256:0", "size": 70 },
            { "uri": "skill://acme/forms/references/A%20B.md", "digest": "sha256:0", "size": 1 },
        ],
    });
    change(&mut skill);
    serde_json::from_value(skill).unwrap()
}

#[test]
fn an_entry_that_keeps_to_the_rules_says_where_its_files_lie() {
    let good = skill(|_| {});
    let manifest = good.manifest().unwrap();
    assert_eq!(manifest.name, "forms");
    assert_eq!(manifest.others[0].0, "references/A B.md");
    assert_eq!(manifest.own.unwrap().size, 70);
    let dynamic = skill(|skill| skill["resources"] = json!("dynamic"));
    let manifest = dynamic.manifest().unwrap();
    assert!(manifest.own.is_none() && manifest.others.is_empty());
    assert_eq!(
        serde_json::to_value(&dynamic).unwrap()["resources"],
        "dynamic"
    );
}

#[test]
fn an_entry_that_breaks_a_rule_is_refused() {
    let file = |uri: &str| json!({ "uri": uri, "digest": "sha256:0", "size": 1 });
    let with =
        |uri: &str| skill(|skill| skill["resources"].as_array_mut().unwrap().push(file(uri)));
    let named = |name: &str| {
        skill(|skill| {
            skill["frontmatter"]["name"] = json!(name);
            skill["uri"] = json!(format!("skill://acme/{name}/SKILL.md"));
        })
    };
    let cases = [
        (
            skill(|skill| skill["uri"] = json!("skill://acme/forms")),
            "does not end with",
        ),
        (skill(|skill| skill["frontmatter"] = json!({})), "its name"),
        (
            skill(|skill| skill["frontmatter"]["name"] = json!("other")),
            "its folder is not called",
        ),
        (named("Forms"), "its name"),
        (named("a--b"), "its name"),
        (named("-a"), "its name"),
        (named(&"a".repeat(65)), "its name"),
        (named(".."), "its name"),
        (
            skill(|skill| skill["resources"] = json!([])),
            "SKILL.md is not among",
        ),
        (
            skill(|skill| skill["resources"] = vec![file("skill://acme/forms/a"); 513].into()),
            "more than 512 files",
        ),
        (
            skill(|skill| skill["resources"][1]["size"] = json!(16 << 20)),
            "more than 16 MiB",
        ),
        (
            skill(|skill| skill["resources"][1]["size"] = json!(u64::MAX)),
            "more than 16 MiB",
        ),
        (
            with("skill://acme/forms/references/a%20b.md"),
            "listed twice",
        ),
        (
            with("skill://acme/other/a.md"),
            "does not lie in its folder",
        ),
        (with("file:///etc/passwd"), "does not lie in its folder"),
        (
            with("skill://acme/forms/../a.md"),
            "does not lie in its folder",
        ),
        (
            with("skill://acme/forms/%2e%2e/a.md"),
            "does not lie in its folder",
        ),
        (
            with("skill://acme/forms/..%2fa.md"),
            "does not lie in its folder",
        ),
    ];
    for (skill, wanted) in cases {
        let Err(error) = skill.manifest() else {
            panic!("{wanted}: {skill:?}");
        };
        assert!(error.to_string().contains(wanted), "{wanted}: {error}");
    }
}

#[test]
fn a_path_lies_in_the_folder_on_every_system() {
    for (rest, wanted) in [
        ("a", "a"),
        ("a/b.md", "a/b.md"),
        ("%C3%A4.md", "\u{e4}.md"),
        ("...a", "...a"),
        ("console", "console"),
        ("com10", "com10"),
    ] {
        assert_eq!(path::path(rest).as_deref(), Some(wanted), "{rest}");
    }
    let deep = "a/".repeat(32) + "a";
    for bad in [
        "",
        "/a",
        "a/",
        "a//b",
        ".",
        "..",
        "a/../b",
        "%2e",
        "a%00",
        "a\\b",
        "C:a",
        "a%5Cb",
        "a b ",
        "a.",
        "con",
        "Aux.txt",
        "nul .md",
        "CONIN$",
        "conout$.txt",
        "com1",
        "LPT9.x",
        "com\u{b9}",
        "a?b",
        "a#b",
        "a*",
        "%ff",
        "a%0A",
        deep.as_str(),
    ] {
        assert_eq!(path::path(bad), None, "{bad:?}");
    }
}

#[test]
fn the_head_must_say_what_the_entry_says() {
    let good = skill(|_| {});
    let begin = good.check_head(TEXT).unwrap();
    assert_eq!(&TEXT[begin..], "Open it.\n");
    let windows = TEXT.replace('\n', "\r\n");
    good.check_head(&windows).unwrap();
    for (from, to, field) in [
        ("Fill in forms", "Send them to me", "description"),
        ("\"1\"", "1", "metadata"),
        (
            "name: forms",
            "name: forms\nallowed-tools: all",
            "allowed-tools",
        ),
        ("description: Fill in forms\n", "", "description"),
    ] {
        let error = good.check_head(&TEXT.replace(from, to)).unwrap_err();
        assert!(
            matches!(&error, SkillError::FrontmatterDiffers { field: found } if found == field),
            "{field}: {error}"
        );
    }
    let endless = format!("---\n{}", "a: 1\n".repeat(20_000));
    for broken in [
        "",
        "Open it.",
        "---\nname: forms",
        "---\n- a\n---\n",
        "---\na: [\n---\n",
        endless.as_str(),
    ] {
        let error = good.check_head(broken).unwrap_err();
        assert!(matches!(error, SkillError::Frontmatter { .. }), "{error}");
    }
}

#[test]
fn a_file_must_be_what_was_announced() {
    let file = |size: u64, digest: &str| SkillResource {
        uri: "skill://a/b".to_owned(),
        digest: digest.to_owned(),
        size,
    };
    let right = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    file(3, right).check(b"abc").unwrap();
    let error = file(3, right).check(b"abd").unwrap_err();
    assert!(matches!(error, SkillError::Digest { .. }), "{error}");
    let error = file(4, right).check(b"abc").unwrap_err();
    assert_eq!(
        error.to_string(),
        "skill://a/b has 3 bytes, and the server announced 4; nothing of the skill is used"
    );
    for digest in ["", "md5:0", &right[7..], "sha256:"] {
        assert!(file(3, digest).check(b"abc").is_err(), "{digest}");
    }
}

#[test]
fn a_skill_is_saved_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let mut files = SkillFiles::new("forms", TEXT.to_owned(), TEXT.len() - 9);
    files.add("references/a.md".to_owned(), b"a".to_vec());
    assert_eq!(files.instructions(), "Open it.\n");
    let place = files.save(folder.path()).unwrap();
    assert_eq!(place, folder.path().join("forms"));
    assert_eq!(fs::read(place.join("references/a.md")).unwrap(), b"a");
    assert_eq!(fs::read_to_string(place.join(MANIFEST)).unwrap(), TEXT);
    // What is there is not touched.
    let error = files.save(folder.path()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists);
    assert!(place.join(MANIFEST).exists());

    let other = tempfile::tempdir().unwrap();
    files.add(
        "references".to_owned(),
        b"a file where a folder is".to_vec(),
    );
    files.save(other.path()).unwrap_err();
    assert_eq!(fs::read_dir(other.path()).unwrap().count(), 0);
}
