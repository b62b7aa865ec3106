//! Bad sweep files, and the messages for them. Each snapshot is a whole screen.

use gainsweep_testkit::folder::Folder;
use gainsweep_testkit::program::run;

/// Name and text of each bad file.
const BAD: &[(&str, &str)] = &[
    (
        "screen_of_the_design",
        "[params]\nmodel = \"spatial\"\nmodulation_widht = 0.2\n\n[grid]\ntau = [1, 0.5, 10]\n",
    ),
    (
        "conditions_that_are_wrong",
        "[params]\nbatches = { value = 10, when = \"tua > 1\" }\nnoise = { when = \"tau > 1\" }\nseed = { value = 1, when = \"tau > 1\", otherwise = 2 }\n[grid]\ntau = { values = [1, 2], when = \"model == spatial\" }\nhidden_units = { from = 1, to = 3, step = 1, when = \"tau\" }\nlearning_rate = { values = 3, when = \"tau > 1\" }\n[zip]\ngradient_clip = { values = [1, 2], when = \"tau > 1\" }\n",
    ),
    (
        "conditions_that_rest_on_one_another",
        "[grid]\ntau = { values = [1, 2], when = \"noise > 0\" }\nnoise = { values = [0, 1], when = \"tau > 1\" }\n",
    ),
    (
        "derived_values_that_are_wrong",
        "[params]\ntau = 2\n[derived]\ntau = \"2\"\nbatches = 10\nnoise = \"noise * 2\"\nhidden_units = \"'many'\"\nseed = \"1 +\"\nnosie = \"1\"\n",
    ),
    (
        "derived_values_out_of_range_in_some_cells",
        "[grid]\ntau = [1, 10, 100]\n[derived]\nhidden_units = \"tau - 10\"\ndeterminant_threshold = \"1 / (tau - 1)\"\n",
    ),
    (
        "exclusions_that_are_wrong",
        "[grid]\ntau = [1, 2]\n[[exclude]]\nwhen = \"tau + 1\"\n[[exclude]]\nbecause = \"no reason\"\n[[exclude]]\nwhen = \"modulator_input == 'xz'\"\nunless = \"tau > 1\"\n[[exclude]]\nwhen = \"1 < tau < 3\"\n",
    ),
    ("everything_excluded", "[grid]\ntau = [1, 2]\n[[exclude]]\nwhen = \"tau >= 1\"\n"),
    (
        "too_many_combinations_tied_together",
        "[grid]\ntau = { from = 1, to = 2000, step = 1 }\nseed = { from = 1, to = 2000, step = 1 }\n[[exclude]]\nwhen = \"tau == seed\"\n",
    ),
    (
        "blocks_that_are_wrong",
        "[[block]]\n[[block]]\nname = \"a\"\n[block.gird]\ntau = [1]\n[[block]]\nname = \"a\"\n",
    ),
    (
        "blocks_that_share_a_cell",
        "[[block]]\nname = \"a\"\n[block.grid]\ntau = [1, 2]\n[[block]]\nname = \"b\"\n[block.grid]\nnoise = [0.001, 0.1]\n",
    ),
    (
        "one_at_a_time_around_nothing",
        "[worker]\ncommand = [\"x\"]\n[one_at_a_time]\nrate = [1, 2]\ndepth = 3\n",
    ),
    ("set_that_is_wrong", "[grid]\ntau = [1, 2]\n[set]\ntua = 3\nbatches = \"ten\"\n"),
    (
        "draws_that_are_wrong",
        "[[random]]\ncount = 0\ntau = { uniform = [1, 10] }\n[[random]]\nnoise = { uniform = [0, 1] }\n[[random]]\ncount = 3\n[[random]]\ncount = 3\nmethod = \"sobol\"\nseed = -1\nlearning_rate = { loguniform = [1, 2] }\nhidden_units = { integer = [1.5, 2] }\nbatches = [1, 2]\ngradient_clip = { log_uniform = [0, 1] }\nbaseline_deviation = { uniform = [2, 1] }\nhiden = { choice = [1] }\ntest_contexts = { choice = [] }\n",
    ),
    (
        "draws_out_of_range_and_too_few_of_them",
        "[[random]]\ncount = 3\ntau = { uniform = [0, 0.5] }\n[[random]]\ncount = 3\nmodulator_input = { choice = [\"x\", \"xy\"] }\n",
    ),
    ("unknown_table", "[girds]\ntau = [1]\n"),
    ("parameter_at_the_top", "tau = 10\n[params]\nquestion = \"Why?\"\n"),
    (
        "unknown_keys_everywhere",
        "[gather]\nmetric = [\"clarity\"]\n[worker]\ncomand = [\"x\"]\n[[plot]]\ncolour = \"red\"\n[grid]\na = { from = 1, to = 2, steps = 1 }\n",
    ),
    (
        "wrong_types",
        "name = 3\n[params]\nbatches = \"many\"\ncarry_state = 1\ntau = 2020-01-01\n[grid]\nnoise = 0.1\nhidden_units = [10.5, \"x\"]\n",
    ),
    (
        "out_of_range",
        "[params]\nlearning_rate = 0\ndeterminant_threshold = 1.5\nseed = 99999999999999999999\n[grid]\nbatches = [1, -1]\nnoise = [1e999, nan, inf]\n",
    ),
    ("unknown_choice", "[params]\nmodel = \"spacial\"\nsources = \"sine 100 + triangle 5\"\n"),
    ("constant_and_axis", "[params]\ntau = 1\n[grid]\ntau = [1, 2]\n"),
    (
        "axis_in_two_factors",
        "[grid]\nseed = [1, 2]\ntau = [1, 2]\n[zip]\ntau = [3, 4]\n[replicates]\nseed = 3\n",
    ),
    (
        "constant_that_every_case_sets",
        "[params]\ntau = 1\n[[case]]\nname = \"a\"\ntau = 2\n[[case]]\nname = \"b\"\ntau = 3\n",
    ),
    ("list_in_params", "[params]\ntau = [1, 2]\n"),
    ("zip_of_different_lengths", "[zip]\nbatches = [1, 2, 3]\ntau = [1, 2]\nnoise = [0]\n"),
    ("zip_with_the_same_rows", "[[zip]]\nbatches = [1, 1, 1]\ntau = [1, 2, 1.0]\n"),
    ("empty_axes", "[grid]\ntau = []\n[[zip]]\n[replicates]\n"),
    ("empty_grid", "[grid]\n"),
    ("duplicate_values", "[grid]\ntau = [1, 10, 1.0]\nmodulator_input = [\"x\", \"x\"]\n"),
    (
        "duplicate_cases",
        "[[case]]\nname = \"a\"\n[[case]]\nname = \"a\"\ntau = 2\n[[case]]\ntau = 3\n[[case]]\nname = \"\"\n",
    ),
    ("case_with_one_bracket", "[case]\nname = \"a\"\n"),
    (
        "bad_steps",
        "[grid]\ntau = { from = 1, to = 10, step = 0 }\nnoise = { from = 1, to = 0, step = 0.1 }\nbatches = { from = 1, to = 10, step = -1 }\nlearning_rate = { from = 0.001, to = 0.0105, step = 0.001 }\n",
    ),
    (
        "bad_logs",
        "[grid]\ntau = { from = 0, to = 10, count = 3, scale = \"log\" }\nnoise = { from = 1, to = 10, step = 1, scale = \"log\" }\nlearning_rate = { from = 1, to = 10, count = 3, scale = \"logarithmic\" }\ngradient_clip = { from = -1, to = 10, count = 2, scale = \"log\" }\n",
    ),
    (
        "ranges_that_say_too_little_or_too_much",
        "[grid]\ntau = { from = 1 }\nnoise = { from = 1, to = 2 }\nbatches = { from = 1, to = 5, step = 1, count = 5 }\nhidden_units = { from = 1, to = 5, count = 1 }\nlearning_rate = { from = \"a\", to = inf, count = 3 }\ngradient_clip = { from = 1, to = 1, count = 3 }\n",
    ),
    (
        "ranges_of_too_many_values",
        "[grid]\nnoise = { from = 0, to = 1, step = 1e-9 }\ntau = { from = 1, to = 2, step = 1e-40 }\n",
    ),
    (
        "range_of_fractions_for_whole_numbers",
        "[grid]\nbatches = { from = 1, to = 2, count = 3 }\ntau = { from = 0, to = 10, step = 1 }\n",
    ),
    ("no_replicates", "[replicates]\nseed = 0\n"),
    ("too_many_replicates", "[replicates]\nseed = 10000000\ntau = [1, 2]\n"),
    (
        "does_nothing_for_the_model",
        "[params]\npopulation_units = 10\n[grid]\ntau = [1, 10]\nadditive = [true, false]\nmodel = [\"unmixing\", \"modulation\"]\n",
    ),
    (
        "contradiction_in_some_cells",
        "[params]\nnumber_of_sources = 3\n[grid]\ntau = [1, 10]\nsources = [\"waveforms\", \"chords\", \"sines\"]\n[replicates]\nseed = 2\n",
    ),
    (
        "contradiction_of_what_is_not_written",
        "[params]\nmodel = \"spatial\"\nmodulation_width = 0\n[grid]\npopulation_units = [100, 3]\n",
    ),
    (
        "two_cells_that_are_the_same",
        "[[case]]\nname = \"usual\"\n[[case]]\nname = \"instantaneous\"\ntau = 1\n[replicates]\nseed = 2\n",
    ),
    (
        "plots_and_gather_of_nothing",
        "[grid]\ntau = [0, 1]\nnoise = [0, 1]\n[replicates]\nseed = 2\n[gather]\nreplicate = \"sede\"\nmetrics = [\"clarity\"]\n[[plot]]\nmetric = \"clarty\"\nover = \"tua\"\n[[plot]]\nmetric = \"clarity\"\nover = \"seed\"\n[[plot]]\nover = \"tau\"\n[[plot]]\nmetric = \"clarity\"\nover = \"noise\"\nby = \"noise\"\nscale = \"log\"\n",
    ),
    (
        "figures_of_each_kind",
        "[grid]\ntau = [1, 2]\nnoise = [0, 1]\n[[plot]]\nkind = \"heatmap\"\n[[plot]]\nkind = \"violin\"\nmetric = \"clarity\"\n[[plot]]\nkind = \"heat_map\"\nmetric = \"clarity\"\nover = \"tau\"\n[[plot]]\nkind = \"scatter\"\nmetric = \"clarity\"\n[[plot]]\nkind = \"status\"\nover = \"tau\"\n[[plot]]\nkind = \"onset\"\nmetric = \"error\"\nscale = \"log\"\n[[plot]]\nkind = \"violin\"\nmetric = \"clarity\"\nover = \"tau\"\nreference = [0.5, \"x\"]\n",
    ),
    (
        "two_plots_that_are_the_same",
        "[grid]\ntau = [1, 2]\n[[plot]]\nmetric = \"clarity\"\nover = \"tau\"\n[[plot]]\nover = \"tau\"\nmetric = \"clarity\"\n",
    ),
    (
        "unsafe_names",
        "name = \"../home\"\n[worker]\ncommand = []\n[grid]\n\"a/b\" = [1]\ncell = [1]\n\".hidden\" = [1]\n",
    ),
    ("not_toml", "[params]\nmodel = spatial\ntau = 1\ntau = 2\n[grid\n"),
    ("unclosed_list", "[grid]\ntau = [1, 2\n\n[replicates]\nseed = 3\n"),
    ("tables_that_are_none", "params = 3\ngrid = [1]\nzip = \"a\"\ncase = 1\nplot = [1]\n"),
    ("letters_and_tabs", "# é: two bytes\r\n[params]\r\n\tmodél = \"x\"\r\n\tnoise = \"\u{1F600}\"\r\n"),
    (
        "slurm_names",
        "[slrum]\n[slurm]\npartiton = \"main\"\nmem = \"2G\"\ncpus_per_task = 2\nattempts = 2\nwhen = \"tau > 1\"\n[slurm.retry]\nattemps = 2\n",
    ),
    (
        "slurm_values",
        "[slurm]\npartition = 3\naccount = \"my lab\"\nqos = \"\"\nconstraint = \"a\\n#SBATCH --array=1\"\nexclude = \"node1\"\ngpus = 1.5\nnice = -1\ntime = 60\nmemory = \"2048\"\ncpus = 0\nat_most = 0\ncells_per_task = \"7\"\nsignal_seconds = \"2 min\"\nrequeue = \"yes\"\n[slurm.retry]\nattempts = 0\nmemory_factor = 0.5\nmemory_limit = \"16 apples\"\ntime_factor = nan\ntime_limit = \"0 s\"\n",
    ),
    (
        "slurm_times",
        "[slurm]\ntime = \"2:00\"\n[[slurm.rule]]\nwhen = \"tau > 1\"\ntime = \"90\"\n[[slurm.rule]]\nwhen = \"tau > 2\"\ntime = \"1 fortnight\"\n[[slurm.rule]]\nwhen = \"tau > 3\"\ntime = \"30 min 2 h\"\n[[slurm.rule]]\nwhen = \"tau > 4\"\ntime = \"9999 d\"\n",
    ),
    (
        "slurm_scripts",
        "[slurm]\npreamble = [\"module load foo\", \"#SBATCH --mem=4G\", \"a\\nb\"]\ndirectives = [\"#SBATCH --switches=1\", \"switches=1\", \"--array=1-10\", \"--time=1:00:00\", \"-p long\", \"--comment=x\\n\"]\n",
    ),
    (
        "slurm_that_does_not_fit_together",
        "[slurm]\ntime = \"3 min\"\nmemory = \"4 GiB\"\ncells_per_task = 2\ncells_at_once = 3\nsignal_seconds = 300\n[slurm.retry]\nmemory_limit = \"2 GiB\"\ntime_limit = \"1 min\"\n",
    ),
    (
        "slurm_rules",
        "[[slurm.rule]]\nwhen = \"hiden_units > 100\"\ntime = \"6 h\"\n[[slurm.rule]]\nwhen = 'modulator_input == \"z\"'\ntime = \"6 h\"\n[[slurm.rule]]\ntime = \"6 h\"\n[[slurm.rule]]\nwhen = \"tau > 1\"\n[[slurm.rule]]\nwhen = \"tau > 1\"\nat_most = 3\nretry = { attempts = 1 }\ntme = \"1 h\"\n[slurm]\n",
    ),
    (
        "slurm_conditions",
        "[slurm]\nrule = [\n  { cpus = 2, when = \"tau = 10\" },\n  { cpus = 2, when = \"tau > 1 && noise > 0\" },\n  { cpus = 2, when = \"tau > 1 or noise > 0\" },\n  { cpus = 2, when = \"10 < tau\" },\n  { cpus = 2, when = \"tau > 1 and\" },\n  { cpus = 2, when = \"tau\" },\n  { cpus = 2, when = \"modulator_input == xy\" },\n  { cpus = 2, when = \"modulator_input > 'xy'\" },\n  { cpus = 2, when = \"model > 3\" },\n  { cpus = 2, when = \"model == 'dale\" },\n  { cpus = 2, when = \"tau == 0.5 and batches == 1.5\" },\n  { cpus = 2, when = 3 },\n]\n",
    ),
    (
        "declarations_that_are_wrong",
        "[worker]\ncommand = [\"./x\"]\n[worker.parameters]\na = { type = \"flaot\" }\nb = { minimum = 1 }\nc = { type = \"float\", minimum = 2, maximum = 1 }\nd = { type = \"integer\", default = 0.5, hlep = \"x\" }\ne = { type = \"boolean\", one_of = [\"a\"] }\nf = 3\n",
    ),
    (
        "parameters_against_their_declaration",
        "[worker]\ncommand = [\"./x\"]\n[worker.parameters]\nalpha = { type = \"float\", minimum = 0, help = \"strength of the penalty\" }\ndepth = { type = \"integer\", minimum = 1, maximum = 10 }\nloss = { type = \"text\", one_of = [\"ridge\", \"lasso\"], default = \"ridge\" }\n[params]\nalhpa = 1\n[grid]\ndepth = [1, 2.5, 11]\nloss = [\"rigde\", 2]\n",
    ),
    (
        "a_declared_parameter_without_a_value",
        "[worker]\ncommand = [\"./x\"]\n[worker.parameters]\nalpha = { type = \"float\" }\ndepth = { type = \"integer\" }\n[grid]\nalpha = [1, 2]\n",
    ),
    ("networks_that_are_wrong", "[networks]\nsweeep = \"a\"\nfinished = 1\nonly = \"tau=1\"\n[found]\n"),
    ("networks_of_no_sweep", "[networks]\nsweep = \"timescale\"\n[grid]\nnoise = [0, 1]\n"),
    (
        "slurm_packing_that_does_not_fit",
        "[slurm]\ntime = \"3 h\"\ntask_length = \"2 h\"\ncells_per_task = 2\n[[slurm.rule]]\nwhen = \"tau > 1\"\ntime = \"autom\"\ntask_length = \"auto\"\n",
    ),
    ("intervals_that_are_none", "[grid]\ntau = [1, 2]\n[gather]\ninterval = \"normal\"\nintervals = 3\n"),
    ("budgets_that_are_none", "budget_core_hours = \"10 h\"\n[grid]\ntau = [1, 2]\n"),
    (
        "a_precision_that_says_too_little",
        "[grid]\ntau = [1, 2]\n[replicates]\nseed = [1, 2, 3]\n[precision]\nmetrics = \"clarity\"\nhalf_width = 0\nrelative = 0.1\n",
    ),
    (
        "a_precision_without_a_count",
        "[grid]\ntau = [1, 2]\n[replicates]\nseed = [1, 2, 3]\n[precision]\nmetric = \"clarity\"\nrelative = 0.1\nat_most = 10\n",
    ),
    (
        "a_precision_with_too_few",
        "[grid]\ntau = [1, 2]\n[replicates]\nseed = 1\n[precision]\nmetric = \"clarity\"\nrelative = 0.1\nat_most = 1\n",
    ),
    (
        "a_precision_that_is_below_its_beginning",
        "[grid]\ntau = [1, 2]\n[replicates]\nseed = 12\n[precision]\nmetric = \"clarity\"\nrelative = 0.1\nat_most = 10\n",
    ),
    (
        "blocks_with_other_beginnings",
        "[precision]\nmetric = \"clarity\"\nrelative = 0.1\nat_most = 10\n[[block]]\nname = \"a\"\n[block.replicates]\nseed = 3\n[[block]]\nname = \"b\"\n[block.params]\ntau = 7\n[block.replicates]\nseed = 4\n",
    ),
    ("gpus_that_are_none", "[run]\ngpus_per_cell = 1.5\njobs = 3\n"),
    ("slurm_tables_that_are_none", "slurm = 3\n"),
    ("slurm_retry_and_rule_that_are_none", "[slurm]\nretry = 3\n[slurm.rule]\nwhen = \"tau > 1\"\n"),
    ("escapes_do_not_reach_the_terminal", "name = \"\\u001b[31mred\"\n[params]\n\"a\\u001b[31mb\" = 1\n"),
];

#[test]
fn every_mistake_has_its_screen() {
    let folder = Folder::new();
    for (name, text) in BAD {
        folder.write("sweeps/bad.toml", text);
        let said = run(folder.gainsweep(&["check", "bad"]));
        let stderr = said.stderr;
        assert_eq!(said.code, Some(2), "{name}: {stderr}");
        assert!(said.stdout.is_empty(), "{name}");
        assert!(stderr.ends_with("; nothing was planned\n"), "{name}: {stderr}");
        assert!(!stderr.contains('\u{1b}'), "{name}: {stderr:?}");
        insta::assert_snapshot!(*name, stderr);
    }
}

#[test]
fn more_cells_than_the_limit() {
    let folder = Folder::new();
    folder.write(
        "sweeps/large.toml",
        "[grid]\ntau = { from = 1, to = 2000, step = 1 }\n[replicates]\nseed = 1000\n",
    );
    for command in ["check", "plan"] {
        let said = run(folder.gainsweep(&[command, "large"])).expect(2, &[]);
        insta::assert_snapshot!("more_cells_than_the_limit", said.stderr);
    }
    run(folder.gainsweep(&["check", "large", "--limit", "10"])).expect(2, &[]);
}
