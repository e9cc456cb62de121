//! A Redis over TLS.
//!
//! Which certificates count is up to the environment of the process, so each case has one.

use std::io::ErrorKind;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use thyra_store::{Key, RedisServer, RedisStore, Store, StoreKey};

#[test]
fn a_redis_over_tls_must_have_a_certificate_that_is_trusted() {
    let folder = tempfile::tempdir().unwrap();
    let in_folder = |name: &str| folder.path().join(name).display().to_string();
    let authority = write_certificates(folder.path());
    let (server, port) = with_tls(&in_folder("server.pem"), &in_folder("server.key"));

    let said = talk(
        &format!("rediss://localhost:{port}"),
        &in_folder("authority.pem"),
    );
    assert!(said.contains("the answer is kept"), "{said}");
    let said = talk(
        &format!("valkeys://localhost:{port}/1"),
        &in_folder("authority.pem"),
    );
    assert!(said.contains("the answer is kept"), "{said}");

    let said = talk(
        &format!("rediss://127.0.0.1:{port}"),
        &in_folder("authority.pem"),
    );
    assert!(
        said.contains("the store cannot be used"),
        "another name: {said}"
    );
    std::fs::write(in_folder("other.pem"), new_authority().pem()).unwrap();
    let said = talk(
        &format!("rediss://localhost:{port}"),
        &in_folder("other.pem"),
    );
    assert!(
        said.contains("the store cannot be used"),
        "another authority: {said}"
    );
    drop((server, authority));
}

/// A server whose certificate is in these files, and its port.
fn with_tls(certificate: &str, key: &str) -> (RedisServer, u16) {
    let started = (0..5).find_map(|_| {
        // It cannot choose a port by itself, and somebody else may take the one that was free.
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let settings = [
            "--tls-port",
            &port.to_string(),
            "--bind",
            "127.0.0.1",
            "--tls-cert-file",
            certificate,
            "--tls-key-file",
            key,
            "--tls-ca-cert-file",
            certificate,
            "--tls-auth-clients",
            "no",
        ];
        match RedisServer::start(&settings) {
            Err(error) if error.kind() != ErrorKind::NotFound => None,
            started => Some((started.unwrap(), port)),
        }
    });
    started.unwrap()
}

fn new_authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap()
}

/// Writes the certificate of a new authority, and one that it issued for `localhost`.
fn write_certificates(folder: &Path) -> CertifiedIssuer<'static, KeyPair> {
    let authority = new_authority();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = certificate.signed_by(&key, &authority).unwrap();
    std::fs::write(folder.join("authority.pem"), authority.pem()).unwrap();
    std::fs::write(folder.join("server.pem"), certificate.pem()).unwrap();
    std::fs::write(folder.join("server.key"), key.serialize_pem()).unwrap();
    authority
}

/// What a process says that trusts the certificates in the file `authorities`.
fn talk(url: &str, authorities: &str) -> String {
    let output = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "redis_tls::talks_to_a_redis",
            "--ignored",
            "--nocapture",
        ])
        .env("THYRA_TEST_REDIS", url)
        .env("SSL_CERT_FILE", authorities)
        .env_remove("SSL_CERT_DIR")
        .output()
        .unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[tokio::test]
#[ignore = "another test starts it in a process of its own"]
async fn talks_to_a_redis() {
    let url = std::env::var("THYRA_TEST_REDIS").unwrap();
    let store = Store::encrypted(
        RedisStore::open(&url).unwrap(),
        StoreKey::generate().unwrap(),
    )
    .time_limit(Duration::from_secs(20));
    let key = Key::new("codes", "a").unwrap();
    let minute = Duration::from_mins(1);
    if let Err(error) = store.put(&key, b"the answer is kept", minute).await {
        println!("{error}");
        return;
    }
    let value = store.take(&key).await.unwrap().unwrap();
    println!("{}", String::from_utf8_lossy(value.expose()));
}
