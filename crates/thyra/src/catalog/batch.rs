//! Many changes in one step.

use super::draft::Draft;
use crate::component::prompt::IntoPrompt;
use crate::component::resource::{IntoResource, ResourceComponent};
use crate::component::tool::IntoTool;
use crate::component::{Component, Tools};
use crate::selector::Selector;

/// Changes to a server, made in one step by [`ServerHandle::batch`](crate::ServerHandle::batch).
/// They apply in the order in which they were added.
#[derive(Debug, Default)]
pub struct Batch(Vec<Step>);

#[derive(Debug)]
enum Step {
    Add(Component),
    Disable(Selector),
    Enable(Selector),
    Remove(Selector),
    Replace(Component),
}

impl Batch {
    /// Adds a prompt.
    pub fn add_prompt<Marker>(&mut self, prompt: impl IntoPrompt<Marker>) -> &mut Self {
        self.step(Step::Add(Component::Prompt(prompt.into_prompt())))
    }

    /// Adds a resource or a resource template.
    pub fn add_resource<Marker>(&mut self, resource: impl IntoResource<Marker>) -> &mut Self {
        self.step(Step::Add(readable(resource)))
    }

    /// Adds a tool.
    pub fn add_tool<Marker>(&mut self, tool: impl IntoTool<Marker>) -> &mut Self {
        self.step(Step::Add(Component::Tool(tool.into_tool())))
    }

    /// Adds all components of a value whose `impl` block has `#[tools]`, or of an
    /// [`Arc`](std::sync::Arc) of it.
    pub fn add_tools(&mut self, tools: impl Tools) -> &mut Self {
        self.0.extend(tools.components().into_iter().map(Step::Add));
        self
    }

    /// Replaces the prompt that has the same name and version, or adds it if there is none.
    pub fn replace_prompt<Marker>(&mut self, prompt: impl IntoPrompt<Marker>) -> &mut Self {
        self.step(Step::Replace(Component::Prompt(prompt.into_prompt())))
    }

    /// Replaces the resource or resource template that has the same URI and version, or adds it
    /// if there is none.
    pub fn replace_resource<Marker>(&mut self, resource: impl IntoResource<Marker>) -> &mut Self {
        self.step(Step::Replace(readable(resource)))
    }

    /// Replaces the tool that has the same name and version, or adds it if there is none.
    pub fn replace_tool<Marker>(&mut self, tool: impl IntoTool<Marker>) -> &mut Self {
        self.step(Step::Replace(Component::Tool(tool.into_tool())))
    }

    /// Removes everything that `selector` matches so far, including what this batch added.
    pub fn remove(&mut self, selector: &Selector) -> &mut Self {
        self.step(Step::Remove(selector.clone()))
    }

    /// Hides what `selector` matches, as [`ServerHandle::disable`](crate::ServerHandle::disable)
    /// does.
    pub fn disable(&mut self, selector: Selector) -> &mut Self {
        self.step(Step::Disable(selector))
    }

    /// Shows what `selector` matches, as [`ServerHandle::enable`](crate::ServerHandle::enable)
    /// does.
    pub fn enable(&mut self, selector: Selector) -> &mut Self {
        self.step(Step::Enable(selector))
    }

    /// Hides everything but what one of `selectors` matches, as
    /// [`ServerHandle::enable_only`](crate::ServerHandle::enable_only) does.
    pub fn enable_only(&mut self, selectors: impl IntoIterator<Item = Selector>) -> &mut Self {
        self.disable(Selector::all());
        for selector in selectors {
            self.enable(selector);
        }
        self
    }

    /// Applies the steps to `draft`. `next_rule` numbers the rules that hide and show.
    pub(super) fn apply(self, draft: &mut Draft, next_rule: impl Fn() -> u64) {
        for step in self.0 {
            match step {
                Step::Add(component) => draft.add(component),
                Step::Disable(selector) => draft.show(selector, false, next_rule()),
                Step::Enable(selector) => draft.show(selector, true, next_rule()),
                Step::Remove(selector) => draft.remove(&selector),
                Step::Replace(component) => draft.replace(component),
            }
        }
    }

    fn step(&mut self, step: Step) -> &mut Self {
        self.0.push(step);
        self
    }
}

/// The component that a resource is: fixed, or a template.
pub(super) fn readable<Marker>(resource: impl IntoResource<Marker>) -> Component {
    match resource.into_resource() {
        ResourceComponent::Fixed(resource) => Component::Resource(resource),
        ResourceComponent::Template(template) => Component::Template(template),
    }
}
