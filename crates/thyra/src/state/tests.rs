use std::any::type_name;
use std::sync::{Arc, Mutex};

use super::StateMap;
use crate::handler::State;
use crate::{Server, Tool};

struct Db;
struct DbPool;

/// What a server says at its start whose tool wants a `Want` and which was given `value`.
fn said<Want: Send + Sync + 'static>(value: impl Send + Sync + 'static) -> String {
    let tool = Tool::new("count", |_: State<Want>| async { "done" });
    let server = Server::new("Notes").state(value).tool(tool);
    let error = server.into_service().expect_err("it lacks state");
    error.to_string()
}

#[test]
fn a_value_in_an_arc_is_named_where_the_value_itself_is_wanted() {
    assert_eq!(
        said::<Db>(Arc::new(Db)),
        "the tool `count` needs State<thyra::state::tests::Db>, and the server was given \
         `alloc::sync::Arc<thyra::state::tests::Db>`, which is another type; take \
         State<alloc::sync::Arc<thyra::state::tests::Db>> in the function, or give \
         `thyra::state::tests::Db` to .state(...)"
    );
    assert!(said::<Arc<Db>>(Db).contains("was given `thyra::state::tests::Db`"));
    assert!(said::<Db>(Arc::new(Mutex::new(Db))).contains("was given `alloc::sync::Arc<std::"));
}

#[test]
fn other_types_are_not_taken_for_relatives() {
    for text in [said::<Db>(Arc::new(DbPool)), said::<Db>(DbPool)] {
        assert_eq!(
            text,
            "the tool `count` needs State<thyra::state::tests::Db>; add one to the server with .state(...)"
        );
    }
}

#[test]
fn a_relative_is_a_parameter_at_any_depth() {
    let mut state = StateMap::default();
    assert_eq!(state.relative_of(type_name::<Db>()), None);
    state.insert((1_u8, Some(Db)));
    state.insert(Ok::<Arc<Db>, String>(Arc::new(Db)));
    let result = type_name::<Result<Arc<Db>, String>>();
    assert_eq!(
        state.relative_of(type_name::<Db>()),
        Some(type_name::<(u8, Option<Db>)>())
    );
    assert_eq!(state.relative_of(type_name::<String>()), Some(result));
    assert_eq!(state.relative_of(type_name::<DbPool>()), None);
}
