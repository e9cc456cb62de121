//! The expressions of a URI template (RFC 6570, section 2.2).

use super::Variable;

/// The variables of a template, each once, in their order.
///
/// A server reads templates backwards, from a URI to values, so those are refused for which that cannot be done.
pub(super) fn variables(template: &str) -> Result<Vec<Variable>, String> {
    let mut variables: Vec<Variable> = Vec::new();
    let mut in_query = false;
    let mut rest = template;
    while let Some(at) = rest.find(['{', '}']) {
        let (literal, opened) = rest.split_at(at);
        check_literal(literal, template)?;
        let Some(opened) = opened.strip_prefix('{') else {
            return Err(format!("`{template}` has a `}}` without a `{{` before it"));
        };
        let Some((expression, after)) = opened.split_once('}') else {
            return Err(format!("`{template}` has a `{{` without a `}}` after it"));
        };
        let is_of_query = expression.starts_with(['?', '&']);
        in_query |= literal.contains('?') || is_of_query;
        if in_query && !is_of_query {
            return Err(format!(
                "`{{{expression}}}` stands in the query, where only `{{?name}}` and `{{&name}}` can be told apart: write `{{?{expression}}}` for `?{expression}={{{expression}}}`, and `{{&{expression}}}` for `&{expression}={{{expression}}}`"
            ));
        }
        for variable in parse(expression)? {
            if variables.iter().any(|known| known.name == variable.name) {
                return Err(format!(
                    "`{template}` has the variable `{}` twice",
                    variable.name
                ));
            }
            variables.push(variable);
        }
        rest = after;
    }
    check_literal(rest, template)?;
    Ok(variables)
}

fn parse(expression: &str) -> Result<Vec<Variable>, String> {
    const OPERATORS: [char; 7] = ['+', '#', '.', '/', ';', '?', '&'];
    if expression.is_empty() {
        return Err("`{}` needs the name of a variable: `{id}`, for example".to_owned());
    }
    let is_optional = expression.starts_with(['?', '&', ';']);
    let names = expression.strip_prefix(OPERATORS).unwrap_or(expression);
    names
        .split(',')
        .map(|name| {
            if name.contains(':') {
                return Err(format!(
                    "`{{{expression}}}` is only the beginning of a value, and a URI does not tell the rest: leave the `:` out"
                ));
            }
            let name = name.strip_suffix('*').unwrap_or(name);
            if !is_name(name) {
                return Err(format!(
                    "`{{{expression}}}` is no variable: a name is made of letters, digits, `_` and `.`, after one of `+ # . / ; ? &` or nothing"
                ));
            }
            Ok(Variable {
                name: name.to_owned(),
                is_optional,
            })
        })
        .collect()
}

fn is_name(name: &str) -> bool {
    let is_part = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    name.split('.').all(is_part)
}

fn check_literal(literal: &str, template: &str) -> Result<(), String> {
    let wrong = literal.chars().find(|character| {
        character.is_whitespace() || character.is_control() || r#""'<>\^`|"#.contains(*character)
    });
    match wrong {
        Some(wrong) => Err(format!(
            "`{template}` is no URI, since it holds {wrong:?}: percent-encode it"
        )),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::{Variable, variables};

    fn variable(name: &str, is_optional: bool) -> Variable {
        Variable {
            name: name.to_owned(),
            is_optional,
        }
    }

    #[test]
    fn variables_are_found_under_every_operator() {
        assert_eq!(
            variables("a://{id}/{+path}{/more*}{;p}{?format,limit*}{&next}"),
            Ok(vec![
                variable("id", false),
                variable("path", false),
                variable("more", false),
                variable("p", true),
                variable("format", true),
                variable("limit", true),
                variable("next", true),
            ])
        );
        assert_eq!(variables("a://b"), Ok(Vec::new()));
    }

    #[test]
    fn what_is_no_template_is_refused() {
        for template in [
            "a://{",
            "a://}",
            "a://{}",
            "a://{i d}",
            "a://{a}{a}",
            "a://{a:0}",
            "a://{a:}",
            "a://{{a}}",
            "a://{=a}",
            "a b://{c}",
            "a://{a.}",
        ] {
            assert!(variables(template).is_err(), "{template}");
        }
    }
}
