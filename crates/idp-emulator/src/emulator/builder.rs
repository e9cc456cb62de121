//! How an emulator is set up and started.

use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use serde_json::Value;
use thiserror::Error;
use tokio::net::TcpListener;
use url::Url;

use crate::cimd::MetadataDocument;
use crate::client::Client;
use crate::emulator::Emulator;
use crate::environment::{Configuration, Environment};
use crate::issuer::{IssuerMode, ScopeShape};
use crate::key::CryptoError;
use crate::keyring::KeyRing;
use crate::redirect;
use crate::resource::Resource;
use crate::user::User;
use crate::vendor::{Opaque, ResourceChoice, Row, Vendor, fill};

/// Sets up an [`Emulator`]; made by [`Emulator::builder`].
#[derive(Clone, Debug)]
#[must_use = "nothing listens before `start`"]
pub struct Builder {
    vendor: &'static Row,
    address: SocketAddr,
    environment_url: Option<String>,
    resources: Vec<Resource>,
    users: Vec<User>,
    clients: Vec<Client>,
    metadata_documents: Vec<(String, Value)>,
    trusted_issuers: Vec<(String, Vec<Value>)>,
    issuer_mode: IssuerMode,
    scope_shape: ScopeShape,
    auto_consent: bool,
    opaque: bool,
    expiring: bool,
    application: Option<Vec<String>>,
}

/// Why an emulator did not start.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StartError {
    /// The address could not be listened on.
    #[error("cannot listen on {address}; choose another port, or 0 for a free one")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the operating system said.
        source: io::Error,
    },
    /// A client was given that cannot work.
    #[error("client `{client}`: {problem}")]
    Client {
        /// The client's identifier.
        client: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A client id metadata document cannot be used.
    #[error("client metadata document {url}: {problem}")]
    ClientMetadata {
        /// Where the document is supposed to be.
        url: String,
        /// What is wrong with it.
        problem: String,
    },
    /// No key could be made.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
    /// The environment URL cannot be used.
    #[error("the environment URL `{url}` must be http or https, without path, query and fragment")]
    EnvironmentUrl {
        /// The URL.
        url: String,
    },
    /// The address is not on the loopback interface.
    #[error("the emulator gives tokens to everybody, so it listens on loopback only, not on {0}")]
    NotLoopback(SocketAddr),
    /// A resource was given that cannot work.
    #[error("resource `{resource}`: {problem}")]
    Resource {
        /// The resource's identifier.
        resource: String,
        /// What is wrong with it.
        problem: &'static str,
    },
}

impl Builder {
    pub(super) fn new(vendor: Vendor) -> Self {
        let vendor = vendor.row();
        Self {
            vendor,
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            environment_url: None,
            resources: Vec::new(),
            users: Vec::new(),
            clients: Vec::new(),
            metadata_documents: Vec::new(),
            trusted_issuers: Vec::new(),
            issuer_mode: vendor.tokens.issuer_mode,
            scope_shape: ScopeShape::default(),
            auto_consent: false,
            opaque: vendor.tokens.opaque == Opaque::All,
            expiring: vendor.tokens.expiring,
            application: vendor.applications_only.then(Vec::new),
        }
    }

    /// Where to listen; a free port of 127.0.0.1 by default. Only loopback addresses are accepted.
    pub fn address(mut self, address: impl Into<SocketAddr>) -> Self {
        self.address = address.into();
        self
    }

    /// The URL that tokens and metadata name, when it is not the address that is listened on.
    pub fn environment_url(mut self, url: impl Into<String>) -> Self {
        self.environment_url = Some(url.into());
        self
    }

    /// Adds a protected resource. Without any, there is one: Scalekit's is called `res_1`.
    pub fn resource(mut self, resource: Resource) -> Self {
        self.resources.push(resource);
        self
    }

    /// Adds a user. Without any, there is one: ada@example.com, of organisation `org_1`. Scalekit
    /// calls her `usr_1`.
    pub fn user(mut self, user: User) -> Self {
        self.users.push(user);
        self
    }

    /// Adds a client. Unless one of them belongs to no resource and has a secret, there is also the
    /// environment client with the secret `development-secret`: `skc_1` for Scalekit's SDKs, and
    /// for introspection elsewhere. [`Emulator::variables`] has its name.
    pub fn client(mut self, client: Client) -> Self {
        self.clients.push(client);
        self
    }

    /// Adds a client id metadata document. The emulator never fetches one: a URL that was not
    /// given here is an unknown client.
    pub fn client_metadata(mut self, url: impl Into<String>, document: Value) -> Self {
        self.metadata_documents.push((url.into(), document));
        self
    }

    /// Adds an issuer whose assertions lead to tokens (RFC 7523 section 2.1), with its public keys
    /// (RFC 7517).
    pub fn trusted_issuer(
        mut self,
        issuer: impl Into<String>,
        keys: impl IntoIterator<Item = Value>,
    ) -> Self {
        let keys = keys.into_iter().collect();
        self.trusted_issuers.push((issuer.into(), keys));
        self
    }

    /// Which issuer tokens name. Scalekit's name the environment by default, all others the issuer
    /// of the metadata. The other form is Descope's project, and version 1 of Entra; most vendors
    /// have one only.
    pub fn issuer_mode(mut self, mode: IssuerMode) -> Self {
        self.issuer_mode = mode;
        self
    }

    /// How Scalekit's tokens spell their scopes; `scope` by default. Other vendors have one way.
    pub fn scope_shape(mut self, shape: ScopeShape) -> Self {
        self.scope_shape = shape;
        self
    }

    /// Whether authorization requests are granted at once, as the first user (or the one of
    /// `login_hint`), without a page. Off by default.
    pub fn auto_consent(mut self, on: bool) -> Self {
        self.auto_consent = on;
        self
    }

    /// Whether access tokens are opaque instead of JWTs. By default those of Clerk and `PropelAuth`
    /// are.
    pub fn opaque_tokens(mut self, on: bool) -> Self {
        self.opaque = on;
        self
    }

    /// Whether access tokens end. By default GitHub's do not; with ends they come with refresh
    /// tokens.
    pub fn expiring_tokens(mut self, on: bool) -> Self {
        self.expiring = on;
        self
    }

    /// Adds the application of an OAuth proxy: a client with the secret `development-secret` and
    /// this redirect URI, which matches byte for byte. May be called for several URIs.
    /// [`Emulator::variables`] has its identifier. Vendors that are not among [`Vendor::DIRECT`]
    /// have it anyway; [`Emulator::application`] gives it other redirect URIs later.
    pub fn application(mut self, redirect_uri: impl Into<String>) -> Self {
        let uris = self.application.get_or_insert_default();
        uris.push(redirect_uri.into());
        self
    }

    /// Makes the keys, listens, and serves until the returned handle is dropped.
    ///
    /// # Errors
    ///
    /// [`StartError`] when the address is not loopback or taken, or when a part of the set-up
    /// cannot work.
    pub async fn start(self) -> Result<Emulator, StartError> {
        if !self.address.ip().is_loopback() {
            return Err(StartError::NotLoopback(self.address));
        }
        let bind = |source| StartError::Bind {
            address: self.address,
            source,
        };
        let listener = TcpListener::bind(self.address).await.map_err(bind)?;
        let address = listener.local_addr().map_err(bind)?;
        let url = match &self.environment_url {
            Some(url) => checked_environment_url(url)?,
            None => format!("http://{address}"),
        };
        let keys = KeyRing::generate(self.vendor.ids.key, self.vendor.tokens.key)?;
        let environment = Environment::new(self.configuration(url)?, keys);
        Ok(Emulator::serve_on(listener, address, environment))
    }

    fn configuration(self, url: String) -> Result<Configuration, StartError> {
        let Self {
            vendor,
            mut resources,
            mut users,
            mut clients,
            metadata_documents: documents,
            trusted_issuers,
            issuer_mode,
            scope_shape,
            auto_consent,
            opaque,
            expiring,
            application: redirect_uris,
            address: _,
            environment_url: _,
        } = self;
        if resources.is_empty() {
            resources.push(Resource::new(vendor.first.resource));
        }
        if users.is_empty() {
            users.push(User::new(vendor.first.user, "ada@example.com").name("Ada Lovelace"));
        }
        let first = resources.first().map_or("", |resource| &resource.id);
        let application = fill(vendor.first.application, vendor.first.tenant, first);
        if let Some(uris) = redirect_uris {
            let client = Client::application(&application).redirect_uris(uris);
            // Where tokens are for applications, nobody else has scopes.
            let scopes = resources.iter().flat_map(|resource| &resource.scopes);
            let own = vendor.resources == ResourceChoice::Nothing && vendor.applications_only;
            clients.push(client.scopes(scopes.filter(|_| own)));
        }
        check_resources(&resources)?;
        check_clients(&clients, &resources, &trusted_issuers)?;
        let has_machine = |client: &Client| {
            client.resource.is_none() && (vendor.paths.environment.is_some() || !client.is_public())
        };
        if !clients.iter().any(has_machine) {
            clients.push(
                Client::new(vendor.first.environment_client)
                    .name("Environment client")
                    .secret("development-secret"),
            );
        }
        let mut metadata_documents = HashMap::new();
        for (url, document) in documents {
            match MetadataDocument::read(&url, document) {
                Ok(document) => metadata_documents.insert(url, document),
                Err(problem) => return Err(StartError::ClientMetadata { url, problem }),
            };
        }
        Ok(Configuration {
            vendor,
            url,
            resources,
            users,
            clients,
            metadata_documents,
            trusted_issuers,
            issuer_mode,
            scope_shape,
            auto_consent,
            opaque,
            expiring,
            application,
        })
    }
}

fn checked_environment_url(url: &str) -> Result<String, StartError> {
    let refused = || StartError::EnvironmentUrl {
        url: url.to_owned(),
    };
    let parsed = Url::parse(url).map_err(|_| refused())?;
    let plain = matches!(parsed.scheme(), "http" | "https")
        && parsed.path() == "/"
        && parsed.query().is_none()
        && parsed.fragment().is_none()
        && parsed.username().is_empty();
    plain
        .then(|| url.trim_end_matches('/').to_owned())
        .ok_or_else(refused)
}

fn check_resources(resources: &[Resource]) -> Result<(), StartError> {
    for (index, resource) in resources.iter().enumerate() {
        let problem = if !is_path_segment(&resource.id) {
            "the identifier must be of letters, digits, `_` and `-`, because it is part of URLs"
        } else if resource
            .tenant
            .as_deref()
            .is_some_and(|id| !is_path_segment(id))
        {
            "the tenant must be of letters, digits, `_` and `-`, because it is part of URLs"
        } else if resources
            .iter()
            .take(index)
            .any(|other| other.id == resource.id)
        {
            "the identifier is given to two resources"
        } else if resource
            .uri
            .as_deref()
            .is_some_and(|uri| Url::parse(uri).is_err())
        {
            "the Server URL must be an absolute URL"
        } else if resource.scopes.iter().any(|scope| !is_scope(scope)) {
            "a scope must be of visible ASCII characters without quotes and backslashes"
        } else {
            continue;
        };
        return Err(StartError::Resource {
            resource: resource.id.clone(),
            problem,
        });
    }
    Ok(())
}

fn check_clients(
    clients: &[Client],
    resources: &[Resource],
    trusted_issuers: &[(String, Vec<Value>)],
) -> Result<(), StartError> {
    for (index, client) in clients.iter().enumerate() {
        let bad_uri = client
            .redirect_uris
            .iter()
            .find_map(|uri| redirect::check(uri).err());
        let problem = if client.id.is_empty() {
            "the identifier must not be empty".to_owned()
        } else if clients
            .iter()
            .take(index)
            .any(|other| other.id == client.id)
        {
            "the identifier is given to two clients".to_owned()
        } else if let Some(id) = &client.resource
            && !resources.iter().any(|resource| resource.id == *id)
        {
            format!("there is no resource `{id}`")
        } else if let Some(problem) = bad_uri {
            problem
        } else if client.is_public()
            && client.redirect_uris.is_empty()
            && trusted_issuers.is_empty()
        {
            "give it a secret or a key, for client credentials, or redirect URIs, for codes"
                .to_owned()
        } else {
            continue;
        };
        return Err(StartError::Client {
            client: client.id.clone(),
            problem,
        });
    }
    Ok(())
}

fn is_path_segment(id: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    !id.is_empty() && id.bytes().all(allowed)
}

/// `scope-token` of RFC 6749 section 3.3.
fn is_scope(scope: &str) -> bool {
    !scope.is_empty()
        && scope
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\')
}
