use std::ffi::OsString;
use std::fs;

use super::*;

const NONE: [(&str, &str); 0] = [];

fn settings<const N: usize>(vars: [(&str, &str); N]) -> ScalekitProviderSettings {
    ScalekitProviderSettings::from_vars(vars).unwrap()
}

fn scopes<const N: usize>(scopes: [&str; N]) -> ScopeSet {
    ScopeSet::from_iter(scopes)
}

#[test]
fn every_variable_has_its_setting() {
    assert_eq!(
        settings([
            ("SCALEKIT_ENVIRONMENT_URL", "https://acme.scalekit.dev"),
            ("SCALEKIT_RESOURCE_ID", "res_1"),
            ("THYRA_BASE_URL", "https://mcp.example.com"),
            ("SCALEKIT_REQUIRED_SCOPES", "read write"),
            ("SCALEKIT_SCOPES_SUPPORTED", "read,write,admin"),
            ("SCALEKIT_RESOURCE_NAME", "Notes"),
            (
                "SCALEKIT_RESOURCE_DOCUMENTATION",
                "https://mcp.example.com/docs"
            ),
            ("SCALEKIT_CLIENT_ID", "skc_1"),
            ("SCALEKIT_RESOURCE_BASE_URL", "https://gateway.example.com"),
            ("SCALEKIT_CHALLENGE_SCOPES", "all"),
            ("SCALEKIT_CLIENT_SECRET", "unused"),
            ("HOME", "/root"),
        ]),
        ScalekitProviderSettings {
            environment_url: Some("https://acme.scalekit.dev".to_owned()),
            resource_id: Some("res_1".to_owned()),
            base_url: Some("https://mcp.example.com".to_owned()),
            required_scopes: Some(scopes(["read", "write"])),
            scopes_supported: Some(scopes(["read", "write", "admin"])),
            resource_name: Some("Notes".to_owned()),
            resource_documentation: Some("https://mcp.example.com/docs".to_owned()),
            client_id: Some("skc_1".to_owned()),
            resource_base_url: Some("https://gateway.example.com".to_owned()),
            challenge_scopes: Some(scopes(["all"])),
        }
    );
    assert_eq!(settings(NONE), ScalekitProviderSettings::default());
}

#[test]
fn fastmcp_variables_count_where_ours_are_not_set() {
    let fastmcp = [
        (
            "FASTMCP_SERVER_AUTH_SCALEKITPROVIDER_ENVIRONMENT_URL",
            "https://old.scalekit.com",
        ),
        ("FASTMCP_SERVER_AUTH_SCALEKITPROVIDER_CLIENT_ID", "skc_old"),
        (
            "FASTMCP_SERVER_AUTH_SCALEKITPROVIDER_RESOURCE_ID",
            "res_old",
        ),
        (
            "FASTMCP_SERVER_AUTH_SCALEKITPROVIDER_MCP_URL",
            "https://old.example.com/mcp",
        ),
        (
            "FASTMCP_SERVER_AUTH_SCALEKITPROVIDER_REQUIRED_SCOPES",
            "[\"read\", \"write\"]",
        ),
    ];
    assert_eq!(
        settings(fastmcp),
        ScalekitProviderSettings {
            environment_url: Some("https://old.scalekit.com".to_owned()),
            resource_id: Some("res_old".to_owned()),
            base_url: Some("https://old.example.com/mcp".to_owned()),
            required_scopes: Some(scopes(["read", "write"])),
            client_id: Some("skc_old".to_owned()),
            ..ScalekitProviderSettings::default()
        }
    );
    let ours = [
        ("SCALEKIT_RESOURCE_ID", "res_new"),
        ("SCALEKIT_REQUIRED_SCOPES", "new"),
    ];
    let both = ScalekitProviderSettings::from_vars(fastmcp.into_iter().chain(ours)).unwrap();
    assert_eq!(both.resource_id.as_deref(), Some("res_new"));
    assert_eq!(both.required_scopes, Some(scopes(["new"])));
    assert_eq!(
        both.environment_url.as_deref(),
        Some("https://old.scalekit.com")
    );
}

#[test]
fn the_base_url_is_found_under_four_names() {
    let mut vars = vec![
        ("THYRA_BASE_URL", "https://1"),
        ("MCP_URL", "https://2"),
        ("FASTMCP_SERVER_AUTH_SCALEKITPROVIDER_BASE_URL", "https://3"),
        ("FASTMCP_SERVER_AUTH_SCALEKITPROVIDER_MCP_URL", "https://4"),
    ];
    for expected in ["https://1", "https://2", "https://3", "https://4"] {
        let settings = ScalekitProviderSettings::from_vars(vars.clone()).unwrap();
        assert_eq!(settings.base_url.as_deref(), Some(expected));
        vars.remove(0);
    }
}

#[test]
fn scopes_are_read_in_every_spelling() {
    for text in [
        "read,write x",
        "read write x",
        " read , write , x ",
        "[\"read\",\"write\",\"x\"]",
        "read write x read",
    ] {
        let settings = settings([("SCALEKIT_REQUIRED_SCOPES", text)]);
        assert_eq!(
            settings.required_scopes,
            Some(scopes(["read", "write", "x"])),
            "{text}"
        );
    }
}

#[cfg(unix)]
#[test]
fn a_value_that_is_not_unicode_names_its_variable() {
    use std::os::unix::ffi::OsStringExt;

    let value = OsString::from_vec(vec![b'r', 0xff]);
    let error = ScalekitProviderSettings::from_vars([("SCALEKIT_RESOURCE_ID", value.clone())]);
    insta::assert_snapshot!(error.unwrap_err(), @"SCALEKIT_RESOURCE_ID cannot be used: its value is not Unicode. Set it to plain text.");
    assert!(ScalekitProviderSettings::from_vars([("PATH", value)]).is_ok());
}

fn from_file(
    content: &str,
    vars: &[(&str, &str)],
) -> Result<ScalekitProviderSettings, ProviderError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(".env");
    fs::write(&path, content).unwrap();
    let vars = vars.iter().map(|(name, value)| (name.into(), value.into()));
    ScalekitProviderSettings::from_file_and_vars(&path, vars)
}

#[test]
fn the_environment_wins_over_the_file() {
    let content = "# Scalekit\n\
        export SCALEKIT_ENVIRONMENT_URL=\"https://file.scalekit.dev\"\n\
        SCALEKIT_RESOURCE_ID=res_file # the notes server\n\
        \n\
        SCALEKIT_RESOURCE_NAME='My notes'\n";
    let settings = from_file(content, &[("SCALEKIT_RESOURCE_ID", "res_real")]).unwrap();
    assert_eq!(
        settings.environment_url.as_deref(),
        Some("https://file.scalekit.dev")
    );
    assert_eq!(settings.resource_id.as_deref(), Some("res_real"));
    assert_eq!(settings.resource_name.as_deref(), Some("My notes"));
}

#[test]
fn a_file_that_cannot_be_read_is_an_error_that_does_not_quote_it() {
    let error = from_file("SCALEKIT_RESOURCE_ID=res_1\nPASSWORD hunter2\n", &[]).unwrap_err();
    assert!(matches!(&error, ProviderError::EnvironmentFile { .. }));
    let shown = format!(
        "{error} {error:?} {}",
        std::error::Error::source(&error).unwrap()
    );
    assert!(!shown.contains("hunter2"), "{shown}");
    assert!(
        shown.contains("a line cannot be read as `NAME=value`"),
        "{shown}"
    );

    let missing = ScalekitProviderSettings::from_env_file("/nowhere/.env").unwrap_err();
    insta::assert_snapshot!(missing, @"cannot read the environment file /nowhere/.env: check that it exists and that every line is `NAME=value`");
}

#[test]
fn a_configuration_file_may_write_scopes_as_text_or_as_a_list() {
    for scopes_text in ["\"read write\"", "\"read,write\"", "[\"read\", \"write\"]"] {
        let json = format!(r#"{{"resource_id": "res_1", "required_scopes": {scopes_text}}}"#);
        let settings: ScalekitProviderSettings = serde_json::from_str(&json).unwrap();
        assert_eq!(settings.resource_id.as_deref(), Some("res_1"));
        assert_eq!(settings.required_scopes, Some(scopes(["read", "write"])));
        assert_eq!(settings.scopes_supported, None);
    }
    for bad in [
        r#"{"required_scopes": 1}"#,
        r#"{"required_scopes": [1]}"#,
        r#"{"resourceid": "res_1"}"#,
    ] {
        assert!(
            serde_json::from_str::<ScalekitProviderSettings>(bad).is_err(),
            "{bad}"
        );
    }
    let empty: ScalekitProviderSettings =
        serde_json::from_str(r#"{"required_scopes": null}"#).unwrap();
    assert_eq!(empty, ScalekitProviderSettings::default());
}

#[test]
fn scopes_that_lost_their_value_are_an_error() {
    for name in ["SCALEKIT_REQUIRED_SCOPES", "SCALEKIT_SCOPES_SUPPORTED"] {
        for value in ["", "  ", ",", "[]"] {
            let error = ScalekitProviderSettings::from_vars([(name, value)]).unwrap_err();
            assert!(
                error
                    .to_string()
                    .starts_with(&format!("{name} cannot be used: it is blank")),
                "{error}"
            );
        }
    }
}
