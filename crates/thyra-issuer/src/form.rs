//! The parameters of a request, from its query or from a form.

use http::{HeaderMap, header};
use thiserror::Error;
use url::form_urlencoded;

/// How many parameters a request may have.
const MAX_PARAMETERS: usize = 64;

/// The parameters of a request, decoded. `Debug` shows nothing of them, because some are secrets.
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    /// Those of a query, without the question mark.
    pub(crate) fn of_query(query: &str) -> Result<Self, FormError> {
        Self::parse(query.as_bytes())
    }

    /// Those of a body, if the headers say that it is a form.
    pub(crate) fn of_body(headers: &HeaderMap, body: &[u8]) -> Result<Self, FormError> {
        let kind = headers.get(header::CONTENT_TYPE);
        let kind = kind.and_then(|value| value.to_str().ok()).unwrap_or("");
        let essence = kind.split(';').next().unwrap_or("").trim();
        if !essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(FormError::NoForm);
        }
        Self::parse(body)
    }

    fn parse(text: &[u8]) -> Result<Self, FormError> {
        let mut pairs = Vec::new();
        for (name, value) in form_urlencoded::parse(text) {
            if pairs.len() == MAX_PARAMETERS {
                return Err(FormError::TooMany);
            }
            pairs.push((name.into_owned(), value.into_owned()));
        }
        Ok(Self(pairs))
    }

    /// The value of a parameter that may come once at most (OAuth 2.1 section 3.1). One without a
    /// value counts as absent, as that section says.
    pub(crate) fn one(&self, name: &'static str) -> Result<Option<&str>, FormError> {
        let mut values = self.all(name);
        let value = values.next();
        match values.next() {
            Some(_) => Err(FormError::Repeated(name)),
            None => Ok(value.filter(|value| !value.is_empty())),
        }
    }

    /// The value of a parameter that must come once.
    pub(crate) fn needed(&self, name: &'static str) -> Result<&str, FormError> {
        self.one(name)?.ok_or(FormError::Missing(name))
    }

    /// All values of a parameter.
    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        let values = self.0.iter().filter(move |(one, _)| one == name);
        values.map(|(_, value)| value.as_str())
    }
}

impl std::fmt::Debug for Form {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list()
            .entries(self.0.iter().map(|(name, _)| name))
            .finish()
    }
}

/// Why the parameters cannot be used: `invalid_request`. The text is safe to show.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub(crate) enum FormError {
    #[error("`{0}` is missing")]
    Missing(&'static str),
    #[error("the body must be of the type application/x-www-form-urlencoded")]
    NoForm,
    #[error("`{0}` must come once")]
    Repeated(&'static str),
    #[error("there are more than {MAX_PARAMETERS} parameters")]
    TooMany,
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn a_parameter_comes_once_and_an_empty_one_is_absent() {
        let form = Form::of_query("a=1&b=2&b=3&c=&d=%20x%2B").unwrap();
        assert_eq!(form.one("a"), Ok(Some("1")));
        assert_eq!(form.one("b"), Err(FormError::Repeated("b")));
        assert_eq!(form.all("b").collect::<Vec<_>>(), ["2", "3"]);
        assert_eq!(form.one("c"), Ok(None));
        assert_eq!(form.needed("c"), Err(FormError::Missing("c")));
        assert_eq!(form.needed("d"), Ok(" x+"));
        assert_eq!(format!("{form:?}"), r#"["a", "b", "b", "c", "d"]"#);
    }

    #[test]
    fn only_so_many_parameters_are_read() {
        let query = "a=1&".repeat(MAX_PARAMETERS);
        assert!(Form::of_query(&query).is_ok());
        let query = "a=1&".repeat(MAX_PARAMETERS + 1);
        assert_eq!(Form::of_query(&query).unwrap_err(), FormError::TooMany);
    }

    #[test]
    fn a_body_must_say_that_it_is_a_form() {
        let mut headers = HeaderMap::new();
        assert_eq!(
            Form::of_body(&headers, b"a=1").unwrap_err(),
            FormError::NoForm
        );
        let kind = "Application/x-www-form-urlencoded; charset=utf-8";
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        assert_eq!(
            Form::of_body(&headers, b"a=1").unwrap().one("a"),
            Ok(Some("1"))
        );
    }
}
