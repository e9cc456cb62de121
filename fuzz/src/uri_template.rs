//! A URI template and a URI, on two lines.

use thyra_uri_template::{MAX_URI_LENGTH, PathSecurity, UriTemplate};

use crate::shown::assert_printable;

pub(crate) fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let (template, uri) = text.split_once('\n').unwrap_or((text, ""));
    let parsed = match UriTemplate::parse(template) {
        Ok(parsed) => parsed,
        Err(error) => {
            assert!(error.position() <= template.len());
            assert_printable(&error);
            return;
        }
    };
    let again = UriTemplate::parse(parsed.as_str()).expect("a template is read again");
    assert_eq!(again.to_string(), parsed.to_string());
    let Some(matched) = parsed.matches(uri) else {
        return;
    };
    assert!(uri.len() <= MAX_URI_LENGTH);
    if let Err(refused) = PathSecurity::default().check(&matched) {
        assert_printable(&refused);
    }
    for (name, _) in matched.iter() {
        assert!(parsed.variables().any(|variable| variable.name() == name));
    }
    // What the values make is a URI that this template matches, unless it became too long.
    let made = parsed.expand(&matched.into_values());
    assert!(
        made.len() > MAX_URI_LENGTH || parsed.matches(&made).is_some(),
        "{template:?} reads {uri:?} and not {made:?}"
    );
}
