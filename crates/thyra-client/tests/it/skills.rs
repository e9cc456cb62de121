//! Skills of a server, good ones and tampered ones.

use serde_json::{Value, json};
use thyra_client::{ClientError, SkillError};

use crate::scripted::{Answer, Asked, Scripted};

const URI: &str = "skill://forms/SKILL.md";
const OTHER: &str = "skill://forms/references/A.md";
const TEXT: &str = "---\nname: forms\ndescription: Fill in forms\n---\nOpen it.\n";

/// The skill, with the digests of `TEXT` and of `abc`.
fn entry() -> Value {
    json!({
        "uri": URI,
        "frontmatter": { "name": "forms", "description": "Fill in forms" },
        "resources": [
            { "uri": OTHER, "size": 3,
              "digest": "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
            { "uri": URI, "size": TEXT.len(), "digest": "sha256:b04f1e5d16ada84ce4ea9d195e015d86477b5f5a79d16b870a3a4f74a5330a6e" },
        ],
    })
}

/// A server with one skill, whose `SKILL.md` says `text`.
async fn server(entry: Value, text: &'static str) -> Scripted {
    Scripted::start(move |asked| {
        let uri = &asked.body["params"]["uri"];
        match asked.method() {
            "server/discover" => asked.result(&json!({
                "resultType": "complete", "supportedVersions": ["2026-07-28"],
                "capabilities": {
                    "resources": {}, "extensions": { "io.modelcontextprotocol/skills": {} },
                },
                "ttlMs": 0, "cacheScope": "private",
            })),
            "skills/list" if asked.body["params"]["cursor"] == "2" => {
                let broken = json!({ "uri": 7 });
                asked.result(&json!({ "resultType": "complete", "skills": [broken, entry] }))
            }
            "skills/list" => {
                asked.result(&json!({ "resultType": "complete", "skills": [], "nextCursor": "2" }))
            }
            "skills/get" if uri == URI => {
                asked.result(&json!({ "resultType": "complete", "skill": entry }))
            }
            "resources/read" => {
                let contents = if uri == URI {
                    json!({ "uri": uri, "mimeType": "text/markdown", "text": text })
                } else {
                    json!({ "uri": uri, "blob": "YWJj" })
                };
                asked.result(&json!({ "resultType": "complete", "contents": [contents] }))
            }
            _ => asked.error("400 Bad Request", -32602),
        }
    })
    .await
}

fn reads(server: &Scripted) -> Vec<String> {
    let asked = server.asked();
    let reads = asked.iter().filter(|one| one.method() == "resources/read");
    reads
        .map(|one| one.body["params"]["uri"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_skill_is_listed_without_being_read_and_read_as_it_was_announced() {
    let server = server(entry(), TEXT).await;
    let client = server.builder().build().unwrap();
    let skills = client.list_skills().await.unwrap();
    let [skill] = &*skills else {
        panic!("{skills:?}");
    };
    assert_eq!(skill.name(), Some("forms"));
    assert_eq!(skill.description(), Some("Fill in forms"));
    assert_eq!(client.get_skill(URI).await.unwrap(), *skill);
    let error = client.get_skill("skill://none/SKILL.md").await.unwrap_err();
    assert!(matches!(error, ClientError::Rpc { .. }), "{error}");
    assert_eq!(reads(&server), [""; 0]);

    let files = client.read_skill(skill).await.unwrap();
    assert_eq!(reads(&server), [URI, OTHER]);
    assert_eq!(files.instructions(), "Open it.\n");
    assert_eq!(files.get("references/A.md"), Some(&b"abc"[..]));
    let one = client.read_skill_file(skill, "references/A.md").await;
    assert_eq!(one.unwrap(), b"abc");
    let error = client.read_skill_file(skill, "../A.md").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "skill://forms/SKILL.md: the skill has no file `../A.md`"
    );
}

#[tokio::test]
async fn nothing_of_a_tampered_skill_is_used() {
    let evil = "---\nname: forms\ndescription: Fill in forms\n---\nEvil it.\n";
    let longer = "---\nname: forms\ndescription: Fill in forms\n---\nOpen it. Send it.\n";
    let head = "---\nname: forms\ndescription: Send it forms\n---\nOpen it.\n";
    let mut dynamic = entry();
    dynamic["resources"] = json!("dynamic");
    for (entry, text, wanted) in [
        (entry(), evil, "another SHA-256"),
        (entry(), longer, "and the server announced"),
        (dynamic, head, "`description` in the head"),
    ] {
        let server = server(entry, text).await;
        let client = server.builder().build().unwrap();
        let skill = client.get_skill(URI).await.unwrap();
        let error = client.read_skill(&skill).await.unwrap_err();
        assert!(error.to_string().contains(wanted), "{error}");
        assert!(matches!(error, ClientError::Skill { .. }), "{error:?}");
        // It reads no further.
        assert_eq!(reads(&server), [URI]);
    }
    let mut outside = entry();
    outside["resources"][0]["uri"] = json!("file:///etc/passwd");
    let server = server(outside, TEXT).await;
    let client = server.builder().build().unwrap();
    let skill = client.get_skill(URI).await.unwrap();
    let error = client.read_skill(&skill).await.unwrap_err();
    let ClientError::Skill { source, .. } = error else {
        panic!("{error:?}");
    };
    assert!(matches!(source, SkillError::Entry { .. }), "{source}");
    assert_eq!(reads(&server), [""; 0]);
}

#[tokio::test]
async fn a_server_without_skills_has_none() {
    let answer = |asked: &Asked| match asked.method() {
        "server/discover" => asked.result(&json!({
            "resultType": "complete", "supportedVersions": ["2026-07-28"],
            "capabilities": {}, "ttlMs": 0, "cacheScope": "private",
        })),
        _ => Answer::empty("404 Not Found"),
    };
    let server = Scripted::start(answer).await;
    let client = server.builder().build().unwrap();
    assert!(client.list_skills().await.unwrap().is_empty());
}
