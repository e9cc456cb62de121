//! Requests that a server refuses until the user has visited pages (MCP 2025-11-25,
//! `client/elicitation`, URL elicitation required).

use serde::Deserialize;
use thyra_protocol::{
    ElicitParams, ElicitUrlParams, ErrorCode, InputRequest, Revision, method as methods,
};

use super::Client;
use crate::answers::NotOffered;
use crate::error::ClientError;
use crate::hop::Hop;

impl Client {
    /// Sends the user to the pages that a refused request needs, and waits until the server says
    /// that they are done there, or the time for it is over. Then the request can be repeated.
    ///
    /// # Errors
    ///
    /// The refusal itself, if it is another one, or the user does not go to all pages.
    pub(super) async fn visit_required(
        &self,
        method: &str,
        name: &str,
        refusal: ClientError,
        most: usize,
    ) -> Result<(), ClientError> {
        let Some(pages) = required(&refusal) else {
            return Err(refusal);
        };
        if pages.len() > most {
            return Err(ClientError::Questions {
                method: method.to_owned(),
                most,
            });
        }
        let answers = &self.0.answers;
        let mut questions = Vec::with_capacity(pages.len());
        for page in &pages {
            let page = ElicitParams::Url(page.clone());
            match answers.offer(InputRequest::elicitation(page)) {
                Ok(question) => questions.push(question),
                Err(NotOffered::Page(source)) => {
                    return Err(ClientError::Page {
                        method: method.to_owned(),
                        source,
                    });
                }
                Err(_) => return Err(refusal),
            }
        }
        let ids: Vec<&str> = pages
            .iter()
            .filter_map(|page| page.elicitation_id.as_deref())
            .collect();
        for id in &ids {
            answers.visits().begin(id);
        }
        for question in questions {
            self.0.observer.hop(&Hop::Asked {
                method,
                name: Some(name),
                question: methods::ELICITATION_CREATE,
            });
            let answer = question.answer(Revision::V2025_11_25).await;
            let answer = answer.map_err(|source| ClientError::Answer {
                method: method.to_owned(),
                question: methods::ELICITATION_CREATE,
                source,
            })?;
            if !answer.is_accepted {
                return Err(refusal);
            }
        }
        // Whoever is not done in time finds out from the server.
        let _ = tokio::time::timeout(answers.visit_time(), answers.visits().ended(&ids)).await;
        Ok(())
    }
}

/// The pages, if they are why a request was refused.
fn required(refusal: &ClientError) -> Option<Vec<ElicitUrlParams>> {
    #[derive(Deserialize)]
    struct Data {
        elicitations: Vec<ElicitParams>,
    }

    let ClientError::Rpc { error, .. } = refusal else {
        return None;
    };
    if error.code != ErrorCode::URL_ELICITATION_REQUIRED {
        return None;
    }
    let data: Data = serde_json::from_str(error.data.as_deref()?.get()).ok()?;
    let pages = data.elicitations.into_iter().map(|page| match page {
        ElicitParams::Url(page) => Some(page),
        _ => None,
    });
    pages
        .collect::<Option<Vec<_>>>()
        .filter(|pages| !pages.is_empty())
}
