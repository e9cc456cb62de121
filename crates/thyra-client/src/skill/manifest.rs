//! What is held against what: the entry against the rules, and what was read against the entry.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::{Map, Value};

use super::path::path;
use super::{MANIFEST, Skill, SkillError, SkillResource, SkillResources};

/// The most files of a skill, and the most bytes in all of them.
const MOST_FILES: usize = 512;
pub(crate) const MOST_BYTES: u64 = 16 * 1024 * 1024;

/// The longest name of a skill.
const LONGEST_NAME: usize = 64;

/// The longest head of a `SKILL.md`, in bytes.
const LONGEST_HEAD: usize = 64 * 1024;

/// The files of a skill whose entry keeps to the rules: the path of each, and what is known of it.
pub(crate) struct Manifest<'a> {
    pub(crate) name: &'a str,
    /// All but `SKILL.md`.
    pub(crate) others: Vec<(String, &'a SkillResource)>,
    /// What is known of `SKILL.md`; nothing in a skill whose files are not listed.
    pub(crate) own: Option<&'a SkillResource>,
}

impl Skill {
    /// Holds the entry against the rules of the extension.
    pub(crate) fn manifest(&self) -> Result<Manifest<'_>, SkillError> {
        let broken = |problem: String| SkillError::Entry { problem };
        let folder = self
            .uri
            .strip_suffix(MANIFEST)
            .filter(|folder| folder.ends_with('/'))
            .ok_or_else(|| {
                broken(format!(
                    "its URI {} does not end with /{MANIFEST}",
                    self.uri
                ))
            })?;
        let name = self.name().filter(|name| is_name(name)).ok_or_else(|| {
            broken("its name is not of 1 to 64 small letters, digits and single hyphens".to_owned())
        })?;
        if folder.trim_end_matches('/').rsplit('/').next() != Some(name) {
            return Err(broken(format!("its folder is not called {name}, as it is")));
        }
        let SkillResources::Listed(resources) = &self.resources else {
            return Ok(Manifest {
                name,
                others: Vec::new(),
                own: None,
            });
        };
        if resources.len() > MOST_FILES {
            return Err(broken(format!("it has more than {MOST_FILES} files")));
        }
        let total = resources
            .iter()
            .try_fold(0_u64, |sum, one| sum.checked_add(one.size));
        if total.is_none_or(|total| total > MOST_BYTES) {
            return Err(broken("its files have more than 16 MiB".to_owned()));
        }
        let mut own = None;
        let mut others = Vec::new();
        // Two names that differ only in case are one file on many systems.
        let mut seen = BTreeSet::new();
        for resource in resources {
            let path = resource.uri.strip_prefix(folder).and_then(path);
            let path = path.ok_or_else(|| {
                broken(format!(
                    "its file {} does not lie in its folder",
                    resource.uri
                ))
            })?;
            if !seen.insert(path.to_lowercase()) {
                return Err(broken(format!("its file {path} is listed twice")));
            }
            if path == MANIFEST {
                own = Some(resource);
            } else {
                others.push((path, resource));
            }
        }
        if own.is_none() {
            return Err(broken(format!("its {MANIFEST} is not among its files")));
        }
        Ok(Manifest { name, others, own })
    }

    /// Holds the head of `SKILL.md` against the entry, member by member. Returns where the
    /// instructions begin.
    pub(crate) fn check_head(&self, manifest: &str) -> Result<usize, SkillError> {
        let (head, begin) = head(manifest)?;
        let said: Map<String, Value> =
            serde_saphyr::from_str(head).map_err(|error| SkillError::Frontmatter {
                problem: error.to_string(),
            })?;
        let fields = said.keys().chain(self.frontmatter.keys());
        for field in fields {
            if said.get(field) != self.frontmatter.get(field) {
                return Err(SkillError::FrontmatterDiffers {
                    field: field.clone(),
                });
            }
        }
        Ok(begin)
    }
}

impl SkillResource {
    /// Holds the bytes of the file against what the list says.
    pub(crate) fn check(&self, bytes: &[u8]) -> Result<(), SkillError> {
        let found = length(bytes);
        if found != self.size {
            return Err(SkillError::Size {
                uri: self.uri.clone(),
                announced: self.size,
                found,
            });
        }
        let digest = digest(&SHA256, bytes);
        let digits = digest
            .as_ref()
            .iter()
            .fold(String::new(), |mut digits, byte| {
                let _ = write!(digits, "{byte:02x}");
                digits
            });
        if self.digest.strip_prefix("sha256:") != Some(&*digits) {
            return Err(SkillError::Digest {
                uri: self.uri.clone(),
            });
        }
        Ok(())
    }
}

/// How many bytes there are.
pub(crate) fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

/// The head of a `SKILL.md`, and where what follows it begins.
fn head(manifest: &str) -> Result<(&str, usize), SkillError> {
    let broken = |problem: &str| SkillError::Frontmatter {
        problem: problem.to_owned(),
    };
    let mut lines = manifest.split_inclusive('\n');
    let first = lines.next().unwrap_or_default();
    if first.trim_start_matches('\u{feff}').trim_end() != "---" {
        return Err(broken("there is no head"));
    }
    let mut end = first.len();
    for line in lines {
        if line.trim_end() == "---" {
            let head = manifest.get(first.len()..end).unwrap_or_default();
            return Ok((head, end + line.len()));
        }
        end += line.len();
        if end > LONGEST_HEAD {
            return Err(broken("it has more than 64 KiB"));
        }
    }
    Err(broken("it does not end"))
}

/// Whether a skill may have this name.
fn is_name(name: &str) -> bool {
    let of_name = |one: u8| one.is_ascii_lowercase() || one.is_ascii_digit() || one == b'-';
    (1..=LONGEST_NAME).contains(&name.len())
        && name.bytes().all(of_name)
        && !name.starts_with('-')
        && !name.ends_with('-')
        && !name.contains("--")
}
