//! Each mistake with `#[tool]` is a compile error that says what to type. The messages are in
//! `ui/*.stderr`; `TRYBUILD=overwrite cargo test -p thyra --test macro_errors` writes them anew.

#[test]
fn mistakes_say_what_to_type() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/*.rs");
    // What was one, and need not be.
    cases.pass("tests/ui/pass/*.rs");
}
