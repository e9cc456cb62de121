//! A catalog as people read it.

use std::fmt::Write as _;

use clap::builder::styling::Style;
use thyra::protocol::{Prompt, Resource, ResourceTemplate, Tool};
use thyra_client::{Printable, Skill};

use super::catalog::{Catalog, Head};
use crate::output::shown;
use crate::schema::{Property, Schema, SchemaDocument};

/// The catalog, an entry after the other. It holds nothing that a terminal would obey, except the
/// colours if it `is_coloured`.
pub(super) fn text(catalog: &Catalog, is_coloured: bool) -> String {
    let mut page = Page {
        text: String::new(),
        is_coloured,
    };
    for head in &catalog.heads {
        page.head(head);
    }
    let lists = &catalog.lists;
    page.section("Tools", lists.tools.as_deref(), Page::tool);
    page.section("Resources", lists.resources.as_deref(), Page::resource);
    page.section(
        "Resource templates",
        lists.templates.as_deref(),
        Page::template,
    );
    page.section("Prompts", lists.prompts.as_deref(), Page::prompt);
    page.section("Skills", lists.skills.as_deref(), Page::skill);
    page.text
}

struct Page {
    text: String,
    is_coloured: bool,
}

impl Page {
    fn head(&mut self, head: &Head) {
        let name = head.server.as_ref().map_or_else(
            || "A server without a name".to_owned(),
            |server| {
                let name = server.title.as_ref().unwrap_or(&server.name);
                format!("{} {}", Printable(name), Printable(&server.version))
            },
        );
        let prefix = head
            .name
            .as_ref()
            .map(|name| format!("{}: ", Printable(name)));
        let prefix = prefix.unwrap_or_default();
        self.line(0, &format!("{prefix}{name} ({})", head.revision));
        if let Some(instructions) = &head.instructions {
            // Where there are several, it is seen whose they are.
            self.paragraph(if prefix.is_empty() { 0 } else { 2 }, instructions);
        }
    }

    fn section<T>(&mut self, title: &str, entries: Option<&[T]>, write: fn(&mut Self, &T)) {
        let Some(entries) = entries else { return };
        self.text.push('\n');
        let title = self.styled(Style::new().bold(), title);
        self.line(0, &format!("{title} ({})", entries.len()));
        for entry in entries {
            self.text.push('\n');
            write(self, entry);
        }
    }

    fn tool(&mut self, tool: &Tool) {
        let title = tool.title.as_deref();
        let title = title.or_else(|| tool.annotations.as_ref()?.title.as_deref());
        let input = SchemaDocument::new(&tool.input_schema);
        let output = tool.output_schema.as_deref().map(SchemaDocument::new);
        let output = output.as_ref().map(|output| result(output).to_string());
        self.entry(&tool.name, title, output.as_deref());
        self.description(tool.description.as_deref());
        let properties = input.properties();
        let rows = properties.iter().map(argument).collect();
        self.rows(rows);
    }

    fn resource(&mut self, resource: &Resource) {
        let title = resource.title.as_deref().unwrap_or(&resource.name);
        self.entry(&resource.uri, Some(title), resource.mime_type.as_deref());
        self.description(resource.description.as_deref());
    }

    fn template(&mut self, template: &ResourceTemplate) {
        let title = template.title.as_deref().unwrap_or(&template.name);
        let kind = template.mime_type.as_deref();
        self.entry(&template.uri_template, Some(title), kind);
        self.description(template.description.as_deref());
    }

    fn prompt(&mut self, prompt: &Prompt) {
        self.entry(&prompt.name, prompt.title.as_deref(), None);
        self.description(prompt.description.as_deref());
        let row = |argument: &thyra::PromptArgument| {
            let kind = if argument.required == Some(true) {
                "string"
            } else {
                "string, optional"
            };
            let said = argument.description.clone().unwrap_or_default();
            (argument.name.clone(), kind.to_owned(), said)
        };
        self.rows(prompt.arguments.iter().map(row).collect());
    }

    fn skill(&mut self, skill: &Skill) {
        self.entry(&skill.uri, skill.name(), None);
        self.description(skill.description());
    }

    /// The first line of an entry: its name, its title if it says more, and what comes out of it.
    fn entry(&mut self, name: &str, title: Option<&str>, result: Option<&str>) {
        let cyan = clap::builder::styling::AnsiColor::Cyan.on_default();
        let mut line = self.styled(cyan, &Printable(name).to_string());
        if let Some(result) = result {
            let _ = write!(line, " -> {}", Printable(result));
        }
        if let Some(title) = title.filter(|title| *title != name) {
            let _ = write!(line, "  {}", Printable(title));
        }
        self.line(2, &line);
    }

    fn description(&mut self, description: Option<&str>) {
        if let Some(description) = description {
            self.paragraph(4, description);
        }
    }

    /// Arguments: name, what it is, and what is said about it.
    fn rows(&mut self, rows: Vec<(String, String, String)>) {
        for (name, kind, said) in rows {
            let name = self.styled(Style::new().bold(), &Printable(name).to_string());
            self.line(4, &format!("{name}: {}", Printable(kind)));
            self.paragraph(8, &said);
        }
    }

    fn paragraph(&mut self, indent: usize, text: &str) {
        for line in shown(text.trim()).lines() {
            self.line(indent, line);
        }
    }

    fn line(&mut self, indent: usize, line: &str) {
        let line = format!("{:indent$}{line}", "");
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    fn styled(&self, style: Style, text: &str) -> String {
        if self.is_coloured {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }
}

/// What a tool returns. Servers wrap what is not an object, for revisions before 2026-07-28.
fn result(output: &SchemaDocument) -> Schema<'_> {
    let schema = output.schema();
    match schema.properties().as_slice() {
        [only] if only.name == "result" => only.schema,
        _ => schema,
    }
}

fn argument(property: &Property<'_>) -> (String, String, String) {
    let mut kind = property.schema.to_string();
    match property.schema.default_value() {
        Some(value) => {
            let _ = write!(kind, " = {:.100}", Printable(value));
        }
        None if property.is_required => {}
        None => kind.push_str(", optional"),
    }
    let said = property.schema.description().unwrap_or_default();
    (property.name.to_owned(), kind, said.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use thyra::Revision;

    use super::super::catalog::Lists;
    use super::*;

    fn from<T: serde::de::DeserializeOwned>(value: &Value) -> T {
        // Raw JSON is read from text only.
        serde_json::from_str(&value.to_string()).unwrap()
    }

    #[test]
    fn a_catalog_is_read_from_top_to_bottom() {
        let head = Head {
            name: None,
            server: Some(thyra::Implementation::new("calc", "1.2")),
            revision: Revision::V2025_11_25,
            instructions: Some("Be nice.\nAlways.".to_owned()),
        };
        let catalog = Catalog::of(
            head,
            Lists {
                tools: Some(from(&json!([
                    {
                        "name": "add",
                        "title": "Addition",
                        "description": "Add two numbers.\n\nThat is all.\n",
                        "inputSchema": {
                            "type": "object",
                            "properties": {
                                "a": { "type": "integer", "description": "The first one" },
                                "b": { "type": "integer", "default": 1 },
                                "how": { "enum": ["up", "down"] },
                            },
                            "required": ["a"],
                        },
                        "outputSchema": {
                            "type": "object",
                            "properties": { "result": { "type": "integer" } },
                        },
                    },
                    { "name": "now", "inputSchema": { "type": "object" } },
                ]))),
                resources: Some(from(&json!([
                    { "uri": "data://x", "name": "x", "mimeType": "text/plain" },
                ]))),
                templates: Some(Vec::new()),
                prompts: Some(from(&json!([
                    {
                        "name": "greet",
                        "description": "Greets.",
                        "arguments": [{ "name": "who", "required": true }, { "name": "how" }],
                    },
                ]))),
                skills: Some(from(&json!([{
                    "uri": "skill://forms/SKILL.md",
                    "frontmatter": { "name": "forms", "description": "Fills in forms." },
                    "resources": "dynamic",
                }]))),
            },
        );
        insta::assert_snapshot!(text(&catalog, false));
        let coloured = text(&catalog, true);
        assert!(
            coloured.contains("\u{1b}[36madd\u{1b}[0m -> integer"),
            "{coloured}"
        );
    }

    #[test]
    fn whatever_a_server_says_the_terminal_obeys_nothing_of_it() {
        let odd = "\u{1b}]0;x\u{7}\u{9b}2J\r\u{202e}";
        let head = Head {
            name: Some(odd.to_owned()),
            server: Some(thyra::Implementation::new(odd, odd)),
            revision: Revision::LATEST,
            instructions: Some(odd.to_owned()),
        };
        let catalog = Catalog::of(
            head,
            Lists {
                tools: Some(from(&json!([{
                    "name": odd,
                    "title": odd,
                    "description": odd,
                    "inputSchema": {
                        "type": "object",
                        "properties": {
                            odd: { "type": "string", "format": odd, "description": odd, "default": odd },
                            "choice": { "enum": [odd, { odd: odd }], "title": odd },
                            "object": { "type": "object", "properties": { odd: { "const": odd } } },
                        },
                    },
                    "outputSchema": { "type": "object", "properties": { odd: { "const": odd } } },
                }]))),
                resources: Some(from(&json!([
                    { "uri": odd, "name": odd, "mimeType": odd, "description": odd },
                ]))),
                templates: Some(from(&json!([
                    { "uriTemplate": odd, "name": odd, "mimeType": odd, "description": odd },
                ]))),
                prompts: Some(from(&json!([{
                    "name": odd,
                    "description": odd,
                    "arguments": [{ "name": odd, "description": odd }],
                }]))),
                skills: Some(from(&json!([{
                    "uri": odd,
                    "frontmatter": { "name": odd, "description": odd },
                    "resources": [],
                }]))),
            },
        );
        let text = text(&catalog, false);
        assert!(
            text.chars().all(|c| matches!(c, ' '..='~' | '\n')),
            "{text:?}"
        );
        assert!(text.matches(r"\u{1b}]0;x\u{7}\u{9b}2J\r\u{202e}").count() > 15);
    }
}
