use super::*;

fn submission() -> Submission {
    Submission {
        format: SUBMISSION_FORMAT,
        name: "gs-s-k3v9".into(),
        sweep: "s".into(),
        created: "2026-01-01T00:00:00Z".into(),
        host: "login".into(),
        arguments: vec!["submit".into(), "s".into()],
        version: "0.1.0".into(),
        commit: "unknown".into(),
        worker: vec!["/r/sealed/x/gainsweep-worker".into()],
        worker_from: vec!["/usr/bin/gainsweep-worker".into()],
        foreign: false,
        root: None,
        code: None,
        tasks: 2,
        cells_at_once: 1,
        at_most: None,
        canary: false,
        requeue: true,
        seconds: 3600,
        memory: 1024,
        cpus: 1,
        predicted_core_hours: Some(0.5),
        same_error_limit: 5,
        attempts: 3,
        launcher: Vec::new(),
        folder: None,
        site: vec![("partition".into(), "main".into())],
    }
}

fn create_one(folder: &Path) -> Submitted {
    let cell = |text: &str| text.parse().expect("an id");
    let tasks = vec![
        vec![(0, cell("14c4641a39128249")), (1, cell("24c4641a39128249"))],
        vec![(5, cell("34c4641a39128249"))],
    ];
    let scripts = Scripts { task: "#!/bin/sh\n".into(), next: String::new() };
    let created = create(folder, &submission(), "[grid]\n", &tasks, &scripts).expect("written");
    assert_eq!(created.tasks().expect("read"), tasks);
    created
}

/// If this fails, the shape of the files has changed: raise `SUBMISSION_FORMAT`.
#[test]
fn the_shape_of_format_2() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut one = create_one(folder.path());
    one.announce(0, 2, "2026-01-01T00:00:01Z").expect("written");
    one.settle(1, &Sending::Sent(Receipt { format: 2, job: 48213, found: false })).expect("written");
    one.announce(0, 1, "2026-01-01T00:00:02Z").expect("written");
    one.settle(2, &Sending::Void(Void { format: 2, reason: "refused".into(), uncertain: false }))
        .expect("written");
    one.cancel(vec![1], "2026-01-01T00:00:03Z").expect("written");
    assert_eq!(one.cancelled().expect("read"), BTreeSet::from([1]));
    assert_eq!(SUBMISSION_FORMAT, 2);
    let mut names: Vec<String> = fs_err::read_dir(one.folder())
        .expect("list")
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    let texts: Vec<String> = names
        .iter()
        .map(|name| {
            let text = fs_err::read_to_string(one.folder().join(name)).expect("read");
            format!("== {name}\n{text}")
        })
        .collect();
    insta::assert_snapshot!(texts.concat());
}

#[test]
fn what_was_cut_off_is_seen_as_such() {
    let folder = tempfile::tempdir().expect("a folder");
    assert!(read_all(&folder.path().join("none")).expect("read").0.is_empty());
    let mut one = create_one(folder.path());
    let mut other = Submitted::read(one.folder()).expect("read");
    one.announce(0, 1, "t").expect("written").expect("ours");
    assert_eq!(other.announce(0, 1, "t").expect("written"), None, "someone else was first");
    fs_err::create_dir(folder.path().join(format!("{UNFINISHED}x"))).expect("made");
    let (all, damage) = read_all(folder.path()).expect("read");
    assert!(damage.is_empty(), "{damage:?}");
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].jobs[0].sending, Sending::Unknown);
    assert_eq!(all[0].next_task(), 1, "it may have been sent");
    one.settle(1, &Sending::Void(Void { format: 2, reason: String::new(), uncertain: true }))
        .expect("written");
    assert_eq!(one.next_task(), 0);
}

#[test]
fn a_damaged_table_of_cells_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let one = create_one(folder.path());
    for text in ["task,index,cell\n0,0,14c4641a39128249\n", "task,index,cell\n7,0,14c4641a39128249\n", "x"] {
        fs_err::write(cells_file(one.folder()), text).expect("written");
        assert!(one.tasks().is_err(), "{text}");
    }
}
