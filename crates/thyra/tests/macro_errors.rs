//! Each mistake with `#[tool]` is a compile error that says what to type. The messages are in
//! `ui/*.stderr`; `TRYBUILD=overwrite cargo test -p thyra --test macro_errors` writes them anew.

#[test]
fn mistakes_say_what_to_type() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
