use std::collections::BTreeMap;

use thyra_protocol::{RequestId, Revision};

use super::{Completer, Completion, completion_values};
use crate::context::RequestScope;
use crate::handler::{CallError, ToolError};

async fn complete(
    completer: impl Completer,
    partial: &str,
    others: &[(&str, &str)],
) -> Result<Completion, CallError> {
    let others: BTreeMap<String, String> = others
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let scope = RequestScope::new(Revision::LATEST, RequestId::Number(1));
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
