use std::fs;

use super::*;

const LIB: &str = "\
//! A crate.
mod server;
mod catalog;
mod limits;
pub use crate::server::{Server, error::Error as ServerError};
pub use other as friend;
#[cfg(test)]
mod support;
";

/// The problems of a crate of three rooms from the top down: server, catalog, limits.
fn problems(files: &[(&str, &str)]) -> Vec<String> {
    let root = tempfile::tempdir().unwrap();
    let source = root.path().join("src");
    let defaults = [
        ("lib.rs", LIB),
        ("server.rs", ""),
        ("catalog.rs", ""),
        ("limits.rs", ""),
    ];
    for (name, text) in defaults.iter().chain(files) {
        let path = source.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    survey(&source.join("lib.rs"), root.path())
        .unwrap()
        .problems(&[vec!["server"], vec!["catalog"], vec!["limits"]])
}

/// The one place that a planted arrow from `catalog` up to `server` is found at.
fn planted(files: &[(&str, &str)]) -> String {
    let found = problems(files);
    let [problem] = found.as_slice() else {
        panic!("not one problem: {found:?}");
    };
    let (place, sentence) = problem.split_once(": ").unwrap();
    assert_eq!(
        sentence,
        "`catalog` knows `server`, which stands above it; move what both need below them, or \
         move this code up"
    );
    place.to_owned()
}

#[test]
fn arrows_down_are_fine() {
    let found = problems(&[
        ("server.rs", "use crate::{catalog::Catalog, limits};"),
        (
            "catalog.rs",
            "mod index; use self::index::Index; use super::limits::Limits;",
        ),
        (
            "catalog/index.rs",
            "use super::Catalog; use crate::catalog::Entry; use std::fmt;",
        ),
    ]);
    assert_eq!(found, <[String; 0]>::default());
}

#[test]
fn an_arrow_up_is_found_in_a_use_tree() {
    let text = "use crate::{\n    limits::Limits,\n    server::Server,\n};";
    let place = planted(&[("catalog.rs", text)]);
    assert_eq!(place, "src/catalog.rs:3");
}

#[test]
fn an_arrow_up_is_found_through_super() {
    let files = [
        ("catalog.rs", "mod index;"),
        ("catalog/index.rs", "\nuse super::super::server::Server;"),
    ];
    assert_eq!(planted(&files), "src/catalog/index.rs:2");
}

#[test]
fn an_arrow_up_is_found_in_an_expression_a_macro_and_an_attribute() {
    for text in [
        "fn f() { crate::server::start() }",
        "macro_rules! m { () => { $crate::server::start() } }",
        "#[serde(with = \"crate::server::text\")] struct A;",
    ] {
        assert_eq!(
            planted(&[("catalog.rs", text)]),
            "src/catalog.rs:1",
            "{text}"
        );
    }
}

#[test]
fn an_arrow_up_is_found_behind_a_name_at_the_root() {
    for text in ["use crate::Server;", "fn f(a: super::ServerError) {}"] {
        assert_eq!(
            planted(&[("catalog.rs", text)]),
            "src/catalog.rs:1",
            "{text}"
        );
    }
    assert!(problems(&[("catalog.rs", "use crate::friend::Friend;")]).is_empty());
}

#[test]
fn an_arrow_up_is_found_behind_the_name_of_the_crate_itself() {
    let lib = format!("{LIB}extern crate self as house;");
    for text in [
        "use house::Server;",
        "use ::house::server::Server;",
        "fn f() { house::server::start() }",
    ] {
        assert_eq!(
            planted(&[("lib.rs", &lib), ("catalog.rs", text)]),
            "src/catalog.rs:1",
            "{text}"
        );
        assert!(problems(&[("catalog.rs", text)]).is_empty(), "{text}");
    }
}

#[test]
fn a_room_within_the_root_file_is_a_room() {
    let lib = "mod server; mod limits; mod catalog {\n use super::server::Server; }";
    assert_eq!(planted(&[("lib.rs", lib)]), "src/lib.rs:2");
}

#[test]
fn tests_may_know_everything() {
    let found = problems(&[
        (
            "limits.rs",
            "#[cfg(test)] mod tests; #[cfg(test)] mod more { use crate::server::Server; } \
             #[cfg(test)] fn f() { crate::catalog::g() }",
        ),
        ("limits/tests.rs", "use crate::server::Server;"),
    ]);
    assert_eq!(found, <[String; 0]>::default());
}

#[test]
fn rooms_on_one_floor_may_not_know_each_other() {
    let house = House {
        rooms: ["a", "b"].map(str::to_owned).into(),
        arrows: vec![Arrow {
            place: "src/a.rs:7".to_owned(),
            from: "a".to_owned(),
            to: "b".to_owned(),
        }],
    };
    assert_eq!(
        house.problems(&[vec!["a", "b"]]),
        [
            "src/a.rs:7: `a` knows `b`, which stands beside it; move what both need below them, or \
          move this code up"
        ]
    );
}

#[test]
fn a_name_at_the_root_that_is_in_no_room_is_a_problem() {
    for (text, name) in [
        ("use crate::*;", "*"),
        ("fn f() { super::helper() }", "helper"),
    ] {
        assert_eq!(
            problems(&[("catalog.rs", text)]),
            [format!(
                "src/catalog.rs:1: `catalog` names `crate::{name}`, which is in no room; move it \
                 into one, or name the room that it comes from"
            )]
        );
    }
}

#[test]
fn the_table_and_the_rooms_must_agree() {
    let house = House {
        rooms: ["a", "b"].map(str::to_owned).into(),
        arrows: Vec::new(),
    };
    assert_eq!(
        house.problems(&[vec!["a"], vec!["c"]]),
        [
            "the room `b` is not in ROOMS in xtask/src/arrows/order.rs; give it a floor",
            "there is no room `c`; take it out of ROOMS in xtask/src/arrows/order.rs",
        ]
    );
}
