//! The part of Markdown that the checks need: links, headings and the kinds of code blocks.

/// The links of a page, its headings and its code blocks.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Page {
    /// The targets of its links, as written.
    pub(super) links: Vec<String>,
    /// The identifiers of its headings, as mdBook and GitHub make them.
    pub(super) headings: Vec<String>,
    /// What follows the opening fence of each code block: `rust,no_run`, `console`.
    pub(super) code: Vec<String>,
}

impl Page {
    /// Reads a page. Links within code do not count.
    pub(super) fn parse(text: &str) -> Self {
        let mut page = Self {
            links: Vec::new(),
            headings: Vec::new(),
            code: Vec::new(),
        };
        let mut fence: Option<&str> = None;
        for line in text.lines() {
            let start = line.trim_start();
            if let Some(open) = fence {
                if start.starts_with(open) {
                    fence = None;
                }
            } else if let Some(open) = ["```", "~~~"].into_iter().find(|it| start.starts_with(it)) {
                fence = Some(open);
                page.code
                    .push(start.trim_start_matches(open).trim().to_owned());
            } else {
                page.read_line(line);
            }
        }
        page
    }

    fn read_line(&mut self, line: &str) {
        let hashes = line.len() - line.trim_start_matches('#').len();
        if (1..=6).contains(&hashes)
            && let Some(title) = line.get(hashes..).and_then(|rest| rest.strip_prefix(' '))
        {
            self.add_heading(title.trim());
        }
        let line = without_code(line);
        if let Some((_, target)) = line
            .strip_prefix('[')
            .and_then(|rest| rest.split_once("]: "))
        {
            self.add_link(target);
        }
        for part in line.split("](").skip(1) {
            self.add_link(part.split(')').next().unwrap_or_default());
        }
    }

    fn add_link(&mut self, target: &str) {
        // A title may follow the target.
        if let Some(target) = target.split_whitespace().next() {
            self.links.push(target.trim_matches(['<', '>']).to_owned());
        }
    }

    /// The second heading with the same words gets the suffix `-1`, and so on.
    fn add_heading(&mut self, title: &str) {
        let slug: String = title
            .chars()
            .filter_map(|character| match character {
                ' ' => Some('-'),
                '-' | '_' => Some(character),
                other if other.is_alphanumeric() => Some(other.to_ascii_lowercase()),
                _ => None,
            })
            .collect();
        let numbered = (1..).map(|number| format!("{slug}-{number}"));
        let free = std::iter::once(slug.clone())
            .chain(numbered)
            .find(|name| !self.headings.contains(name));
        self.headings.extend(free);
    }
}

/// The line without the code between backticks.
fn without_code(line: &str) -> String {
    line.split('`').step_by(2).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_found_outside_code() {
        let page = Page::parse(
            "See [a](a.md) and [`b`](b.md#c \"title\"), ![picture](p.png).\n\
             `[no](no.md)`\n\
             ```rust\n[no](no.md)\n```\n\
             ~~~\n```\n[no](no.md)\n~~~\n\
             [ref]: <c.md>\n",
        );
        assert_eq!(page.links, ["a.md", "b.md#c", "p.png", "c.md"]);
        assert_eq!(page.code, ["rust", ""]);
    }

    #[test]
    fn headings_become_identifiers() {
        let page = Page::parse(
            "# What is checked, and why?\n## `#[tool]` and you\n## Twice\n### Twice\n#no\n```\n# no\n```\n",
        );
        assert_eq!(
            page.headings,
            [
                "what-is-checked-and-why",
                "tool-and-you",
                "twice",
                "twice-1"
            ]
        );
    }
}
