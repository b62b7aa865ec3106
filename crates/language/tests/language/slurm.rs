//! `[slurm]`: settings, rules, profiles. No cell's id depends on any of it.

use std::time::Duration;

use gainsweep_contract::{Parameters, Value, ValueMap};
use gainsweep_language::quantity::{format_duration, format_memory, parse_duration, parse_memory};
use gainsweep_language::slurm::{Amount, Packing, Predicted, Resolved, SlurmSettings};
use gainsweep_language::{Sweep, parse, parse_profile};
use proptest::prelude::*;

const EVERYTHING: &str = r#"
[slurm]
partition = "main"
account = "lab"
qos = "long"
constraint = "avx512&ib"
reservation = "course"
exclude = ["node[1-3]", "node9"]
gpus = "a100:1"
nice = 100
time = "2 h"
memory = "2 GiB"
cpus = 4
at_most = 50
cells_per_task = 7
cells_at_once = 2
signal_seconds = 90
requeue = false
preamble = ["module load foo", "ulimit -s unlimited  # \"quotes\" and $HOME are fine"]
directives = ["--switches=1", "-s"]
[slurm.retry]
attempts = 5
memory_factor = 3
memory_limit = "32 GiB"
time_factor = 1.25
time_limit = "2 d"
exclude_failed_nodes = false
same_error_limit = 9
[[slurm.rule]]
when = "hidden_units > 100"
time = "6 h"
memory = "4 GiB"
[[slurm.rule]]
when = 'modulator_input == "xy" and tau >= 10'
time = "1-00:00:00"
"#;

fn sweep(text: &str) -> Sweep {
    parse(text).unwrap_or_else(|problems| panic!("{text}\n{problems:#?}"))
}

fn cell(parameters: &[(&str, Value)]) -> ValueMap {
    let given = parameters.iter().map(|(name, value)| ((*name).to_string(), value.clone())).collect();
    Parameters::resolve(&given).expect("parameters").into_values()
}

fn defaults() -> Resolved {
    SlurmSettings::default().resolve()
}

#[test]
fn everything_that_can_be_said() {
    let settings = sweep(EVERYTHING).slurm.settings;
    let resolved = settings.clone().resolve();
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_string()).collect::<Vec<_>>();
    assert_eq!(resolved.partition.as_deref(), Some("main"));
    assert_eq!(resolved.account.as_deref(), Some("lab"));
    assert_eq!(resolved.qos.as_deref(), Some("long"));
    assert_eq!(resolved.constraint.as_deref(), Some("avx512&ib"));
    assert_eq!(resolved.reservation.as_deref(), Some("course"));
    assert_eq!(resolved.exclude, words(&["node[1-3]", "node9"]));
    assert_eq!((resolved.gpus.as_deref(), resolved.nice), (Some("a100:1"), Some(100)));
    assert_eq!((resolved.time, resolved.memory, resolved.cpus), (Duration::from_hours(2), 2048, 4));
    assert_eq!(
        (resolved.at_most, resolved.packing, resolved.cells_at_once),
        (Some(50), Packing::Cells(7), 2)
    );
    assert_eq!((resolved.signal, resolved.requeue), (Duration::from_secs(90), false));
    assert_eq!(resolved.preamble.len(), 2);
    assert_eq!(resolved.directives, words(&["--switches=1", "-s"]));
    assert_eq!((resolved.retry.attempts, resolved.retry.same_error_limit), (5, 9));
    assert!((resolved.retry.memory_factor - 3.0).abs() < 1e-12);
    assert!((resolved.retry.time_factor - 1.25).abs() < 1e-12);
    assert_eq!(
        (resolved.retry.memory_limit, resolved.retry.time_limit),
        (32 << 10, Duration::from_hours(48))
    );
    assert!(!resolved.retry.exclude_failed_nodes);
    // Nothing is lost above or below an empty layer.
    assert_eq!(settings.clone().over(SlurmSettings::default()), settings);
    assert_eq!(SlurmSettings::default().over(settings.clone()), settings);
}

#[test]
fn nothing_said_has_the_documented_defaults() {
    assert_eq!(sweep("").slurm.settings, SlurmSettings::default());
    let resolved = defaults();
    assert_eq!((resolved.time, resolved.memory, resolved.cpus), (Duration::from_hours(1), 1024, 1));
    assert_eq!((resolved.packing, resolved.cells_at_once, resolved.at_most), (Packing::Cells(1), 1, None));
    assert_eq!((resolved.signal, resolved.requeue), (Duration::from_mins(2), true));
    assert_eq!((resolved.retry.attempts, resolved.retry.same_error_limit), (3, 5));
    assert!((resolved.retry.memory_factor - 2.0).abs() < 1e-12);
    assert!((resolved.retry.time_factor - 1.5).abs() < 1e-12);
    assert_eq!(
        (resolved.retry.memory_limit, resolved.retry.time_limit),
        (16 << 10, Duration::from_hours(48))
    );
    assert!(resolved.retry.exclude_failed_nodes);
}

#[test]
fn auto_follows_predictions_where_there_are_some() {
    let slurm =
        sweep("[slurm]\ntime = \"auto\"\nmemory = \"2 GiB\"\ntask_length = \"2 h\"\ncells_at_once = 3").slurm;
    assert!(slurm.asks_for_predictions());
    assert!(!sweep(EVERYTHING).slurm.asks_for_predictions());
    let rule = "[slurm]\n[[slurm.rule]]\nwhen = \"tau > 1\"\nmemory = \"auto\"";
    assert!(sweep(rule).slurm.asks_for_predictions());
    let minute = Duration::from_mins(1);
    let known = Predicted { time: Some(minute), memory: Some(77) };
    let resolved = slurm.settings.clone().resolve_with(known);
    assert_eq!((resolved.time, resolved.memory, resolved.cells_at_once), (minute, 2048, 3));
    assert_eq!(resolved.packing, Packing::Length(Duration::from_hours(2)));
    assert_eq!(slurm.settings.clone().resolve().time, Duration::from_hours(1), "the default");
    // The packing comes from one layer alone.
    let site = parse_profile("[slurm]\ncells_per_task = 9\ntime = \"3 h\"").expect("a profile").settings;
    let above = slurm.settings.clone().over(site.clone());
    assert_eq!((above.packing, above.time), (slurm.settings.packing, Some(Amount::Predicted)));
    assert_eq!(site.over(slurm.settings).resolve().packing, Packing::Cells(9));
}

#[test]
fn what_does_not_fit_together_is_made_to() {
    let resolve = |text: &str| sweep(&format!("[slurm]\n{text}")).slurm.settings.resolve();
    assert_eq!(resolve("cells_at_once = 4").packing, Packing::Cells(4));
    assert_eq!(resolve("time = \"2 min\"").signal, Duration::from_mins(1));
    assert_eq!(resolve("memory = \"64 GiB\"").retry.memory_limit, 64 << 10);
    assert_eq!(resolve("time = \"3 d\"").retry.time_limit, Duration::from_hours(72));
    assert_eq!(resolve("gpus = 0").gpus, None);
    assert_eq!(resolve("gpus = 2").gpus.as_deref(), Some("2"));
}

#[test]
fn the_last_rule_that_fits_wins_key_by_key() {
    let slurm = sweep(EVERYTHING).slurm;
    let needs = |parameters: &[(&str, Value)]| {
        let settings = slurm.settings_for(&cell(parameters)).resolve();
        (settings.time.as_secs() / 3600, settings.memory / 1024)
    };
    let large = ("hidden_units", Value::Integer(101));
    assert_eq!(needs(&[]), (2, 2));
    assert_eq!(needs(&[("hidden_units", Value::Integer(100))]), (2, 2));
    assert_eq!(needs(std::slice::from_ref(&large)), (6, 4));
    let slow = [("modulator_input", Value::Text("xy".into())), ("tau", Value::Integer(10))];
    assert_eq!(needs(&slow), (24, 2));
    assert_eq!(needs(&[slow[0].clone(), slow[1].clone(), large]), (24, 4));
}

#[test]
fn every_operator() {
    let fits = |when: &str, parameters: &[(&str, Value)]| {
        let text = format!("[slurm]\n[[slurm.rule]]\nwhen = {when:?}\ncpus = 2");
        sweep(&text).slurm.rules[0].condition.fits(&cell(parameters))
    };
    let tau = |tau: f64| [("tau", Value::Float(tau))];
    for (when, below, same, above) in [
        ("tau == 10", false, true, false),
        ("tau != 1e1", true, false, true),
        ("tau < 10.0", true, false, false),
        ("tau<=10", true, true, false),
        ("tau > +10", false, false, true),
        ("tau >= 10 and tau >= 0", false, true, true),
    ] {
        assert_eq!([9.0, 10.0, 11.0].map(|value| fits(when, &tau(value))), [below, same, above], "{when}");
    }
    assert!(fits("tau < inf and tau > -inf", &tau(1.0)));
    assert!(fits("carry_state == true", &[]) != fits("carry_state == false", &[]));
    assert!(fits("modulator_input == 'xy'", &[]) || fits("modulator_input != \"xy\"", &[]));
    let spatial = [("model", Value::Text("spatial".into()))];
    assert!(fits("modulation_width < inf", &spatial) || fits("modulation_width == inf", &spatial));
    // A parameter that the cell's network does not have is neither equal nor different.
    assert!(!fits("population_units == 100", &[]) && !fits("population_units != 100", &[]));
}

#[test]
fn free_parameters_are_those_of_the_sweep() {
    let text = |when: &str| {
        format!(
            "[worker]\ncommand = [\"x\"]\n[params]\nlayers = [1]\n[grid]\ndropout = [0, 0.5]\n[[case]]\nname = \"a\"\nkind = \"k\"\n\
             [[slurm.rule]]\nwhen = {when:?}\ncpus = 2"
        )
    };
    let sweep = sweep(&text("dropout > 0.2 and kind == 'k'"));
    let cpus: Vec<u32> =
        sweep.cells().map(|cell| sweep.slurm.settings_for(&cell.parameters).resolve().cpus).collect();
    assert_eq!(cpus, [1, 2]);
    let problems = parse(&text("dropuot > 0")).expect_err("unknown");
    assert_eq!(problems[0].hint.as_deref(), Some("did you mean `dropout`?"));
}

#[test]
fn layers_lie_over_one_another() {
    let site = parse_profile(
        "[slurm]\npartition = \"site\"\nmemory = \"3 GiB\"\nretry = { attempts = 9, memory_factor = 4 }\n\
         [[slurm.rule]]\nwhen = \"tau > 5\"\nqos = \"long\"\n",
    )
    .expect("a profile");
    let sweep = sweep("[slurm]\ntime = \"5 min\"\nmemory = \"1 GiB\"\n[slurm.retry]\nattempts = 1");
    let typed = SlurmSettings { partition: Some("typed".into()), ..SlurmSettings::default() };
    let cell = cell(&[("tau", Value::Integer(10))]);
    let resolved = typed.over(sweep.slurm.settings_for(&cell)).over(site.settings_for(&cell)).resolve();
    assert_eq!(resolved.partition.as_deref(), Some("typed"));
    assert_eq!(resolved.qos.as_deref(), Some("long"));
    assert_eq!((resolved.time, resolved.memory), (Duration::from_mins(5), 1024));
    assert_eq!(resolved.retry.attempts, 1);
    assert!((resolved.retry.memory_factor - 4.0).abs() < 1e-12);
}

#[test]
fn a_profile_holds_nothing_else() {
    assert_eq!(parse_profile("").expect("empty").settings, SlurmSettings::default());
    let problems = parse_profile("partition = \"x\"\n[params]\ntau = 1\n[slrum]\n[slurm]\ntiem = 1\n")
        .expect_err("four mistakes");
    let said: Vec<(&str, Option<&str>)> =
        problems.iter().map(|problem| (problem.message.as_str(), problem.hint.as_deref())).collect();
    assert_eq!(
        said,
        [
            ("unknown key `partition` in a profile", Some("write it below [slurm]")),
            ("unknown key `params` in a profile", Some("allowed here: slurm")),
            ("unknown key `slrum` in a profile", Some("did you mean `slurm`?")),
            ("unknown key `tiem` in [slurm]", Some("did you mean `time`?")),
        ]
    );
}

#[test]
fn no_cell_depends_on_it() {
    let cells = "[grid]\ntau = [1, 10]\nhidden_units = [50, 200]\n[replicates]\nseed = 2\n";
    let (with, without) = (sweep(&format!("{cells}{EVERYTHING}")), sweep(cells));
    assert_eq!(with.cells().collect::<Vec<_>>(), without.cells().collect::<Vec<_>>());
    assert_eq!(with.validate_cells(), Ok(()));
}

#[test]
fn a_place_within_a_condition_is_known_where_the_file_has_it_as_it_is() {
    for (text, marked) in [
        ("[[slurm.rule]]\nwhen = \"tua > 1\"\ncpus = 2\n", "tua"),
        ("[[slurm.rule]]\nwhen = 'tau > \"é\"'\ncpus = 2\n", "\"é\""),
        ("[[slurm.rule]]\nwhen = \"tau > 1 && é\"\ncpus = 2\n", "&&"),
        ("[[slurm.rule]]\nwhen = \"model == \\\"x\\\"\"\ncpus = 2\n", "\"model == \\\"x\\\"\""),
        ("[[slurm.rule]]\nwhen = \"\"\"tua > 1\"\"\"\ncpus = 2\n", "\"\"\"tua > 1\"\"\""),
    ] {
        let problems = parse(text).expect_err(text);
        let spans: Vec<&str> =
            problems.iter().filter_map(|problem| problem.span.clone()).map(|span| &text[span]).collect();
        assert_eq!(spans, [marked], "{problems:#?}");
    }
}

proptest! {
    #[test]
    fn times_read_back(seconds in 0_u64..=365 * 86_400) {
        let time = Duration::from_secs(seconds);
        prop_assert_eq!(parse_duration(&format_duration(time)), Ok(time));
        let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
        let as_slurm_writes_it = format!("{days}-{hours:02}:{minutes:02}:{:02}", seconds % 60);
        prop_assert_eq!(parse_duration(&as_slurm_writes_it), Ok(time));
    }

    #[test]
    fn memory_reads_back(mib in 0_u64..=1 << 30, shift in 0_u32..21) {
        for mib in [mib, mib >> shift << shift] {
            prop_assert_eq!(parse_memory(&format_memory(mib)), Ok(mib));
        }
    }

    #[test]
    fn any_text_is_a_time_and_an_amount_or_not(text in ".{0,30}", near in "[0-9]{0,25}[ .:-]?[0-9]{0,30}[ .:-]?[a-zA-Zé]{0,4}[ 0-9:]{0,4}") {
        for text in [text, near] {
            let _ = (parse_duration(&text), parse_memory(&text));
        }
    }

    #[test]
    fn any_condition_fits_or_is_refused(when in "([a-z_]{0,6}|tau|model|noise|and|or|true|inf|[0-9.e+-]{0,5}|[=!<>&|]{0,2}|[\"'é \\n\\\\]){0,9}") {
        let text = format!("[[slurm.rule]]\ncpus = 2\nwhen = {}\n", toml::Value::from(when));
        match parse(&text) {
            Ok(sweep) => {
                let _ = sweep.slurm.settings_for(&sweep.cell(0).parameters).resolve();
            }
            Err(problems) => {
                for span in problems.into_iter().filter_map(|problem| problem.span) {
                    prop_assert!(text.get(span.clone()).is_some(), "{:?}", span);
                }
            }
        }
    }

    #[test]
    fn any_value_of_any_key_is_taken_or_refused(
        key in prop::sample::select(vec![
            "partition", "exclude", "gpus", "nice", "time", "memory", "cpus", "at_most", "cells_per_task", "cells_at_once",
            "signal_seconds", "requeue", "preamble", "directives", "retry", "rule", "retry.time_limit", "retry.memory_factor", "x",
        ]),
        value in "(-?[0-9]{1,12}|-?[0-9]{1,4}\\.[0-9]{1,4}|inf|nan|true|\"[^\"\\\\\\p{Cc}]{0,12}\"|\"[0-9]{1,9} ?(h|min|G|GiB|d)\"|\\[\\]|\\[\"[a-z#-]{0,6}\"\\]|\\{\\}|0x1F|2020-01-01)",
    ) {
        let text = format!("[slurm]\n{key} = {value}\n");
        if let Ok(section) = parse_profile(&text) {
            let resolved = section.settings.resolve();
            prop_assert!(resolved.cpus > 0 && resolved.memory > 0 && !resolved.time.is_zero());
            if let Packing::Cells(cells) = resolved.packing {
                prop_assert!(resolved.cells_at_once <= cells);
            }
            for line in resolved.directives.iter().chain(&resolved.partition).chain(&resolved.exclude) {
                prop_assert!(!line.contains('\n'));
            }
        }
        prop_assert!(parse(&text).is_ok() == parse_profile(&text).is_ok());
    }
}
