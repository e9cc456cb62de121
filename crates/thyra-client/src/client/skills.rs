//! Skills, listed and read (extension `io.modelcontextprotocol/skills`, SEP-2640).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use thyra_protocol::{RequestMeta, ResourceContents};

use super::Client;
use super::entries::Entry;
use super::pages::{Listed, Page};
use super::request::unusable;
use crate::error::ClientError;
use crate::skill::{MANIFEST, MOST_BYTES, Skill, SkillError, SkillFiles, SkillResource, length};

const SKILLS_LIST: &str = "skills/list";
const SKILLS_GET: &str = "skills/get";

impl Client {
    /// Lists all skills of the server, page by page. Nothing of a skill is read before it is asked
    /// for ([`Client::read_skill`]). A server without the extension has none.
    ///
    /// ```no_run
    /// # async fn example(client: thyra_client::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// for skill in client.list_skills().await? {
    ///     println!("{:?}: {:?}", skill.name(), skill.description());
    ///     let files = client.read_skill(&skill).await?;
    ///     files.save("skills")?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ClientError`], also when the list has more than 1000 pages, 100 000 skills or 64 MiB.
    pub async fn list_skills(&self) -> Result<Vec<Skill>, ClientError> {
        let offered = self.discover().await?.capabilities.extensions;
        if !offered.contains_key(Skill::EXTENSION) {
            return Ok(Vec::new());
        }
        self.list().await
    }

    /// Asks for what the list says about one skill; `uri` is that of its `SKILL.md`.
    ///
    /// # Errors
    ///
    /// [`ClientError::Rpc`] when the server has no such skill, and every other [`ClientError`].
    pub async fn get_skill(&self, uri: &str) -> Result<Skill, ClientError> {
        #[derive(Serialize)]
        struct Params<'a> {
            #[serde(rename = "_meta", skip_serializing_if = "RequestMeta::is_empty")]
            meta: RequestMeta<'a>,
            uri: &'a str,
        }
        #[derive(Deserialize)]
        struct Got {
            skill: Skill,
        }

        let got: Got = self
            .request(SKILLS_GET, |meta, _| Params { meta, uri })
            .await?;
        if got.skill.uri != uri {
            return Err(unusable(SKILLS_GET, "it is about another skill"));
        }
        Ok(got.skill)
    }

    /// Reads all files of a skill, `SKILL.md` first, and holds each against what the server
    /// announced: its size, its SHA-256, and what the head of `SKILL.md` says. If anything differs,
    /// nothing more is read, and nothing is returned.
    ///
    /// A skill has at most 512 files and 16 MiB. Of a skill whose files are not announced
    /// ([`SkillResources::Dynamic`](crate::SkillResources::Dynamic)) only `SKILL.md` is read.
    ///
    /// # Errors
    ///
    /// [`ClientError::Skill`] when the skill must not be used, and those of
    /// [`Client::read_resource`].
    pub async fn read_skill(&self, skill: &Skill) -> Result<SkillFiles, ClientError> {
        let refused = refusing(skill);
        let manifest = skill.manifest().map_err(refused)?;
        let (text, begin) = self.read_manifest(skill, manifest.own).await?;
        let mut files = SkillFiles::new(manifest.name, text, begin);
        for (path, resource) in manifest.others {
            let bytes = self.read_file(&resource.uri).await?;
            let bytes = bytes.and_then(|bytes| resource.check(&bytes).map(|()| bytes));
            files.add(path, bytes.map_err(refused)?);
        }
        Ok(files)
    }

    /// Reads one file of a skill, such as `references/FORMS.md`, and holds it against what the
    /// server announced.
    ///
    /// # Errors
    ///
    /// As [`Client::read_skill`]; [`SkillError::NoFile`] when no such file was announced.
    pub async fn read_skill_file(&self, skill: &Skill, path: &str) -> Result<Vec<u8>, ClientError> {
        let refused = refusing(skill);
        let manifest = skill.manifest().map_err(refused)?;
        if path == MANIFEST {
            let (text, _) = self.read_manifest(skill, manifest.own).await?;
            return Ok(text.into_bytes());
        }
        let mut others = manifest.others.iter();
        let (_, resource) = others.find(|(other, _)| other == path).ok_or_else(|| {
            refused(SkillError::NoFile {
                path: path.to_owned(),
            })
        })?;
        let bytes = self.read_file(&resource.uri).await?.map_err(refused)?;
        resource.check(&bytes).map_err(refused)?;
        Ok(bytes)
    }

    /// Reads `SKILL.md`, and returns where its instructions begin.
    async fn read_manifest(
        &self,
        skill: &Skill,
        announced: Option<&SkillResource>,
    ) -> Result<(String, usize), ClientError> {
        let checked = self.read_file(&skill.uri).await?.and_then(|bytes| {
            announced.map_or(Ok(()), |announced| announced.check(&bytes))?;
            let text = String::from_utf8(bytes)
                .map_err(|_| unreadable(&skill.uri, "it is no UTF-8 text"))?;
            let begin = skill.check_head(&text)?;
            Ok((text, begin))
        });
        checked.map_err(refusing(skill))
    }

    /// The bytes of a file.
    async fn read_file(&self, uri: &str) -> Result<Result<Vec<u8>, SkillError>, ClientError> {
        let read = self.read_resource(uri).await?;
        let [contents] = &*read.contents else {
            return Ok(Err(unreadable(
                uri,
                "the server sent not one content for it",
            )));
        };
        let bytes = match contents {
            ResourceContents::Blob(blob) => STANDARD.decode(&blob.blob),
            ResourceContents::Text(text) => Ok(text.text.clone().into_bytes()),
        };
        Ok(match bytes {
            Ok(bytes) if length(&bytes) > MOST_BYTES => {
                Err(unreadable(uri, "it has more than 16 MiB"))
            }
            Ok(bytes) => Ok(bytes),
            Err(_) => Err(unreadable(uri, "its Base64 is broken")),
        })
    }
}

fn refusing(skill: &Skill) -> impl Fn(SkillError) -> ClientError + Copy {
    move |source| ClientError::Skill {
        uri: skill.uri.clone(),
        source,
    }
}

fn unreadable(uri: &str, problem: &'static str) -> SkillError {
    SkillError::Unreadable {
        uri: uri.to_owned(),
        problem,
    }
}

/// A page of the list.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SkillsPage {
    skills: Vec<Box<RawValue>>,
    #[serde(default)]
    next_cursor: Option<String>,
}

impl Page for SkillsPage {
    fn open(self) -> (Vec<Box<RawValue>>, Option<String>) {
        (self.skills, self.next_cursor)
    }
}

impl Listed for Skill {
    const METHOD: &'static str = SKILLS_LIST;
    type Page = SkillsPage;
}

impl Entry for Skill {
    const ESSENTIAL: &'static [&'static str] = &["uri", "frontmatter", "resources"];
}
