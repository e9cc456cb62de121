//! The results of tools as text.

use thyra_protocol::{Content, ResourceContents, ToolResultContent};

/// What a tool answered, as text: one line for each block, or the structured answer if there is
/// none.
pub(super) fn of(result: &ToolResultContent) -> String {
    match &result.structured_content {
        Some(value) if result.content.is_empty() => value.to_string(),
        _ => {
            let blocks: Vec<String> = result.content.iter().map(block).collect();
            blocks.join("\n")
        }
    }
}

/// One block as text. What is no text is named, so that the model knows of it.
pub(super) fn block(block: &Content) -> String {
    let left_out = |thing: &str, kind: &str| {
        format!("[{thing} of type {kind}, left out: it cannot be shown to this model]")
    };
    match block {
        Content::Audio(sound) => left_out("Sound", &sound.mime_type),
        Content::Image(picture) => left_out("Picture", &picture.mime_type),
        Content::Resource(resource) => match &resource.resource {
            ResourceContents::Text(contents) => contents.text.clone(),
            ResourceContents::Blob(contents) => left_out(
                &contents.uri,
                contents.mime_type.as_deref().unwrap_or("unknown"),
            ),
        },
        Content::ResourceLink(link) => {
            let name = link.title.as_ref().unwrap_or(&link.name);
            let description = link.description.as_deref().unwrap_or_default();
            format!("[{name}]({}) {description}", link.uri)
                .trim_end()
                .to_owned()
        }
        Content::Text(text) => text.text.clone(),
        _ => "[Content of a kind that is not known here]".to_owned(),
    }
}
