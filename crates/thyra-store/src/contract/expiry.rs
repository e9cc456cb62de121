//! Values end when their lifetime is over, and not before.

use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use super::{ContractError, LONG, Subject, hold};
use crate::backend::MAX_LIFETIME;
use crate::key::Key;

const SHORT: Duration = Duration::from_millis(300);

/// What a backend may lag behind. One that took seconds for milliseconds would need longer.
const PATIENCE: Duration = Duration::from_secs(20);

const PAUSE: Duration = Duration::from_millis(20);

pub(super) async fn check(subject: &Subject) -> Result<(), ContractError> {
    let backend = &subject.one;
    let value = Bytes::from_static(b"value");
    let [
        taken,
        swapped,
        compared,
        renewed,
        kept,
        medium,
        longest,
        read,
    ] = [
        "taken", "swapped", "compared", "renewed", "kept", "medium", "longest", "read",
    ]
    .map(|name| subject.key(name));
    let (taken, swapped, compared, read) = (taken?, swapped?, compared?, read?);
    let (renewed, kept, medium, longest) = (renewed?, kept?, medium?, longest?);

    let began = Instant::now();
    backend.put(&medium, value.clone(), SHORT * 10).await?;
    backend.put(&longest, value.clone(), MAX_LIFETIME).await?;
    for key in [&renewed, &kept] {
        backend.put(key, value.clone(), SHORT).await?;
    }
    backend.put(&renewed, value.clone(), LONG).await?;
    let swap = backend
        .compare_and_swap(&kept, Some(&value), value.clone(), LONG)
        .await?;
    if began.elapsed() < SHORT {
        hold("a value can be swapped while it is alive", &swap, &true)?;
    }
    // The one that is asked for is written last, so the others have ended when it has.
    backend.put(&swapped, value.clone(), LONG).await?;
    backend
        .compare_and_swap(&swapped, Some(&value), value.clone(), SHORT)
        .await?;
    for key in [&taken, &compared, &read] {
        backend.put(key, value.clone(), SHORT).await?;
    }
    ended(subject, &read).await?;

    let there = backend.get(&medium).await?;
    if began.elapsed() < SHORT * 10 {
        let clause = "a value does not end before its lifetime";
        hold(clause, &there, &Some(value.clone()))?;
    }
    let clause = "a value that has ended cannot be taken";
    hold(clause, &backend.take(&taken).await?, &None)?;
    let clause = "a value that has ended is nothing to compare with";
    let swap = backend
        .compare_and_swap(&compared, Some(&value), value.clone(), LONG)
        .await?;
    hold(clause, &swap, &false)?;
    let swap = backend
        .compare_and_swap(&compared, None, value.clone(), LONG)
        .await?;
    hold(clause, &swap, &true)?;
    let clause = "the lifetime of the last write counts";
    hold(clause, &backend.get(&swapped).await?, &None)?;
    hold(clause, &backend.get(&renewed).await?, &Some(value.clone()))?;
    hold(clause, &backend.get(&compared).await?, &Some(value.clone()))?;
    let clause = "a lifetime may be MAX_LIFETIME";
    hold(clause, &backend.get(&longest).await?, &Some(value))?;
    for key in [&renewed, &kept, &medium, &longest, &compared] {
        backend.delete(key).await?;
    }
    Ok(())
}

/// Waits until the value under `key` has ended.
async fn ended(subject: &Subject, key: &Key) -> Result<(), ContractError> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let there = subject.other.get(key).await?;
        if there.is_none() || Instant::now() >= deadline {
            return hold("a value ends with its lifetime", &there, &None);
        }
        tokio::time::sleep(PAUSE).await;
    }
}
