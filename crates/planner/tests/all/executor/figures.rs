//! Which figures are drawn.

use gainsweep_testkit::folder::{names, read};
use gainsweep_testkit::sweep::Sweep;

fn figures(sweep: &Sweep) -> Vec<String> {
    let folder = sweep.results().figures();
    if folder.exists() { names(&folder) } else { Vec::new() }
}

fn both_forms(stems: &[&str]) -> Vec<String> {
    stems.iter().flat_map(|stem| [format!("{stem}.png"), format!("{stem}.svg")]).collect()
}

#[test]
fn a_sensible_figure_without_being_asked_and_the_same_bytes_each_time() {
    let sweep = Sweep::new("s");
    sweep.write_grid(
        "",
        "x = [1, 3, 10, 30]\ninput = [\"xy\", \"x\"]\n[replicates]\nseed = 3",
        "question = \"Why?\"",
    );
    sweep.talk(0, &["run", "s"]);
    let sensible = ["clarity_over_x", "clarity_violins_over_x", "loss_history"];
    assert_eq!(figures(&sweep), both_forms(&sensible));
    let path = sweep.results().figures().join("clarity_over_x.svg");
    let svg = read(&path);
    for text in ["Why?", "clarity", ">x<", ">xy<", "mean and 95 % interval over seeds"] {
        assert!(svg.contains(text), "{text}");
    }
    sweep.talk(0, &["plot", "s"]);
    assert_eq!(read(&path), svg);
}

#[test]
fn the_figures_that_are_asked_for() {
    let sweep = Sweep::new("s");
    let plots = "[[plot]]\nmetric = \"clarity\"\nover = \"x\"\nby = \"input\"\nscale = \"log\"\n\
                 [[plot]]\nmetric = \"clarity\"\nover = \"input\"\n\
                 [[plot]]\nmetric = \"clarity\"\nover = \"x\"\n\
                 [[plot]]\nmetric = \"clarty\"\nover = \"x\"\n";
    sweep.write_grid("", &format!("x = [1, 3, 10]\ninput = [\"xy\", \"x\"]\n{plots}"), "");
    let words = sweep.talk(0, &["run", "s"]);
    assert!(words.contains("there is no metric `clarty`; did you mean `clarity`?"), "{words}");
    let stems = ["clarity_over_input", "clarity_over_x", "clarity_over_x_2"];
    assert_eq!(figures(&sweep), both_forms(&stems));
}

#[test]
fn a_figure_of_each_kind() {
    let sweep = Sweep::new("s");
    let plots = "[[plot]]\nkind = \"violin\"\nmetric = \"clarity\"\nover = \"x\"\nreference = 0.5\n\
                 [[plot]]\nkind = \"heat_map\"\nmetric = \"clarity\"\nover = \"x\"\nby = \"y\"\n\
                 [[plot]]\nkind = \"history\"\nmetric = \"loss\"\nby = \"x\"\n\
                 [[plot]]\nkind = \"onset\"\nmetric = \"error\"\nby = \"x\"\n\
                 [[plot]]\nkind = \"scatter\"\nmetric = \"clarity\"\nagainst = \"seed\"\nby = \"x\"\n\
                 [[plot]]\nkind = \"status\"\n\
                 [[plot]]\nmetric = \"clarity\"\nover = \"y\"\n\
                 [[plot]]\nkind = \"violin\"\nmetric = \"clarty\"\nover = \"x\"\n";
    let fails = "[[case]]\nname = \"good\"\n[[case]]\nname = \"bad\"\nbehave = \"fail\"\n";
    sweep.write_grid("onsets = true", &format!("x = [1, 3]\ny = [1, 2]\n{fails}{plots}"), "");
    let words = sweep.talk(1, &["run", "s"]);
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
    assert_eq!(figures(&sweep), both_forms(&stems));
    let text = |stem: &str| read(&sweep.results().figures().join(format!("{stem}.svg")));
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
    let sweep = Sweep::new("s");
    sweep.write_grid("behave = \"fail\"", "x = [1, 3]", "");
    sweep.talk(1, &["run", "s"]);
    assert!(figures(&sweep).is_empty());
    let error = sweep.talk(2, &["plot", "s"]);
    assert!(error.contains("nothing to draw"), "{error}");
}
