//! A store in a folder, which the programs of one person share.

mod sealing;

use std::fmt::Write as _;
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tempfile::NamedTempFile;
use thyra_oauth::Secret;

use self::sealing::Seal;
use super::standard::login_folder;
use super::{MAX_VALUE, StoreError, StoreKey, StoreLock, TokenStore};

/// How often a lock is tried that another program holds, and for how long. Renewing takes at most
/// the 30 seconds of one request.
const LOCK_PAUSE: Duration = Duration::from_millis(20);
const LOCK_TRIES: u32 = 3000;

/// Keeps credentials in a folder, a file for each value. Programs that use the same folder share
/// their logins.
///
/// On Unix nobody but the person who runs the program can read the files (mode 0600, in a folder of
/// mode 0700). Elsewhere they are as private as the folder. With [`FileStore::sealed`] they are
/// encrypted as well.
///
/// ```
/// use thyra_login::{FileStore, OAuth, PrintUrl};
///
/// let oauth = OAuth::new(PrintUrl).store(FileStore::new("/home/ada/.config/my-program/login"));
/// ```
#[derive(Clone, Debug)]
pub struct FileStore {
    folder: PathBuf,
    seal: Option<Arc<Seal>>,
}

/// How the name of a sealed value's file ends.
const SEALED: &str = ".sealed";

/// The most bytes of a file that are read: a value, and what sealing adds.
const MAX_FILE: u64 = MAX_VALUE as u64 + 64;

impl FileStore {
    /// Keeps values in `folder`, which is made when it is first needed.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            seal: None,
        }
    }

    /// Keeps the logins of the program with this `name`, where the operating system has the data of
    /// programs: `~/.local/share/NAME/login` (or below `XDG_DATA_HOME`), on macOS
    /// `~/Library/Application Support/NAME/login`, on Windows `%APPDATA%\NAME\login`.
    ///
    /// # Errors
    ///
    /// [`StoreError::ProgramName`] when `name` cannot be the name of a folder, and
    /// [`StoreError::NoHome`] when the person has no home directory.
    pub fn for_program(name: &str) -> Result<Self, StoreError> {
        Ok(Self::new(login_folder(name)?))
    }

    /// Encrypts every value with `key` (AES-256-GCM): 32 bytes from a good source of randomness,
    /// kept elsewhere than in the folder.
    ///
    /// Values that were written without a key, or with another, are not found, or are an error.
    #[must_use]
    pub fn sealed(mut self, key: [u8; 32]) -> Self {
        self.seal = Some(Arc::new(Seal::new(&Secret::new(key))));
        self
    }

    /// The file of `key`. Keys are URLs, of any length and with any character, so its name is a
    /// digest.
    fn place(&self, key: &StoreKey, kind: &str) -> PathBuf {
        let name = digest_name(key.as_str().as_bytes());
        self.folder.join(name + kind)
    }

    /// Whether a sealed value is under `key` in any folder below this one, whatever sealed it.
    #[cfg(feature = "keyring")]
    pub(super) fn is_sealed_below(&self, key: &StoreKey) -> Result<bool, StoreError> {
        let folders = match std::fs::read_dir(&self.folder) {
            Ok(folders) => folders,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(source) => return Err(failed(&self.folder, source)),
        };
        let name = digest_name(key.as_str().as_bytes()) + SEALED;
        for folder in folders {
            let folder = folder.map_err(|source| failed(&self.folder, source))?;
            if folder.path().join(&name).exists() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn value_place(&self, key: &StoreKey) -> PathBuf {
        self.place(key, if self.seal.is_some() { SEALED } else { ".json" })
    }

    pub(super) fn read(&self, key: &StoreKey) -> Result<Option<Secret>, StoreError> {
        let place = self.value_place(key);
        let unreadable = |problem| StoreError::Unreadable {
            place: place.display().to_string(),
            problem,
        };
        let mut bytes = Vec::new();
        match File::open(&place).and_then(|file| file.take(MAX_FILE).read_to_end(&mut bytes)) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(failed(&place, source)),
        }
        let bytes = Secret::new(bytes);
        if bytes.expose().len() as u64 == MAX_FILE {
            return Err(unreadable("it is too large; remove it and log in again"));
        }
        let plain = match &self.seal {
            Some(seal) => seal.open(key, bytes.expose()).ok_or_else(|| {
                unreadable("it was sealed with another key; use that key, or remove it")
            })?,
            None => bytes,
        };
        let text = std::str::from_utf8(plain.expose())
            .map_err(|_| unreadable("it is not text; remove it and log in again"))?;
        Ok(Some(Secret::new(text.to_owned())))
    }

    pub(super) fn write(&self, key: &StoreKey, value: &Secret) -> Result<(), StoreError> {
        let place = self.value_place(key);
        self.make_folder()?;
        // A new file that takes the old one's place: nobody reads half a value, and a crash leaves
        // the old one. Such a file is private from its first byte.
        let written = NamedTempFile::new_in(&self.folder).and_then(|mut file| {
            match &self.seal {
                Some(seal) => file.write_all(&seal.seal(key, value)?)?,
                None => file.write_all(value.expose().as_bytes())?,
            }
            file.as_file().sync_all()?;
            Ok(file.persist(&place)?)
        });
        written.map(drop).map_err(|source| failed(&place, source))
    }

    fn erase(&self, key: &StoreKey) -> Result<(), StoreError> {
        let place = self.value_place(key);
        match std::fs::remove_file(&place) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(&place, error)),
            _ => Ok(()),
        }
    }

    /// The lock of `key`, unless somebody holds it.
    fn try_lock(&self, key: &StoreKey) -> Result<Option<File>, StoreError> {
        let place = self.lock_place(key);
        let file = self.lock_file(&place)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(source)) => Err(failed(&place, source)),
        }
    }

    /// The lock of `key`, as soon as nobody holds it. It blocks.
    #[cfg(feature = "keyring")]
    pub(super) fn lock_blocking(&self, key: &StoreKey) -> Result<File, StoreError> {
        let place = self.lock_place(key);
        let file = self.lock_file(&place)?;
        match file.lock() {
            Ok(()) => Ok(file),
            Err(source) => Err(failed(&place, source)),
        }
    }

    fn lock_place(&self, key: &StoreKey) -> PathBuf {
        self.place(key, ".lock")
    }

    /// The file whose lock is that of a key. It stays: another program may be about to lock it. The
    /// operating system unlocks it when the program ends.
    fn lock_file(&self, place: &Path) -> Result<File, StoreError> {
        self.make_folder()?;
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(place).map_err(|source| failed(place, source))
    }

    fn make_folder(&self) -> Result<(), StoreError> {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        let made = builder.create(&self.folder);
        made.map_err(|source| failed(&self.folder, source))
    }

    /// Does `work` where it may block.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let store = self.clone();
        match tokio::task::spawn_blocking(move || work(&store)).await {
            Ok(outcome) => outcome,
            Err(error) => Err(failed(&self.folder, io::Error::other(error))),
        }
    }
}

/// A name for a file that tells nothing of what it is made of.
pub(super) fn digest_name(of: &[u8]) -> String {
    let mut name = String::new();
    for byte in digest::digest(&digest::SHA256, of).as_ref() {
        // A text takes whatever is written to it.
        let _ = write!(name, "{byte:02x}");
    }
    name
}

fn failed(place: &Path, source: io::Error) -> StoreError {
    StoreError::Io {
        place: place.display().to_string(),
        source,
    }
}

impl TokenStore for FileStore {
    fn load<'a>(&'a self, key: &'a StoreKey) -> BoxFuture<'a, Result<Option<Secret>, StoreError>> {
        let key = key.clone();
        self.blocking(move |store| store.read(&key)).boxed()
    }

    fn save<'a>(
        &'a self,
        key: &'a StoreKey,
        value: &'a Secret,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        let (key, value) = (key.clone(), value.clone());
        self.blocking(move |store| store.write(&key, &value))
            .boxed()
    }

    fn remove<'a>(&'a self, key: &'a StoreKey) -> BoxFuture<'a, Result<(), StoreError>> {
        let key = key.clone();
        self.blocking(move |store| store.erase(&key)).boxed()
    }

    fn lock<'a>(&'a self, key: &'a StoreKey) -> BoxFuture<'a, Result<StoreLock, StoreError>> {
        async move {
            for _ in 0..LOCK_TRIES {
                let key = key.clone();
                if let Some(file) = self.blocking(move |store| store.try_lock(&key)).await? {
                    return Ok(StoreLock::new(file));
                }
                tokio::time::sleep(LOCK_PAUSE).await;
            }
            Err(StoreError::Busy {
                seconds: (LOCK_PAUSE * LOCK_TRIES).as_secs(),
            })
        }
        .boxed()
    }
}
