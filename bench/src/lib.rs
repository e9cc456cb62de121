//! What Thyra costs, measured.
//!
//! * `tests/allocations.rs` is the allocation gate: it counts, so it is exact, and it runs in CI.
//! * `src/bin/compare.rs` puts the `scalekit` example beside [`floor`](../floor/index.html), a raw axum server that does the same parsing
//!   and the same cached verification, in one run: `cargo xtask bench`.

pub mod load;
pub mod usage;
