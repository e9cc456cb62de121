//! A note of what was installed: a copy of the file that named it, beside the installed files.

use std::fs;
use std::path::{Path, PathBuf};

/// The file that names what to install, and its copy.
#[derive(Debug)]
pub(crate) struct Stamp {
    wanted: PathBuf,
    installed: PathBuf,
}

impl Stamp {
    pub(crate) fn new(wanted: PathBuf, installed: PathBuf) -> Self {
        Self { wanted, installed }
    }

    /// Whether exactly what the file names is installed.
    pub(crate) fn is_current(&self) -> bool {
        same_content(&self.wanted, &self.installed)
    }

    /// Notes that what the file names is installed now.
    pub(crate) fn write(&self) -> Result<(), String> {
        fs::copy(&self.wanted, &self.installed)
            .map(drop)
            .map_err(|error| format!("{} cannot be written: {error}", self.installed.display()))
    }
}

fn same_content(one: &Path, other: &Path) -> bool {
    match (fs::read(one), fs::read(other)) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_is_current_while_it_is_there_and_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let (wanted, installed) = (folder.path().join("lock"), folder.path().join("stamp"));
        let stamp = Stamp::new(wanted.clone(), installed);
        fs::write(&wanted, "1").unwrap();
        assert!(!stamp.is_current());
        stamp.write().unwrap();
        assert!(stamp.is_current());
        fs::write(&wanted, "2").unwrap();
        assert!(!stamp.is_current());
    }

    #[test]
    fn nothing_to_install_cannot_be_noted() {
        let folder = tempfile::tempdir().unwrap();
        let stamp = Stamp::new(folder.path().join("lock"), folder.path().join("stamp"));
        assert!(!stamp.is_current());
        let refusal = stamp.write().unwrap_err();
        assert!(refusal.contains("cannot be written"), "{refusal}");
    }
}
