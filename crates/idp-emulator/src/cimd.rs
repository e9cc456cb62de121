//! Client id metadata documents, from a map instead of the network.

use serde::Deserialize;
use serde_json::Value;
use url::Url;

use crate::client::Client;
use crate::redirect;

/// A client that is named by the URL of its document.
#[derive(Debug)]
pub(crate) struct MetadataDocument {
    pub(crate) client: Client,
}

#[derive(Deserialize)]
struct Document {
    client_id: String,
    client_name: Option<String>,
    redirect_uris: Vec<String>,
}

impl MetadataDocument {
    /// Reads the document at `url`; an error says what is wrong with it.
    pub(crate) fn read(url: &str, document: Value) -> Result<Self, String> {
        let parsed = Url::parse(url).map_err(|error| error.to_string())?;
        if parsed.scheme() != "https" && !redirect::is_loopback_http(&parsed) {
            return Err("the URL must be https, or http on a loopback host".to_owned());
        }
        let document: Document =
            serde_json::from_value(document).map_err(|error| error.to_string())?;
        if document.client_id != url {
            return Err("`client_id` must be the URL of the document".to_owned());
        }
        if document.redirect_uris.is_empty() {
            return Err("`redirect_uris` must not be empty".to_owned());
        }
        for uri in &document.redirect_uris {
            redirect::check(uri)?;
        }
        let mut client = Client::new(url)
            .name(document.client_name.unwrap_or_else(|| url.to_owned()))
            .redirect_uris(document.redirect_uris);
        client.by_metadata_document = true;
        Ok(Self { client })
    }
}
