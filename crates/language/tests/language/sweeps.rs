//! Examples of sweeps, and what they mean.

use gainsweep_contract::{Parameters, Value};
use gainsweep_language::{Cell, Plot, Sweep, parse};

fn sweep(text: &str) -> Sweep {
    parse(text).unwrap_or_else(|problems| panic!("{text}\n{problems:#?}"))
}

fn numbers(sweep: &Sweep, axis: usize) -> Vec<f64> {
    sweep.axes()[axis].values.iter().filter_map(Value::as_number).collect()
}

#[test]
fn an_empty_file_is_one_cell_with_every_default() {
    let sweep = sweep("");
    assert_eq!((sweep.count(), sweep.product().as_str()), (1, ""));
    assert_eq!(sweep.validate_cells(), Ok(()));
    let defaults = Parameters::resolve(&gainsweep_contract::ValueMap::new()).expect("valid");
    assert_eq!(sweep.cell(0).id, defaults.id());
    assert_eq!(&sweep.cell(0).parameters, defaults.values());
}

#[test]
fn a_tenth_stays_a_tenth() {
    let sweep = sweep("[grid]\ndeterminant_threshold = { from = 0, to = 1, step = 0.1 }");
    assert_eq!(numbers(&sweep, 0), [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]);
    assert_eq!(sweep.axes()[0].values[3].to_string(), "0.3");
}

#[test]
fn ranges_of_the_readme() {
    let sweep = sweep(
        "[grid]\ntau = { from = 1, to = 1000, count = 4, scale = \"log\" }\n\
         noise = { from = 0.001, to = 1, count = 4, scale = \"log\" }\n\
         batches = { from = 10, to = 0, count = 3 }",
    );
    assert_eq!(numbers(&sweep, 0), [1.0, 10.0, 100.0, 1000.0]);
    assert_eq!(numbers(&sweep, 1), [0.001, 0.01, 0.1, 1.0]);
    assert_eq!(sweep.axes()[2].values, [10, 5, 0].map(Value::Integer));
    assert_eq!(sweep.product(), "4 tau x 4 noise x 3 batches");
}

#[test]
fn everything_at_once() {
    let sweep = sweep(
        r#"
        name = "all"
        question = "All?"
        [params]
        model = "spatial"
        tau = 5
        [grid]
        noise = [0, 0.1]
        [[zip]]
        population_units = [10, 100]
        feedback_signals = [2, 4]
        [[zip]]
        hidden_units = [10, 20, 30]
        trials_per_batch = [1, 2, 3]
        [[case]]
        name = "slow"
        tau = 1000
        [[case]]
        name = "usual"
        [replicates]
        seed = [7, 9]
        [gather]
        metrics = ["clarity", "r2"]
        [[plot]]
        metric = "clarity"
        over = "noise"
        by = "case"
        [[plot]]
        metric = "r2"
        over = "population_units"
        scale = "log"
        "#,
    );
    assert_eq!(sweep.validate_cells(), Ok(()));
    assert_eq!(
        sweep.product(),
        "2 case x 2 population_units+feedback_signals x 3 hidden_units+trials_per_batch x 2 noise x 2 seed"
    );
    assert_eq!(sweep.count(), 48);
    assert_eq!(sweep.gather.replicate.as_deref(), Some("seed"));
    assert_eq!(sweep.replicate_axis(), Some(6));
    let first = Plot {
        metric: "clarity".into(),
        over: Some("noise".into()),
        by: Some("case".into()),
        ..Plot::default()
    };
    assert_eq!((&sweep.plots[0], sweep.plots[1].logarithmic), (&first, true));
    let (first, last) = (sweep.cell(0), sweep.cell(47));
    assert_eq!(
        sweep.label(&first),
        "case=slow population_units=10 feedback_signals=2 hidden_units=10 trials_per_batch=1 noise=0 seed=7"
    );
    assert_eq!(
        sweep.label(&last),
        "case=usual population_units=100 feedback_signals=4 hidden_units=30 trials_per_batch=3 noise=0.1 seed=9"
    );
    // A case overrides a constant; without an override the constant remains.
    assert_eq!(
        (&first.parameters["tau"], &last.parameters["tau"]),
        (&Value::Float(1000.0), &Value::Float(5.0))
    );
}

#[test]
fn ids_do_not_depend_on_the_spelling_of_the_sweep() {
    let ids = |text: &str| -> Vec<_> { sweep(text).cells().map(|cell: Cell| cell.id).collect() };
    let one = ids("[params]\nbatches = 500\n[grid]\ntau = [1, 10]");
    for same in [
        "[params]\nbatches = 5e2\n[grid]\ntau = [1.0, 1e1]",
        "[grid]\ntau = { from = 1, to = 10, step = 9 }\nbatches = [500]",
        "[params]\nbatches = 500\ncarry_state = true\n[[case]]\nname = \"a\"\n[[case]]\nname = \"b\"\ntau = 10",
    ] {
        assert_eq!(ids(same), one, "{same}");
    }
    // One more value adds cells and keeps the others.
    let more = ids("[params]\nbatches = 500\n[grid]\ntau = [1, 3, 10]");
    assert_eq!((more[0], more[2]), (one[0], one[1]));
}

#[test]
fn other_programs_have_free_parameters() {
    let sweep = sweep(
        "[worker]\ncommand = [\"python3\", \"train.py\"]\n[params]\nlayers = [3, 4]\n\"odd key\" = \"x\"\n\
         [grid]\nanything = [[1, 2], \"text\", true]\n[replicates]\nfold = 2",
    );
    let worker = sweep.worker.as_ref().expect("a worker");
    assert_eq!(worker.command.template(), ["python3", "train.py"]);
    assert!(worker.command.is_by_contract());
    assert_eq!((sweep.count(), sweep.validate_cells()), (6, Ok(())));
    let cell = sweep.cell(0);
    assert_eq!(cell.parameters.len(), 4);
    assert_eq!(cell.parameters["layers"], Value::List(vec![Value::Integer(3), Value::Integer(4)]));
}

#[test]
fn a_huge_sweep_is_counted_without_being_expanded() {
    let axes: Vec<String> =
        (0..4).map(|axis| format!("a{axis} = {{ from = 1, to = 100000, step = 1 }}")).collect();
    let sweep = sweep(&format!("[worker]\ncommand = [\"x\"]\n[grid]\n{}", axes.join("\n")));
    assert_eq!(sweep.count(), u64::MAX);
    let problem = sweep.check_limit(1_000_000).expect_err("too many");
    assert!(problem.message.contains("100000000000000000000 cells = 100000 a0 x"), "{}", problem.message);
    assert!(sweep.check_limit(u64::MAX).is_err(), "no limit lets through what cannot be counted");
}

/// `validate_cells` looks for equal cells only if there are cases. This test shows why that suffices.
#[test]
fn without_cases_all_cells_differ_also_where_defaults_come_from_other_parameters() {
    for text in [
        "[grid]\nsamples_per_context = [10, 20]\ntest_samples_per_context = [10, 20]\n[replicates]\nseed = 3",
        "[zip]\nsources = [\"chords\", \"sines\"]\nnumber_of_sources = [2, 2]\n[grid]\ntau = [1, 100]\n\
         carry_state = [true, false]",
        "[grid]\nmodel = [\"spatial\", \"dale\"]\nlearn_baseline = [true, false]\nregularisation = [0, 1e-5]\n\
         tau = [100, 1]",
    ] {
        let sweep = sweep(text);
        assert_eq!(sweep.validate_cells(), Ok(()), "{text}");
        let ids: std::collections::HashSet<_> = sweep.cells().map(|cell| cell.id).collect();
        assert_eq!(ids.len() as u64, sweep.count(), "{text}");
    }
}

/// Someone tries one value of an axis: the figures over it have nothing to show, and the file is still valid.
#[test]
fn what_is_set_takes_its_figures_away() {
    let text = "[grid]\ntau = [1, 10]\nnoise = [0, 0.1]\n[replicates]\nseed = 2\n[gather]\nreplicate = \"seed\"\n\
                [[plot]]\nmetric = \"clarity\"\nover = \"tau\"\nby = \"noise\"\n\
                [[plot]]\nmetric = \"clarity\"\nover = \"noise\"\nby = \"tau\"\n";
    let plots = |set: &str| {
        let sweep = parse(&format!("{text}{set}")).expect("right");
        sweep.plots.into_iter().map(|plot| (plot.over, plot.by)).collect::<Vec<_>>()
    };
    assert_eq!(plots("").len(), 2);
    assert_eq!(plots("[set]\ntau = 5\n"), [(Some("noise".to_string()), None)]);
    assert_eq!(plots("[set]\ntau = [5, 6]\n").len(), 2);
    assert!(parse(&text.replace("\"tau\"", "\"tua\"")).is_err());
}
