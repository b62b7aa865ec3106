use super::*;

fn cell() -> CellId {
    "14c4641a39128249".parse().expect("an id")
}

fn claimant(pid: u32) -> Claimant {
    Claimant {
        format: CLAIM_FORMAT,
        host: "node07".into(),
        machine: "m".into(),
        boot: "b".into(),
        pid_namespace: "4026531836".into(),
        pid,
        process_start: Some(1234),
        cluster: Some("alpha".into()),
        job: Some(48213),
        task: Some(2),
        restart: 0,
        since: "2026-01-01T00:00:00Z".into(),
        attempt: 0,
        released: false,
        forced: false,
        finished: false,
        seconds: 0.0,
        checkpoint: None,
        progressed: false,
        in_vain: 0,
    }
}

fn ours(claimed: Claimed) -> Claim {
    match claimed {
        Claimed::Ours(claim) => *claim,
        other @ (Claimed::Held(_) | Claimed::Finished(_)) => panic!("{other:?}"),
    }
}

fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs_err::read_dir(folder)
        .expect("list")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// If this fails, the shape of the files has changed: raise `CLAIM_FORMAT`.
#[test]
fn the_shape_of_format_2() {
    assert_eq!(CLAIM_FORMAT, 2);
    insta::assert_snapshot!(String::from_utf8_lossy(&render(&claimant(7))), @r#"{"format":2,"host":"node07","machine":"m","boot":"b","pid_namespace":"4026531836","pid":7,"process_start":1234,"cluster":"alpha","job":48213,"task":2,"restart":0,"since":"2026-01-01T00:00:00Z","attempt":0,"released":false,"forced":false,"finished":false,"seconds":0.0,"in_vain":0}"#);
}

#[test]
fn a_claim_of_format_1_is_understood() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = r#"{"format":1,"host":"node07","boot":"b","pid":7,"job":48213,"task":2,"restart":0,"since":"2026-01-01T00:00:00Z","released":true,"seconds":4.0}"#;
    fs_err::write(path(folder.path(), cell(), 1), text).expect("written");
    let claim = ours(claim(folder.path(), cell(), &claimant(1), 0, |_| false).expect("claimed"));
    assert_eq!((claim.attempt, claim.seconds_before, claim.was_given_back), (2, 4.0, true));
}

#[test]
fn a_cell_has_one_claimant_at_a_time() {
    let folder = tempfile::tempdir().expect("a folder");
    let claim_as = |pid, gone| claim(folder.path(), cell(), &claimant(pid), 0, |_| gone).expect("written");
    let first = ours(claim_as(1, false));
    assert!(matches!(claim_as(2, false), Claimed::Held(Some(holder)) if holder.pid == 1));
    first.release(2.0, false).expect("written");
    let second = ours(claim_as(2, false));
    assert_eq!((second.attempt, second.seconds_before, second.was_given_back), (2, 2.0, true));
    // Its process is gone without a word.
    let third = ours(claim_as(3, true));
    assert_eq!((third.attempt, third.was_given_back), (3, false));
    assert_eq!(holder(folder.path(), cell()).map(|holder| holder.pid), Some(3));
    // It was not gone, and finishes now: too late.
    assert!(!second.finish().expect("asked"));
    assert!(third.finish().expect("asked"));
    assert!(matches!(claim_as(4, true), Claimed::Finished(3)));
    settle(folder.path(), cell()).expect("settled");
    assert_eq!(files(folder.path()), ["14c4641a39128249.1.json"]);
    assert!(matches!(claim_as(4, true), Claimed::Finished(3)));
    // The name after its own is free again, and still it is too late.
    assert!(!second.finish().expect("asked"));
    assert_eq!(files(folder.path()), ["14c4641a39128249.1.json"]);
}

#[test]
fn of_many_that_find_the_claimant_gone_one_gets_the_cell() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(claim(folder.path(), cell(), &claimant(1), 0, |_| false));
    let got = std::thread::scope(|scope| {
        let folder = folder.path();
        let tries: Vec<_> = (2..10)
            .map(|pid| {
                scope.spawn(move || claim(folder, cell(), &claimant(pid), 0, |holder| holder.pid == 1))
            })
            .collect();
        tries
            .into_iter()
            .map(|thread| thread.join().expect("ended").expect("written"))
            .filter(|claimed| matches!(claimed, Claimed::Ours(_)))
            .count()
    });
    assert_eq!(got, 1);
}

#[test]
fn a_claim_that_makes_no_sense_is_respected_until_a_person_releases_it() {
    let folder = tempfile::tempdir().expect("a folder");
    fs_err::write(path(folder.path(), cell(), 1), "{").expect("written");
    let claim_it = || claim(folder.path(), cell(), &claimant(2), 0, |_| true).expect("read");
    assert!(matches!(claim_it(), Claimed::Held(None)));
    assert!(release(folder.path(), cell()).expect("released"));
    assert!(!release(folder.path(), cell()).expect("nobody holds it"));
    let claim = ours(claim_it());
    assert_eq!((claim.attempt, claim.was_given_back), (2, false), "the other may still write");
}

#[test]
fn an_empty_claim_is_what_a_power_cut_left() {
    let folder = tempfile::tempdir().expect("a folder");
    fs_err::write(path(folder.path(), cell(), 1), "").expect("written");
    let claim = ours(claim(folder.path(), cell(), &claimant(2), 0, |_| false).expect("claimed"));
    assert_eq!((claim.attempt, claim.was_given_back), (2, false));
}

#[test]
fn attempts_that_are_known_from_elsewhere_count() {
    let folder = tempfile::tempdir().expect("a folder");
    let claim = ours(claim(folder.path(), cell(), &claimant(2), 3, |_| false).expect("claimed"));
    assert_eq!(claim.attempt, 4);
}

#[test]
fn a_claim_that_cannot_be_read_is_no_free_cell() {
    let folder = tempfile::tempdir().expect("a folder");
    fs_err::create_dir(path(folder.path(), cell(), 1)).expect("made");
    let error = claim(folder.path(), cell(), &claimant(2), 0, |_| true).expect_err("it is a folder");
    assert!(error.to_string().contains("cannot read"), "{error}");
}

#[test]
fn a_finished_cell_whose_results_are_gone_can_be_claimed_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let claim_it = || claim(folder.path(), cell(), &claimant(2), 0, |_| false).expect("read");
    assert!(ours(claim_it()).finish().expect("finished"));
    reopen(folder.path(), cell(), 1).expect("reopened");
    assert_eq!(ours(claim_it()).attempt, 2);
}

#[test]
fn attempts_of_a_task_without_a_newer_checkpoint_are_counted() {
    let (folder, cell) = (tempfile::tempdir().expect("a folder"), "00000000000000ff".parse().expect("an id"));
    let task = |restart, checkpoint: Option<&str>| Claimant {
        job: Some(7),
        restart,
        checkpoint: checkpoint.map(String::from),
        ..claimant(1)
    };
    let claimed = |claimant| match claim(folder.path(), cell, &claimant, 0, |_| true).expect("claimed") {
        Claimed::Ours(claim) => *claim,
        other @ (Claimed::Held(_) | Claimed::Finished(_)) => panic!("{other:?}"),
    };
    assert_eq!(claimed(task(0, None)).in_vain, 0);
    let second = claimed(task(1, None));
    assert_eq!(second.in_vain, 1, "killed, and no checkpoint");
    assert!(second.has_progressed(Some("a")) && !second.has_progressed(None));
    second.release(1.0, false).expect("written");
    let third = claimed(task(2, None));
    assert_eq!(third.in_vain, 2);
    third.release(1.0, true).expect("written");
    assert_eq!(claimed(task(3, None)).in_vain, 0, "it said that it can resume");
    assert_eq!(claimed(task(4, Some("a"))).in_vain, 0, "a checkpoint");
    assert_eq!(claimed(task(5, Some("a"))).in_vain, 1, "the same one");
    assert_eq!(claimed(Claimant { job: Some(8), ..task(0, Some("a")) }).in_vain, 0, "another task");
}
