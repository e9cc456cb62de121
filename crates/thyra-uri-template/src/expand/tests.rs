use crate::{TemplateError, UriTemplate, Value, Values};

/// RFC 6570, section 3.2: the values of the examples.
fn values() -> Values {
    let list = |items: &[&str]| Value::List(items.iter().map(ToString::to_string).collect());
    let pairs = |pairs: &[(&str, &str)]| {
        let pairs = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Value::Pairs(pairs.collect())
    };
    Values::new()
        .with("count", list(&["one", "two", "three"]))
        .with("dom", list(&["example", "com"]))
        .with("dub", "me/too")
        .with("hello", "Hello World!")
        .with("half", "50%")
        .with("var", "value")
        .with("who", "fred")
        .with("base", "http://example.com/home/")
        .with("path", "/foo/bar")
        .with("list", list(&["red", "green", "blue"]))
        .with(
            "keys",
            pairs(&[("semi", ";"), ("dot", "."), ("comma", ",")]),
        )
        .with("v", "6")
        .with("x", "1024")
        .with("y", "768")
        .with("empty", "")
        .with("empty_keys", pairs(&[]))
}

fn assert_expands(examples: &[(&str, &str)]) {
    let values = values();
    for (template, uri) in examples {
        let template = UriTemplate::parse(template).expect("a template");
        assert_eq!(template.expand(&values), *uri, "{template}");
    }
}

#[test]
fn variables_3_2_1() {
    assert_expands(&[
        ("{count}", "one,two,three"),
        ("{count*}", "one,two,three"),
        ("{/count}", "/one,two,three"),
        ("{/count*}", "/one/two/three"),
        ("{;count}", ";count=one,two,three"),
        ("{;count*}", ";count=one;count=two;count=three"),
        ("{?count}", "?count=one,two,three"),
        ("{?count*}", "?count=one&count=two&count=three"),
        ("{&count*}", "&count=one&count=two&count=three"),
    ]);
}

#[test]
fn simple_strings_3_2_2() {
    assert_expands(&[
        ("{var}", "value"),
        ("{hello}", "Hello%20World%21"),
        ("{half}", "50%25"),
        ("O{empty}X", "OX"),
        ("O{undef}X", "OX"),
        ("{x,y}", "1024,768"),
        ("{x,hello,y}", "1024,Hello%20World%21,768"),
        ("?{x,empty}", "?1024,"),
        ("?{x,undef}", "?1024"),
        ("?{undef,y}", "?768"),
        ("{var:3}", "val"),
        ("{var:30}", "value"),
        ("{list}", "red,green,blue"),
        ("{list*}", "red,green,blue"),
        ("{keys}", "semi,%3B,dot,.,comma,%2C"),
        ("{keys*}", "semi=%3B,dot=.,comma=%2C"),
    ]);
}

#[test]
fn reserved_3_2_3() {
    assert_expands(&[
        ("{+var}", "value"),
        ("{+hello}", "Hello%20World!"),
        ("{+half}", "50%25"),
        ("{base}index", "http%3A%2F%2Fexample.com%2Fhome%2Findex"),
        ("{+base}index", "http://example.com/home/index"),
        ("O{+empty}X", "OX"),
        ("O{+undef}X", "OX"),
        ("{+path}/here", "/foo/bar/here"),
        ("here?ref={+path}", "here?ref=/foo/bar"),
        ("up{+path}{var}/here", "up/foo/barvalue/here"),
        ("{+x,hello,y}", "1024,Hello%20World!,768"),
        ("{+path,x}/here", "/foo/bar,1024/here"),
        ("{+path:6}/here", "/foo/b/here"),
        ("{+list}", "red,green,blue"),
        ("{+list*}", "red,green,blue"),
        ("{+keys}", "semi,;,dot,.,comma,,"),
        ("{+keys*}", "semi=;,dot=.,comma=,"),
    ]);
}

#[test]
fn fragments_3_2_4() {
    assert_expands(&[
        ("{#var}", "#value"),
        ("{#hello}", "#Hello%20World!"),
        ("{#half}", "#50%25"),
        ("foo{#empty}", "foo#"),
        ("foo{#undef}", "foo"),
        ("{#x,hello,y}", "#1024,Hello%20World!,768"),
        ("{#path,x}/here", "#/foo/bar,1024/here"),
        ("{#path:6}/here", "#/foo/b/here"),
        ("{#list}", "#red,green,blue"),
        ("{#list*}", "#red,green,blue"),
        ("{#keys}", "#semi,;,dot,.,comma,,"),
        ("{#keys*}", "#semi=;,dot=.,comma=,"),
    ]);
}

#[test]
fn labels_3_2_5() {
    assert_expands(&[
        ("{.who}", ".fred"),
        ("{.half,who}", ".50%25.fred"),
        ("www{.dom*}", "www.example.com"),
        ("X{.var}", "X.value"),
        ("X{.var:3}", "X.val"),
        ("X{.empty}", "X."),
        ("X{.undef}", "X"),
        ("X{.list}", "X.red,green,blue"),
        ("X{.list*}", "X.red.green.blue"),
        ("X{.keys}", "X.semi,%3B,dot,.,comma,%2C"),
        ("X{.keys*}", "X.semi=%3B.dot=..comma=%2C"),
        ("X{.empty_keys}", "X"),
        ("X{.empty_keys*}", "X"),
    ]);
}

#[test]
fn path_segments_3_2_6() {
    assert_expands(&[
        ("{/who}", "/fred"),
        ("{/half,who}", "/50%25/fred"),
        ("{/who,dub}", "/fred/me%2Ftoo"),
        ("{/var}", "/value"),
        ("{/var,empty}", "/value/"),
        ("{/var,undef}", "/value"),
        ("{/var,x}/here", "/value/1024/here"),
        ("{/list}", "/red,green,blue"),
        ("{/list*}", "/red/green/blue"),
        ("{/list*,path:4}", "/red/green/blue/%2Ffoo"),
        ("{/keys}", "/semi,%3B,dot,.,comma,%2C"),
        ("{/keys*}", "/semi=%3B/dot=./comma=%2C"),
    ]);
}

#[test]
fn path_parameters_3_2_7() {
    assert_expands(&[
        ("{;who}", ";who=fred"),
        ("{;half}", ";half=50%25"),
        ("{;empty}", ";empty"),
        ("{;v,empty,who}", ";v=6;empty;who=fred"),
        ("{;v,bar,who}", ";v=6;who=fred"),
        ("{;x,y}", ";x=1024;y=768"),
        ("{;x,y,empty}", ";x=1024;y=768;empty"),
        ("{;x,y,undef}", ";x=1024;y=768"),
        ("{;hello:5}", ";hello=Hello"),
        ("{;list}", ";list=red,green,blue"),
        ("{;list*}", ";list=red;list=green;list=blue"),
        ("{;keys}", ";keys=semi,%3B,dot,.,comma,%2C"),
        ("{;keys*}", ";semi=%3B;dot=.;comma=%2C"),
    ]);
}

#[test]
fn queries_3_2_8() {
    assert_expands(&[
        ("{?who}", "?who=fred"),
        ("{?half}", "?half=50%25"),
        ("{?x,y}", "?x=1024&y=768"),
        ("{?x,y,empty}", "?x=1024&y=768&empty="),
        ("{?x,y,undef}", "?x=1024&y=768"),
        ("{?var:3}", "?var=val"),
        ("{?list}", "?list=red,green,blue"),
        ("{?list*}", "?list=red&list=green&list=blue"),
        ("{?keys}", "?keys=semi,%3B,dot,.,comma,%2C"),
        ("{?keys*}", "?semi=%3B&dot=.&comma=%2C"),
    ]);
}

#[test]
fn query_continuations_3_2_9() {
    assert_expands(&[
        ("{&who}", "&who=fred"),
        ("{&half}", "&half=50%25"),
        ("?fixed=yes{&x}", "?fixed=yes&x=1024"),
        ("{&x,y,empty}", "&x=1024&y=768&empty="),
        ("{&x,y,undef}", "&x=1024&y=768"),
        ("{&var:3}", "&var=val"),
        ("{&list}", "&list=red,green,blue"),
        ("{&list*}", "&list=red&list=green&list=blue"),
        ("{&keys}", "&keys=semi,%3B,dot,.,comma,%2C"),
        ("{&keys*}", "&semi=%3B&dot=.&comma=%2C"),
    ]);
}

/// The RFC's other three examples have a variable twice, which no template here has; with other
/// names they are the same.
#[test]
fn examples_that_repeat_a_variable() {
    for template in ["{.who,who}", "{/who,who}", "{/var:1,var}"] {
        let error = UriTemplate::parse(template).expect_err("it repeats one");
        assert!(matches!(error, TemplateError::Duplicate { .. }), "{error}");
    }
    let values = values().with("who2", "fred").with("var2", "value");
    let expanded = ["{.who,who2}", "{/who,who2}", "{/var:1,var2}"].map(|template| {
        let template = UriTemplate::parse(template).expect("a template");
        template.expand(&values)
    });
    assert_eq!(expanded, [".fred.fred", "/fred/fred", "/v/value"]);
}

#[test]
fn literals_are_percent_encoded_once() {
    assert_expands(&[
        ("/é%20%c3{var}", "/%C3%A9%20%c3value"),
        ("a[b]:@!$&()*+,;=", "a[b]:@!$&()*+,;="),
    ]);
}

#[test]
fn what_is_percent_encoded_is_one_character_of_a_prefix() {
    let values = Values::new().with("a", "%C3%A9é%20x").with("b", "éàx");
    for (template, uri) in [
        ("{+a:1}", "%C3%A9"),
        ("{+a:2}", "%C3%A9%C3%A9"),
        ("{+a:3}", "%C3%A9%C3%A9%20"),
        ("{+a:9}", "%C3%A9%C3%A9%20x"),
        ("{a:1}", "%25"),
        ("{b:2}", "%C3%A9%C3%A0"),
    ] {
        let template = UriTemplate::parse(template).expect("a template");
        assert_eq!(template.expand(&values), uri, "{template}");
    }
}

#[test]
fn empty_items_are_items() {
    let list = |items: &[&str]| Value::List(items.iter().map(ToString::to_string).collect());
    let values = Values::new()
        .with("a", list(&["", ""]))
        .with("b", list(&[]));
    assert_eq!(
        UriTemplate::parse("{;a*}{;b}").map(|template| template.expand(&values)),
        Ok(";a;a".into())
    );
    assert_eq!(
        UriTemplate::parse("{?a*,b*}").map(|template| template.expand(&values)),
        Ok("?a=&a=".into())
    );
    assert_eq!(
        UriTemplate::parse("{/a,b}").map(|template| template.expand(&values)),
        Ok("/,".into())
    );
}
