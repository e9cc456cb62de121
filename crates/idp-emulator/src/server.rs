//! The authorization server that a request speaks to.

use std::collections::HashMap;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use axum::response::Response;

use crate::answer;
use crate::client::Client;
use crate::environment::{Environment, Shared};
use crate::resource::Resource;
use crate::vendor::{Offer, ResourceChoice, USER_FLOW, UnknownResource, fill};

/// One issuer of the environment, as a path names it.
#[derive(Clone, Debug)]
pub(crate) struct Server<'a> {
    pub(crate) tenant: &'a str,
    /// What the path names instead of a tenant; see `any_tenant` of the vendor's paths.
    pub(crate) any_tenant: Option<&'static str>,
    /// The resource, where each is an issuer of its own.
    pub(crate) resource: Option<&'a Resource>,
    /// What its metadata names as issuer.
    pub(crate) issuer: String,
    pub(crate) token_endpoint: String,
}

/// The `{tenant}` and `{resource}` of a path.
#[derive(Clone, Debug)]
pub(crate) struct Place(HashMap<String, String>);

impl Place {
    /// Another part of the path.
    pub(crate) fn part(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

impl FromRequestParts<Shared> for Place {
    type Rejection = Response;

    async fn from_request_parts(
        parts: &mut Parts,
        environment: &Shared,
    ) -> Result<Self, Self::Rejection> {
        let params = RawPathParams::from_request_parts(parts, environment).await;
        let params = params.map_err(|_| answer::unknown_resource())?;
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Ok(Self(params.iter().map(owned).collect()))
    }
}

impl Environment {
    /// The server at `place`, if there is such a tenant and such a resource.
    pub(crate) fn server(&self, place: &Place) -> Option<Server<'_>> {
        let flow = place.part("flow");
        if flow.is_some_and(|named| !named.eq_ignore_ascii_case(USER_FLOW)) {
            return None;
        }
        let named = place.part("tenant");
        let any = self.vendor.paths.any_tenant.iter();
        let any = any.copied().find(|any| named == Some(*any));
        let tenant = match named {
            Some(named) if any.is_none() => self.tenants().find(|tenant| *tenant == named)?,
            _ => self.tenants().next()?,
        };
        let resource = match place.0.get("resource") {
            Some(id) => {
                let of_tenant = |resource: &&Resource| self.tenant_of(resource) == tenant;
                Some(self.resource(id).filter(of_tenant)?)
            }
            None => None,
        };
        let server = self.server_of(tenant, resource);
        let Some(any) = any else {
            return Some(server);
        };
        let path = fill(self.vendor.paths.token, any, "");
        Some(Server {
            any_tenant: Some(any),
            token_endpoint: format!("{}{path}", self.url),
            ..server
        })
    }

    /// The server of a tenant, and of a resource if there is one.
    pub(crate) fn server_of<'a>(
        &'a self,
        tenant: &'a str,
        resource: Option<&'a Resource>,
    ) -> Server<'a> {
        let paths = &self.vendor.paths;
        let id = resource.map(|resource| resource.id.as_str());
        let (issuer, token) = match (&paths.environment, id) {
            (Some(environment), None) => (paths.environment_issuer, environment.token),
            _ => (paths.issuer, paths.token),
        };
        let at = |path| format!("{}{}", self.url, fill(path, tenant, id.unwrap_or_default()));
        Server {
            tenant,
            any_tenant: None,
            resource,
            issuer: at(issuer),
            token_endpoint: at(token),
        }
    }

    /// What tokens of a tenant name as issuer in
    /// [`IssuerMode::Environment`](crate::IssuerMode::Environment).
    pub(crate) fn environment_issuer(&self, tenant: &str) -> String {
        format!(
            "{}{}",
            self.url,
            fill(self.vendor.paths.environment_issuer, tenant, "")
        )
    }

    /// The path of the first tenant's key set.
    pub(crate) fn keys_path(&self) -> String {
        let tenant = self.tenants().next().unwrap_or_default();
        fill(self.vendor.paths.keys, tenant, "")
    }

    /// The path of a resource's metadata.
    pub(crate) fn metadata_path(&self, resource: &Resource) -> String {
        let vendor = self.vendor;
        let form = vendor
            .documents
            .first()
            .map(|form| form.path(vendor.paths.issuer));
        fill(
            &form.unwrap_or_default(),
            self.tenant_of(resource),
            &resource.id,
        )
    }

    /// Whether clients may register at the server.
    pub(crate) fn registers_clients(&self, server: &Server<'_>) -> bool {
        match server.resource {
            Some(resource) => resource.dynamic_registration,
            None => self
                .resources_of(server.tenant)
                .any(|resource| resource.dynamic_registration),
        }
    }

    /// The client of an identifier, if it is one of the server. Every client of a resource is one
    /// of the environment as well.
    pub(crate) fn client(&self, id: &str, server: &Server<'_>) -> Option<Client> {
        if let Some(document) = self.metadata_documents.get(id) {
            let taken = self.vendor.offers(Offer::MetadataDocuments)
                && server
                    .resource
                    .is_none_or(|resource| resource.client_metadata_documents);
            return taken.then(|| document.client.clone());
        }
        // The application may have been changed since the start.
        let changed = self.state().clients.get(id).cloned();
        let known = || self.clients.iter().find(|client| client.id == id).cloned();
        let client = changed.or_else(known)?;
        let of_resource = client.resource.as_deref().and_then(|id| self.resource(id));
        let tenant = client
            .tenant
            .as_deref()
            .or_else(|| of_resource.map(|resource| self.tenant_of(resource)));
        let of_server = tenant.is_none_or(|tenant| tenant == server.tenant)
            && server
                .resource
                .is_none_or(|resource| client.resource.as_deref() == Some(&resource.id));
        of_server.then_some(client)
    }

    /// The resource that a token is for: that of the server, else that of the client, else what the
    /// vendor makes of the request, whose parameters `sent` looks up by name.
    ///
    /// A client that is named by a metadata document gets one that takes such clients.
    pub(crate) fn choose_resource<'a>(
        &'a self,
        server: &Server<'a>,
        client: &Client,
        sent: impl Fn(&str) -> Vec<String>,
    ) -> Result<Option<&'a Resource>, (&'static str, &'static str)> {
        if server.resource.is_some() {
            return Ok(server.resource);
        }
        if let Some(id) = client.resource.as_deref() {
            return Ok(self.resource(id));
        }
        let candidates = self
            .resources_of(server.tenant)
            .filter(|held| !client.by_metadata_document || held.client_metadata_documents);
        let named = |names: &[String]| {
            let is_named = |held: &&Resource| {
                names
                    .iter()
                    .any(|name| *name == held.id || Some(name) == held.uri.as_ref())
            };
            candidates.clone().find(is_named)
        };
        match self.vendor.resources {
            ResourceChoice::Nothing if client.by_metadata_document => {
                Ok(named(&sent("resource")).or_else(|| candidates.clone().next()))
            }
            ResourceChoice::Nothing => Ok(None),
            ResourceChoice::First => Ok(candidates.clone().next()),
            ResourceChoice::Named {
                parameters,
                absent_is_first,
                unknown,
            } => {
                let wanted: Vec<String> = parameters.iter().flat_map(|name| sent(name)).collect();
                match (named(&wanted), unknown) {
                    (Some(resource), _) => Ok(Some(resource)),
                    (None, _) if wanted.is_empty() => {
                        Ok(candidates.clone().next().filter(|_| absent_is_first))
                    }
                    (None, UnknownResource::Ignored) => Ok(None),
                    (None, UnknownResource::Refused(error, text)) => Err((error, text)),
                }
            }
        }
    }
}
