//! Records the commit that the program is built from.

#[path = "../contract/build_commit.rs"]
mod commit;

fn main() {
    commit::note();
}
