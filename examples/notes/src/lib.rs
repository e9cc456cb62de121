//! A notes server on SQLite: tools, resources, a prompt, errors of its own, questions, pictures.
//! [How it is written](https://github.com/thyra-rs/thyra/blob/main/docs/src/notes.md) goes through
//! it part by part.

mod error;
mod prompts;
mod resources;
mod store;
mod tools;

use thyra::prelude::*;

pub use self::error::NoteError;
pub use self::store::{Note, Priority, Store};

/// The server, over a store.
pub fn server(store: Store) -> Server {
    Server::new("Notes")
        .instructions("Keeps the user's notes. Search before you write a note that may exist.")
        .tool(tools::write_note {})
        .tool(tools::search_notes {})
        .tool(tools::delete_note)
        .tool(tools::picture {})
        .resource(resources::note {})
        .prompt(prompts::summarize {})
        .state(store)
}
