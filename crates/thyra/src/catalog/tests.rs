use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use proptest::prelude::*;
use serde_json::Value;
use thyra_protocol::Revision;
use tokio::sync::broadcast::error::TryRecvError;

use super::live::{Change, ServerHandle};
use super::{CatalogError, Settings};
use crate::selector::{Kind, Selector, Viewer};
use crate::{Prompt, Tool};

fn tool(name: &str) -> Tool {
    Tool::new(name, || async { "done" })
}

fn open() -> ServerHandle {
    let handle = ServerHandle::new();
    handle.open(Settings::default()).unwrap();
    handle
}

/// Each tool of the list, with its description.
fn listed(handle: &ServerHandle) -> Vec<(String, String)> {
    let catalog = handle.catalog();
    let page = catalog
        .tools
        .page(None, &Viewer::default(), Revision::LATEST)
        .unwrap();
    let page: Value = serde_json::from_str(page.get()).unwrap();
    let tools = page["tools"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    tools
        .map(|tool| (text(&tool["name"]), text(&tool["description"])))
        .collect()
}

#[test]
fn what_does_not_change_is_shared() {
    let handle = open();
    handle.add_tool(tool("a")).unwrap();
    handle
        .add_prompt(Prompt::new("p", || async { "p" }))
        .unwrap();
    let before = handle.catalog();
    handle.add_tool(tool("b")).unwrap();
    let after = handle.catalog();
    assert!(Arc::ptr_eq(&before.prompts, &after.prompts));
    let viewer = Viewer::default();
    let find = |catalog: &super::Catalog| catalog.tools.find("a", None, &viewer).unwrap();
    assert!(Arc::ptr_eq(&find(&before), &find(&after)));
    // A holder of the earlier catalog still sees the same.
    assert!(before.tools.find("b", None, &viewer).is_none());
}

#[test]
fn a_list_is_written_once_until_it_changes() {
    let handle = open();
    handle.add_tool(tool("a")).unwrap();
    let viewer = Viewer::default();
    for revision in Revision::ALL {
        let catalog = handle.catalog();
        let page = || catalog.tools.page(None, &viewer, revision).unwrap();
        assert!(std::ptr::eq(&raw const *page(), &raw const *page()));
    }
    assert_eq!(listed(&handle).len(), 1);
    handle.add_tool(tool("b")).unwrap();
    assert_eq!(listed(&handle).len(), 2);
}

#[test]
fn nobody_sees_half_a_batch() {
    const TOOLS: usize = 20;
    let handle = open();
    let swap = |generation: usize| {
        handle
            .batch(|batch| {
                batch.remove(&Selector::all());
                for number in 0..TOOLS {
                    let name = format!("{number}_of_{generation}");
                    batch.add_tool(tool(&name).description(generation.to_string()));
                }
            })
            .unwrap();
    };
    swap(0);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    let listed = listed(&handle);
                    assert_eq!(listed.len(), TOOLS);
                    assert!(listed.iter().all(|(_, of)| *of == listed[0].1));
                    // Lists and lookups agree.
                    let catalog = handle.catalog();
                    let viewer = Viewer::default();
                    let found: Vec<_> = catalog
                        .tools
                        .entries(&viewer)
                        .map(|listed| catalog.tools.find(listed.name(), None, &viewer))
                        .collect();
                    assert_eq!(found.len(), TOOLS);
                    assert!(found.iter().all(Option::is_some));
                }
            });
        }
        for generation in 1..200 {
            swap(generation);
        }
        done.store(true, Ordering::Relaxed);
    });
}

#[test]
fn whoever_writes_a_batch_may_use_the_handle() {
    let handle = open();
    handle
        .batch(|batch| {
            handle.add_tool(tool("a")).unwrap();
            batch.add_tool(tool("b"));
        })
        .unwrap();
    let names: Vec<_> = listed(&handle).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["a", "b"]);
}

/// One step of a batch, with so few names and versions that steps affect each other.
#[derive(Clone, Debug)]
enum Step {
    Add(Made),
    Replace(Made),
    Remove(&'static str),
    Show(&'static str, bool),
}

#[derive(Clone, Debug, PartialEq)]
struct Made {
    name: &'static str,
    version: Option<&'static str>,
    says: u8,
}

impl Made {
    fn tool(&self) -> Tool {
        let tool = tool(self.name).description(self.says.to_string());
        match self.version {
            Some(version) => tool.version(version),
            None => tool,
        }
    }
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let name = || prop::sample::select(vec!["a", "b", "c", "d"]);
    let version = prop::sample::select(vec![None, Some("1.0"), Some("2.0"), Some("1.10")]);
    let made = (name(), version, 0..3u8).prop_map(|(name, version, says)| Made {
        name,
        version,
        says,
    });
    let step = prop_oneof![
        made.clone().prop_map(Step::Add),
        made.prop_map(Step::Replace),
        name().prop_map(Step::Remove),
        (name(), any::<bool>()).prop_map(|(name, shown)| Step::Show(name, shown)),
    ];
    prop::collection::vec(step, 1..4)
}

/// The simplest way to keep components: all of them in one list.
#[derive(Clone, Default)]
struct Row {
    made: Vec<Made>,
    hidden: Vec<&'static str>,
}

impl Row {
    fn take(&mut self, step: &Step) {
        match step {
            Step::Add(made) => self.made.push(made.clone()),
            Step::Replace(made) => {
                let same =
                    |other: &&mut Made| (other.name, other.version) == (made.name, made.version);
                match self.made.iter_mut().find(same) {
                    Some(other) => *other = made.clone(),
                    None => self.made.push(made.clone()),
                }
            }
            Step::Remove(name) => self.made.retain(|made| made.name != *name),
            Step::Show(name, shown) => {
                self.hidden.retain(|hidden| hidden != name);
                if !shown {
                    self.hidden.push(name);
                }
            }
        }
    }

    fn has_twins(&self) -> bool {
        self.made.iter().enumerate().any(|(at, one)| {
            self.made[..at].iter().any(|other| {
                other.name == one.name
                    && (other.version == one.version
                        || other.version.is_none()
                        || one.version.is_none())
            })
        })
    }

    /// The names in order, each with the texts of its versions, the highest first.
    fn everything(&self) -> Vec<(&'static str, Vec<u8>)> {
        let mut names: Vec<&str> = Vec::new();
        for made in &self.made {
            if !names.contains(&made.name) && !self.hidden.contains(&made.name) {
                names.push(made.name);
            }
        }
        let said = |name| {
            let mut versions: Vec<_> = self.made.iter().filter(|made| made.name == name).collect();
            let order = [None, Some("1.0"), Some("1.10"), Some("2.0")];
            let rank = |made: &&Made| order.iter().position(|of| *of == made.version);
            versions.sort_by_key(|made| std::cmp::Reverse(rank(made)));
            versions.into_iter().map(|made| made.says).collect()
        };
        names.into_iter().map(|name| (name, said(name))).collect()
    }

    fn listed(&self) -> Vec<(String, String)> {
        let all = self.everything().into_iter();
        all.map(|(name, said)| (name.to_owned(), said[0].to_string()))
            .collect()
    }
}

proptest! {
    #[test]
    fn batches_do_what_a_row_of_components_would(batches in prop::collection::vec(steps(), 1..12)) {
        let handle = open();
        let mut changes = handle.changes();
        let mut row = Row::default();
        for steps in batches {
            let mut next = row.clone();
            for step in &steps {
                next.take(step);
            }
            let done = handle.batch(|batch| for step in &steps {
                match step {
                    Step::Add(made) => batch.add_tool(made.tool()),
                    Step::Replace(made) => batch.replace_tool(made.tool()),
                    Step::Remove(name) => batch.remove(&Selector::tool(*name)),
                    Step::Show(name, true) => batch.enable(Selector::tool(*name)),
                    Step::Show(name, false) => batch.disable(Selector::tool(*name)),
                };
            });
            let told = changes.try_recv();
            if next.has_twins() {
                let is_duplicate = matches!(done, Err(CatalogError::Duplicate { .. }));
                prop_assert!(is_duplicate, "{:?}", done);
                prop_assert_eq!(told, Err(TryRecvError::Empty));
            } else {
                prop_assert!(done.is_ok());
                if row.everything() != next.everything() {
                    prop_assert_eq!(told, Ok(Change::List(Kind::Tool)));
                }
                prop_assert_eq!(changes.try_recv(), Err(TryRecvError::Empty));
                row = next;
            }
            prop_assert_eq!(listed(&handle), row.listed());
        }
    }
}
