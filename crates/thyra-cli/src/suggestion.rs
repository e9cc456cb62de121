//! What somebody may have meant.

use thyra_client::Printable;

/// How much alike two names must be, from 0 to 1.
const ALIKE: f64 = 0.8;

/// The one of `known` that is most like `name`, if one is.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let folded = name.to_lowercase();
    known
        .into_iter()
        .map(|known| (strsim::jaro_winkler(&folded, &known.to_lowercase()), known))
        .filter(|(alike, _)| *alike >= ALIKE)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, known)| known)
}

/// A sentence that ends with what may have been meant, or else with what there is.
pub(crate) fn with_nearest<'a>(
    sentence: &str,
    name: &str,
    known: impl Iterator<Item = &'a str> + Clone,
) -> String {
    /// The most names that are listed.
    const MOST: usize = 10;
    if let Some(nearest) = nearest(name, known.clone()) {
        return format!("{sentence}; did you mean `{:.200}`?", Printable(nearest));
    }
    let mut names: Vec<String> = known
        .clone()
        .take(MOST)
        .map(|name| format!("`{:.200}`", Printable(name)))
        .collect();
    if known.count() > MOST {
        names.push("...".to_owned());
    }
    match names.len() {
        0 => format!("{sentence}; there are none"),
        1 => format!("{sentence}; there is {}", names.concat()),
        _ => format!("{sentence}; there are {}", names.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_nearly_right_is_suggested_and_else_all_are_named() {
        let known = ["read_file", "write_file", "move"];
        let told = |name| with_nearest("no such tool", name, known.into_iter());
        assert_eq!(told("read_fil"), "no such tool; did you mean `read_file`?");
        assert_eq!(
            told("Write_File"),
            "no such tool; did you mean `write_file`?"
        );
        assert_eq!(
            told("xyz"),
            "no such tool; there are `read_file`, `write_file`, `move`"
        );
        assert_eq!(
            with_nearest("no", "x", std::iter::empty()),
            "no; there are none"
        );
        let many: Vec<String> = (0..11).map(|n| format!("q{n}")).collect();
        let told = with_nearest("no", "x", many.iter().map(String::as_str));
        assert!(told.ends_with("`q9`, ..."), "{told}");
    }
}
