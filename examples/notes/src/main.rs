//! `cargo run -p notes`, or with `-- --http 127.0.0.1:8000`. The notes are in the file that
//! `NOTES_DB` names, `notes.db` by default.

use std::env;

use notes::Store;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = env::var_os("NOTES_DB").unwrap_or_else(|| "notes.db".into());
    notes::server(Store::open(path)?).run().await?;
    Ok(())
}
