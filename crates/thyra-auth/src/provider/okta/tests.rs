use serde_json::{Value, json};

use super::*;
use crate::principal::PrincipalKind;
use crate::provider::testing::{BASE_URL, Door, NOW, RESOURCE, Sample, refuses_bad_urls, with};
use crate::verify::{ClaimName, TokenRejected};

const ISSUER_URL: &str = "https://acme.okta.com/oauth2/default";

fn builder() -> OktaProviderBuilder {
    OktaProvider::builder().issuer(ISSUER_URL)
}

/// An access token of a person, as a custom authorization server writes it.
fn claims() -> Value {
    json!({
        "ver": 1, "jti": "AT.0mP4JKAZX1iACIT4vbEDF7LpvDVjxypPMf0D7uX39RE", "iss": ISSUER_URL,
        "aud": RESOURCE, "sub": "ada@example.com", "iat": NOW, "exp": NOW + 300,
        "cid": "0oabskvc6442nkvQO0h7", "uid": "00ub0oNGTSWTBKOLGLNR",
        "scp": ["openid", "notes.read"], "auth_time": NOW, "groups": ["Everyone", "staff"],
    })
}

pub(in crate::provider) fn sample() -> Sample {
    Sample::new(builder(), claims())
}

#[tokio::test]
async fn a_token_says_who_calls() {
    let door = Door::of(builder());
    let ada = door.judge(&claims()).await.unwrap();
    assert_eq!(ada.subject(), "ada@example.com");
    assert_eq!(ada.client_id(), Some("0oabskvc6442nkvQO0h7"));
    assert_eq!(ada.kind(), PrincipalKind::User);
    assert_eq!(ada.groups().collect::<Vec<_>>(), ["Everyone", "staff"]);
    assert!(ada.has_scope("notes.read"));
    assert_eq!(ada.email(), None, "a login is not an address");
    assert_eq!(door.fetched(), [format!("{ISSUER_URL}/v1/keys")]);
}

#[tokio::test]
async fn a_client_that_acts_for_itself_is_a_machine() {
    let job = json!({ "sub": "0oajob", "cid": "0oajob", "uid": null, "groups": null });
    let door = Door::of(builder());
    let job = door.judge(&with(&claims(), &job)).await.unwrap();
    assert_eq!(job.kind(), PrincipalKind::Machine);
    assert_eq!(job.groups().count(), 0);
}

#[tokio::test]
async fn only_tokens_of_this_authorization_server_for_this_server_are_accepted() {
    use TokenRejected::{AudienceMismatch, IssuerMismatch, MissingClaim};
    let door = Door::of(builder());
    for (changes, expected) in [
        (json!({ "aud": null }), MissingClaim(ClaimName::Aud)),
        (json!({ "aud": "api://default" }), AudienceMismatch),
        // An identity token is for its client.
        (json!({ "aud": "0oabskvc6442nkvQO0h7" }), AudienceMismatch),
        // The org authorization server, and another custom one of the same organisation.
        (json!({ "iss": "https://acme.okta.com" }), IssuerMismatch),
        (
            json!({ "iss": "https://acme.okta.com/oauth2/aus9o8wzkhckw9TLa0h7" }),
            IssuerMismatch,
        ),
        (
            json!({ "iss": "https://beta.okta.com/oauth2/default" }),
            IssuerMismatch,
        ),
    ] {
        let outcome = door.judge(&with(&claims(), &changes)).await.map(drop);
        assert_eq!(outcome, Err(expected), "{changes}");
    }
    let door = Door::of(builder().audience("api://default"));
    let default = with(&claims(), &json!({ "aud": "api://default" }));
    assert!(door.judge(&default).await.is_ok());
}

#[test]
fn settings_are_checked() {
    let problem = |builder: OktaProviderBuilder| {
        let error = builder.base_url(BASE_URL).build().unwrap_err();
        error.to_string()
    };
    insta::assert_snapshot!(problem(OktaProvider::builder()), @"issuer (OKTA_ISSUER) is not set. Copy the Issuer URI from Okta's Admin Console, Security > API > Authorization Servers; it looks like https://acme.okta.com/oauth2/default.");
    insta::assert_snapshot!(problem(builder().issuer("https://acme.okta.com")), @"issuer (OKTA_ISSUER) cannot be used: it is not that of a custom authorization server, which ends with `/oauth2/` and its ID; tokens of Okta's org authorization server are for Okta alone. Copy the Issuer URI from Okta's Admin Console, Security > API > Authorization Servers; it looks like https://acme.okta.com/oauth2/default.");
    for org in [
        "https://acme.okta.com/oauth2",
        "https://acme.okta.com/oauth2/",
        "https://acme.okta.com/oauth2/v1/token",
    ] {
        assert!(
            problem(builder().issuer(org)).contains("org authorization server"),
            "{org}"
        );
    }
    insta::assert_snapshot!(problem(builder().audience(" ")), @"audience (OKTA_AUDIENCE) cannot be used: it is blank. Set it to the Audience of the authorization server in Okta, such as api://default, or remove it: the default is the URL of this server.");
    refuses_bad_urls(|url| problem(OktaProvider::builder().issuer(url)));
    let settings = OktaProviderSettings::from_vars([
        ("OKTA_ISSUER", " https://login.acme.example/oauth2/aus1/ "),
        ("OKTA_AUDIENCE", "api://notes"),
        ("THYRA_BASE_URL", BASE_URL),
    ]);
    let provider = settings.unwrap().provider().unwrap();
    assert_eq!(
        provider.issuers(),
        ["https://login.acme.example/oauth2/aus1"]
    );
}
