//! What begins and ends with a server.

use std::sync::{Arc, Mutex};

use futures_util::future::BoxFuture;
use serde_json::json;
use thyra::client::Client;
use thyra::prelude::*;
use thyra::{Error, Extension, Lifespan};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::support::{Ask, Running, soon};

/// What happened, in order.
#[derive(Clone, Default)]
struct Journal(Arc<Mutex<Vec<String>>>);

impl Journal {
    fn note(&self, line: impl Into<String>) {
        self.0.lock().unwrap().push(line.into());
    }

    fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    /// Something that notes its beginning and its end.
    fn begins<T: Send + Sync + 'static>(&self, name: &'static str, value: T) -> Lifespan {
        let (beginning, end) = (self.clone(), self.clone());
        Lifespan::until(
            move || async move {
                beginning.note(format!("{name} begins"));
                Ok::<_, std::io::Error>(value)
            },
            move |_| async move { end.note(format!("{name} ends")) },
        )
    }

    /// Something that cannot begin.
    fn fails() -> Lifespan {
        Lifespan::new(|| async { Err::<u8, _>(std::io::Error::other("no disk")) })
    }
}

struct Db(&'static str);

/// Tells the name of the database.
#[tool]
async fn database(State(db): State<Db>) -> &'static str {
    db.0
}

#[tokio::test]
async fn a_served_server_begins_before_the_first_request_and_ends_after_the_last() {
    let journal = Journal::default();
    let server = Server::new("Notes")
        .tool(database)
        .with_lifespan(journal.begins("db", Db("notes.db")))
        .with_lifespan(journal.begins("queue", 7_u32));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(server.serve_listener(listener, async {
        let _ = stopped.await;
    }));
    let running = Running::at(address);
    let ask = Ask::alone("tools/call", json!({ "name": "database" }));
    assert_eq!(running.ask(&ask).await.tool_text(), "notes.db");
    assert_eq!(journal.lines(), ["db begins", "queue begins"]);
    drop(running);
    stop.send(()).unwrap();
    soon("the end of the server", serving)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        journal.lines(),
        ["db begins", "queue begins", "queue ends", "db ends"]
    );
}

#[tokio::test]
async fn what_cannot_begin_stops_the_start_and_ends_what_has_begun() {
    let journal = Journal::default();
    let server = Server::new("Notes")
        .with_lifespan(journal.begins("db", Db("notes.db")))
        .with_lifespan(Journal::fails())
        .with_lifespan(journal.begins("never", 1_u64));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let error = server
        .serve_listener(listener, std::future::pending())
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Lifespan { .. }), "{error}");
    assert_eq!(
        error.to_string(),
        "what begins with the server could not begin: no disk"
    );
    assert_eq!(journal.lines(), ["db begins", "db ends"]);
}

#[tokio::test]
async fn a_server_in_another_program_is_started_and_stopped_by_that_program() {
    let journal = Journal::default();
    let server = || {
        Server::new("Notes")
            .tool(database)
            .with_lifespan(journal.begins("db", Db("notes.db")))
    };
    let said =
        "this server has a lifespan: write `.start().await?` before it is put into another program";
    for error in [
        server().into_service().map(|_| ()).unwrap_err(),
        server().connect().map(|_| ()).unwrap_err(),
    ] {
        assert_eq!(error.to_string(), said);
    }
    assert_eq!(journal.lines(), [""; 0]);

    let started = server().start().await.unwrap();
    let handle = started.handle();
    let client = Client::over(started.in_process().unwrap()).build();
    let name: String = client.call_tool_as("database", &()).await.unwrap();
    assert_eq!(name, "notes.db");
    handle.stop().await;
    handle.stop().await;
    assert_eq!(journal.lines(), ["db begins", "db ends"]);
}

#[tokio::test]
async fn a_lifespan_without_an_end_gives_its_value() {
    let server = Server::new("Notes")
        .tool(database)
        .lifespan(|| async { Ok::<_, std::io::Error>(Db("short.db")) });
    let client = server.start().await.unwrap().connect().unwrap();
    let name: String = client.call_tool_as("database", &()).await.unwrap();
    assert_eq!(name, "short.db");
}

/// An extension that begins and ends with its server.
struct Audit(Journal);

impl Extension for Audit {
    fn identifier(&self) -> &'static str {
        "com.example/audit"
    }

    fn lifespan(&self) -> Option<Lifespan> {
        Some(self.0.begins("audit", 7_u16))
    }

    fn methods(&self) -> Vec<String> {
        vec!["audit/old".to_owned(), "audit/now".to_owned()]
    }

    fn offers(&self, method: &str, _: thyra::Revision) -> bool {
        method == "audit/now"
    }

    fn call<'a>(
        &'a self,
        _: &'a str,
        _: Option<&'a serde_json::value::RawValue>,
        request: &'a thyra::extend::RequestScope,
    ) -> BoxFuture<'a, Result<Box<serde_json::value::RawValue>, thyra::ErrorObject>> {
        Box::pin(async move {
            let context = request.context();
            let declared = context.client_extension(self.identifier());
            let told = json!({ "level": declared.map(|settings| settings["level"].clone()) });
            Ok(serde_json::value::to_raw_value(&told).unwrap())
        })
    }
}

#[tokio::test]
async fn an_extension_begins_with_the_server_and_knows_what_the_client_declared() {
    let journal = Journal::default();
    let server = Server::new("Audited").extension(Audit(journal.clone()));
    let server = server.start().await.unwrap();
    assert_eq!(journal.lines(), ["audit begins"]);
    let handle = server.handle();
    let running = Running::start(server).await;
    let ask = |method: &str, extensions: serde_json::Value| {
        Ask::alone(method, json!({})).meta(
            crate::support::META_CAPABILITIES,
            json!({ "extensions": extensions }),
        )
    };
    let declared = json!({ "com.example/audit": { "level": 3 } });
    let told = running.ask(&ask("audit/now", declared)).await.result();
    assert_eq!(told["level"], 3);
    let told = running.ask(&ask("audit/now", json!({}))).await.result();
    assert!(told["level"].is_null(), "{told}");
    let gone = running.ask(&ask("audit/old", json!({}))).await;
    assert_eq!(gone.json()["error"]["code"], -32601);
    handle.stop().await;
    assert_eq!(journal.lines(), ["audit begins", "audit ends"]);
}
