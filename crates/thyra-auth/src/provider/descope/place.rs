//! Which project of Descope it is, which of its servers, and the URLs that follow from it.

use crate::provider::ProviderError;
use crate::provider::vendor_setting::VendorSetting;

const CONFIG_URL: VendorSetting = VendorSetting::new(
    "config_url (DESCOPE_CONFIG_URL)",
    "Copy the discovery URL or the issuer of your MCP server from the Descope console, MCP Servers \
     > your server > Connection Information; it looks like \
     https://api.descope.com/v1/apps/agentic/P2abc/MS3def. Or set project_id (DESCOPE_PROJECT_ID).",
);
const PROJECT_ID: VendorSetting = VendorSetting::new(
    "project_id (DESCOPE_PROJECT_ID)",
    "Copy the project ID from the Descope console, Project; it looks like P2abc.",
);
const API_URL: VendorSetting = VendorSetting::new(
    "api_url (DESCOPE_API_URL)",
    "Set it to your custom domain or to the API of your region, or remove it: the default is \
     https://api.descope.com.",
);
const DEFAULT_API: &str = "https://api.descope.com";
const DISCOVERY: [&str; 2] = [
    "/.well-known/openid-configuration",
    "/.well-known/oauth-authorization-server",
];

/// A project, and one of its MCP servers if it was named. The parts are checked, so the URLs that
/// are made of them are those that Descope writes into tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Without a slash at the end.
    api: String,
    project: String,
    server: Option<String>,
}

impl Place {
    pub(super) fn new(
        config_url: Option<&str>,
        project_id: Option<&str>,
        api_url: Option<&str>,
    ) -> Result<Self, ProviderError> {
        let project_id = PROJECT_ID.optional(project_id)?;
        let api_url = API_URL.optional(api_url)?;
        let (Some(project), None) = (project_id, config_url) else {
            let place = Self::of_config_url(CONFIG_URL.required(config_url)?)?;
            if project_id.is_some_and(|project| project != place.project) {
                return Err(PROJECT_ID.invalid("it is not the project that config_url names"));
            }
            if api_url.is_some() {
                return Err(API_URL.invalid("config_url names the API already"));
            }
            return Ok(place);
        };
        Ok(Self {
            api: API_URL.url(api_url.unwrap_or(DEFAULT_API))?,
            project: PROJECT_ID.identifier(project)?.to_owned(),
            server: None,
        })
    }

    fn of_config_url(text: &str) -> Result<Self, ProviderError> {
        let text = text.trim_end_matches('/');
        let issuer = DISCOVERY
            .iter()
            .find_map(|end| text.strip_suffix(end))
            .unwrap_or(text);
        let issuer = CONFIG_URL.url(issuer)?;
        let (api, apps) = issuer.split_once("/v1/apps/").ok_or_else(|| {
            CONFIG_URL.invalid("its path holds no `/v1/apps/` with a project behind it")
        })?;
        let (project, server) = match *apps.split('/').collect::<Vec<_>>() {
            [project] if project != "agentic" => (project, None),
            ["agentic", project, server] => (project, Some(server)),
            _ => {
                return Err(CONFIG_URL.invalid(
                    "behind `/v1/apps/` it names neither a project nor `agentic`, a project and a \
                     server",
                ));
            }
        };
        CONFIG_URL.identifier(project)?;
        let server = server.map(|server| CONFIG_URL.identifier(server));
        Ok(Self {
            api: api.to_owned(),
            project: project.to_owned(),
            server: server.transpose()?.map(str::to_owned),
        })
    }

    pub(super) fn project_id(&self) -> &str {
        &self.project
    }

    /// Where clients are sent: the MCP server if there is one, else the project.
    pub(super) fn authorization_server(&self) -> String {
        match &self.server {
            Some(server) => format!("{}/{server}", self.servers_issuer()),
            None => self.project_issuer(),
        }
    }

    /// The issuer of the project; those of its tenants have one more segment.
    pub(super) fn project_issuer(&self) -> String {
        format!("{}/v1/apps/{}", self.api, self.project)
    }

    /// What the issuers of the project's MCP servers have before their last segment.
    pub(super) fn servers_issuer(&self) -> String {
        format!("{}/v1/apps/agentic/{}", self.api, self.project)
    }

    /// The project's key set; servers have none of their own.
    pub(super) fn keys_url(&self) -> String {
        format!("{}/{}/.well-known/jwks.json", self.api, self.project)
    }
}
