//! The key that seals the files, and where it is kept.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keyring_core::{CredentialStore, Error};
use thyra_oauth::{Secret, unguessable};
use zeroize::Zeroizing;

use super::super::file::digest_name;
use super::super::{FileStore, StoreError, StoreKey};

/// What the key is called in a keyring, beside the program's name.
const ENTRY: &str = "login key";

/// Where the key is, and the files that it seals.
#[derive(Clone)]
pub(super) struct KeySource {
    pub(super) keyring: Arc<dyn Fn() -> Result<Arc<CredentialStore>, Error> + Send + Sync>,
    pub(super) program: String,
    pub(super) folder: PathBuf,
    pub(super) or_file: bool,
    /// How long one request waits for the keyring.
    pub(super) patience: Duration,
}

impl KeySource {
    /// The keyring of this operating system.
    pub(super) fn native(program: &str, folder: PathBuf) -> Self {
        Self {
            keyring: Arc::new(native),
            program: program.to_owned(),
            folder,
            or_file: false,
            patience: patience(),
        }
    }

    /// The files that `key` seals. Each key has a folder of its own, so a key that is lost costs a
    /// login, and spoils nothing.
    pub(super) fn files_of(&self, key: &Secret<[u8; 32]>) -> FileStore {
        let folder = self.folder.join(&digest_name(key.expose())[..16]);
        FileStore::new(folder).sealed(*key.expose())
    }

    /// The key in the keyring, which is made if there is none. It blocks, for as long as the
    /// keyring asks the person for its password.
    pub(super) fn in_keyring(&self) -> Result<Secret<[u8; 32]>, StoreError> {
        let keyring = (self.keyring)().map_err(refused)?;
        let entry = keyring.build(&self.program, ENTRY, None).map_err(refused)?;
        let find = || match entry.get_password() {
            Ok(text) => self.decoded("the keyring", &text.into()).map(Some),
            Err(Error::NoEntry) => Ok(None),
            Err(Error::BadEncoding(bytes)) => {
                drop(Zeroizing::new(bytes));
                Err(self.unreadable("the keyring"))
            }
            Err(error) => Err(refused(error)),
        };
        let keep = |text: &Secret| entry.set_password(text.expose()).map_err(refused);
        self.found_or_made("keyring", find, keep)
    }

    /// The key in its file, if there is one. It blocks.
    pub(super) fn found_in_file(&self) -> Result<Option<Secret<[u8; 32]>>, StoreError> {
        match self.files().read(&StoreKey::sealing("file"))? {
            Some(text) => self.decoded("its file", &text).map(Some),
            None => Ok(None),
        }
    }

    /// The key in its file, which is made if there is none. It blocks.
    pub(super) fn in_file(&self) -> Result<Secret<[u8; 32]>, StoreError> {
        let keep = |text: &Secret| self.files().write(&StoreKey::sealing("file"), text);
        self.found_or_made("file", || self.found_in_file(), keep)
    }

    /// The key that `find` finds, or a new one that `keep` keeps. The lock is that of `place`,
    /// because a keyring may hold its own for long.
    fn found_or_made(
        &self,
        place: &str,
        find: impl Fn() -> Result<Option<Secret<[u8; 32]>>, StoreError>,
        keep: impl Fn(&Secret) -> Result<(), StoreError>,
    ) -> Result<Secret<[u8; 32]>, StoreError> {
        if let Some(key) = find()? {
            return Ok(key);
        }
        // Two programs that start at the same time must not make two keys.
        let _lock = self.files().lock_blocking(&StoreKey::sealing(place))?;
        if let Some(key) = find()? {
            return Ok(key);
        }
        let text = unguessable::<32>()
            .map_err(|error| StoreError::Other(format!("no key can be made: {error}")))?;
        keep(&text)?;
        self.decoded(place, &text)
    }

    pub(super) fn files(&self) -> FileStore {
        FileStore::new(&self.folder)
    }

    fn decoded(&self, place: &str, text: &Secret) -> Result<Secret<[u8; 32]>, StoreError> {
        let bytes = URL_SAFE_NO_PAD.decode(text.expose()).map(Zeroizing::new);
        match bytes.map(|bytes| <[u8; 32]>::try_from(bytes.as_slice())) {
            Ok(Ok(key)) => Ok(Secret::new(key)),
            _ => Err(self.unreadable(place)),
        }
    }

    fn unreadable(&self, place: &str) -> StoreError {
        StoreError::Unreadable {
            place: format!("{place}, under `{}` and `{ENTRY}`,", self.program),
            problem: "it is not a key of 32 bytes in base64url; remove it and log in again",
        }
    }
}

impl fmt::Debug for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeySource")
            .field("program", &self.program)
            .field("folder", &self.folder)
            .field("or_file", &self.or_file)
            .finish_non_exhaustive()
    }
}

/// Whether there is no keyring to speak to, or one that has something to say.
fn refused(error: Error) -> StoreError {
    match error {
        Error::PlatformFailure(_)
        | Error::NoStorageAccess(_)
        | Error::NoDefaultStore
        | Error::NotSupportedByStore(_) => StoreError::NoKeyring(Box::new(error)),
        error => StoreError::Other(format!("the keyring cannot be used: {error}")),
    }
}

/// How long a keyring may take: a minute where it can ask the person for its password. A desktop
/// that follows XDG says where it shows its windows.
fn patience() -> Duration {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let needs_display = cfg!(all(unix, not(target_os = "macos")));
    if needs_display && !is_set("DISPLAY") && !is_set("WAYLAND_DISPLAY") {
        Duration::from_secs(5)
    } else {
        Duration::from_mins(1)
    }
}

#[cfg(target_os = "macos")]
fn native() -> Result<Arc<CredentialStore>, Error> {
    Ok(apple_native_keyring_store::keychain::Store::new()?)
}

#[cfg(windows)]
fn native() -> Result<Arc<CredentialStore>, Error> {
    Ok(windows_native_keyring_store::Store::new()?)
}

#[cfg(all(unix, not(target_os = "macos")))]
fn native() -> Result<Arc<CredentialStore>, Error> {
    Ok(zbus_secret_service_keyring_store::Store::new()?)
}

#[cfg(not(any(unix, windows)))]
fn native() -> Result<Arc<CredentialStore>, Error> {
    Err(Error::NoDefaultStore)
}
