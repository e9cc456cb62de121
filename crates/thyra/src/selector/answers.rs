//! What the checks of components said of one viewer.

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::Arc;

use thyra_auth::ScopeSet;

use super::ComponentInfo;

/// A component, as far as checks are told of it.
pub(crate) trait HasInfo: Debug + Send + Sync {
    fn info(&self) -> ComponentInfo<'_>;
}

/// Which checks a viewer passes.
#[derive(Clone, Debug, Default)]
pub(crate) enum Asked {
    /// No check was asked, so what has one is hidden.
    #[default]
    Nothing,
    /// No check stands in the way of this viewer.
    Exempt,
    /// These were asked. What has a check and is not among them is hidden.
    Answered(Arc<Answers>),
}

/// What the checks of some components said.
#[derive(Debug, Default)]
pub(crate) struct Answers(HashMap<usize, (Arc<dyn HasInfo>, Answer)>);

/// What the checks of a component said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The viewer may not use it, and sees nothing of it.
    Denied,
    /// The viewer may use it.
    Granted,
    /// The viewer has to bring these scopes, or any token if there are none, and sees it.
    Missing(ScopeSet),
}

impl Asked {
    /// What was said of `component`, which has checks.
    pub(crate) fn of<T: HasInfo>(&self, component: &Arc<T>) -> &Answer {
        match self {
            Self::Nothing => &Answer::Denied,
            Self::Exempt => &Answer::Granted,
            Self::Answered(answers) => {
                let answer = answers.0.get(&address(component));
                answer.map_or(&Answer::Denied, |(_, answer)| answer)
            }
        }
    }

    /// What the viewer has to bring to use `component`, which the viewer has found.
    pub(crate) fn missing<T: HasInfo>(&self, component: &Arc<T>) -> Option<&ScopeSet> {
        let Self::Answered(answers) = self else {
            return None;
        };
        match answers.0.get(&address(component)) {
            Some((_, Answer::Missing(scopes))) => Some(scopes),
            _ => None,
        }
    }
}

impl Answers {
    pub(crate) fn insert(&mut self, component: Arc<dyn HasInfo>, answer: Answer) {
        self.0.insert(address(&component), (component, answer));
    }
}

/// What tells a component from all others. The answers keep theirs alive, so that no other one
/// comes to the same place.
fn address<T: ?Sized>(component: &Arc<T>) -> usize {
    Arc::as_ptr(component).cast::<()>().addr()
}
