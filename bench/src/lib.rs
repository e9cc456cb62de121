//! Measures what Thyra costs.
//!
//! * `tests/allocations.rs` is the allocation gate. It counts, so it is exact, and it runs in CI.
//! * `src/bin/compare.rs` compares the `scalekit` example with [`floor`](../floor/index.html), a
//!   raw axum server that does the same parsing and the same cached verification. Run both with
//!   `cargo xtask bench`.
//! * `src/bin/start.rs` measures how long the program `thyra` takes from its start to its exit, in
//!   the same command.

pub mod load;
pub mod program;
pub mod usage;
