//! Which figures are drawn.

use crate::{Folder, results, sweep, talk};

fn figures(folder: &Folder) -> Vec<String> {
    let Ok(entries) = fs_err::read_dir(results(folder).figures()) else { return Vec::new() };
    let mut names: Vec<String> =
        entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn both_forms(stems: &[&str]) -> Vec<String> {
    stems.iter().flat_map(|stem| [format!("{stem}.png"), format!("{stem}.svg")]).collect()
}

#[test]
fn a_sensible_figure_without_being_asked_and_the_same_bytes_each_time() {
    let folder = Folder::new();
    sweep(
        &folder,
        "",
        "x = [1, 3, 10, 30]\ninput = [\"xy\", \"x\"]\n[replicates]\nseed = 3",
        "question = \"Why?\"",
    );
    talk(&folder, 0, &["run", "s"]);
    let sensible = ["clarity_over_x", "clarity_violins_over_x", "loss_history"];
    assert_eq!(figures(&folder), both_forms(&sensible));
    let path = results(&folder).figures().join("clarity_over_x.svg");
    let svg = fs_err::read_to_string(&path).expect("a figure");
    for text in ["Why?", "clarity", ">x<", ">xy<", "mean and 95 % interval over seeds"] {
        assert!(svg.contains(text), "{text}");
    }
    talk(&folder, 0, &["plot", "s"]);
    assert_eq!(fs_err::read_to_string(&path).expect("a figure"), svg);
}

#[test]
fn the_figures_that_are_asked_for() {
    let folder = Folder::new();
    let plots = "[[plot]]\nmetric = \"clarity\"\nover = \"x\"\nby = \"input\"\nscale = \"log\"\n\
                 [[plot]]\nmetric = \"clarity\"\nover = \"input\"\n\
                 [[plot]]\nmetric = \"clarity\"\nover = \"x\"\n\
                 [[plot]]\nmetric = \"clarty\"\nover = \"x\"\n";
    sweep(&folder, "", &format!("x = [1, 3, 10]\ninput = [\"xy\", \"x\"]\n{plots}"), "");
    let words = talk(&folder, 0, &["run", "s"]);
    assert!(words.contains("there is no metric `clarty`; did you mean `clarity`?"), "{words}");
    let stems = ["clarity_over_input", "clarity_over_x", "clarity_over_x_2"];
    assert_eq!(figures(&folder), both_forms(&stems));
}

#[test]
fn a_figure_of_each_kind() {
    let folder = Folder::new();
    let plots = "[[plot]]\nkind = \"violin\"\nmetric = \"clarity\"\nover = \"x\"\nreference = 0.5\n\
                 [[plot]]\nkind = \"heat_map\"\nmetric = \"clarity\"\nover = \"x\"\nby = \"y\"\n\
                 [[plot]]\nkind = \"history\"\nmetric = \"loss\"\nby = \"x\"\n\
                 [[plot]]\nkind = \"onset\"\nmetric = \"error\"\nby = \"x\"\n\
                 [[plot]]\nkind = \"scatter\"\nmetric = \"clarity\"\nagainst = \"seed\"\nby = \"x\"\n\
                 [[plot]]\nkind = \"status\"\n\
                 [[plot]]\nmetric = \"clarity\"\nover = \"y\"\n\
                 [[plot]]\nkind = \"violin\"\nmetric = \"clarty\"\nover = \"x\"\n";
    let fails = "[[case]]\nname = \"good\"\n[[case]]\nname = \"bad\"\nbehave = \"fail\"\n";
    sweep(&folder, "onsets = true", &format!("x = [1, 3]\ny = [1, 2]\n{fails}{plots}"), "");
    let words = talk(&folder, 1, &["run", "s"]);
    assert!(words.contains("warning: no finished cell has a number for `clarty`"), "{words}");
    let stems = [
        "clarity_against_seed",
        "clarity_heat_map_x_y",
        "clarity_over_y",
        "clarity_violins_over_x",
        "error_onset",
        "loss_history",
        "status",
    ];
    assert_eq!(figures(&folder), both_forms(&stems));
    let text = |stem: &str| {
        fs_err::read_to_string(results(&folder).figures().join(format!("{stem}.svg"))).expect("a figure")
    };
    for (stem, shown) in [
        ("clarity_heat_map_x_y", "clarity"),
        ("error_onset", "time steps"),
        ("loss_history", "batch"),
        ("status", "failed"),
    ] {
        assert!(text(stem).contains(shown), "{stem} shows no {shown}");
    }
}

#[test]
fn without_numbers_there_is_no_figure_and_a_reason() {
    let folder = Folder::new();
    sweep(&folder, "behave = \"fail\"", "x = [1, 3]", "");
    talk(&folder, 1, &["run", "s"]);
    assert!(figures(&folder).is_empty());
    let error = talk(&folder, 2, &["plot", "s"]);
    assert!(error.contains("nothing to draw"), "{error}");
}
