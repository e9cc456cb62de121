use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use futures_util::FutureExt;
use thyra_protocol::{RequestId, Revision};
use tokio::sync::Notify;

use super::{builder, call_in, text_of};
use crate::component::tool::IntoTool;
use crate::context::RequestScope;
use crate::handler::{
    Call, CallEnd, CallError, Dependency, Depends, FromCall, Parameters, Rejection, State,
};
use crate::state::StateMap;
use crate::{CallToolResult, Tool, ToolError, tool};

/// What happened, in order.
#[derive(Clone, Default)]
struct Journal(Arc<Mutex<Vec<String>>>);

impl Journal {
    fn note(&self, entry: impl Into<String>) {
        self.0.lock().unwrap().push(entry.into());
    }

    fn read(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }

    fn scope(&self) -> RequestScope {
        let mut state = StateMap::default();
        state.insert(self.clone());
        builder().state(state).build()
    }

    async fn of(call: &Call<'_>) -> Self {
        let journal = State::<Self>::from_call(call).await.expect("a journal");
        Self::clone(&journal)
    }
}

/// A connection, of which there may be one in a call.
struct Db {
    journal: Journal,
}

/// The caller's tenant, who is in the database.
struct Tenant {
    name: &'static str,
    db: Depends<Db>,
}

impl Dependency for Db {
    async fn resolve(call: &Call<'_>) -> Result<Self, Rejection> {
        let journal = Journal::of(call).await;
        journal.note("connect");
        Ok(Self { journal })
    }

    async fn release(self: Arc<Self>, end: CallEnd) -> Result<(), ToolError> {
        let alone = Arc::into_inner(self).expect("nobody else holds it");
        alone.journal.note(format!("disconnect: {end:?}"));
        Ok(())
    }

    fn describe(parameters: &mut Parameters) {
        State::<Journal>::describe(parameters);
    }
}

impl Drop for Db {
    fn drop(&mut self) {
        self.journal.note("drop");
    }
}

impl Dependency for Tenant {
    async fn resolve(call: &Call<'_>) -> Result<Self, Rejection> {
        let db = Depends::<Db>::from_call(call).await?;
        db.journal.note("look up");
        Ok(Self { name: "blue", db })
    }

    async fn release(self: Arc<Self>, end: CallEnd) -> Result<(), ToolError> {
        self.db.journal.note(format!("leave: {end:?}"));
        Ok(())
    }

    fn describe(parameters: &mut Parameters) {
        Depends::<Db>::describe(parameters);
    }
}

#[tool]
async fn shared(tenant: Depends<Tenant>, again: Depends<Tenant>, db: Depends<Db>) -> String {
    assert!(Arc::ptr_eq(&tenant.0, &again.0));
    assert!(Arc::ptr_eq(&tenant.db.0, &db.0));
    db.journal.note("work");
    tenant.name.to_owned()
}

#[tokio::test]
async fn each_is_made_once_per_call_and_the_last_is_released_first() {
    let journal = Journal::default();
    for _ in 0..2 {
        let result = call_in(&journal.scope(), shared, "{}").await;
        assert_eq!(text_of(&result.expect("an answer")), "blue");
        assert_eq!(
            journal.read(),
            [
                "connect",
                "look up",
                "work",
                "leave: Answered",
                "disconnect: Answered",
                "drop"
            ]
        );
    }
}

#[tokio::test]
async fn what_a_dependency_of_a_dependency_needs_is_known_before_the_call() {
    let missing = shared.into_tool().missing_state(&StateMap::default());
    assert!(missing.is_some_and(|name| name.ends_with("Journal")));
}

#[tokio::test]
async fn a_call_that_fails_in_any_way_is_released_as_failed() {
    let error = Tool::new("error", |_: Depends<Db>| async {
        Err::<(), _>(ToolError::new("No."))
    });
    let result = Tool::new("result", |_: Depends<Db>| async {
        CallToolResult::error("No.")
    });
    let panic = Tool::new("panic", |db: Depends<Db>| async move {
        assert!(db.journal.0.is_poisoned(), "no luck");
    });
    #[tool]
    async fn refused(number: u8, db: Depends<Db>) -> String {
        format!("{number} {db:?}")
    }
    let journal = Journal::default();
    for tool in [error, result, panic, refused.into_tool()] {
        let answer = call_in(&journal.scope(), tool, "{}").await;
        assert!(answer.map_or(true, |result| result.is_error));
        assert_eq!(journal.read(), ["connect", "disconnect: Failed", "drop"]);
    }
}

#[tokio::test]
async fn a_cancelled_call_drops_what_it_has() {
    let journal = Journal::default();
    let scope = journal.scope();
    let endless = Tool::new("endless", |db: Depends<Db>| async move {
        let _db = db;
        std::future::pending::<()>().await;
    });
    let mut answer = Box::pin(call_in(&scope, endless, "{}"));
    assert!((&mut answer).now_or_never().is_none());
    assert_eq!(journal.read(), ["connect"]);
    drop(answer);
    assert_eq!(journal.read(), ["drop"]);
}

/// Cannot be committed.
struct Transaction;

impl Dependency for Transaction {
    async fn resolve(call: &Call<'_>) -> Result<Self, Rejection> {
        Depends::<Db>::from_call(call).await.map(|_| Self)
    }

    async fn release(self: Arc<Self>, _: CallEnd) -> Result<(), ToolError> {
        Err(ToolError::new("Somebody else was faster."))
    }
}

/// Panics when it is released.
struct Mine;

impl Dependency for Mine {
    async fn resolve(call: &Call<'_>) -> Result<Self, Rejection> {
        Depends::<Db>::from_call(call).await.map(|_| Self)
    }

    async fn release(self: Arc<Self>, _: CallEnd) -> Result<(), ToolError> {
        panic!("boom")
    }
}

#[tokio::test]
async fn a_release_that_fails_fails_the_call_and_those_that_come_after_it_know() {
    let journal = Journal::default();
    let tool = Tool::new("write", |_: Depends<Transaction>| async { "written" });
    let answer = call_in(&journal.scope(), tool, "{}").await;
    assert!(
        matches!(&answer, Err(CallError::Failed(error)) if error.message() == "Somebody else was faster."),
        "{answer:?}"
    );
    assert_eq!(journal.read(), ["connect", "disconnect: Failed", "drop"]);

    let tool = Tool::new("mine", |_: Depends<Mine>| async { "stepped on" });
    let answer = call_in(&journal.scope(), tool, "{}").await;
    assert!(
        matches!(&answer, Err(CallError::Panicked(panic)) if panic == "boom"),
        "{answer:?}"
    );
    assert_eq!(journal.read(), ["connect", "disconnect: Failed", "drop"]);

    // The call failed before, and its own error is what the caller reads.
    let tool = Tool::new("fail", |_: Depends<Transaction>| async {
        Err::<(), _>(ToolError::new("No such note."))
    });
    let answer = call_in(&journal.scope(), tool, "{}").await;
    assert!(
        matches!(&answer, Err(CallError::Failed(error)) if error.message() == "No such note."),
        "{answer:?}"
    );
}

/// Fails the first time.
struct Moody;

struct Tries(AtomicUsize);

impl Dependency for Moody {
    async fn resolve(call: &Call<'_>) -> Result<Self, Rejection> {
        let tries = State::<Tries>::from_call(call).await?;
        match tries.0.0.fetch_add(1, Ordering::Relaxed) {
            0 => Err(Rejection::failed("the database is starting")),
            _ => Ok(Self),
        }
    }
}

#[tokio::test]
async fn a_failure_is_the_calls_and_is_not_kept() {
    struct Patient;
    impl FromCall for Patient {
        async fn from_call(call: &Call<'_>) -> Result<Self, Rejection> {
            let first = Depends::<Moody>::from_call(call).await;
            assert!(matches!(first, Err(Rejection::Failed(_))));
            Depends::<Moody>::from_call(call).await.map(|_| Self)
        }
    }
    let mut state = StateMap::default();
    state.insert(Tries(AtomicUsize::new(0)));
    let scope = builder().state(state.clone()).build();
    let patient = Tool::new("patient", |_: Patient| async { "there" });
    let answer = call_in(&scope, patient, "{}").await.expect("an answer");
    assert_eq!(text_of(&answer), "there");

    state.insert(Tries(AtomicUsize::new(0)));
    let scope = builder().state(state).build();
    let hasty = Tool::new("hasty", |_: Depends<Moody>| async { "there" });
    assert_eq!(
        text_of(&hasty.call(None, &scope).await),
        "The call was rejected: the server could not get what it needs."
    );
}

struct Gate(Arc<Notify>, AtomicUsize);

/// Waits until the gate opens, and counts how often it is made.
struct Late;

impl Dependency for Late {
    async fn resolve(call: &Call<'_>) -> Result<Self, Rejection> {
        let gate = State::<Gate>::from_call(call).await?;
        gate.0.1.fetch_add(1, Ordering::Relaxed);
        gate.0.0.notified().await;
        Ok(Self)
    }
}

#[tokio::test]
async fn who_wants_it_meanwhile_waits_for_it() {
    struct Both;
    impl FromCall for Both {
        async fn from_call(call: &Call<'_>) -> Result<Self, Rejection> {
            let (one, other) = tokio::join!(
                Depends::<Late>::from_call(call),
                Depends::<Late>::from_call(call),
            );
            assert!(Arc::ptr_eq(&one?.0, &other?.0));
            Ok(Self)
        }
    }
    let gate = Arc::new(Notify::new());
    let mut state = StateMap::default();
    state.insert(Gate(Arc::clone(&gate), AtomicUsize::new(0)));
    let scope = builder().state(state).build();
    let tool = Tool::new("both", |_: Both, gate: State<Gate>| async move {
        gate.1.load(Ordering::Relaxed)
    });
    let mut answer = Box::pin(call_in(&scope, tool, "{}"));
    assert!((&mut answer).now_or_never().is_none());
    gate.notify_one();
    assert_eq!(text_of(&answer.await.expect("an answer")), "1");
}

/// Two that want each other, and say so to nobody.
struct Egg;
struct Hen;

impl Dependency for Egg {
    async fn resolve(call: &Call<'_>) -> Result<Self, Rejection> {
        Depends::<Hen>::from_call(call).await.map(|_| Self)
    }
}

impl Dependency for Hen {
    async fn resolve(call: &Call<'_>) -> Result<Self, Rejection> {
        Depends::<Egg>::from_call(call).await.map(|_| Self)
    }
}

/// Wants both at once, so that each of them waits for the other.
struct Farm;

impl Dependency for Farm {
    async fn resolve(call: &Call<'_>) -> Result<Self, Rejection> {
        let (egg, hen) = tokio::join!(
            Depends::<Egg>::from_call(call),
            Depends::<Hen>::from_call(call),
        );
        egg?;
        hen.map(|_| Self)
    }
}

#[tokio::test]
async fn a_circle_is_an_error_whoever_begins_it() {
    let egg = Tool::new("egg", |_: Depends<Egg>| async { "hatched" });
    let farm = Tool::new("farm", |_: Depends<Farm>| async { "sold" });
    for tool in [egg, farm] {
        let answer = call_in(&builder().build(), tool, "{}").now_or_never();
        let Some(Err(CallError::Rejected(Rejection::Circle { circle }))) = answer else {
            panic!("{answer:?}");
        };
        let names: Vec<&str> = circle.split(" wants ").collect();
        assert_eq!(names.len(), 3, "{circle}");
        assert_eq!(names.first(), names.last(), "{circle}");
    }
    let scope = builder().build();
    let bare = Call::new("bare", None, &scope);
    let answer = Depends::<Egg>::from_call(&bare).await;
    assert!(matches!(answer, Err(Rejection::Circle { .. })));
}

/// Wants itself, and says so.
struct Ouroboros;

impl Dependency for Ouroboros {
    async fn resolve(call: &Call<'_>) -> Result<Self, Rejection> {
        Depends::<Self>::from_call(call).await.map(|_| Self)
    }

    fn describe(parameters: &mut Parameters) {
        Depends::<Self>::describe(parameters);
    }
}

#[test]
fn a_circle_that_is_declared_is_a_problem_of_the_tool() {
    let tool = Tool::new("snake", |_: Depends<Ouroboros>| async { "bites" });
    let name = std::any::type_name::<Ouroboros>();
    assert_eq!(
        tool.problems(),
        [format!(
            "its dependencies form a circle: {name} wants {name}"
        )]
    );
}

#[tokio::test]
async fn an_extractor_can_be_tried_without_a_server() {
    let journal = Journal::default();
    let scope = RequestScope::builder(Revision::LATEST, RequestId::Number(1))
        .state(journal.scope().state().clone())
        .build();
    let tenant = Depends::<Tenant>::from_call(&Call::new("test", None, &scope)).await;
    assert_eq!(tenant.expect("a tenant").name, "blue");
    assert_eq!(journal.read(), ["connect", "look up", "drop"]);
}
