//! Bad `[worker]` tables, and the messages for them. Each snapshot is a whole screen.

use gainsweep_testkit::folder::Folder;
use gainsweep_testkit::program::run;

/// Name, `[worker]`, and the rest of each bad file.
const BAD: &[(&str, &str, &str)] = &[
    ("unknown_placeholder", "command = \"python3 train.py --lr {lr} --s {sed}\"", "lr = 1\nseed = 1"),
    ("unknown_placeholder_far_from_all", "command = [\"python3\", \"train.py\", \"{zzzzzzzz}\"]", "lr = 1"),
    ("placeholder_that_is_also_a_parameter", "command = \"python3 train.py {out}\"", "out = 1"),
    ("brace_alone", "command = \"python3 train.py {lr --x\"", "lr = 1"),
    ("brace_that_closes_nothing", "command = \"python3 train.py lr}\"", "lr = 1"),
    (
        "json_without_doubled_braces",
        "command = [\"python3\", \"train.py\", '{\"a\": 1}', \"{lr}\"]",
        "lr = 1",
    ),
    ("flags_within_a_word", "command = \"python3 train.py x{flags}\"", "lr = 1"),
    ("parameter_that_reaches_nobody", "command = \"python3 train.py --lr {lr}\"", "lr = 1\nsteps = 10"),
    (
        "parameters_that_reach_nobody_in_some_cells",
        "command = \"python3 train.py --lr {lr}\"",
        "lr = 1\nbeta = { value = 0.9, when = \"momentum == 1\" }\n[grid]\nmomentum = [0, 1]",
    ),
    (
        "placeholder_without_a_value_in_some_cells",
        "command = \"python3 train.py {lr} {beta} {momentum}\"",
        "lr = 1\nbeta = { value = 0.9, when = \"momentum == 1\" }\n[grid]\nmomentum = [0, 1]",
    ),
    (
        "declared_default_that_reaches_nobody",
        "command = \"python3 train.py {lr}\"\n[worker.parameters]\nlr = { type = \"float\" }\ndepth = { type = \"integer\", default = 2 }",
        "lr = 1",
    ),
    ("no_command", "results = \"stdout\"", "lr = 1"),
    ("empty_command", "command = \"\"", "lr = 1"),
    ("command_of_no_words", "command = []", "lr = 1"),
    ("command_that_is_a_number", "command = 3", "lr = 1"),
    ("quote_that_is_never_closed", "command = \"python3 'train.py {lr}\"", "lr = 1"),
    ("pipe_without_a_shell", "command = \"python3 train.py {lr} | tee log > out.txt\"", "lr = 1"),
    ("variable_without_a_shell", "command = \"$HOME/bin/train {lr} ~/data\"", "lr = 1"),
    ("option_and_value_in_one_word", "command = [\"python3\", \"train.py\", \"--lr {lr}\"]", "lr = 1"),
    ("program_with_its_arguments_in_one_word", "command = [\"python3 train.py\", \"{lr}\"]", "lr = 1"),
    ("program_that_is_not_there", "command = \"pyhton3 train.py {lr}\"", "lr = 1"),
    ("path_that_is_not_there", "command = \"bin/train {lr}\"", "lr = 1"),
    ("misspelt_script", "command = \"python3 src/trian.py {lr}\"", "lr = 1"),
    ("path_that_is_a_folder", "command = \"./src {lr}\"", "lr = 1"),
    ("script_that_is_not_executable", "command = \"./train.py {lr}\"", "lr = 1"),
    ("script_without_its_folder", "command = \"run.sh {lr}\"", "lr = 1"),
    ("script_without_its_interpreter", "command = \"train.py {lr}\"", "lr = 1"),
    ("script_with_blanks", "command = \"python3 my script.py {lr}\"\ncode = [\"my script.py\"]", "lr = 1"),
    (
        "code_that_is_not_there",
        "command = \"python3 train.py {lr}\"\ncode = [\"train.py\", \"scr\"]",
        "lr = 1",
    ),
    ("code_outside_the_root", "command = \"python3 train.py {lr}\"\ncode = [\"../lib\", \"/etc\"]", "lr = 1"),
    ("code_that_is_no_list", "command = \"python3 train.py {lr}\"\ncode = \"train.py\"", "lr = 1"),
    (
        "file_that_the_code_lacks",
        "command = \"python3 train.py --config=src/base.yaml {lr}\"\ncode = [\"train.py\"]",
        "lr = 1",
    ),
    ("script_that_the_code_lacks", "command = \"python3 train.py {lr}\"\ncode = [\"src\"]", "lr = 1"),
    ("results_of_another_kind", "command = \"python3 train.py {lr}\"\nresults = \"result.pkl\"", "lr = 1"),
    ("results_elsewhere", "command = \"python3 train.py {lr}\"\nresults = \"../result.json\"", "lr = 1"),
    ("row_of_json", "command = \"python3 train.py {lr}\"\nresults = \"r.json\"\nrow = \"last\"", "lr = 1"),
    ("unknown_row", "command = \"python3 train.py {lr}\"\nrow = \"lats\"", "lr = 1"),
    ("row_without_a_column", "command = \"python3 train.py {lr}\"\nrow = \"max:\"", "lr = 1"),
    (
        "variables_that_are_none",
        "command = \"python3 train.py {lr}\"\n[worker.environment]\n\"A B\" = \"x\"\nGAINSWEEP_OUT = \"x\"\nDATA = 3",
        "lr = 1",
    ),
    ("setup_that_is_no_list", "command = \"python3 train.py {lr}\"\nsetup = \"module load cuda\"", "lr = 1"),
    ("unknown_key", "command = \"python3 train.py {lr}\"\nresult = \"stdout\"", "lr = 1"),
];

#[test]
fn every_mistake_has_its_screen() {
    let folder = Folder::new();
    for file in ["train.py", "run.sh", "src/train.py", "src/base.yaml", "my script.py"] {
        folder.write(file, "");
    }
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs_err::set_permissions(folder.path("run.sh"), executable).expect("made executable");
    let root = folder.root().to_str().expect("text").to_string();
    for (name, worker, rest) in BAD {
        folder.write("sweeps/bad.toml", format!("[worker]\n{worker}\n[params]\n{rest}\n"));
        let said = run(folder.gainsweep(&["check", "bad"]));
        let stderr = said.stderr.replace(&root, "ROOT");
        assert_eq!(said.code, Some(2), "{name}: {stderr}");
        assert!(said.stdout.is_empty() && stderr.contains("sweeps/bad.toml:"), "{name}: {stderr}");
        insta::assert_snapshot!(*name, stderr);
    }
}
