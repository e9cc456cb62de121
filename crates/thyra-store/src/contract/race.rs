//! Many callers at the same time: exactly one wins.

use std::future::Future;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::join_all;
use tokio::sync::Barrier;

use super::{ContractError, LONG, Subject, hold};
use crate::error::StoreError;

const CALLERS: usize = 100;

/// How often they meet. A gap between reading and writing does not show every time.
const ROUNDS: usize = 3;

pub(super) async fn check(subject: &Subject) -> Result<(), ContractError> {
    for _ in 0..ROUNDS {
        takes(subject).await?;
        first_writes(subject).await?;
        swaps(subject).await?;
    }
    counting(subject).await
}

async fn takes(subject: &Subject) -> Result<(), ContractError> {
    let key = subject.key("race-take")?;
    subject
        .one
        .put(&key, Bytes::from_static(b"value"), LONG)
        .await?;
    let takes = (0..CALLERS).map(|number| {
        let (backend, key) = (subject.either(number), key.clone());
        async move { Ok(backend.take(&key).await?.is_some()) }
    });
    let clause = "of 100 callers that take at the same time exactly one gets the value";
    hold(clause, &winners(takes).await?, &1)
}

async fn first_writes(subject: &Subject) -> Result<(), ContractError> {
    let key = subject.key("race-first")?;
    let writes = (0..CALLERS).map(|number| {
        let (backend, key) = (subject.either(number), key.clone());
        let value = Bytes::from(number.to_string());
        async move { backend.compare_and_swap(&key, None, value, LONG).await }
    });
    let clause = "of 100 callers that write where nothing is exactly one does";
    hold(clause, &winners(writes).await?, &1)?;
    Ok(subject.one.delete(&key).await?)
}

async fn swaps(subject: &Subject) -> Result<(), ContractError> {
    let key = subject.key("race-swap")?;
    subject
        .one
        .put(&key, Bytes::from_static(b"before"), LONG)
        .await?;
    let swaps = (0..CALLERS).map(|number| {
        let (backend, key) = (subject.either(number), key.clone());
        let value = Bytes::from(number.to_string());
        async move {
            backend
                .compare_and_swap(&key, Some(b"before"), value, LONG)
                .await
        }
    });
    let clause = "of 100 callers that swap one version exactly one does";
    hold(clause, &winners(swaps).await?, &1)?;
    Ok(subject.one.delete(&key).await?)
}

/// Callers that add one each, as often as it takes, lose none.
async fn counting(subject: &Subject) -> Result<(), ContractError> {
    const EACH: usize = 5;
    const ADDERS: usize = 8;
    let key = subject.key("race-count")?;
    subject
        .one
        .put(&key, Bytes::from_static(b"0"), LONG)
        .await?;
    let adders = (0..ADDERS).map(|number| {
        let (backend, key) = (subject.either(number), key.clone());
        async move {
            for _ in 0..EACH {
                loop {
                    let Some(seen) = backend.get(&key).await? else {
                        return Ok(false);
                    };
                    let count: usize = String::from_utf8_lossy(&seen).parse().unwrap_or(0);
                    let next = Bytes::from((count + 1).to_string());
                    if backend
                        .compare_and_swap(&key, Some(&seen), next, LONG)
                        .await?
                    {
                        break;
                    }
                }
            }
            Ok(true)
        }
    });
    let clause = "callers that count with compare_and_swap lose nothing";
    hold(clause, &winners(adders).await?, &ADDERS)?;
    let expected = Bytes::from((ADDERS * EACH).to_string());
    hold(clause, &subject.one.take(&key).await?, &Some(expected))
}

/// How many of the callers say that they won. They begin together.
async fn winners<F>(callers: impl Iterator<Item = F>) -> Result<usize, ContractError>
where
    F: Future<Output = Result<bool, StoreError>> + Send + 'static,
{
    let callers: Vec<_> = callers.collect();
    let start = Arc::new(Barrier::new(callers.len()));
    let callers = callers.into_iter().map(|caller| {
        let start = Arc::clone(&start);
        tokio::spawn(async move {
            start.wait().await;
            caller.await
        })
    });
    let callers: Vec<_> = callers.collect();
    let mut winners = 0;
    for outcome in join_all(callers).await {
        let won = outcome.map_err(StoreError::unavailable)??;
        winners += usize::from(won);
    }
    Ok(winners)
}
