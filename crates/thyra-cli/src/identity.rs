//! How the program logs in, and where logins are kept.

use thyra_client::login::{Login, LoginError};
use thyra_client::{
    Browser, BrowserError, ClientError, Fetcher, KeyringStore, OAuth, PrintUrl, SystemBrowser,
};

use crate::failure::Failure;
use crate::registered::Registered;

/// The name of the program at authorization servers and where logins are kept.
const PROGRAM: &str = "thyra";

/// How a person takes part in a login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Person {
    /// In the browser of this desktop.
    Browser,
    /// In the browser of another device, with a code.
    Device,
    /// In a browser that the person opens.
    Link,
    /// Not at all: only a login that is there already is used.
    Nobody,
}

/// What takes the place of a browser when nobody is to log in.
#[derive(Debug)]
struct Refusing;

impl Browser for Refusing {
    fn open<'a>(
        &'a self,
        _: &'a str,
    ) -> std::pin::Pin<Box<dyn Future<Output = Result<(), BrowserError>> + Send + 'a>> {
        Box::pin(std::future::ready(Err(BrowserError::Other(
            "a login is needed, and --no-login forbids it; use `thyra login` first".to_owned(),
        ))))
    }
}

/// How the program logs in. Logins are kept, so that the next command needs none: in the person's
/// own folder for the data of programs, sealed with a key that is in the keyring if there is one.
pub(crate) fn oauth(
    person: Person,
    registered: &Registered,
    fetcher: &Fetcher,
) -> Result<OAuth, Failure> {
    let mut oauth = match person {
        Person::Browser => OAuth::new(SystemBrowser::new()),
        Person::Device => OAuth::device(PrintUrl),
        Person::Link => OAuth::new(PrintUrl),
        Person::Nobody => OAuth::new(Refusing),
    };
    if let Some(client) = registered.client(&|name| std::env::var_os(name))? {
        oauth = oauth.client(client);
    }
    if let Some(port) = registered.callback_port() {
        oauth = oauth.callback_port(port);
    }
    let store = KeyringStore::for_program(PROGRAM).map_err(|_| {
        Failure::Machine(
            "your home directory is not known, so logins cannot be kept; set HOME".to_owned(),
        )
    })?;
    Ok(oauth.store(store.or_file()).fetcher(fetcher.clone()))
}

/// The login of this program at the server at `url`.
pub(crate) fn login(url: &str, oauth: OAuth) -> Result<Login, Failure> {
    let login = Login::new(url, oauth)
        .map_err(|refused| Failure::Usage(format!("nobody can log in at this URL: {refused}")))?;
    Ok(login.client_name(PROGRAM))
}

impl From<LoginError> for Failure {
    fn from(error: LoginError) -> Self {
        Self::Client(ClientError::Login(error))
    }
}
