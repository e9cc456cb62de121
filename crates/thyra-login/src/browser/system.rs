//! The browser of the person who uses the program.

use std::ffi::OsString;
use std::process::{ExitStatus, Stdio};
use std::{env, io};

use futures_util::future::BoxFuture;
use thyra_oauth::Printable;
use tokio::process::Command;

use super::{Browser, BrowserError};

/// Opens the login page in the browser of the desktop, and prints its address on standard error in
/// case that nothing opens.
///
/// No shell sees the address: the desktop's own program is started with it as one argument. Where
/// there is no desktop, as on a server or in a container, the address is printed only.
#[derive(Clone, Debug)]
pub struct SystemBrowser {
    /// `None` where there is no desktop.
    opener: Option<Opener>,
}

/// What opens a page. The address is its last argument.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Opener {
    program: OsString,
    arguments: Vec<OsString>,
}

impl SystemBrowser {
    /// The browser that the desktop prefers.
    pub fn new() -> Self {
        Self {
            opener: Opener::of(env::consts::OS, |name| env::var_os(name).is_some()),
        }
    }

    /// A program that opens the address in its one argument.
    pub fn program(program: impl Into<OsString>) -> Self {
        Self {
            opener: Some(Opener {
                program: program.into(),
                arguments: Vec::new(),
            }),
        }
    }

    /// Opens a page, and prints nothing: for pages that have nothing to do with a login. It says
    /// whether something opened it.
    ///
    /// The page should be `https`, or `http` on this machine: the desktop opens whatever it knows.
    pub async fn show_page(&self, url: &str) -> bool {
        let Some(opener) = &self.opener else {
            return false;
        };
        match opener.open(url).await {
            Ok(status) if status.success() => true,
            Ok(status) => {
                tracing::debug!(%status, "the browser was not opened");
                false
            }
            Err(error) => {
                tracing::debug!(%error, "the browser was not opened");
                false
            }
        }
    }

    async fn show(&self, url: &str) {
        let page = Printable(url);
        if self.opener.is_none() {
            eprintln!("To log in, open this page in your browser:\n\n  {page}\n");
            return;
        }
        eprintln!(
            "To log in, go on in your browser. If it shows no page, open this one:\n\n  {page}\n"
        );
        // Where it does not open, the person has the address.
        self.show_page(url).await;
    }
}

impl Default for SystemBrowser {
    fn default() -> Self {
        Self::new()
    }
}

impl Browser for SystemBrowser {
    fn open<'a>(&'a self, url: &'a str) -> BoxFuture<'a, Result<(), BrowserError>> {
        Box::pin(async {
            self.show(url).await;
            Ok(())
        })
    }
}

impl Opener {
    /// What opens pages on the operating system `os`, where `is_set` says which environment
    /// variables there are.
    fn of(os: &str, is_set: impl Fn(&str) -> bool) -> Option<Self> {
        let (program, arguments): (&str, &[&str]) = match os {
            "macos" => ("/usr/bin/open", &[]),
            // `start` would be a command of the shell.
            "windows" => ("rundll32.exe", &["url.dll,FileProtocolHandler"]),
            _ if ["DISPLAY", "WAYLAND_DISPLAY"].into_iter().any(is_set) => ("xdg-open", &[]),
            _ => return None,
        };
        Some(Self {
            program: program.into(),
            arguments: arguments.iter().map(Into::into).collect(),
        })
    }

    /// Starts the program and waits for its end. It may be the browser itself, and go on when
    /// nobody waits any more.
    async fn open(&self, url: &str) -> io::Result<ExitStatus> {
        Command::new(&self.program)
            .args(&self.arguments)
            .arg(url)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_desktop_has_its_own_program_and_a_server_none() {
        let program = |os: &str, set: &str| {
            let opener = Opener::of(os, |name| name == set)?;
            opener.program.into_string().ok()
        };
        assert_eq!(program("macos", "").as_deref(), Some("/usr/bin/open"));
        assert_eq!(program("windows", "").as_deref(), Some("rundll32.exe"));
        for set in ["DISPLAY", "WAYLAND_DISPLAY"] {
            assert_eq!(program("linux", set).as_deref(), Some("xdg-open"));
            assert_eq!(program("freebsd", set).as_deref(), Some("xdg-open"));
        }
        assert_eq!(program("linux", "SSH_TTY"), None);
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn the_address_is_one_argument_and_no_shell_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("seen");
        // A program that writes down its last argument, and how many follow the file's name.
        let script = r#"file=$1; shift; printf '%s %s' "$#" "$1" > "$file""#;
        let opener = Opener {
            program: "sh".into(),
            arguments: vec!["-c".into(), script.into(), "sh".into(), file.clone().into()],
        };
        let url = "https://login.example.org/authorize?a=1&b=$(id)`id`;id|id 'x' \"y\" %PATH%";
        assert!(opener.open(url).await.unwrap().success());
        assert_eq!(std::fs::read_to_string(file).unwrap(), format!("1 {url}"));
    }

    #[tokio::test]
    async fn a_browser_that_does_not_open_does_not_end_the_login() {
        for browser in [
            SystemBrowser::program("/no/such/program"),
            SystemBrowser::program("false"),
            SystemBrowser { opener: None },
        ] {
            browser.open("https://login.example.org/").await.unwrap();
            assert!(!browser.show_page("https://pay.example.com/").await);
        }
    }
}
