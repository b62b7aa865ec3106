// Shared by the build scripts of the two programs: records the commit that they are built from.

use std::path::Path;
use std::process::Command;

/// Sets `GAINSWEEP_COMMIT` for the crate being built; `unknown` outside a checkout, such as in a source archive.
pub(crate) fn note() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src");
    for file in ["HEAD", "logs/HEAD"] {
        let path = Path::new("../../.git").join(file);
        if path.exists() {
            println!("cargo::rerun-if-changed={}", path.display());
        }
    }
    println!("cargo::rustc-env=GAINSWEEP_COMMIT={}", commit().unwrap_or_else(|| "unknown".into()));
}

fn commit() -> Option<String> {
    // An archive unpacked inside some other repository must not name that one's commit.
    if !Path::new("../../.git").exists() {
        return None;
    }
    let output =
        Command::new("git").args(["describe", "--always", "--dirty", "--abbrev=12"]).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(text.trim().to_string()).filter(|text| output.status.success() && !text.is_empty())
}
