//! Settings, as environment variables and configuration files spell them.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use thyra_oauth::ScopeSet;

use super::ProviderError;

/// The environment variables that could be a vendor's; the others are not looked at.
pub struct Variables {
    /// Ours, and those of FastMCP 2.
    prefixes: [String; 2],
    values: HashMap<String, OsString>,
}

impl Variables {
    /// The variables of the vendor whose names begin with `prefix`. Those that FastMCP 2 read count
    /// where ours are not set.
    pub(super) fn of(
        prefix: Option<&str>,
        vars: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Self {
        let prefix = prefix.unwrap_or("THYRA_AUTH");
        let fastmcp = format!("FASTMCP_SERVER_AUTH_{prefix}PROVIDER_");
        Self::with([format!("{prefix}_"), fastmcp], vars)
    }

    /// The variables of a vendor behind an authorization server of ours. Their names begin with
    /// `prefix`, such as `GITHUB`; those that FastMCP 2 read, with `FASTMCP_SERVER_AUTH_` before
    /// it, count where ours are not set.
    pub fn of_proxy(prefix: &str, vars: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        let fastmcp = format!("FASTMCP_SERVER_AUTH_{prefix}_");
        Self::with([format!("{prefix}_"), fastmcp], vars)
    }

    fn with(prefixes: [String; 2], vars: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        let ours = vars.into_iter().filter_map(|(name, value)| {
            let name = name.into_string().ok()?;
            let shared = matches!(&*name, "THYRA_BASE_URL" | "MCP_URL");
            let own = prefixes.iter().any(|prefix| name.starts_with(prefix));
            (shared || own).then_some((name, value))
        });
        Self {
            values: ours.collect(),
            prefixes,
        }
    }

    /// The variables of a `.env` file, and those of the environment, which win.
    pub(super) fn of_file(
        prefix: Option<&str>,
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
        Ok(Self::of(prefix, all))
    }

    /// A setting of the vendor's; `name` is the field's.
    ///
    /// # Errors
    ///
    /// [`ProviderError::Invalid`] when it is not Unicode.
    pub fn text(&self, name: &str) -> Result<Option<String>, ProviderError> {
        let found = self.first(self.names(name))?;
        Ok(found.map(|(_, value)| value.to_owned()))
    }

    /// The public URL of this server: `THYRA_BASE_URL`, else `MCP_URL`.
    ///
    /// # Errors
    ///
    /// As [`text`](Self::text).
    pub fn base_url(&self) -> Result<Option<String>, ProviderError> {
        let [ours, fastmcp] = [["THYRA_BASE_URL", "MCP_URL"].map(str::to_owned), {
            let [_, prefix] = &self.prefixes;
            [format!("{prefix}BASE_URL"), format!("{prefix}MCP_URL")]
        }];
        let found = self.first(ours.into_iter().chain(fastmcp))?;
        Ok(found.map(|(_, value)| value.to_owned()))
    }

    /// A setting that names scopes.
    ///
    /// # Errors
    ///
    /// As [`text`](Self::text), and when it is blank.
    pub fn scopes(&self, name: &str) -> Result<Option<ScopeSet>, ProviderError> {
        let Some((name, text)) = self.first(self.names(name))? else {
            return Ok(None);
        };
        let scopes = ScopeSet::parse_configured(text);
        if scopes.is_empty() {
            // A variable that lost its value must not take the scopes away from every caller.
            return Err(ProviderError::invalid(
                name,
                "it is blank",
                "Write scopes with spaces or commas between them, or remove the variable.",
            ));
        }
        Ok(Some(scopes))
    }

    fn names(&self, name: &str) -> impl Iterator<Item = String> {
        let name = name.to_ascii_uppercase();
        self.prefixes
            .iter()
            .map(move |prefix| format!("{prefix}{name}"))
    }

    /// The first of the names that is set, even to nothing, and its value.
    fn first(
        &self,
        mut names: impl Iterator<Item = String>,
    ) -> Result<Option<(String, &str)>, ProviderError> {
        let found = names.find_map(|name| Some((self.values.get(&name)?, name)));
        let Some((value, name)) = found else {
            return Ok(None);
        };
        match value.to_str() {
            Some(value) => Ok(Some((name, value))),
            None => Err(ProviderError::invalid(
                name,
                "its value is not Unicode",
                "Set it to plain text.",
            )),
        }
    }
}

/// Shows the names, because some values are secrets.
impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.values.keys()).finish()
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

/// Writes what every vendor's settings have: the type with the vendor's own fields and the shared
/// ones, the ways to read it, and a setter for each of the vendor's own. The vendor has a field
/// `Option<String>` of the same name for each of them, and an `Option<Secret>` for each under
/// `secret`. Those under `unused` have no setter.
macro_rules! provider_settings {
    (
        $(#[$docs:meta])*
        pub struct $Settings:ident for $Vendor:ident {
            $($(#[$field_docs:meta])* $field:ident,)*
        }
        $(secret { $($(#[$secret_docs:meta])* $secret:ident,)* })?
        $(unused { $($(#[$unused_docs:meta])* $unused:ident,)* })?
    ) => {
        $(#[$docs])*
        ///
        /// They are read from environment variables ([`from_env`](Self::from_env)), from a `.env`
        /// file ([`from_env_file`](Self::from_env_file)), from any other source of variables
        /// ([`from_vars`](Self::from_vars)), or with serde from a configuration file whose keys are
        /// the names of the fields. The variable of a field is its name in upper case behind the
        /// vendor's prefix; `base_url` is `THYRA_BASE_URL`, else `MCP_URL`. The variables that
        /// FastMCP 2 read, `FASTMCP_SERVER_AUTH_` with the vendor's prefix and `PROVIDER_`, count
        /// where those are not set. Lists of scopes are separated by spaces or commas, or are a
        /// JSON array. An application may fill what is missing before it calls
        /// [`provider`](Self::provider).
        #[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
        #[serde(default, deny_unknown_fields)]
        #[non_exhaustive]
        pub struct $Settings {
            $($(#[$field_docs])* pub $field: Option<String>,)*
            $($($(#[$secret_docs])* pub $secret: Option<thyra_oauth::Secret>,)*)?
            $($($(#[$unused_docs])* pub $unused: Option<String>,)*)?
            /// The public URL of this server, with or without the path of the endpoint.
            pub base_url: Option<String>,
            /// The public URL under which clients know the resource, where it is another.
            pub resource_base_url: Option<String>,
            /// The scopes that every request needs.
            pub required_scopes: Option<thyra_oauth::ScopeSet>,
            /// The scopes that challenges ask for; the required ones when not set.
            pub challenge_scopes: Option<thyra_oauth::ScopeSet>,
            /// The scopes that the metadata offers; those of challenges when not set.
            pub scopes_supported: Option<thyra_oauth::ScopeSet>,
            /// The server's name for people.
            pub resource_name: Option<String>,
            /// The URL of a page for developers.
            pub resource_documentation: Option<String>,
        }

        impl $Settings {
            /// Reads the environment of the process.
            ///
            /// # Errors
            ///
            /// [`ProviderError::Invalid`](crate::ProviderError::Invalid) when one of the variables
            /// is not Unicode, or holds blank scopes.
            pub fn from_env() -> Result<Self, $crate::ProviderError> {
                Self::from_vars(std::env::vars_os())
            }

            /// Reads a `.env` file, and the environment of the process, which wins.
            ///
            /// # Errors
            ///
            /// [`ProviderError::EnvironmentFile`](crate::ProviderError::EnvironmentFile) when the
            /// file cannot be read; otherwise as [`from_env`](Self::from_env).
            pub fn from_env_file(
                path: impl AsRef<std::path::Path>,
            ) -> Result<Self, $crate::ProviderError> {
                Self::from_file_and_vars(path.as_ref(), std::env::vars_os())
            }

            /// Reads variables from anywhere. A later one of the same name wins, and unknown ones
            /// are ignored.
            ///
            /// # Errors
            ///
            /// As [`from_env`](Self::from_env).
            pub fn from_vars<N, T>(
                vars: impl IntoIterator<Item = (N, T)>,
            ) -> Result<Self, $crate::ProviderError>
            where
                N: Into<std::ffi::OsString>,
                T: Into<std::ffi::OsString>,
            {
                let vars = vars.into_iter().map(|(name, value)| (name.into(), value.into()));
                Self::read(&$crate::provider::variables::Variables::of(
                    <$Vendor as $crate::Vendor>::VARIABLES,
                    vars,
                ))
            }

            /// Checks the settings and makes the provider.
            ///
            /// # Errors
            ///
            /// As [`ProviderBuilder::build`](crate::ProviderBuilder::build).
            pub fn provider(
                self,
            ) -> Result<$crate::Provider<$Vendor>, $crate::ProviderError> {
                $crate::Provider::<$Vendor>::builder().settings(self).build()
            }

            fn from_file_and_vars(
                path: &std::path::Path,
                vars: impl IntoIterator<Item = (std::ffi::OsString, std::ffi::OsString)>,
            ) -> Result<Self, $crate::ProviderError> {
                Self::read(&$crate::provider::variables::Variables::of_file(
                    <$Vendor as $crate::Vendor>::VARIABLES,
                    path,
                    vars,
                )?)
            }

            fn read(
                variables: &$crate::provider::variables::Variables,
            ) -> Result<Self, $crate::ProviderError> {
                Ok(Self {
                    $($field: variables.text(stringify!($field))?,)*
                    $($($secret: variables.text(stringify!($secret))?.map(Into::into),)*)?
                    $($($unused: variables.text(stringify!($unused))?,)*)?
                    base_url: variables.base_url()?,
                    resource_base_url: variables.text("resource_base_url")?,
                    required_scopes: variables.scopes("required_scopes")?,
                    challenge_scopes: variables.scopes("challenge_scopes")?,
                    scopes_supported: variables.scopes("scopes_supported")?,
                    resource_name: variables.text("resource_name")?,
                    resource_documentation: variables.text("resource_documentation")?,
                })
            }
        }

        impl $crate::Provider<$Vendor> {
            /// Begins to set up a provider.
            pub fn builder() -> $crate::ProviderBuilder<$Vendor> {
                $crate::ProviderBuilder::of(<$Vendor>::default())
            }

            #[doc = concat!(
                "A provider set up by environment variables; see [`",
                stringify!($Settings),
                "`] for their names."
            )]
            ///
            /// # Errors
            ///
            /// [`ProviderError`](crate::ProviderError) when a variable is missing or cannot be
            /// used.
            pub fn from_env() -> Result<Self, $crate::ProviderError> {
                $Settings::from_env()?.provider()
            }
        }

        impl $crate::ProviderBuilder<$Vendor> {
            $($(#[$field_docs])*
            pub fn $field(mut self, value: impl Into<String>) -> Self {
                self.vendor.$field = Some(value.into());
                self
            })*

            $($($(#[$secret_docs])*
            pub fn $secret(mut self, secret: thyra_oauth::Secret) -> Self {
                self.vendor.$secret = Some(secret);
                self
            })*)?

            /// Takes over all these settings, including the ones that are not set.
            pub fn settings(mut self, settings: $Settings) -> Self {
                $(self.vendor.$field = settings.$field;)*
                $($(self.vendor.$secret = settings.$secret;)*)?
                $($(self.vendor.$unused = settings.$unused;)*)?
                self.settings.base_url = settings.base_url;
                self.settings.resource_base_url = settings.resource_base_url;
                self.settings.required_scopes = settings.required_scopes.unwrap_or_default();
                self.settings.challenge_scopes = settings.challenge_scopes;
                self.settings.scopes_supported = settings.scopes_supported;
                self.settings.resource_name = settings.resource_name;
                self.settings.resource_documentation = settings.resource_documentation;
                self
            }
        }
    };
}

pub(super) use provider_settings;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_reads_variables_of_its_own_and_those_of_fastmcp() {
        let vars = [
            ("GITHUB_CLIENT_ID", "ours"),
            ("FASTMCP_SERVER_AUTH_GITHUB_CLIENT_ID", "theirs"),
            ("FASTMCP_SERVER_AUTH_GITHUB_CLIENT_SECRET", "hush"),
            ("FASTMCP_SERVER_AUTH_GITHUB_BASE_URL", "https://mcp.example"),
            ("GITHUB_REQUIRED_SCOPES", "user, repo"),
            ("OTHER_CLIENT_ID", "other"),
        ];
        let vars = vars.map(|(name, value)| (name.into(), value.into()));
        let variables = Variables::of_proxy("GITHUB", vars);
        let text = |name| variables.text(name).unwrap();
        assert_eq!(text("client_id").as_deref(), Some("ours"));
        assert_eq!(text("client_secret").as_deref(), Some("hush"));
        assert_eq!(text("url"), None);
        let base_url = variables.base_url().unwrap();
        assert_eq!(base_url.as_deref(), Some("https://mcp.example"));
        let scopes = variables.scopes("required_scopes").unwrap();
        assert_eq!(scopes, Some(ScopeSet::from(["user", "repo"])));
        assert!(!format!("{variables:?}").contains("hush"));
    }
}
