use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use thyra_protocol::{RequestId, Revision};

use super::{Completion, IntoCompleter, completion_values};
use crate::context::RequestScope;
use crate::handler::{
    Args, Call, CallEnd, CallError, Dependency, Depends, FromCall, Parameters, Rejection, State,
    ToolError,
};
use crate::state::StateMap;
use crate::{Prompt, ResourceTemplate, Server};

async fn complete<Marker>(
    completer: impl IntoCompleter<Marker>,
    partial: &str,
    others: &[(&str, &str)],
) -> Result<Completion, CallError> {
    let others: BTreeMap<String, String> = others
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let mut state = StateMap::default();
    state.insert(Cities(&["Athens", "Berlin", "Bern"]));
    let scope = RequestScope::builder(Revision::LATEST, RequestId::Number(1))
        .state(state)
        .build();
    let completer = completer.into_completer("journey");
    completer.complete(partial, &others, &scope).await
}

#[tokio::test]
async fn values_are_found_by_their_beginning() {
    let cities = || completion_values(["Paris", "park", "Ägina", "Rome"]);
    let values = async |partial: &str| {
        complete(cities(), partial, &[])
            .await
            .expect("values")
            .values
    };
    assert_eq!(values("").await, ["Paris", "park", "Ägina", "Rome"]);
    assert_eq!(values("PAR").await, ["Paris", "park"]);
    assert_eq!(values("äg").await, ["Ägina"]);
    assert_eq!(values("x").await, [""; 0]);
}

#[tokio::test]
async fn closures_complete() {
    let owned = async |partial: String, others: BTreeMap<String, String>| {
        vec![format!("{partial}-{}", others["country"])]
    };
    let completion = complete(owned, "a", &[("country", "gr")])
        .await
        .expect("values");
    assert_eq!(completion.values, ["a-gr"]);
    assert_eq!(completion.total, None);

    let known = |_: String, _: BTreeMap<String, String>| async {
        Completion {
            values: vec!["x".to_owned()],
            total: Some(7),
        }
    };
    let completion = complete(known, "", &[]).await.expect("values");
    assert_eq!(completion.total, Some(7));

    let fixed = |_: String, _: BTreeMap<String, String>| async { vec!["x", "y"] };
    let completion = complete(fixed, "", &[]).await.expect("values");
    assert_eq!(completion.values, ["x", "y"]);

    let failing = |_: String, _: BTreeMap<String, String>| async {
        Err::<Vec<String>, _>(ToolError::new("The list is lost."))
    };
    let error = complete(failing, "", &[]).await;
    assert!(
        matches!(&error, Err(CallError::Failed(error)) if error.message() == "The list is lost."),
        "{error:?}"
    );
}

struct Cities(&'static [&'static str]);

/// The name of what is completed.
struct Name(String);

impl FromCall for Name {
    async fn from_call(call: &Call<'_>) -> Result<Self, Rejection> {
        let arguments = call.arguments().map(serde_json::value::RawValue::get);
        Ok(Self(format!("{} {arguments:?}", call.name())))
    }
}

async fn cities(typed: String, State(cities): State<Cities>) -> Vec<&'static str> {
    let fitting = cities.0.iter().filter(|city| city.starts_with(&typed));
    fitting.copied().collect()
}

#[tokio::test]
async fn functions_get_injected_values_after_the_text_and_the_other_arguments() {
    let values = |completion: Result<Completion, CallError>| completion.expect("values").values;
    assert_eq!(
        values(complete(cities, "Be", &[]).await),
        ["Berlin", "Bern"]
    );

    let text_only = async |typed: String| vec![typed];
    assert_eq!(values(complete(text_only, "a", &[]).await), ["a"]);

    let all = |typed: String,
               others: BTreeMap<String, String>,
               cities: State<Cities>,
               Name(name): Name| async move {
        vec![format!(
            "{typed} {} {} {name}",
            others["country"],
            cities.0.0.len()
        )]
    };
    assert_eq!(
        values(complete(all, "a", &[("country", "gr")]).await),
        [r#"a gr 3 journey Some("{\"country\":\"gr\"}")"#]
    );
}

#[tokio::test]
async fn what_cannot_be_injected_is_an_error_of_the_completion() {
    let wants = |typed: String, _: State<u8>| async move { vec![typed] };
    let error = complete(wants, "a", &[]).await;
    assert!(
        matches!(error, Err(CallError::Rejected(Rejection::NoState { .. }))),
        "{error:?}"
    );
}

#[test]
fn what_a_completer_needs_its_component_needs() {
    let plan = Prompt::from_handler(
        "plan",
        vec![thyra_protocol::PromptArgument::new("city")],
        Nothing,
    );
    assert_eq!(plan.missing_state(&StateMap::default()), None);
    let plan = plan.completion("city", cities);
    let missing = plan.missing_state(&StateMap::default());
    assert!(missing.is_some_and(|name| name.ends_with("Cities")));
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Place {
    city: String,
}

#[test]
fn a_server_without_the_state_of_a_completer_does_not_start() {
    let template = || {
        let read = |Args(place): Args<Place>| async move { place.city };
        ResourceTemplate::new("map://{city}", "map", read).completion("city", cities)
    };
    let error = Server::new("Maps").resource(template()).into_service();
    let error = error.expect_err("it lacks state").to_string();
    assert!(
        error.contains("needs State<thyra::component::completion::tests::Cities>"),
        "{error}"
    );
    let server = Server::new("Maps").state(Cities(&[])).resource(template());
    assert!(server.into_service().is_ok());
}

/// Says in the server's state how the completion ended that it was made for.
struct Lease(Arc<OnceLock<CallEnd>>);

impl Dependency for Lease {
    async fn resolve(call: &Call<'_>) -> Result<Self, Rejection> {
        let State(end) = State::from_call(call).await?;
        Ok(Self(end))
    }

    async fn release(self: Arc<Self>, end: CallEnd) -> Result<(), ToolError> {
        let first = self.0.set(end).is_ok();
        assert!(first, "it ends twice");
        Ok(())
    }

    fn describe(parameters: &mut Parameters) {
        State::<OnceLock<CallEnd>>::describe(parameters);
    }
}

#[tokio::test]
async fn a_completion_shares_its_dependencies_and_releases_them_once() {
    let lends = |typed: String, one: Depends<Lease>, other: Depends<Lease>| async move {
        let (is_same, end) = (Arc::ptr_eq(&one.0, &other.0), one.0.0.get());
        assert_ne!(typed, "panic");
        vec![format!("{is_same} {end:?}")]
    };
    for (typed, wanted) in [("", CallEnd::Answered), ("panic", CallEnd::Failed)] {
        let mut state = StateMap::default();
        state.insert(OnceLock::<CallEnd>::new());
        let end = state.get::<OnceLock<CallEnd>>().expect("a state");
        let scope = RequestScope::builder(Revision::LATEST, RequestId::Number(1))
            .state(state)
            .build();
        let completer = IntoCompleter::into_completer(lends, "journey");
        let completion = completer.complete(typed, &BTreeMap::new(), &scope).await;
        match (wanted, completion) {
            (CallEnd::Answered, Ok(completion)) => assert_eq!(completion.values, ["true None"]),
            (CallEnd::Failed, Err(CallError::Panicked(_))) => {}
            (_, other) => panic!("{typed}: {other:?}"),
        }
        assert_eq!(end.get(), Some(&wanted), "{typed}");
    }
}

struct Nothing;

impl crate::handler::Handler<thyra_protocol::GetPromptResult> for Nothing {
    fn call<'a>(
        &'a self,
        _: Call<'a>,
    ) -> futures_util::future::BoxFuture<'a, Result<thyra_protocol::GetPromptResult, CallError>>
    {
        Box::pin(async { Err(ToolError::not_found().into()) })
    }
}
