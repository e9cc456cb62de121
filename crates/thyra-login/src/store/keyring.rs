//! A store whose key is in the keyring of the operating system.

mod key;
mod waiting;

use std::path::PathBuf;
use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use thyra_oauth::Secret;
use tokio::sync::OnceCell;

use self::key::KeySource;
use self::waiting::{Waiting, lost};
use super::standard::{checked, login_folder};
use super::{FileStore, StoreError, StoreKey, StoreLock, TokenStore};

/// Keeps credentials in encrypted files, and the key to them in the keyring of the operating
/// system: the Keychain of macOS, the Credential Manager of Windows, the Secret Service of other
/// desktops (GNOME Keyring, `KWallet`, `KeePassXC`).
///
/// Programs of one name share their logins. A keyring has no locks and takes short values only, so
/// it holds nothing but the key, 32 random bytes, which the first program makes. Whoever deletes
/// the key logs out.
///
/// The keyring is opened when there is something to keep, or to read. It may ask the person for a
/// password. A request waits a minute for that (five seconds where no desktop can ask), and then
/// fails with [`StoreError::KeyringSilent`]; a later request finds the answer.
///
/// ```no_run
/// use thyra_login::{KeyringStore, OAuth, SystemBrowser};
///
/// # fn example() -> Result<OAuth, thyra_login::StoreError> {
/// let store = KeyringStore::for_program("my-program")?.or_file();
/// Ok(OAuth::new(SystemBrowser::new()).store(store))
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct KeyringStore {
    source: KeySource,
    opened: Arc<OnceCell<FileStore>>,
    waiting: Arc<Waiting<Secret<[u8; 32]>>>,
}

impl KeyringStore {
    /// Keeps the logins of the program with this `name`. The files are where
    /// [`FileStore::for_program`] has them.
    ///
    /// # Errors
    ///
    /// [`StoreError::ProgramName`] when `name` cannot be the name of a folder, and
    /// [`StoreError::NoHome`] when the person has no home directory.
    pub fn for_program(name: &str) -> Result<Self, StoreError> {
        let folder = login_folder(name)?;
        Ok(Self::new(KeySource::native(name, folder)))
    }

    /// The same with the files in `folder`, for a person without a home directory, or for tests.
    ///
    /// # Errors
    ///
    /// [`StoreError::ProgramName`] when `name` could not be the name of a folder.
    pub fn in_folder(name: &str, folder: impl Into<PathBuf>) -> Result<Self, StoreError> {
        Ok(Self::new(KeySource::native(checked(name)?, folder.into())))
    }

    fn new(source: KeySource) -> Self {
        Self {
            source,
            opened: Arc::default(),
            waiting: Arc::default(),
        }
    }

    /// Where there is no keyring, or it stays locked, keeps the key in a file that only the person
    /// who runs the program can read (Unix mode 0600), and says so in the log. Credentials are then
    /// as private as with [`FileStore::new`].
    ///
    /// Once the key is in a file, it stays there, so that logins are found again when there is a
    /// keyring. Remove the folder to begin anew.
    #[must_use]
    pub fn or_file(self) -> Self {
        Self::new(KeySource {
            or_file: true,
            ..self.source
        })
    }

    /// The files, with their key.
    async fn opened(&self) -> Result<&FileStore, StoreError> {
        let open = async || Ok(self.source.files_of(&self.key().await?));
        self.opened.get_or_try_init(open).await
    }

    /// Whether there may be a value under `key`. If there is none, the keyring is not opened:
    /// nobody should be asked for a password for a server that wants no login.
    async fn may_keep(&self, key: &StoreKey) -> Result<bool, StoreError> {
        if self.opened.initialized() {
            return Ok(true);
        }
        let key = key.clone();
        self.blocking(move |source| source.files().is_sealed_below(&key))
            .await
    }

    async fn key(&self) -> Result<Secret<[u8; 32]>, StoreError> {
        if self.source.or_file
            && let Some(key) = self.blocking(KeySource::found_in_file).await?
        {
            return Ok(key);
        }
        let source = self.source.clone();
        let key = self
            .waiting
            .result_of(self.source.patience, move || source.in_keyring());
        match key.await {
            Err(error @ (StoreError::NoKeyring(_) | StoreError::KeyringSilent { .. }))
                if self.source.or_file =>
            {
                let folder = self.source.folder.display();
                tracing::warn!(%error, %folder, "the key to the logins is in a file");
                self.blocking(KeySource::in_file).await
            }
            outcome => outcome,
        }
    }

    /// Does `work` where it may block.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&KeySource) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let source = self.source.clone();
        tokio::task::spawn_blocking(move || work(&source))
            .await
            .unwrap_or_else(|_| Err(lost()))
    }
}

impl TokenStore for KeyringStore {
    fn load<'a>(&'a self, key: &'a StoreKey) -> BoxFuture<'a, Result<Option<Secret>, StoreError>> {
        async move {
            if self.may_keep(key).await? {
                self.opened().await?.load(key).await
            } else {
                Ok(None)
            }
        }
        .boxed()
    }

    fn save<'a>(
        &'a self,
        key: &'a StoreKey,
        value: &'a Secret,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        async move { self.opened().await?.save(key, value).await }.boxed()
    }

    fn remove<'a>(&'a self, key: &'a StoreKey) -> BoxFuture<'a, Result<(), StoreError>> {
        async move {
            if self.may_keep(key).await? {
                self.opened().await?.remove(key).await
            } else {
                Ok(())
            }
        }
        .boxed()
    }

    fn lock<'a>(&'a self, key: &'a StoreKey) -> BoxFuture<'a, Result<StoreLock, StoreError>> {
        async move { self.source.files().lock(key).await }.boxed()
    }
}

#[cfg(test)]
mod tests;
