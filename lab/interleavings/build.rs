//! Compiles the sources of plume-auth for the explorer.
#![allow(clippy::print_stdout, reason = "this is how a build script talks to cargo")]

fn main() {
    println!("cargo:rustc-cfg=interleavings");
    println!("cargo:rerun-if-changed=build.rs");
}
