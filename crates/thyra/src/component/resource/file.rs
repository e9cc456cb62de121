//! Files as resources: one, or all under a folder.

mod folder;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use cap_std::fs::File;
use futures_util::future::BoxFuture;
use thyra_protocol::ReadResourceResult;

use self::folder::{FilesUnder, ListOf};
use super::{Resource, ResourceTemplate, name_of};
use crate::blocking::Threads;
use crate::handler::media::{LARGEST, contents, mime_type_of, open_file, read_bounded};
use crate::handler::{Call, CallError, Handler, ToolError, blocking_on};

/// Where files and folders are read, of all servers of the process: so many at once.
static READERS: LazyLock<Threads> = LazyLock::new(|| Threads::new(32));

struct FileAt(PathBuf);

impl Resource {
    /// The resource at `uri` that holds the file at `path`, which is read again for each request.
    /// The name implies the media type, and that decides between text and bytes. The file may have
    /// 64 MiB.
    ///
    /// The path must be absolute, or the server does not start.
    pub fn file(uri: impl Into<String>, path: impl Into<PathBuf>) -> Self {
        let (uri, path) = (uri.into(), path.into());
        let problem = absolute_problem(&path);
        let mime_type = mime_type_of(&path);
        let mut resource =
            Self::from_handler(uri.clone(), name_of(&uri), FileAt(path)).mime_type(mime_type);
        resource.facets.problems.extend(problem);
        resource
    }

    /// The resource at `uri` that lists the files under the folder `root`, as JSON:
    /// `{"files": ["a.md", "b/c.md"], "complete": true}`.
    ///
    /// Symbolic links and names that begin with a dot are neither followed nor listed. The list
    /// ends at ten thousand files, or forty thousand entries; `complete` is `false` then, and also
    /// if a folder cannot be read. The path must be absolute.
    pub fn directory(uri: impl Into<String>, root: impl Into<PathBuf>) -> Self {
        let (uri, root) = (uri.into(), root.into());
        let problem = absolute_problem(&root);
        let mut resource = Self::from_handler(uri.clone(), name_of(&uri), ListOf(root))
            .mime_type("application/json");
        resource.facets.problems.extend(problem);
        resource
    }
}

impl ResourceTemplate {
    /// The files under the folder `root`, under a template with one variable, which is the path
    /// below `root`: `docs://{+path}`. They are read as [`Resource::file`] reads them.
    ///
    /// What is not below `root` is not there: a path that climbs, an absolute one, and a symbolic
    /// link that leads out, even if it takes the place of a file while that is opened. Nor is what
    /// people do not mean when they share a folder: a path with a name that begins with a dot, such
    /// as `.git` or `.env`. A hard link is a file like any other, so whoever may write to the
    /// folder decides what is served. The path of the folder is absolute.
    pub fn directory(uri_template: impl Into<String>, root: impl Into<PathBuf>) -> Self {
        let (uri_template, root) = (uri_template.into(), root.into());
        let name = name_of(uri_template.split('{').next().unwrap_or_default());
        let problem = absolute_problem(&root);
        let mut template = Self::from_handler(uri_template, name, FilesUnder(root));
        template.facets.problems.extend(problem);
        if template.variables().count() > 1 {
            template
                .facets
                .problems
                .push("its URI has more than one variable, and a file has one path".to_owned());
        }
        template
    }
}

impl Handler<ReadResourceResult> for FileAt {
    fn call<'a>(&'a self, _: Call<'a>) -> BoxFuture<'a, Result<ReadResourceResult, CallError>> {
        Box::pin(async move {
            let path = self.0.clone();
            read(move || Ok((open_file(&path)?, path))).await
        })
    }
}

/// Reads the file that `open` opens, which may block. Its name tells the media type.
async fn read(
    open: impl FnOnce() -> io::Result<(File, PathBuf)> + Send + 'static,
) -> Result<ReadResourceResult, CallError> {
    let read = move || {
        let (file, name) = open()?;
        let bytes = read_bounded(file, LARGEST)?;
        Ok(contents(bytes, String::new(), Some(mime_type_of(&name))))
    };
    let contents = blocking_on(&READERS, read).await.map_err(failed)?;
    Ok(ReadResourceResult::new(vec![contents]))
}

fn failed(error: io::Error) -> ToolError {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => ToolError::not_found(),
        _ => ToolError::internal(error),
    }
}

fn absolute_problem(path: &Path) -> Option<String> {
    (!path.is_absolute()).then(|| {
        format!(
            "its path `{}` is not absolute, so what it means would depend on where the server is started",
            path.display()
        )
    })
}

#[cfg(test)]
mod tests;
