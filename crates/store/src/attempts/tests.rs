//! Rows as written and read: whole, torn, and of older formats.

use super::*;

fn attempt(number: u32, outcome: Outcome) -> Attempt {
    let ended = outcome != Outcome::Started;
    Attempt {
        cell: "14c4641a39128249".parse().expect("an id"),
        number,
        started: Timestamp::from_second(1_700_000_000 + i64::from(number)).expect("a time"),
        ended: ended.then(|| Timestamp::from_second(1_700_000_100).expect("a time")),
        seconds: ended.then_some(1.5),
        outcome,
        exit_code: (outcome == Outcome::Done).then_some(0),
        signal: (outcome == Outcome::Killed).then_some(9),
        host: "a \"node\", \n".into(),
        job: ended.then(|| "48213_2".into()),
        peak_bytes: ended.then_some(50_000_000),
        reason: if outcome == Outcome::Killed { "killed by signal 9".into() } else { String::new() },
        run: "x".into(),
    }
}

/// If this fails, the shape of the files has changed: raise `ATTEMPTS_FORMAT`, and make `parse` read the old
/// one.
#[test]
fn the_shape_of_format_3_and_older_ones_are_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut writer = AttemptsWriter::new(folder.path(), "x");
    let mut plain = attempt(1, Outcome::Killed);
    plain.host = "node07".into();
    writer.append(&plain).expect("written");
    plain = Attempt { host: "n".into(), ..attempt(2, Outcome::Started) };
    writer.append(&plain).expect("written");
    let text = fs_err::read_to_string(folder.path().join("x.csv")).expect("read");
    assert_eq!(ATTEMPTS_FORMAT, 3);
    insta::assert_snapshot!(text, @"
    format,cell,attempt,started,ended,seconds,outcome,exit_code,signal,host,job,peak_bytes,reason
    3,14c4641a39128249,1,2023-11-14T22:13:21Z,2023-11-14T22:15:00Z,1.500,killed,,9,node07,48213_2,50000000,killed by signal 9
    3,14c4641a39128249,2,2023-11-14T22:13:22Z,,,started,,,n,,,
    ");
    let old = "format,cell,attempt,started,ended,seconds,outcome,exit_code,signal,host\n\
               1,14c4641a39128249,1,2023-11-14T22:13:21Z,2023-11-14T22:15:00Z,1.500,done,0,,n\n";
    fs_err::write(folder.path().join("x.csv"), old).expect("written");
    fs_err::write(folder.path().join("y.csv"), text.replace("\n3,", "\n2,")).expect("written");
    let all = Attempts::read(folder.path()).expect("read");
    assert!(all.damage.is_empty(), "{:?}", all.damage);
    assert_eq!(all.by_cell.len(), 1);
}

/// The counts agree with all attempts, and name the same damage.
fn tallied(folder: &Path, all: &Attempts) {
    let tally = AttemptCounts::read(folder, |_| true).expect("read");
    assert_eq!(tally.damage, all.damage);
    for (cell, attempts) in &all.by_cell {
        let last = attempts.last().map(|attempt| attempt.outcome);
        assert_eq!(tally.of(*cell), (attempts.len(), last));
    }
    assert_eq!(tally.of("00000000000000fe".parse().expect("an id")), (0, None));
    let nobody = AttemptCounts::read(folder, |_| false).expect("read");
    assert!(nobody.cells.is_empty());
}

#[test]
fn files_merge_and_the_last_row_of_an_attempt_counts() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut second = AttemptsWriter::new(folder.path(), "b");
    second.append(&attempt(2, Outcome::Started)).expect("written");
    let mut first = AttemptsWriter::new(folder.path(), "a");
    first.append(&attempt(1, Outcome::Started)).expect("written");
    first.append(&attempt(1, Outcome::Failed)).expect("written");
    let all = Attempts::read(folder.path()).expect("read");
    assert!(all.damage.is_empty(), "{:?}", all.damage);
    let of_cell = all.of(attempt(1, Outcome::Failed).cell);
    let of = |run: &str, attempt| Attempt { run: run.into(), ..attempt };
    assert_eq!(of_cell, [of("a", attempt(1, Outcome::Failed)), of("b", attempt(2, Outcome::Started))]);
    tallied(folder.path(), &all);
}

#[test]
fn torn_foreign_and_newer_rows_are_damage_and_the_rest_is_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut writer = AttemptsWriter::new(folder.path(), "a");
    writer.append(&attempt(1, Outcome::Done)).expect("written");
    let path = folder.path().join("a.csv");
    let text = fs_err::read_to_string(&path).expect("read");
    let newer = "9,14c4641a39128249,3,,,,done,,,,,,\n";
    fs_err::write(&path, format!("{text}{newer}2,14c4641a39128249,2,20")).expect("written");
    fs_err::write(folder.path().join("b.csv"), "a,b\n1,2\n").expect("written");
    let all = Attempts::read(folder.path()).expect("read");
    assert_eq!(all.by_cell.values().flatten().count(), 1);
    assert_eq!(all.damage.len(), 3, "{:?}", all.damage);
    tallied(folder.path(), &all);
}

#[test]
fn attempts_of_some_cells() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut writer = AttemptsWriter::new(folder.path(), "a");
    let one = Attempt { run: "a".into(), ..attempt(1, Outcome::Failed) };
    let other = Attempt { cell: "00000000000000ff".parse().expect("an id"), ..one.clone() };
    writer.append(&one).expect("written");
    writer.append(&other).expect("written");
    let some = Attempts::read_of(folder.path(), |cell| cell == other.cell).expect("read");
    let tally = AttemptCounts::read(folder.path(), |cell| cell == other.cell).expect("read");
    assert_eq!((tally.of(one.cell).0, tally.of(other.cell)), (0, (1, Some(Outcome::Failed))));
    assert_eq!((some.of(one.cell), some.of(other.cell)), (&[][..], &[other.clone()][..]));
}

#[test]
fn no_folder_is_no_attempts() {
    assert!(Attempts::read(Path::new("/nonexistent")).expect("read").by_cell.is_empty());
}

#[test]
fn an_empty_file_is_what_a_power_cut_leaves_and_no_damage() {
    let folder = tempfile::tempdir().expect("a folder");
    fs_err::write(folder.path().join("x.csv"), "").expect("written");
    let all = Attempts::read(folder.path()).expect("read");
    assert_eq!((all.by_cell.len(), all.damage.len()), (0, 0), "{:?}", all.damage);
    tallied(folder.path(), &all);
}
