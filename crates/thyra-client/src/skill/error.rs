//! Why a skill is not used.

use thyra_oauth::printable;

/// Why a skill is not used. Nothing of what was read is handed out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SkillError {
    /// A file is not what the list said.
    #[error("{} has another SHA-256 than the server announced; nothing of the skill is used", printable(.uri))]
    Digest {
        /// The URI of the file.
        uri: String,
    },
    /// The head of `SKILL.md` cannot be read.
    #[error("the head of SKILL.md is not YAML between two lines `---`: {}", printable(.problem))]
    Frontmatter {
        /// What is wrong.
        problem: String,
    },
    /// The head of `SKILL.md` says something else than the list.
    #[error("`{}` in the head of SKILL.md is not what the server announced; nothing of the skill is used", printable(.field))]
    FrontmatterDiffers {
        /// The first member that differs.
        field: String,
    },
    /// The list breaks a rule.
    #[error("the server's entry of the skill breaks a rule: {}", printable(.problem))]
    Entry {
        /// Which.
        problem: String,
    },
    /// The skill has no such file.
    #[error("the skill has no file `{}`", printable(.path))]
    NoFile {
        /// What was asked for.
        path: String,
    },
    /// A file has another size than the list said.
    #[error("{} has {found} bytes, and the server announced {announced}; nothing of the skill is used", printable(.uri))]
    Size {
        /// The URI of the file.
        uri: String,
        /// The size in the list.
        announced: u64,
        /// The size of what came.
        found: u64,
    },
    /// The server sent no content for a file, or broken content.
    #[error("{} cannot be used: {problem}", printable(.uri))]
    Unreadable {
        /// The URI of the file.
        uri: String,
        /// What is wrong.
        problem: &'static str,
    },
}
