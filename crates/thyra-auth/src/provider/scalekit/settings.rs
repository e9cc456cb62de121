//! Scalekit's settings, as environment variables and configuration files spell them.

use std::collections::HashMap;
use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use thyra_oauth::ScopeSet;

use super::ScalekitProvider;
use crate::provider::ProviderError;

/// The settings of a [`ScalekitProvider`], before anything is checked.
///
/// They are read from environment variables ([`from_env`](Self::from_env)), from a `.env` file
/// ([`from_env_file`](Self::from_env_file)), from any other source of variables
/// ([`from_vars`](Self::from_vars)), or with serde from a configuration file whose keys are the
/// names of the fields. An application may fill what is missing before it calls
/// [`provider`](Self::provider):
///
/// ```
/// use thyra_auth::ScalekitProviderSettings;
///
/// let mut settings = ScalekitProviderSettings::from_vars([
///     ("SCALEKIT_ENVIRONMENT_URL", "https://acme.scalekit.dev"),
///     ("SCALEKIT_RESOURCE_ID", "res_123"),
/// ])?;
/// settings.base_url.get_or_insert("http://localhost:8000".to_owned());
/// let provider = settings.provider()?;
/// # Ok::<(), thyra_auth::ProviderError>(())
/// ```
///
/// | variable | setting |
/// |---|---|
/// | `SCALEKIT_ENVIRONMENT_URL` | `environment_url` |
/// | `SCALEKIT_RESOURCE_ID` | `resource_id` |
/// | `THYRA_BASE_URL`, else `MCP_URL` | `base_url` |
/// | `SCALEKIT_REQUIRED_SCOPES` | `required_scopes` |
/// | `SCALEKIT_SCOPES_SUPPORTED` | `scopes_supported` |
/// | `SCALEKIT_RESOURCE_NAME` | `resource_name` |
/// | `SCALEKIT_RESOURCE_DOCUMENTATION` | `resource_documentation` |
///
/// `SCALEKIT_CLIENT_ID` is accepted and not used: verifying tokens needs no client. The variables
/// that FastMCP 2 read, `FASTMCP_SERVER_AUTH_SCALEKITPROVIDER_` followed by `ENVIRONMENT_URL`,
/// `RESOURCE_ID`, `BASE_URL`, `MCP_URL`, `REQUIRED_SCOPES` or `CLIENT_ID`, count where the ones above
/// are not set. Lists of scopes are separated by spaces or commas, or are a JSON array.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct ScalekitProviderSettings {
    /// The URL of the Scalekit environment.
    pub environment_url: Option<String>,
    /// The identifier of the MCP server in Scalekit, `res_...`.
    pub resource_id: Option<String>,
    /// The public URL of this server, with or without the path of the endpoint.
    pub base_url: Option<String>,
    /// The scopes that every request needs.
    pub required_scopes: Option<ScopeSet>,
    /// The scopes that the metadata offers; the required ones when not set.
    pub scopes_supported: Option<ScopeSet>,
    /// The server's name for people.
    pub resource_name: Option<String>,
    /// The URL of a page for developers.
    pub resource_documentation: Option<String>,
    /// Accepted and not used.
    pub client_id: Option<String>,
}

impl ScalekitProviderSettings {
    /// Reads the environment of the process.
    ///
    /// # Errors
    ///
    /// [`ProviderError::Invalid`] when one of the variables is not Unicode.
    pub fn from_env() -> Result<Self, ProviderError> {
        Self::from_os_vars(env::vars_os())
    }

    /// Reads a `.env` file, and the environment of the process, which wins.
    ///
    /// # Errors
    ///
    /// [`ProviderError::EnvironmentFile`] when the file cannot be read; otherwise as
    /// [`from_env`](Self::from_env).
    pub fn from_env_file(path: impl AsRef<Path>) -> Result<Self, ProviderError> {
        Self::from_env_file_and_vars(path.as_ref(), env::vars_os())
    }

    /// Reads variables from anywhere. A later one of the same name wins; others are ignored.
    ///
    /// # Errors
    ///
    /// As [`from_env`](Self::from_env).
    pub fn from_vars<N, V>(vars: impl IntoIterator<Item = (N, V)>) -> Result<Self, ProviderError>
    where
        N: Into<OsString>,
        V: Into<OsString>,
    {
        Self::from_os_vars(
            vars.into_iter()
                .map(|(name, value)| (name.into(), value.into())),
        )
    }

    /// Checks the settings and makes the provider.
    ///
    /// # Errors
    ///
    /// As [`ScalekitProviderBuilder::build`](super::ScalekitProviderBuilder::build).
    pub fn provider(self) -> Result<ScalekitProvider, ProviderError> {
        ScalekitProvider::builder().settings(self).build()
    }

    pub(super) fn from_env_file_and_vars(
        path: &Path,
        vars: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, ProviderError> {
        let broken = |source: dotenvy::Error| ProviderError::EnvironmentFile {
            path: PathBuf::from(path),
            source: without_content(source),
        };
        let mut all = Vec::new();
        for variable in dotenvy::from_path_iter(path).map_err(broken)? {
            let (name, value) = variable.map_err(broken)?;
            all.push((name.into(), value.into()));
        }
        all.extend(vars);
        Self::from_os_vars(all)
    }

    fn from_os_vars(
        vars: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, ProviderError> {
        let variables = Variables::of(vars);
        Ok(Self {
            environment_url: variables.text(&[
                "SCALEKIT_ENVIRONMENT_URL",
                "FASTMCP_SERVER_AUTH_SCALEKITPROVIDER_ENVIRONMENT_URL",
            ])?,
            resource_id: variables.text(&[
                "SCALEKIT_RESOURCE_ID",
                "FASTMCP_SERVER_AUTH_SCALEKITPROVIDER_RESOURCE_ID",
            ])?,
            base_url: variables.text(&[
                "THYRA_BASE_URL",
                "MCP_URL",
                "FASTMCP_SERVER_AUTH_SCALEKITPROVIDER_BASE_URL",
                "FASTMCP_SERVER_AUTH_SCALEKITPROVIDER_MCP_URL",
            ])?,
            required_scopes: variables.scopes(&[
                "SCALEKIT_REQUIRED_SCOPES",
                "FASTMCP_SERVER_AUTH_SCALEKITPROVIDER_REQUIRED_SCOPES",
            ])?,
            scopes_supported: variables.scopes(&["SCALEKIT_SCOPES_SUPPORTED"])?,
            resource_name: variables.text(&["SCALEKIT_RESOURCE_NAME"])?,
            resource_documentation: variables.text(&["SCALEKIT_RESOURCE_DOCUMENTATION"])?,
            client_id: variables.text(&[
                "SCALEKIT_CLIENT_ID",
                "FASTMCP_SERVER_AUTH_SCALEKITPROVIDER_CLIENT_ID",
            ])?,
        })
    }
}

/// The variables of the environment that could be ours; the rest is not looked at.
struct Variables(HashMap<String, OsString>);

impl Variables {
    const PREFIXES: [&str; 4] = [
        "FASTMCP_SERVER_AUTH_SCALEKITPROVIDER_",
        "MCP_URL",
        "SCALEKIT_",
        "THYRA_BASE_URL",
    ];

    fn of(vars: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        let ours = vars.into_iter().filter_map(|(name, value)| {
            let name = name.into_string().ok()?;
            Self::PREFIXES
                .iter()
                .any(|prefix| name.starts_with(prefix))
                .then_some((name, value))
        });
        Self(ours.collect())
    }

    /// The first of the names that is set, even to nothing, and its value.
    fn first(&self, names: &[&'static str]) -> Result<Option<(&'static str, &str)>, ProviderError> {
        let found = names
            .iter()
            .find_map(|name| Some((*name, self.0.get(*name)?)));
        let Some((name, value)) = found else {
            return Ok(None);
        };
        let value = value.to_str().ok_or_else(|| ProviderError::Invalid {
            setting: name,
            problem: "its value is not Unicode".to_owned(),
            help: "Set it to plain text.",
        })?;
        Ok(Some((name, value)))
    }

    fn text(&self, names: &[&'static str]) -> Result<Option<String>, ProviderError> {
        Ok(self.first(names)?.map(|(_, value)| value.to_owned()))
    }

    fn scopes(&self, names: &[&'static str]) -> Result<Option<ScopeSet>, ProviderError> {
        let Some((name, text)) = self.first(names)? else {
            return Ok(None);
        };
        let scopes = ScopeSet::parse_configured(text);
        if scopes.is_empty() {
            // A variable that lost its value must not take the scopes away from every caller.
            return Err(ProviderError::Invalid {
                setting: name,
                problem: "it is blank".to_owned(),
                help: "Write scopes with spaces or commas between them, or remove the variable.",
            });
        }
        Ok(Some(scopes))
    }
}

/// An error that does not quote the file: the line that could not be read may hold a secret.
fn without_content(error: dotenvy::Error) -> Box<dyn std::error::Error + Send + Sync> {
    match error {
        dotenvy::Error::Io(error) => error.into(),
        dotenvy::Error::LineParse(_, at) => {
            format!("a line cannot be read as `NAME=value`, from its character {at} on").into()
        }
        _ => "it cannot be read".into(),
    }
}

#[cfg(test)]
mod tests;
