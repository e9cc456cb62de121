//! The parameters of a query.

use super::assert_reads;

#[test]
fn parameters_come_in_any_order_and_may_be_absent() {
    assert_reads(&[
        ("n://x{?a,b}", "n://x?a=1&b=2", "a=1 b=2"),
        ("n://x{?a,b}", "n://x?b=2&a=1", "a=1 b=2"),
        ("n://x{?a,b}", "n://x?b=2", "b=2"),
        ("n://x{?a,b}", "n://x?", ""),
        ("n://x{?a,b}", "n://x", ""),
        ("n://x{?a}", "n://x?&&a=1&", "a=1"),
        ("n://x{?a}", "n://x?c=3&a=1&d&=e", "a=1"),
        ("n://x{?a}", "n://x?ab=1", ""),
        ("n://x{?a}", "n://x?A=1", ""),
        ("n://x{?a}", "n://x/?a=1", "no"),
        ("n://x{?a}", "n://x&a=1", "no"),
        ("n://{x}{?a}", "n://1?a=2", "x=1 a=2"),
        ("{?a}", "?a=1", "a=1"),
        ("n://x{?%C3%A9,b.c}", "n://x?é=1&b.c=2", "%C3%A9=1 b.c=2"),
    ]);
}

#[test]
fn values_of_parameters_are_decoded() {
    assert_reads(&[
        ("n://x{?a}", "n://x?a=1%26b%3D2", "a=1&b=2"),
        ("n://x{?a}", "n://x?a=b=c?/d", "a=b=c?/d"),
        ("n://x{?a}", "n://x?%61=%C3%A9+", "a=é+"),
        ("n://x{?a}", "n://x?a=", "a="),
        ("n://x{?a}", "n://x?a", "a="),
        ("n://x{?a}", "n://x?a=1,2", "a=1,2"),
        ("n://x{?a:2}", "n://x?a=éà", "a=éà"),
        ("n://x{?a:2}", "n://x?a=123", "no"),
    ]);
}

#[test]
fn a_parameter_that_comes_again_is_a_list_or_nothing() {
    assert_reads(&[
        ("n://x{?a*}", "n://x?a=1&b=2&a=3&a", "a=[1|3|]"),
        ("n://x{?a*}", "n://x?a=1,2", "a=[1,2]"),
        ("n://x{?a*}", "n://x", ""),
        ("n://x{?a*}", "n://x?b=1", ""),
        ("n://x{?a}", "n://x?a=1&a=1", "no"),
        ("n://x{?b}", "n://x?a=1&a=1", ""),
    ]);
}

#[test]
fn what_the_template_writes_has_to_be_there() {
    assert_reads(&[
        ("n://x?f=yes{&a}", "n://x?f=yes&a=1", "a=1"),
        ("n://x?f=yes{&a}", "n://x?a=1&f=%79es", "a=1"),
        ("n://x?f=yes{&a}", "n://x?f=yes", ""),
        ("n://x?f=yes{&a}", "n://x?f=no&a=1", "no"),
        ("n://x?f=yes{&a}", "n://x", "no"),
        ("n://x?f=yes{&a}", "n://x&f=yes", "no"),
        ("n://x{?a}&f=yes{&b}", "n://x?f=yes&b=1", "b=1"),
        ("n://x{?a}&f=yes{&b}", "n://x&f=yes", ""),
        ("n://x?f", "n://x?f", ""),
        ("n://x?f", "n://x?f&g", ""),
        ("n://x?", "n://x?", ""),
        ("n://x?", "n://x", "no"),
    ]);
}

#[test]
fn a_continuation_begins_with_an_ampersand() {
    assert_reads(&[
        ("n://x{&a}", "n://x&a=1", "a=1"),
        ("n://x{&a}", "n://x?a=1", "no"),
        ("n://x{?a}{&b}", "n://x?a=1&b=2", "a=1 b=2"),
        ("n://x{?a}{&b}", "n://x&b=2", "b=2"),
        ("n://{+x}{&a}", "n://1&a=2", "x=1&a=2"),
    ]);
}

#[test]
fn other_expressions_in_a_query_are_found_by_their_place() {
    assert_reads(&[
        ("n://x?q={a}", "n://x?q=1", "a=1"),
        ("n://x?q={a}", "n://x?q=1&z=2", "a=1"),
        ("n://x?q={a}", "n://x?z=2&q=1", "no"),
        ("n://x?q={a}", "n://x", "no"),
        ("n://x?q={a}&r={+b}", "n://x?q=1&r=/2?&s=3", "a=1 b=/2?"),
        ("n://x?q={a}{&c,b}", "n://x?q=1&b=2&c=3", "a=1 c=3 b=2"),
        ("n://x{?b}&q={a}", "n://x?b=2&q=1", "b=2 a=1"),
        ("n://x{?b}&q={a}", "n://x&q=1", "a=1"),
        ("n://x{?b*}&q={a}", "n://x?b=2&b&q=1", "b=[2|] a=1"),
        ("n://x{?b}end", "n://x?b=2end", "b=2"),
        ("n://x{?b}end", "n://xend", ""),
    ]);
}

#[test]
fn a_query_fits_only_a_template_that_has_one() {
    assert_reads(&[
        ("n://{x}", "n://1?a=2", "no"),
        ("n://{x}{?b}", "n://1?a=2", "x=1"),
    ]);
}

#[test]
fn a_query_is_opened_even_if_nothing_comes_before_it() {
    assert_reads(&[
        ("{?a}", "?a=1", "a=1"),
        ("{?a}", "", ""),
        ("{?a}", "xa=1", "no"),
        ("{&a}", "?a=1", "no"),
        ("?x", "?x", ""),
        ("?x", "1x", "no"),
    ]);
}

#[test]
fn a_question_mark_within_a_query_belongs_to_its_pair() {
    assert_reads(&[
        ("n://a?b?c", "n://a?b?c", ""),
        ("n://a?b?c", "n://a?b&c", "no"),
        ("n://a??b{&c}", "n://a?c=1&?b", "c=1"),
    ]);
}
