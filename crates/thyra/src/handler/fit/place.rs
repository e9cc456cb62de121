//! Where in a value something is.

use serde_path_to_error::{Path, Segment};

/// The way to the value that is looked at, kept on the stack until somebody asks.
#[derive(Clone, Copy)]
pub(in super::super) enum Place<'p> {
    Root,
    Member(&'p Place<'p>, &'p str),
    Item(&'p Place<'p>, usize),
}

/// One step of a way into a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum Step {
    Member(String),
    Item(usize),
}

impl Place<'_> {
    pub(super) fn member<'n>(&'n self, name: &'n str) -> Place<'n> {
        Place::Member(self, name)
    }

    pub(super) fn item(&self, index: usize) -> Place<'_> {
        Place::Item(self, index)
    }

    pub(super) fn depth(&self) -> usize {
        match self {
            Self::Root => 0,
            Self::Member(parent, _) | Self::Item(parent, _) => parent.depth() + 1,
        }
    }

    pub(super) fn steps(&self) -> Vec<Step> {
        let (mut steps, last) = match *self {
            Self::Root => return Vec::new(),
            Self::Member(parent, name) => (parent.steps(), Step::Member(name.to_owned())),
            Self::Item(parent, index) => (parent.steps(), Step::Item(index)),
        };
        steps.push(last);
        steps
    }
}

impl Step {
    /// The steps that serde knows of.
    pub(in super::super) fn of_path(path: &Path) -> Vec<Self> {
        let known = path.iter().map_while(|segment| match segment {
            Segment::Seq { index } => Some(Self::Item(*index)),
            Segment::Map { key } | Segment::Enum { variant: key } => {
                Some(Self::Member(key.clone()))
            }
            Segment::Unknown => None,
        });
        known.collect()
    }

    /// The way from `root`, the name of an argument, as `city.streets[3].name`.
    pub(in super::super) fn path(root: &str, steps: &[Self]) -> String {
        let mut path = root.to_owned();
        for step in steps {
            match step {
                Self::Member(name) if path.is_empty() => path.push_str(name),
                Self::Member(name) => path.extend([".", name]),
                Self::Item(index) => path.extend(["[", &index.to_string(), "]"]),
            }
        }
        path
    }
}
