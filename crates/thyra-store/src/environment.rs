//! A store as the environment describes it.

use std::env;
use std::ffi::OsString;

use crate::keys::StoreKeys;
use crate::open_error::OpenError;
use crate::store::Store;

/// Where the values are.
const STORE: &str = "THYRA_STORE";

/// What encrypts them.
const KEYS: &str = "THYRA_STORE_KEYS";

/// How the URL of a Redis or a Valkey begins, and whether it has TLS.
const REDIS: [(&str, bool); 7] = [
    ("redis://", false),
    ("valkey://", false),
    ("redis+unix://", false),
    ("valkey+unix://", false),
    ("unix://", false),
    ("rediss://", true),
    ("valkeys://", true),
];

impl Store {
    /// The store that two variables of the environment describe.
    ///
    /// `THYRA_STORE` says where the values are: `memory`, as without the variable; `file:PATH`,
    /// with the feature `file`; or a URL with `redis://`, `valkey://`, `unix://` and, with the
    /// feature `redis-tls`, `rediss://` or `valkeys://`, for the feature `redis`.
    /// `THYRA_STORE_KEYS` are the keys that encrypt them, as [`StoreKeys::from_base64`] reads them;
    /// memory needs none.
    ///
    /// # Errors
    ///
    /// [`OpenError`], which says what to set.
    pub fn from_env() -> Result<Self, OpenError> {
        Self::from_variables(env::var_os)
    }

    fn from_variables(
        variable: impl Fn(&'static str) -> Option<OsString>,
    ) -> Result<Self, OpenError> {
        let text = |name| match variable(name).map(OsString::into_string) {
            None => Ok(None),
            Some(Ok(text)) => Ok(Some(text.trim().to_owned())),
            Some(Err(_)) => Err(OpenError::Variable {
                name,
                problem: "is not Unicode",
            }),
        };
        let keys = || match text(KEYS)? {
            Some(keys) if !keys.is_empty() => Ok(StoreKeys::from_base64(&keys)?),
            _ => Err(OpenError::NoKeys),
        };
        let place = text(STORE)?;
        let place = place.as_deref().unwrap_or("memory");
        if place == "memory" {
            return Ok(Self::memory());
        }
        if let Some(path) = place.strip_prefix("file:") {
            // The URL of a file has an empty host.
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() {
                return Err(OpenError::Variable {
                    name: STORE,
                    problem: "names no file",
                });
            }
            return in_file(path, keys);
        }
        let begins = |&&(scheme, _): &&(&str, bool)| {
            let start = place.get(..scheme.len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(scheme))
        };
        match REDIS.iter().find(begins) {
            Some(&(_, has_tls)) => in_redis(place, has_tls, keys),
            None => Err(OpenError::Variable {
                name: STORE,
                problem: "names no kind of store that is known",
            }),
        }
    }
}

/// The store in a file.
fn in_file(
    path: &str,
    keys: impl FnOnce() -> Result<StoreKeys, OpenError>,
) -> Result<Store, OpenError> {
    #[cfg(feature = "file")]
    {
        let keys = keys()?;
        Ok(Store::encrypted(crate::file::FileStore::open(path)?, keys))
    }
    #[cfg(not(feature = "file"))]
    {
        let _ = (path, keys);
        Err(OpenError::NotBuilt { feature: "file" })
    }
}

/// The store in a Redis.
fn in_redis(
    url: &str,
    has_tls: bool,
    keys: impl FnOnce() -> Result<StoreKeys, OpenError>,
) -> Result<Store, OpenError> {
    let feature = if has_tls { "redis-tls" } else { "redis" };
    if has_tls && !cfg!(feature = "redis-tls") {
        return Err(OpenError::NotBuilt { feature });
    }
    #[cfg(feature = "redis")]
    {
        let keys = keys()?;
        let redis = crate::redis_store::RedisStore::open(url)?;
        Ok(Store::encrypted(redis, keys))
    }
    #[cfg(not(feature = "redis"))]
    {
        let _ = (url, keys);
        Err(OpenError::NotBuilt { feature })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::StoreKey;

    fn opened(place: Option<&str>, keys: Option<&str>) -> Result<Store, OpenError> {
        Store::from_variables(|name| match name {
            STORE => place.map(OsString::from),
            KEYS => keys.map(OsString::from),
            other => panic!("{other}"),
        })
    }

    fn key() -> String {
        StoreKey::generate().unwrap().to_base64().expose().clone()
    }

    #[test]
    fn without_a_variable_it_is_memory() {
        for place in [None, Some("memory"), Some(" memory\n")] {
            let store = opened(place, None).unwrap();
            assert!(!store.is_lasting());
        }
    }

    #[test]
    fn what_is_not_known_is_said_and_not_repeated() {
        for place in [
            "",
            "hunter2",
            "redis:hunter2",
            "http://u:hunter2@host",
            "file:",
            "file://",
        ] {
            let error = opened(Some(place), Some(&key())).unwrap_err().to_string();
            assert!(error.starts_with("THYRA_STORE names no "), "{error}");
            assert!(error.contains("`memory`, `file:PATH` or"), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[cfg(feature = "file")]
    #[test]
    fn a_file_needs_keys() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.redb");
        for place in [
            format!("file:{}", path.display()),
            format!("file://{}", path.display()),
        ] {
            for keys in [None, Some(""), Some(" ")] {
                let error = opened(Some(&place), keys).unwrap_err().to_string();
                assert!(error.contains("openssl rand -base64 32"), "{error}");
            }
            let error = opened(Some(&place), Some("hunter2"))
                .unwrap_err()
                .to_string();
            assert!(error.starts_with("THYRA_STORE_KEYS: the key "), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
            let store = opened(Some(&place), Some(&key())).unwrap();
            assert!(store.is_lasting() && !store.is_shared());
            let again = opened(Some(&place), Some(&key())).unwrap_err();
            assert!(matches!(again, OpenError::InUse { .. }), "{again}");
        }
        let missing = folder.path().join("none/state.redb");
        let place = format!("file:{}", missing.display());
        let error = opened(Some(&place), Some(&key())).unwrap_err().to_string();
        assert!(
            error.contains("none/state.redb` cannot be opened"),
            "{error}"
        );
    }

    #[cfg(feature = "redis")]
    #[test]
    fn a_redis_is_not_reached_before_it_is_used() {
        for place in [
            "redis://:hunter2@127.0.0.1:1/2",
            "VALKEY://localhost",
            "unix:///none",
        ] {
            let store = opened(Some(place), Some(&key())).unwrap();
            assert!(store.is_shared() && store.is_lasting());
            assert!(!format!("{store:?}").contains("hunter2"), "{store:?}");
            assert!(matches!(opened(Some(place), None), Err(OpenError::NoKeys)));
        }
        let error = opened(Some("redis://u:hunter2@host:port"), Some(&key())).unwrap_err();
        assert!(matches!(error, OpenError::Url { .. }), "{error}");
        assert!(
            !format!("{error:?} {error}").contains("hunter2"),
            "{error:?}"
        );
    }

    #[cfg(feature = "redis-tls")]
    #[test]
    fn tls_without_a_check_is_refused() {
        opened(Some("rediss://localhost"), Some(&key())).unwrap();
        let error = opened(Some("rediss://localhost/#insecure"), Some(&key())).unwrap_err();
        assert!(error.to_string().contains("nobody checks"), "{error}");
    }

    #[cfg(not(feature = "file"))]
    #[test]
    fn a_feature_that_is_missing_is_named() {
        let error = opened(Some("file:state.redb"), Some(&key())).unwrap_err();
        assert!(error.to_string().contains("the feature `file`"), "{error}");
    }
}
