//! `prompts/list`.

use crate::page::list;
use crate::prompts::Prompt;

list! {
    "prompts/list", ListPromptsParams, ListPromptsResult, Prompt, prompts, "prompts"
}
