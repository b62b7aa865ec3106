//! Lets the worker and its tests find libtorch without `LD_LIBRARY_PATH`, and records the commit.

#[path = "../contract/build_commit.rs"]
mod commit;

fn main() {
    commit::note();
    // torch-sys sets it (`links = "tch"`) for packages that depend on it directly.
    if let Ok(lib) = std::env::var("DEP_TCH_LIBTORCH_LIB") {
        println!("cargo::rustc-link-arg=-Wl,-rpath,{lib}");
        // Keeps libtorch_cuda.so, which no symbol of ours needs, if libtorch is a CUDA build.
        println!("cargo::rustc-link-arg=-Wl,--no-as-needed");
        println!("cargo::rustc-link-arg=-ltorch");
    }
}
