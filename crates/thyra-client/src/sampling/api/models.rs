//! Which model answers.

use thyra_protocol::ModelPreferences;

/// The models that a server chooses among.
#[derive(Clone, Debug)]
pub(super) struct Models {
    default: String,
    /// Others, by a word for each.
    others: Vec<(String, String)>,
}

impl Models {
    pub(super) fn new(default: String) -> Self {
        Self {
            default,
            others: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, hint: &str, model: String) {
        self.others.push((hint.to_lowercase(), model));
    }

    /// The model that the first known hint leads to, or the default.
    pub(super) fn choose(&self, preferences: Option<&ModelPreferences>) -> &str {
        let hints = preferences.map(|preferences| preferences.hints.as_slice());
        let names = hints.unwrap_or_default().iter();
        let mut names = names.filter_map(|hint| hint.name.as_deref());
        let chosen = names.find_map(|name| self.hinted(&name.to_lowercase()));
        chosen.unwrap_or(&self.default)
    }

    fn hinted(&self, name: &str) -> Option<&str> {
        let is_part = |model: &str| !name.is_empty() && model.to_lowercase().contains(name);
        if is_part(&self.default) {
            return Some(&self.default);
        }
        let mut others = self.others.iter();
        let found = others.find(|(hint, model)| name.contains(hint.as_str()) || is_part(model));
        found.map(|(_, model)| model.as_str())
    }
}
