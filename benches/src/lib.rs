//! Benchmarks: `cargo bench -p benches`.
//!
//! **Benchmarks are a package of their own** (`benches/`, run by `cargo bench -p benches`). Their harness would
//! otherwise be compiled before the first example runs. For the same reason `plume-sdk` has no development dependency
//! that an example or test does not need.
