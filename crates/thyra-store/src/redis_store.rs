//! Values in a Redis or a Valkey.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
#[cfg(feature = "redis-tls")]
use redis::ConnectionAddr;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::io::tcp::TcpSettings;
use redis::io::tcp::socket2::TcpKeepalive;
use redis::{
    Client, Cmd, ConnectionInfo, FromRedisValue, IntoConnectionInfo as _, ProtocolVersion,
    RedisError,
};
use tokio::sync::OnceCell;

use crate::backend::{Backend, Reach};
use crate::error::StoreError;
use crate::key::Key;
use crate::open_error::OpenError;

/// How long a connection that says nothing is believed to be there.
const SILENCE: Duration = Duration::from_secs(10);

/// How long one attempt to connect may take.
const CONNECTING: Duration = Duration::from_secs(1);

/// How often it is attempted, for one operation. The next operation begins anew.
const ATTEMPTS: usize = 4;

/// How long an answer may take. A [`Store`](crate::Store) waits for less.
const ANSWERING: Duration = Duration::from_secs(10);

/// How many operations may wait for their answers on the connection.
const UNDER_WAY: usize = 256;

/// Writes a value in place of exactly the expected one.
const SWAP: &str = "if redis.call('GET', KEYS[1]) == ARGV[1] then \
    redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) return 1 end return 0";

/// Keeps values in a Redis, from version 6.2, or a Valkey.
///
/// There is one connection, which is made when it is first used, and made again when it is lost.
/// What was under way when it was lost is an error: it is not sent twice.
///
/// All keys begin with `thyra:`. The Redis must not remove what is alive: leave `maxmemory-policy`
/// at `noeviction`. What it may forget when it crashes is up to its `appendfsync`.
pub struct RedisStore {
    client: Client,
    prefix: String,
    connection: OnceCell<ConnectionManager>,
}

impl RedisStore {
    /// The Redis at `url`: `redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE]`, `rediss://` with TLS,
    /// or `unix://PATH`. It is not reached yet.
    ///
    /// # Errors
    ///
    /// [`OpenError::Url`] if it cannot be read.
    pub fn open(url: &str) -> Result<Self, OpenError> {
        let refused = |error: RedisError| OpenError::Url {
            // A detail would repeat a part of the URL, which may have a password.
            problem: match error.detail() {
                None => error.to_string(),
                Some(_) => error.category().to_owned(),
            },
        };
        let info = url.into_connection_info().map_err(refused)?;
        #[cfg(feature = "redis-tls")]
        if let ConnectionAddr::TcpTls { insecure, .. } = info.addr() {
            if *insecure {
                let problem = "a certificate that nobody checks protects nothing".to_owned();
                return Err(OpenError::Url { problem });
            }
            // It fails if the program has chosen a provider, which then counts.
            let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        }
        Ok(Self {
            client: Client::open(tuned(info)).map_err(refused)?,
            prefix: "thyra:".to_owned(),
            connection: OnceCell::new(),
        })
    }

    /// What all keys begin with, in place of `thyra:`. Servers that share a database of a Redis and
    /// not their values need one each.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    fn command(&self, name: &str, key: &Key) -> Cmd {
        let mut command = redis::cmd(name);
        command.arg(self.place(key));
        command
    }

    fn place(&self, key: &Key) -> String {
        format!("{}{key}", self.prefix)
    }

    /// What the Redis answers.
    async fn ask<T: FromRedisValue>(&self, command: Cmd) -> Result<T, StoreError> {
        // The manager begins its tasks when it is made, so it is made where there is a runtime.
        let made = self.connection.get_or_try_init(async || {
            let config = ConnectionManagerConfig::new()
                .set_number_of_retries(ATTEMPTS)
                .set_min_delay(Duration::from_millis(20))
                .set_max_delay(Duration::from_millis(500))
                .set_connection_timeout(Some(CONNECTING))
                .set_response_timeout(Some(ANSWERING))
                .set_concurrency_limit(UNDER_WAY);
            ConnectionManager::new_lazy_with_config(self.client.clone(), config)
        });
        let mut connection = made.await.map_err(failed)?.clone();
        command.query_async(&mut connection).await.map_err(failed)
    }
}

/// Settings of the connection beside its URL.
fn tuned(info: ConnectionInfo) -> ConnectionInfo {
    // A host that is gone without a word must not be waited for.
    let tcp = TcpSettings::default()
        .set_nodelay(true)
        .set_keepalive(TcpKeepalive::new().with_time(SILENCE));
    #[cfg(target_os = "linux")]
    let tcp = tcp.set_user_timeout(SILENCE);
    let redis = info
        .redis_settings()
        .clone()
        // With it, a lost connection is noticed before it is used.
        .set_protocol(ProtocolVersion::RESP3)
        .set_skip_set_lib_name();
    info.set_tcp_settings(tcp).set_redis_settings(redis)
}

fn failed(error: RedisError) -> StoreError {
    // A script of Redis 6 has the error of its command within its own.
    let in_script = error.detail().is_some_and(|text| text.contains("-OOM "));
    if in_script || error.code() == Some("OOM") {
        StoreError::Full
    } else {
        StoreError::unavailable(error)
    }
}

fn milliseconds(lifetime: Duration) -> u64 {
    u64::try_from(lifetime.as_millis()).unwrap_or(u64::MAX)
}

impl Backend for RedisStore {
    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Bytes>, StoreError>> {
        Box::pin(self.ask(self.command("GET", key)))
    }

    fn put<'a>(
        &'a self,
        key: &'a Key,
        value: Bytes,
        lifetime: Duration,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        let mut command = self.command("SET", key);
        command.arg(&*value).arg("PX").arg(milliseconds(lifetime));
        Box::pin(self.ask(command))
    }

    fn take<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Bytes>, StoreError>> {
        Box::pin(self.ask(self.command("GETDEL", key)))
    }

    fn compare_and_swap<'a>(
        &'a self,
        key: &'a Key,
        expected: Option<&'a [u8]>,
        value: Bytes,
        lifetime: Duration,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        let lifetime = milliseconds(lifetime);
        if let Some(expected) = expected {
            let mut command = redis::cmd("EVAL");
            command.arg(SWAP).arg(1).arg(self.place(key));
            command.arg(expected).arg(&*value).arg(lifetime);
            Box::pin(self.ask(command))
        } else {
            let mut command = self.command("SET", key);
            command.arg(&*value).arg("NX").arg("PX").arg(lifetime);
            Box::pin(self.ask(command))
        }
    }

    fn delete<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<(), StoreError>> {
        let command = self.command("DEL", key);
        Box::pin(async { self.ask::<u64>(command).await.map(drop) })
    }

    fn reach(&self) -> Reach {
        Reach::Everywhere
    }
}

/// Not the URL, which may have a password.
impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore")
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}
