//! Servers that are named in a file.

use std::path::{Path, PathBuf};

use thyra_client::{McpServer, McpServers, McpServersReader, Printable};

use crate::failure::Failure;
use crate::inputs::Answers;
use crate::suggestion::with_nearest;

/// The one server of this name, or the only one that the file has.
pub(crate) fn server(files: &[PathBuf], name: Option<&str>) -> Result<McpServer, Failure> {
    let servers = servers(files, name)?;
    if name.is_none() && servers.servers().len() > 1 {
        let names = servers.servers().iter().map(McpServer::name);
        let names: Vec<String> = names
            .map(|name| format!("`{:.100}`", Printable(name)))
            .collect();
        return Err(Failure::Usage(format!(
            "the file names several servers: {}; choose one with --config FILE NAME",
            names.join(", ")
        )));
    }
    entry(&servers, name).cloned()
}

/// The servers of the first file that has one of this name. If none has, those of the last file
/// that there is. What the file leaves to the person is asked for, as far as it is needed.
pub(super) fn servers(files: &[PathBuf], name: Option<&str>) -> Result<McpServers, Failure> {
    // Nobody is asked before it is known which file it is.
    let unasked = McpServers::reader().inputs(|_, _| Some(String::new()));
    let mut last = None;
    for file in files {
        // One file was asked for, and several are only places where to look.
        if files.len() > 1 && !file.exists() {
            continue;
        }
        let servers = read(&unasked, file)?;
        let is_found = name
            .is_none_or(|name| problem(&servers, name).is_some() || servers.get(name).is_some());
        last = Some((file, servers));
        if is_found {
            break;
        }
    }
    let (file, servers) = last.ok_or_else(|| {
        let name = Printable(name.unwrap_or_default());
        Failure::Usage(format!(
            "`{name:.200}` is no server; give a URL such as https://mcp.example.com/mcp, a name \
             that is in mcp.json or in the file of --config, or a command line after `--`"
        ))
    })?;
    if servers.inputs().is_empty() {
        return Ok(servers);
    }
    let answers = Answers::default();
    let asked = McpServers::reader().inputs(|server, input| {
        let is_needed = name.is_none_or(|name| name == server);
        // The others are not used, so it does not matter what they have.
        if is_needed {
            answers.to(server, input)
        } else {
            Some(String::new())
        }
    });
    read(&asked, file)
}

fn read(reader: &McpServersReader<'_>, file: &Path) -> Result<McpServers, Failure> {
    reader.file(file).map_err(|error| {
        let file = Printable(file.display());
        Failure::Usage(format!("{file} cannot be used: {error}"))
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
        let found = server(files, name).map_err(|failure| failure.told())?;
        Ok(found.name().to_owned())
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
                std::slice::from_ref(&two),
                None,
                "several servers: `files`, `time`; choose one",
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
