//! Lets the tests of this package find libtorch without `LD_LIBRARY_PATH`, where the model was built with it.

#![allow(clippy::disallowed_methods, reason = "the library reads no environment; its build may")]

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // Said by the build script of `gainsweep-model` (`links`).
    if let Ok(lib) = std::env::var("DEP_GAINSWEEP_MODEL_LIBTORCH_LIB") {
        println!("cargo::rustc-link-arg=-Wl,-rpath,{lib}");
    }
}
