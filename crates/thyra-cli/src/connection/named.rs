//! Servers that are named in a file.

use std::path::PathBuf;

use thyra_client::{McpServer, McpServers, Printable};

use crate::failure::Failure;
use crate::suggestion::with_nearest;

/// The servers of the first file that has one of this name. If none has, those of the last file
/// that there is.
pub(super) fn servers(files: &[PathBuf], name: Option<&str>) -> Result<McpServers, Failure> {
    let mut last = None;
    for file in files {
        // One file was asked for, and several are only places where to look.
        if files.len() > 1 && !file.exists() {
            continue;
        }
        let servers = McpServers::from_file(file).map_err(|error| {
            let file = Printable(file.display());
            Failure::Usage(format!("{file} cannot be used: {error}"))
        })?;
        let has_it = |name| problem(&servers, name).is_some() || servers.get(name).is_some();
        if name.is_none_or(has_it) {
            return Ok(servers);
        }
        last = Some(servers);
    }
    last.ok_or_else(|| {
        let name = Printable(name.unwrap_or_default());
        Failure::Usage(format!(
            "`{name:.200}` is no server; give a URL such as https://mcp.example.com/mcp, a name \
             that is in mcp.json or in the file of --config, or a command line after `--`"
        ))
    })
}

/// The server of this name, or the first one.
pub(super) fn entry<'a>(
    servers: &'a McpServers,
    name: Option<&str>,
) -> Result<&'a McpServer, Failure> {
    let Some(name) = name else {
        let [only, ..] = servers.servers() else {
            let error = servers.errors().first();
            return Err(Failure::Usage(error.map_or_else(
                || "the file names no server".to_owned(),
                ToString::to_string,
            )));
        };
        return Ok(only);
    };
    if let Some(server) = servers.get(name) {
        return Ok(server);
    }
    Err(Failure::Usage(problem(servers, name).unwrap_or_else(
        || {
            let names = servers.servers().iter().map(McpServer::name);
            let sentence = format!("the file names no server `{:.200}`", Printable(name));
            with_nearest(&sentence, name, names)
        },
    )))
}

/// Why the entry of this name is no server.
fn problem(servers: &McpServers, name: &str) -> Option<String> {
    if servers.disabled().iter().any(|disabled| disabled == name) {
        let name = Printable(name);
        return Some(format!("the file says that `{name:.200}` is disabled"));
    }
    let mut errors = servers.errors().iter();
    let error = errors.find(|error| error.name == name)?;
    Some(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[PathBuf], name: Option<&str>) -> Result<String, String> {
        let servers = servers(files, name).map_err(|failure| failure.told())?;
        let entry = entry(&servers, name).map_err(|failure| failure.told())?;
        Ok(entry.name().to_owned())
    }

    #[test]
    fn a_name_is_looked_for_in_each_file_and_a_mistake_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let one = file(
            "one.json",
            r#"{"mcpServers": {"notes": {"command": "notes"}}}"#,
        );
        let two = file(
            "two.json",
            r#"{"mcpServers": {
                "files": {"url": "https://files.example.com/mcp"},
                "time": {"command": "time"},
                "off": {"command": "off", "disabled": true},
                "bad": {"url": 7}
            }}"#,
        );
        let gone = folder.path().join("gone.json");
        let all = [gone.clone(), one.clone(), two.clone()];
        assert_eq!(found(&all, Some("notes")), Ok("notes".to_owned()));
        assert_eq!(found(&all, Some("time")), Ok("time".to_owned()));
        assert_eq!(
            found(std::slice::from_ref(&one), None),
            Ok("notes".to_owned())
        );
        for (files, name, wanted) in [
            (
                &all[..],
                Some("file"),
                "no server `file`; did you mean `files`?",
            ),
            (&all, Some("off"), "`off` is disabled"),
            (
                &all,
                Some("bad"),
                "the server `bad` cannot be used: `url` must be a text",
            ),
            (
                std::slice::from_ref(&gone),
                Some("x"),
                "gone.json cannot be used",
            ),
            (&[gone.clone(), gone.clone()], Some("x"), "`x` is no server"),
            (
                &[file("none.json", r#"{"mcpServers": {}}"#)],
                None,
                "names no server",
            ),
        ] {
            let error = found(files, name).unwrap_err();
            assert!(error.contains(wanted), "{name:?}: {error}");
        }
    }
}
