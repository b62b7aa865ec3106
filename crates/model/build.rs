//! Lets the tests of this package find libtorch without `LD_LIBRARY_PATH`, and records its version.

#![allow(clippy::disallowed_methods, reason = "the library reads no file and no environment; its build may")]

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // torch-sys sets it (`links = "tch"`) for packages that depend on it directly.
    if let Ok(lib) = std::env::var("DEP_TCH_LIBTORCH_LIB") {
        println!("cargo::rustc-link-arg=-Wl,-rpath,{lib}");
        // For the tests of crates that use this one.
        println!("cargo::metadata=LIBTORCH_LIB={lib}");
        // Keeps libtorch_cuda.so, which no symbol of ours needs, if libtorch is a CUDA build.
        println!("cargo::rustc-link-arg=-Wl,--no-as-needed");
        println!("cargo::rustc-link-arg=-ltorch");
        // For the records of results.
        let version = std::fs::read_to_string(std::path::Path::new(&lib).join("../build-version"));
        if let Some(version) = version.ok().and_then(|text| text.lines().next().map(str::to_string)) {
            println!("cargo::rustc-env=GAINSWEEP_TORCH_VERSION={version}");
        }
    }
}
