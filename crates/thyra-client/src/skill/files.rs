//! A skill that was read.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::MANIFEST;

/// The files of a skill that was read and found to be what the server announced
/// ([`Client::read_skill`](crate::Client::read_skill)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SkillFiles {
    name: String,
    files: BTreeMap<String, Vec<u8>>,
    /// Where the instructions begin in `SKILL.md`.
    begin: usize,
}

impl SkillFiles {
    /// The names have been checked: they lie in the folder of the skill.
    pub(crate) fn new(name: &str, manifest: String, begin: usize) -> Self {
        Self {
            name: name.to_owned(),
            files: BTreeMap::from([(MANIFEST.to_owned(), manifest.into_bytes())]),
            begin,
        }
    }

    pub(crate) fn add(&mut self, path: String, bytes: Vec<u8>) {
        self.files.insert(path, bytes);
    }

    /// The name of the skill: small letters, digits and hyphens.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What `SKILL.md` says after its head.
    pub fn instructions(&self) -> &str {
        let manifest = self.get(MANIFEST).and_then(|bytes| bytes.get(self.begin..));
        // It was text when it came.
        str::from_utf8(manifest.unwrap_or_default()).unwrap_or_default()
    }

    /// The file at `path`, such as `references/FORMS.md`.
    pub fn get(&self, path: &str) -> Option<&[u8]> {
        self.files.get(path).map(Vec::as_slice)
    }

    /// The paths of all files, and their bytes. A path has `/` between its parts, and no part that
    /// leads out of the folder.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let files = self.files.iter();
        files.map(|(path, bytes)| (path.as_str(), bytes.as_slice()))
    }

    /// Writes the skill into a new folder in `folder`, which is called like the skill, and returns
    /// its path. It blocks while it writes, at most 16 MiB.
    ///
    /// # Errors
    ///
    /// When there is something of that name already ([`io::ErrorKind::AlreadyExists`]), and when a
    /// file cannot be written. Then nothing is left of the new folder.
    pub fn save(&self, folder: impl AsRef<Path>) -> io::Result<PathBuf> {
        let place = folder.as_ref().join(&self.name);
        // A folder that is new has no links in it that lead elsewhere.
        fs::create_dir(&place)?;
        let saved = self.iter().try_for_each(|(path, bytes)| {
            let file = place.join(path);
            if let Some(parent) = file.parent() {
                fs::create_dir_all(parent)?;
            }
            let mut file = OpenOptions::new().write(true).create_new(true).open(file)?;
            file.write_all(bytes)
        });
        match saved {
            Ok(()) => Ok(place),
            Err(error) => {
                fs::remove_dir_all(&place)?;
                Err(error)
            }
        }
    }
}
