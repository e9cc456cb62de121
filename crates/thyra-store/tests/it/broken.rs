//! Backends that break the contract in one way each: it must find them.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use thyra_store::{Backend, Key, MemoryStore, StoreError, contract};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Flaw {
    /// Reads, and then deletes.
    TakeInTwoSteps,
    /// Reads, and then writes.
    SwapInTwoSteps,
    /// Takes milliseconds for seconds.
    Seconds,
    /// Takes milliseconds for microseconds.
    Hasty,
    /// Does not tell collections apart.
    OneCollection,
    /// Stops at a zero.
    Text,
    /// Never ends anything.
    Endless,
    /// A swap leaves the lifetime as it was.
    SwapKeepsLifetime,
}

#[derive(Debug)]
struct Flawed(MemoryStore, Flaw);

impl Flawed {
    fn key(&self, key: &Key) -> Key {
        match self.1 {
            Flaw::OneCollection => Key::new("one", key.name()).unwrap(),
            _ => key.clone(),
        }
    }

    fn lifetime(&self, lifetime: Duration) -> Duration {
        match self.1 {
            Flaw::Seconds => lifetime * 1000,
            Flaw::Hasty => lifetime / 1000,
            Flaw::Endless => lifetime * 1_000_000,
            _ => lifetime,
        }
    }

    fn value(&self, value: Bytes) -> Bytes {
        match (self.1, value.iter().position(|&byte| byte == 0)) {
            (Flaw::Text, Some(zero)) => value.slice(..zero),
            _ => value,
        }
    }
}

impl Backend for Flawed {
    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Bytes>, StoreError>> {
        Box::pin(async { self.0.get(&self.key(key)).await })
    }

    fn put<'a>(
        &'a self,
        key: &'a Key,
        value: Bytes,
        lifetime: Duration,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            let (value, lifetime) = (self.value(value), self.lifetime(lifetime));
            self.0.put(&self.key(key), value, lifetime).await
        })
    }

    fn take<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Bytes>, StoreError>> {
        Box::pin(async {
            let key = self.key(key);
            if self.1 == Flaw::TakeInTwoSteps {
                let there = self.0.get(&key).await?;
                tokio::task::yield_now().await;
                self.0.delete(&key).await?;
                return Ok(there);
            }
            self.0.take(&key).await
        })
    }

    fn compare_and_swap<'a>(
        &'a self,
        key: &'a Key,
        expected: Option<&'a [u8]>,
        value: Bytes,
        lifetime: Duration,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        Box::pin(async move {
            let key = self.key(key);
            let (value, mut lifetime) = (self.value(value), self.lifetime(lifetime));
            if self.1 == Flaw::SwapInTwoSteps {
                let there = self.0.get(&key).await?;
                if there.as_deref() != expected {
                    return Ok(false);
                }
                tokio::task::yield_now().await;
                self.0.put(&key, value, lifetime).await?;
                return Ok(true);
            }
            if self.1 == Flaw::SwapKeepsLifetime && expected.is_some() {
                lifetime = Duration::from_mins(5);
            }
            self.0
                .compare_and_swap(&key, expected, value, lifetime)
                .await
        })
    }

    fn delete<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async { self.0.delete(&self.key(key)).await })
    }
}

/// What the contract says of a backend with this flaw.
async fn verdict(flaw: Flaw) -> String {
    let backend = Arc::new(Flawed(MemoryStore::new(), flaw));
    let broken = contract::check(backend.clone(), backend).await;
    broken.unwrap_err().to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_contract_finds_what_is_not_atomic() {
    let take = verdict(Flaw::TakeInTwoSteps).await;
    assert!(take.contains("exactly one gets the value"), "{take}");
    let swap = verdict(Flaw::SwapInTwoSteps).await;
    assert!(swap.contains("exactly one does"), "{swap}");
}

#[tokio::test(start_paused = true)]
async fn the_contract_finds_wrong_lifetimes() {
    for flaw in [Flaw::Seconds, Flaw::Endless] {
        let said = verdict(flaw).await;
        assert!(said.contains("a value ends with its lifetime"), "{said}");
    }
    let said = verdict(Flaw::Hasty).await;
    assert!(said.contains("does not end before its lifetime"), "{said}");
    let said = verdict(Flaw::SwapKeepsLifetime).await;
    assert!(said.contains("the lifetime of the last write"), "{said}");
}

#[tokio::test]
async fn the_contract_finds_mixed_up_names_and_values() {
    let said = verdict(Flaw::OneCollection).await;
    assert!(said.contains("each collection has names"), "{said}");
    let said = verdict(Flaw::Text).await;
    assert!(said.contains("any bytes can be kept"), "{said}");
}
