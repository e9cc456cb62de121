use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

use idp_emulator::{Faults, MetadataFault};

use super::*;

/// Keeps what is printed.
#[derive(Clone, Default)]
struct Page(Arc<Mutex<Vec<u8>>>);

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Page {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

async fn tour(rig: &Rig, is_coloured: bool) -> (String, Result<(), DemoError>) {
    let page = Page::default();
    let toured = tour::tour(&rig.url, Arc::new(Report::new(page.clone(), is_coloured))).await;
    (page.text(), toured)
}

#[tokio::test]
async fn colours_are_for_terminals_only() {
    let rig = Rig::start(Addresses::Free, true).await.unwrap();
    let (plain, toured) = tour(&rig, false).await;
    toured.unwrap();
    assert!(!plain.contains('\u{1b}'));
    let (coloured, toured) = tour(&rig, true).await;
    toured.unwrap();
    assert!(coloured.contains('\u{1b}'));
}

#[tokio::test]
async fn a_hop_of_discovery_that_fails_is_named() {
    let rig = Rig::start(Addresses::Free, true).await.unwrap();
    rig.emulator.faults(Faults {
        metadata: MetadataFault::Status500,
        ..Faults::default()
    });
    let (printed, toured) = tour(&rig, false).await;
    let error = toured.unwrap_err().to_string();
    assert!(
        error.starts_with("the hop \"authorization server metadata\" failed: "),
        "{error}"
    );
    assert!(error.contains("status 500"), "{error}");
    assert_eq!(printed.lines().count(), 2, "{printed}");
}

#[tokio::test]
async fn a_login_that_needs_a_person_is_named() {
    let rig = Rig::start(Addresses::Free, false).await.unwrap();
    let (printed, toured) = tour(&rig, false).await;
    let error = toured.unwrap_err().to_string();
    assert!(
        error.starts_with("the hop \"authorization\" failed: "),
        "{error}"
    );
    assert!(error.contains("a person must go on there"), "{error}");
    assert_eq!(printed.lines().count(), 4, "{printed}");
}

#[tokio::test]
async fn the_server_gone_is_the_failure_of_the_call() {
    let rig = Rig::start(Addresses::Free, true).await.unwrap();
    let url = rig.url.clone();
    drop(rig);
    let toured = tour::tour(&url, Arc::new(Report::new(Page::default(), false))).await;
    let error = toured.unwrap_err().to_string();
    assert!(
        error.starts_with("the hop \"tools/list\" failed: "),
        "{error}"
    );
}

#[tokio::test]
async fn what_to_paste_names_the_server_and_the_environment() {
    let rig = Rig::start(Addresses::Free, true).await.unwrap();
    let lines = invitation(&rig);
    assert!(
        lines
            .iter()
            .any(|line| line.contains(&format!("\"url\": \"{}\"", rig.url)))
    );
    for line in [
        format!("SCALEKIT_ENVIRONMENT_URL={}", rig.emulator.url()),
        "SCALEKIT_RESOURCE_ID=res_123".to_owned(),
    ] {
        assert!(lines.contains(&line), "{line}");
    }
}

#[tokio::test]
async fn only_loopback_addresses_are_listened_on() {
    let arguments = Arguments {
        once: true,
        addr: Some(([0, 0, 0, 0], 0).into()),
    };
    assert!(matches!(
        run(arguments).await,
        Err(DemoError::NotLoopback(_))
    ));
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let arguments = Arguments {
        once: true,
        addr: Some(taken.local_addr().unwrap()),
    };
    assert!(matches!(
        run(arguments).await,
        Err(DemoError::Listen { .. })
    ));
}
