//! libFuzzer over the target that the variable `THYRA_FUZZ_TARGET` names. `cargo xtask fuzz` builds
//! and runs it.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;

static TARGET: LazyLock<fuzz::Target> = LazyLock::new(|| {
    let name = std::env::var("THYRA_FUZZ_TARGET").expect("THYRA_FUZZ_TARGET names a target");
    fuzz::target(&name).expect("THYRA_FUZZ_TARGET names a target that exists")
});

fuzz_target!(|data: &[u8]| (TARGET.run)(data));
