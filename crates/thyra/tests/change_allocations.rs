//! What a change costs while a server runs, in allocations: a number that no machine changes.
//!
//! A change may cost more the more it changes, but not the more there is already.

use allocation_counter::AllocationInfo;
use thyra::prelude::*;
use thyra::{Selector, ServerHandle};

/// Twice as many tools may cost this many times as much, in percent. Linear growth is 200, and
/// the map of components gets a little deeper; quadratic growth would be 400.
const MOST_GROWTH: u64 = 250;

fn names(count: usize) -> impl Iterator<Item = String> {
    (0..count).map(|number| format!("tool_{number}"))
}

fn tool(name: String) -> Tool {
    Tool::new(name, || async { "done" }).description("Does what it does.")
}

/// What `change` costs on a server that runs, made with `count` tools.
fn cost(count: usize, change: impl FnOnce(&ServerHandle, Vec<Tool>)) -> AllocationInfo {
    let server = Server::new("Changing");
    let handle = server.handle();
    let service = server.into_service();
    assert!(service.is_ok(), "{service:?}");
    let tools = names(count).map(tool).collect();
    allocation_counter::measure(|| change(&handle, tools))
}

fn assert_linear(what: &str, change: impl Fn(&ServerHandle, Vec<Tool>)) {
    let [thousand, two] = [1000, 2000].map(|count| cost(count, &change));
    for (unit, once, twice) in [
        ("allocations", thousand.count_total, two.count_total),
        ("bytes", thousand.bytes_total, two.bytes_total),
    ] {
        println!("{what}: {once} {unit} for 1,000 tools, {twice} for 2,000");
        assert!(
            twice * 100 <= once * MOST_GROWTH,
            "{what}: {once} {unit} for 1,000 tools, {twice} for 2,000"
        );
    }
}

#[test]
fn adding_tools_one_by_one_costs_as_much_for_each() {
    assert_linear("added one by one", |handle, tools| {
        for tool in tools {
            assert!(handle.add_tool(tool).is_ok());
        }
    });
}

#[test]
fn adding_tools_in_a_batch_costs_as_much_for_each() {
    assert_linear("added in a batch", |handle, tools| {
        let added = handle.batch(|batch| {
            for tool in tools {
                batch.add_tool(tool);
            }
        });
        assert!(added.is_ok());
    });
}

#[test]
fn replacing_and_removing_tools_one_by_one_costs_as_much_for_each() {
    assert_linear("added, replaced and removed", |handle, tools| {
        let added = handle.batch(|batch| {
            for tool in &tools {
                batch.add_tool(tool.clone());
            }
        });
        assert!(added.is_ok());
        for tool in tools {
            let name = tool.name().to_owned();
            assert!(handle.replace_tool(tool.description("Better.")).is_ok());
            handle.remove(&Selector::tool(name));
        }
    });
}

#[test]
fn a_batch_allocates_less_than_its_changes_one_by_one() {
    let one_by_one = cost(1000, |handle, tools| {
        for tool in tools {
            assert!(handle.add_tool(tool).is_ok());
        }
    });
    let batch = cost(1000, |handle, tools| {
        let added = handle.batch(|batch| {
            for tool in tools {
                batch.add_tool(tool);
            }
        });
        assert!(added.is_ok());
    });
    assert!(batch.count_total < one_by_one.count_total / 2);
}
