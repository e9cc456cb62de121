//! What a template makes of values, it reads as those values; and nothing that a peer or an author
//! writes makes it panic.

use proptest::collection::vec;
use proptest::prelude::*;
use thyra_uri_template::{MAX_URI_LENGTH, PathSecurity, UriTemplate, Value, Values, Variable};

/// An expression, what stands before it, and a value for each of its variables.
#[derive(Clone, Debug)]
struct Piece {
    literal: &'static str,
    operator: &'static str,
    variables: Vec<(&'static str, Option<Value>)>,
}

impl Piece {
    fn new(
        literal: &'static str,
        operator: &'static str,
        modifier: &'static str,
        values: impl IntoIterator<Item = Option<Value>>,
    ) -> Self {
        let variables = values.into_iter().map(|value| (modifier, value)).collect();
        Self {
            literal,
            operator,
            variables,
        }
    }

    fn one(
        literal: &'static str,
        operator: &'static str,
        modifier: &'static str,
        value: impl Into<Value>,
    ) -> Self {
        Self::new(literal, operator, modifier, [Some(value.into())])
    }
}

/// Any character, and often one that means something in a URI.
fn characters() -> impl Strategy<Value = char> {
    let delimiters: Vec<char> = ":/?#[]@!$&'()*+,;=%.-_~ {}|\\\"^`\0".chars().collect();
    prop_oneof![
        any::<char>(),
        prop::sample::select(delimiters),
        prop::char::range('a', 'f'),
    ]
}

fn texts(least: usize) -> impl Strategy<Value = String> {
    vec(characters(), least..10).prop_map(String::from_iter)
}

fn lists(least: usize) -> impl Strategy<Value = Vec<String>> {
    vec(texts(least), 1..4)
}

/// Texts without characters that an operator leaves as they are, and that would mean something else
/// when they are read.
fn texts_without(excluded: &'static str) -> impl Strategy<Value = String> {
    let allowed = characters().prop_filter("means something", |one| !excluded.contains(*one));
    vec(allowed, 1..10).prop_map(String::from_iter)
}

/// Pieces that are one segment each.
fn segments() -> impl Strategy<Value = Piece> {
    prop_oneof![
        texts(1).prop_map(|text| Piece::one("/", "", "", text)),
        texts(1).prop_map(|text| Piece::one("/", "", ":9", text)),
        texts(1).prop_map(|text| Piece::one("/a", "", "", text)),
        lists(1).prop_map(|items| Piece::one("/", "", "*", items)),
        vec(texts(1), 1..4).prop_map(|all| Piece::new(
            "/",
            "",
            "",
            all.into_iter().map(|text| Some(text.into()))
        )),
        texts(1).prop_map(|text| Piece::one("/b", ".", "", text)),
        vec(texts_without("."), 1..4).prop_map(|items| Piece::one("/b", ".", "*", items)),
        texts(1).prop_map(|text| Piece::one("", "/", "", text)),
        vec(texts(1), 1..4).prop_map(|all| Piece::new(
            "",
            "/",
            "",
            all.into_iter().map(|text| Some(text.into()))
        )),
        texts(0).prop_map(|text| Piece::one("/c", ";", "", text)),
        lists(0).prop_map(|items| Piece::one("/c", ";", "*", items)),
        vec(texts(0), 1..4).prop_map(|all| Piece::new(
            "/c",
            ";",
            "",
            all.into_iter().map(|text| Some(text.into()))
        )),
    ]
}

/// Pieces over any number of segments, of which a template has one if it is to be read in one way.
fn spans() -> impl Strategy<Value = Piece> {
    prop_oneof![
        texts_without("%?#").prop_map(|text| Piece::one("/", "+", "", text)),
        vec(texts_without("%?#,"), 1..4).prop_map(|items| Piece::one("/", "+", "*", items)),
        lists(1).prop_map(|items| Piece::one("", "/", "*", items)),
    ]
}

/// Parameters that are there or not.
fn parameters(literal: &'static str, operator: &'static str) -> impl Strategy<Value = Piece> {
    let one = prop_oneof![
        texts(0).prop_map(|text| ("", Value::from(text))),
        texts(0).prop_map(|text| (":9", Value::from(text))),
        lists(0).prop_map(|items| ("*", Value::from(items))),
    ];
    let one = (one, any::<bool>())
        .prop_map(|((modifier, value), given)| (modifier, given.then_some(value)));
    vec(one, 1..4).prop_map(move |variables| Piece {
        literal,
        operator,
        variables,
    })
}

fn queries() -> impl Strategy<Value = Vec<Piece>> {
    prop_oneof![
        Just(Vec::new()),
        parameters("", "?").prop_map(|piece| vec![piece]),
        parameters("?fixed=yes", "&").prop_map(|piece| vec![piece]),
        (parameters("?fixed=yes", "&"), parameters("&also", "&"))
            .prop_map(|(one, two)| vec![one, two]),
    ]
}

fn fragments() -> impl Strategy<Value = Option<Piece>> {
    let piece = prop_oneof![
        texts_without("%").prop_map(|text| Piece::one("", "#", "", text)),
        vec(texts_without("%,"), 1..4).prop_map(|items| Piece::one("", "#", "*", items)),
        texts(1).prop_map(|text| Piece::one("#d", "", "", text)),
    ];
    prop::option::of(piece)
}

/// A template that can be read in one way, and values for it.
fn templates() -> impl Strategy<Value = (String, Values)> {
    let path = (
        vec(segments(), 0..4),
        prop::option::of(spans()),
        vec(segments(), 0..3),
    );
    (path, queries(), fragments()).prop_map(|((before, span, after), query, fragment)| {
        let path = before.into_iter().chain(span).chain(after);
        let (mut template, mut values) = (String::from("s:"), Values::new());
        let mut count = 0;
        for piece in path.chain(query).chain(fragment) {
            let mut names = Vec::new();
            for (modifier, value) in piece.variables {
                count += 1;
                let name = format!("v{count}");
                names.push(format!("{name}{modifier}"));
                if let Some(value) = value {
                    values.set(name, value);
                }
            }
            let (literal, operator, names) = (piece.literal, piece.operator, names.join(","));
            template = format!("{template}{literal}{{{operator}{names}}}");
        }
        (template, values)
    })
}

/// Fragments of which both good and bad templates and URIs are made.
fn soup() -> impl Strategy<Value = String> {
    let fragments = vec![
        "{", "}", "{a}", "{+b}", "{c*}", "{/d*}", "{;e,f*}", "{?g,h*}", "{&i:3}", "{#j}", "{.k}",
        "{/l,m:1}", ",", ":", "*", "=", "/", "?", "&", "#", ";", ".", "%", "%41", "%C3", "%A9",
        "%2F", "é", "a", "ab", "s:", "g=", "&h=", ";e", ";f=",
    ];
    let known = prop::sample::select(fragments).prop_map(str::to_owned);
    let one = prop_oneof![8 => known, 1 => any::<String>()];
    vec(one, 0..14).prop_map(|all| all.concat())
}

proptest! {
    #[test]
    fn a_uri_is_read_as_the_values_it_was_made_of((template, values) in templates()) {
        let parsed = UriTemplate::parse(&template).expect("a template");
        let uri = parsed.expand(&values);
        prop_assert!(uri.len() <= MAX_URI_LENGTH);
        prop_assert!(uri.is_ascii());
        let Some(matched) = parsed.matches(&uri) else {
            return Err(TestCaseError::fail(format!("{uri} does not fit {template}")));
        };
        prop_assert_eq!(matched.into_values(), values, "{} through {}", uri, template);
    }

    #[test]
    fn parameters_are_found_in_any_order(
        (values, order) in (vec(texts(0), 4), Just(vec![0, 1, 2, 3]).prop_shuffle()),
    ) {
        let names = ["a", "b", "c", "d"];
        let values: Values = names.into_iter().zip(values).collect();
        let parsed = UriTemplate::parse("s:x{?a,b,c,d}").expect("a template");
        let shuffled: Vec<&str> = order.iter().map(|index| names[*index]).collect();
        let other = UriTemplate::parse(&format!("s:x{{?{}}}", shuffled.join(","))).expect("a template");
        let matched = parsed.matches(&other.expand(&values)).expect("it fits");
        prop_assert_eq!(matched.into_values(), values);
    }

    /// However a URI is read, all that has to be there is there, in the order of the template.
    #[test]
    fn what_has_to_be_there_is_there_in_order(template in soup(), uri in soup()) {
        if let Ok(parsed) = UriTemplate::parse(&template)
            && let Some(matched) = parsed.matches(&uri)
        {
            let _ = PathSecurity::default().check(&matched);
            let names: Vec<&str> = matched.iter().map(|(name, _)| name).collect();
            let of_template: Vec<&str> = parsed.variables().map(Variable::name).collect();
            let in_order = of_template.into_iter().filter(|name| names.contains(name));
            prop_assert_eq!(in_order.collect::<Vec<_>>(), names);
            let mut required = parsed.variables().filter(|variable| !variable.is_optional());
            let all_there = required.all(|variable| matched.get(variable.name()).is_some());
            prop_assert!(all_there);
        }
    }

    #[test]
    fn nothing_panics(template in any::<String>(), uri in any::<String>(), more in soup()) {
        for text in [&template, &uri, &more] {
            match UriTemplate::parse(text) {
                Ok(parsed) => {
                    for uri in [&template, &uri, &more] {
                        let _ = parsed.matches(uri);
                    }
                    prop_assert_eq!(parsed.as_str(), text);
                }
                Err(error) => prop_assert!(text.is_char_boundary(error.position())),
            }
        }
        for known in ["{+a}{b*}{/c*}{;d*}{?e*}{#f}", "{a:3}{.b*}?x{&c}"] {
            let parsed = UriTemplate::parse(known).expect("a template");
            let _ = parsed.matches(&uri);
            let _ = parsed.matches(&more);
        }
    }
}
