use super::*;

fn write(root: &Path, name: &str, text: &str) {
    let path = root.join(name);
    fs_err::create_dir_all(path.parent().expect("a folder")).expect("made");
    fs_err::write(path, text).expect("written");
}

fn code(root: &Path, entries: &[&str]) -> Code {
    let entries: Vec<String> = entries.iter().map(ToString::to_string).collect();
    Code::read(root, &entries, &[root.join("results")]).expect("code")
}

#[test]
fn code_is_copied_as_it_lies() {
    let place = tempfile::tempdir().expect("a folder");
    let root = place.path();
    write(root, "train.py", "import src.a");
    write(root, "src/a.py", "a");
    write(root, "src/__pycache__/a.pyc", "left out");
    write(root, "data/large.bin", "not named");
    write(root, "results/s/metrics.csv", "left out");
    fs_err::os::unix::fs::symlink("a.py", root.join("src/b.py")).expect("a link");
    fs_err::os::unix::fs::symlink("/etc/hostname", root.join("src/c.py")).expect("a link");
    fs_err::os::unix::fs::symlink("../data", root.join("src/data")).expect("a link");
    let folder = SweepFolder::new(&root.join("results"), "s");
    let sealed = code(root, &["train.py", "./src"]).seal(&folder).expect("sealed");
    let read = |name: &str| fs_err::read_to_string(sealed.home.join(name)).expect(name);
    assert_eq!(
        (read("train.py"), read("src/a.py"), read("src/b.py")),
        ("import src.a".into(), "a".into(), "a".into())
    );
    assert!(fs_err::read_link(sealed.home.join("src/b.py")).is_ok(), "a link within the code stays one");
    assert_eq!(read("src/c.py"), fs_err::read_to_string("/etc/hostname").expect("read"));
    assert_eq!(read("src/data/large.bin"), "not named", "a link to elsewhere is followed");
    assert!(!sealed.home.join("src/__pycache__").exists() && !sealed.home.join("results").exists());
    sealed.verify().expect("as it was sealed");
    assert_eq!(SealedCode::of(&folder, &sealed.name()).expect("found"), sealed);
    // Everything but its results.
    assert!(code(root, &["."]).contains(Path::new("data/large.bin")));
    assert!(!code(root, &["."]).contains(Path::new("results")));
}

#[test]
fn an_edit_is_another_copy_and_the_old_one_stays() {
    let place = tempfile::tempdir().expect("a folder");
    let root = place.path();
    write(root, "a.py", "one");
    let folder = SweepFolder::new(&root.join("results"), "s");
    let one = code(root, &["a.py"]).seal(&folder).expect("sealed");
    write(root, "a.py", "two");
    let two = code(root, &["a.py"]).seal(&folder).expect("sealed");
    assert_ne!(one.hash, two.hash);
    assert_eq!(fs_err::read_to_string(one.home.join("a.py")).expect("read"), "one");
    // A program that becomes executable is other code.
    let before = code(root, &["a.py"]).hash;
    fs_err::set_permissions(root.join("a.py"), std::fs::Permissions::from_mode(0o755)).expect("set");
    assert_ne!(code(root, &["a.py"]).hash, before);
}

#[test]
fn what_was_changed_is_not_run_and_is_sealed_anew() {
    let place = tempfile::tempdir().expect("a folder");
    let root = place.path();
    write(root, "a.py", "one");
    write(root, "b.py", "b");
    let folder = SweepFolder::new(&root.join("results"), "s");
    let sealed = code(root, &["a.py", "b.py"]).seal(&folder).expect("sealed");
    // What a program writes beside its code is no change of the code.
    write(&sealed.home, "outputs/log.txt", "hello");
    sealed.verify().expect("as it was sealed");
    write(&sealed.home, "a.py", "evil");
    assert!(sealed.verify().is_err());
    assert_eq!(code(root, &["a.py", "b.py"]).seal(&folder).expect("again"), sealed);
    sealed.verify().expect("as it was sealed");
    // Another sweep shares the files.
    let other = SweepFolder::new(&root.join("results"), "t");
    let shared = code(root, &["a.py", "b.py"]).seal(&other).expect("sealed");
    let file = |path: PathBuf| std::os::unix::fs::MetadataExt::ino(&fs_err::metadata(path).expect("a file"));
    assert_eq!(file(shared.home.join("a.py")), file(sealed.home.join("a.py")));
}

#[test]
fn mistakes_name_the_entry() {
    let place = tempfile::tempdir().expect("a folder");
    write(place.path(), "a.py", "one");
    let entries = ["a.py".to_string(), "b.py".to_string()];
    let mistake = Code::read(place.path(), &entries, &[place.path().join("results")]).expect_err("missing");
    assert_eq!(mistake.entry, 1);
    assert!(mistake.message.starts_with("there is no `b.py` in "), "{}", mistake.message);
    // A link that leads back to itself.
    fs_err::create_dir(place.path().join("d")).expect("made");
    fs_err::os::unix::fs::symlink(place.path(), place.path().join("d/up")).expect("a link");
    let mistake =
        Code::read(place.path(), &["d".into()], &[place.path().join("results")]).expect_err("a loop");
    assert!(mistake.message.contains("too deep"), "{}", mistake.message);
}
