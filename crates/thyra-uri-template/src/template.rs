//! A parsed template, which matches and expands.

use std::fmt;
use std::str::FromStr;

use crate::error::TemplateError;
use crate::expression::Variable;
use crate::matched::Matched;
use crate::matching::Matcher;
use crate::part::Part;
use crate::scheme::scheme;
use crate::value::Values;
use crate::{expand, parse};

/// A URI template: RFC 6570, levels 1 to 4.
///
/// Two templates are equal if their texts are equal.
#[derive(Clone)]
pub struct UriTemplate {
    text: String,
    parts: Vec<Part>,
    matcher: Matcher,
}

impl UriTemplate {
    /// Parses a template.
    ///
    /// It is strict: all of the grammar of RFC 6570, section 2, and nothing more. It is stricter
    /// than the RFC in one point: no variable may appear twice, since a URI could then give it two
    /// values.
    ///
    /// # Errors
    ///
    /// [`TemplateError`] says where the template is wrong, and what to write there. The bounds are
    /// [`MAX_TEMPLATE_LENGTH`](crate::MAX_TEMPLATE_LENGTH) and
    /// [`MAX_VARIABLES`](crate::MAX_VARIABLES).
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let parts = parse::parse(text)?;
        Ok(Self {
            text: text.to_owned(),
            matcher: Matcher::new(&parts),
            parts,
        })
    }

    /// The template as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Its scheme, if it begins with one (RFC 3986, section 3.1). `None` if there is none, or a
    /// variable is part of it.
    pub fn scheme(&self) -> Option<&str> {
        scheme(&self.text)
    }

    /// Its variables, in order.
    pub fn variables(&self) -> impl Iterator<Item = &Variable> {
        let expressions = self.parts.iter().filter_map(|part| match part {
            Part::Expression(expression) => Some(expression),
            Part::Literal(_) => None,
        });
        expressions.flat_map(|expression| &expression.variables)
    }

    /// Whether it has any variable. Without variables it is a URI.
    pub fn has_variables(&self) -> bool {
        self.variables().next().is_some()
    }

    /// The URI that the values make (RFC 6570, section 3). A variable without a value expands to
    /// nothing; values with other names are ignored. The RFC leaves the prefix of a list
    /// (`{list:3}`) undefined; here it is the whole list.
    pub fn expand(&self, values: &Values) -> String {
        expand::expand(&self.parts, values)
    }

    /// The values that `uri` gives the variables, decoded: the inverse of [`UriTemplate::expand`].
    /// `None` if the URI does not match.
    ///
    /// A variable takes these characters. A percent-encoded character never counts as a delimiter:
    ///
    /// * `{x}`, `{.x}` and `{/x}`: one segment or a part of one, with any character but `/`, `?`
    ///   and `#`; with several variables (`{x,y}`) not `,` either. `{;x}`: not `;` either. Within a
    ///   query: not `&` either.
    /// * `{+x}` and `{#x}`: any character, across segments; but not `?` if the template itself has
    ///   a query, and not `&` within that query.
    /// * `{x:3}`: as `{x}`, with three characters at most.
    /// * `{x*}`: a list with the operator's separator between its items. `{x}` and `{?x}` are one
    ///   text, including any commas.
    /// * `{?x}` and `{&x}`: the parameter `x` of the query, in any order; parameters that the
    ///   template does not name are ignored, and one that appears twice matches only `{?x*}`. What
    ///   the template itself writes into the query must be present, in any order. If another
    ///   expression is in the query, as in `?q={x}`, everything up to it must be in the template's
    ///   order.
    ///
    /// All variables must be present, except those whose names are in the URI (`;`, `?`, `&`). A
    /// value may be empty only if its name comes before it (`;x`, `?x=`); an item of a list follows
    /// the same rule.
    ///
    /// If a URI can be read in several ways, earlier variables take the longest text that still
    /// lets the rest match: `{a}-{b}` takes `x-y-z` as `x-y` and `z`.
    ///
    /// The text between the variables is compared as RFC 3986, section 6.2.2 says: `%7E` and `~`
    /// are the same, `%2F` and `/` are not; upper and lower case are the same in the scheme. The
    /// URI's fragment is ignored unless the template has a `#`. A URI with a query matches only a
    /// template with one. A URI never matches if it has more than
    /// [`MAX_URI_LENGTH`](crate::MAX_URI_LENGTH) bytes, a `%` without two hexadecimal digits, or a
    /// value that is not UTF-8.
    ///
    /// The time grows with the length of the template times that of the URI, whatever they hold.
    pub fn matches(&self, uri: &str) -> Option<Matched> {
        self.matcher.matches(uri).map(Matched::new)
    }
}

impl fmt::Display for UriTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for UriTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("UriTemplate").field(&self.text).finish()
    }
}

impl PartialEq for UriTemplate {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for UriTemplate {}

impl FromStr for UriTemplate {
    type Err = TemplateError;

    fn from_str(text: &str) -> Result<Self, TemplateError> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::UriTemplate;

    #[test]
    fn a_template_says_what_it_is_made_of() {
        let text = "notes://{id}{/path*}{;p}{?format,tag*}{&next:3}";
        let template: UriTemplate = text.parse().expect("a template");
        assert_eq!(template.as_str(), text);
        assert_eq!(template.to_string(), text);
        assert_eq!(format!("{template:?}"), format!("UriTemplate({text:?})"));
        let variables: Vec<_> = template
            .variables()
            .map(|variable| {
                let (optional, list) = (variable.is_optional(), variable.is_list());
                (variable.name(), optional, list, variable.max_characters())
            })
            .collect();
        assert_eq!(
            variables,
            [
                ("id", false, false, None),
                ("path", false, true, None),
                ("p", true, false, None),
                ("format", true, false, None),
                ("tag", true, true, None),
                ("next", true, false, Some(3)),
            ]
        );
        assert!(template.has_variables());
        let without = UriTemplate::parse("notes://all").expect("a template");
        assert!(!without.has_variables());
        assert_ne!(without, template);
        assert_eq!(template.clone(), template);
    }

    #[test]
    fn a_scheme_is_written_before_the_first_variable() {
        for (text, scheme) in [
            ("notes://{id}", Some("notes")),
            ("a+b-c.1:{id}", Some("a+b-c.1")),
            ("{scheme}://x", None),
            ("x/{a}", None),
            ("1n://{a}", None),
            ("://{a}", None),
        ] {
            let template = UriTemplate::parse(text).expect("a template");
            assert_eq!(template.scheme(), scheme, "{text}");
        }
    }
}
