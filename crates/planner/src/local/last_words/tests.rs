use super::*;

/// What programs print at their end, and the line that says what happened.
const ON_STDERR: &[(&str, &str, &str)] = &[
    (
        "a traceback",
        "loading\nTraceback (most recent call last):\n  File \"train.py\", line 9, in <module>\n    main()\n  \
         File \"train.py\", line 5, in main\n    raise ValueError(\"bad\")\nValueError: bad\n",
        "ValueError: bad",
    ),
    (
        "carets below the code, and an exception of a package",
        "Traceback (most recent call last):\n  File \"t.py\", line 2, in <module>\n    x = model(batch)\n        \
         ^^^^^^^^^^^^\ntorch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB\n",
        "torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB",
    ),
    (
        "chained exceptions: the last",
        "Traceback (most recent call last):\n  File \"t.py\", line 2, in f\n    d['lr']\nKeyError: 'lr'\n\nDuring \
         handling of the above exception, another exception occurred:\n\nTraceback (most recent call last):\n  \
         File \"t.py\", line 4, in <module>\n    raise RuntimeError('no learning rate')\nRuntimeError: no \
         learning rate\n",
        "RuntimeError: no learning rate",
    ),
    (
        "notes after the exception",
        "Traceback (most recent call last):\n  File \"t.py\", line 2, in <module>\n    raise error\nValueError: \
         bad\nwhile reading a.csv\nsee https://example.org/error: help\n",
        "ValueError: bad",
    ),
    (
        "a group of exceptions",
        "  + Exception Group Traceback (most recent call last):\n  |   File \"t.py\", line 1, in <module>\n  |     \
         raise ExceptionGroup('many', errors)\n  | ExceptionGroup: many (2 sub-exceptions)\n  \
         +-+---------------- 1 ----------------\n    | Traceback (most recent call last):\n    |   File \"t.py\", \
         line 3, in f\n    |     raise ValueError('a')\n    | ValueError: a\n    +---------------- 2 \
         ----------------\n    | TypeError: b\n    +------------------------------------\n",
        "ExceptionGroup: many (2 sub-exceptions): ValueError: a",
    ),
    (
        "a logger says goodbye",
        "Traceback (most recent call last):\n  File \"t.py\", line 2, in <module>\n    raise ValueError('bad')\n\
         ValueError: bad\nwandb: Waiting for W&B process to finish... (failed 1).\n2026-11-28 INFO closing log \
         files\nshutdown complete\n",
        "ValueError: bad",
    ),
    (
        "an exception that was ignored at the end",
        "Traceback (most recent call last):\n  File \"t.py\", line 2, in <module>\n    raise ValueError('bad')\n\
         ValueError: bad\nException ignored in: <function Pool.__del__ at 0x7f3a>\nTraceback (most recent call \
         last):\n  File \"pool.py\", line 268, in __del__\n    self._close()\nBrokenPipeError: [Errno 32] Broken \
         pipe\n",
        "ValueError: bad",
    ),
    (
        "only an exception that was ignored",
        "Exception ignored in: <_io.TextIOWrapper name='<stdout>'>\nBrokenPipeError: [Errno 32] Broken pipe\n",
        "BrokenPipeError: [Errno 32] Broken pipe",
    ),
    (
        "a progress bar after it",
        "Traceback (most recent call last):\n  File \"t.py\", line 2, in <module>\n    step()\nZeroDivisionError: \
         division by zero\n 40%|####      | 4/10 [00:01<00:02,  2.5it/s]\n",
        "ZeroDivisionError: division by zero",
    ),
    (
        "a message in the next line",
        "Traceback (most recent call last):\n  File \"t.py\", line 2, in <module>\n    load()\nRuntimeError: Error(s) \
         in loading state_dict for Net:\n\tMissing key(s) in state_dict: \"w\".\n",
        "RuntimeError: Error(s) in loading state_dict for Net: Missing key(s) in state_dict: \"w\".",
    ),
    (
        "each line with its rank",
        "[rank0]: Traceback (most recent call last):\n[rank0]:   File \"t.py\", line 2, in <module>\n[rank0]:     \
         f()\n[rank0]: AssertionError: shapes differ\n[rank1]: waiting\n",
        "AssertionError: shapes differ",
    ),
    (
        "a syntax error has no traceback",
        "  File \"train.py\", line 3\n    print(\n         ^\nSyntaxError: '(' was never closed\n",
        "SyntaxError: '(' was never closed",
    ),
    ("an exit with a message", "reading a.csv\nno rows in a.csv\n", "no rows in a.csv"),
    (
        "R, in one line",
        "Loading required package: mgcv\nError in fit(x) : object 'y' not found\nCalls: main -> fit\nExecution halted\n",
        "Error in fit(x) : object 'y' not found",
    ),
    (
        "R, in two lines",
        "Error in optim(par = start, fn = loss) : \n  initial value in 'vmmin' is not finite\nExecution halted\n",
        "Error in optim(par = start, fn = loss) : initial value in 'vmmin' is not finite",
    ),
    (
        "Julia",
        "ERROR: LoadError: DomainError with -1.0\nStacktrace:\n [1] throw_complex_domainerror(f::Symbol, x::Float64)\n   \
         @ Base.Math ./math.jl:33\n [2] top-level scope\n   @ ~/fit.jl:3\nin expression starting at /home/me/fit.jl:3\n",
        "ERROR: LoadError: DomainError with -1.0",
    ),
    (
        "Rust",
        "\nthread 'main' panicked at src/main.rs:2:5:\nthe matrix is singular\nnote: run with `RUST_BACKTRACE=1` \
         environment variable to display a backtrace\n",
        "thread 'main' panicked at src/main.rs:2:5: the matrix is singular",
    ),
    (
        "Rust, an error with its cause",
        "Error: cannot read the configuration\n\nCaused by:\n    0: No such file or directory (os error 2)\n",
        "Error: cannot read the configuration: No such file or directory (os error 2)",
    ),
    (
        "C++",
        "terminate called after throwing an instance of 'std::runtime_error'\n  what():  cannot open mesh.msh\nAborted \
         (core dumped)\n",
        "std::runtime_error: cannot open mesh.msh",
    ),
    (
        "a shell whose program crashed",
        "step 3\nrun.sh: line 4:  4711 Segmentation fault      (core dumped) ./solve\n",
        "run.sh: line 4:  4711 Segmentation fault      (core dumped) ./solve",
    ),
    (
        "a crash inside Python",
        "Fatal Python error: Segmentation fault\n\nCurrent thread 0x00007f2 (most recent call first):\n  File \"t.py\", \
         line 2 in <module>\n",
        "Fatal Python error: Segmentation fault",
    ),
    (
        "a compiler",
        "main.c: In function 'main':\nmain.c:3:5: error: expected ';' before 'return'\n    3 |     return 0;\n      |     \
         ^~~~~~\ncompilation terminated.\nmake: *** [Makefile:3: main.o] Error 1\n",
        "main.c:3:5: error: expected ';' before 'return'",
    ),
    (
        "another compiler",
        "error[E0425]: cannot find value `x` in this scope\n --> src/main.rs:2:5\n\nerror: aborting due to 1 previous \
         error\n\nFor more information about this error, try `rustc --explain E0425`.\n",
        "error[E0425]: cannot find value `x` in this scope",
    ),
    (
        "argparse",
        "usage: train.py [-h] --params PARAMS --out OUT {train}\ntrain.py: error: unrecognized arguments: --lr=0.1\n",
        "train.py: error: unrecognized arguments: --lr=0.1",
    ),
    (
        "Slurm's daemon",
        "epoch 3\nslurmstepd: error: *** STEP 7.0 ON node1 CANCELLED AT 2026-11-28T09:00:00 DUE TO TIME LIMIT ***\nsrun: \
         Job step aborted: Waiting up to 32 seconds for job step to finish.\n",
        "slurmstepd: error: *** STEP 7.0 ON node1 CANCELLED AT 2026-11-28T09:00:00 DUE TO TIME LIMIT ***",
    ),
    ("the memory killer", "epoch 3\nKilled\n", "Killed"),
    (
        "a shell that does not find a program",
        "run.sh: line 2: python4: command not found\n",
        "run.sh: line 2: python4: command not found",
    ),
    (
        "Java",
        "Exception in thread \"main\" java.lang.IllegalStateException: no data\n\tat Fit.main(Fit.java:3)\n",
        "Exception in thread \"main\" java.lang.IllegalStateException: no data",
    ),
    (
        "Node.js",
        "/app/fit.js:1\nthrow new Error(\"no data\")\n^\n\nError: no data\n    at Object.<anonymous> (/app/fit.js:1:7)\n\n\
         Node.js v20.1.0\n",
        "Error: no data",
    ),
    (
        "Fortran",
        "At line 7 of file fit.f90 (unit = 10, file = 'a.dat')\nFortran runtime error: End of file\n\nError termination. \
         Backtrace:\n#0  0x7f21 in ???\n",
        "Fortran runtime error: End of file",
    ),
    (
        "MATLAB",
        "Error using fit (line 3)\nX must have two columns.\n\n",
        "Error using fit (line 3) X must have two columns.",
    ),
    (
        "Go",
        "panic: no data\n\ngoroutine 1 [running]:\nmain.main()\n\t/x.go:4 +0x25\nexit status 2\n",
        "panic: no data",
    ),
    (
        "a logger",
        "2026-11-28 09:00:01,5 INFO train: epoch 3\n2026-11-28 09:00:02,1 ERROR train: the data has no labels\n\
         2026-11-28 09:00:02,2 INFO train: 3 files closed\n",
        "2026-11-28 09:00:02,1 ERROR train: the data has no labels",
    ),
    (
        "measured errors are no errors",
        "epoch 3 error: 0.12 loss: 0.3\nerror: 0.5\nstopped at epoch 3\n",
        "stopped at epoch 3",
    ),
    ("colours", "\u{1b}[1m\u{1b}[31merror\u{1b}[0m\u{1b}[1m: no data\u{1b}[0m\n", "error: no data"),
    ("the last picture of a progress bar", " 10%\r 20%\r 30%\r", " 30%"),
    (
        "a warning after the reason",
        "no rows\n/usr/lib/x.py:3: UserWarning: slow\n  warnings.warn('slow')\n",
        "no rows",
    ),
];

fn lines(text: &str) -> LastLines {
    let mut lines = LastLines::default();
    text.split('\n').for_each(|line| lines.push(line));
    lines
}

#[test]
fn of_each_end_the_line_that_says_what_happened() {
    for (what, stderr, expected) in ON_STDERR {
        let words = of(&lines(stderr), &lines("epoch 1\nepoch 2\n"));
        assert_eq!(words.text, expected.trim(), "{what}");
        let only = of(&LastLines::default(), &lines(stderr));
        assert_eq!(only.text, expected.trim(), "{what}, on stdout");
    }
}

#[test]
fn what_stderr_does_not_say_stdout_may() {
    let say = |stderr: &str, stdout: &str| of(&lines(stderr), &lines(stdout)).text;
    assert_eq!(say("", "epoch 1\nno labels\n"), "no labels");
    assert_eq!(say("x.py:3: FutureWarning: old\n  warnings.warn(\n", "no labels\n"), "no labels");
    assert_eq!(say("reading\n", "Error: no labels\nbye\n"), "Error: no labels");
    assert_eq!(say("reading failed\n", "bye\n"), "reading failed");
    assert_eq!(say("warning: slow\n", ""), "warning: slow");
    assert_eq!(say("", ""), "");
}

#[test]
fn only_a_clear_error_explains_a_signal() {
    let is_error = |stderr: &str| of(&lines(stderr), &LastLines::default()).is_error;
    assert!(is_error("terminate called without an active exception\n"));
    assert!(!is_error("epoch 3 of 5\n"));
}

#[test]
fn long_lines_and_odd_bytes_are_cut() {
    let long = format!("error: {}", "é".repeat(5000));
    let text = of(&lines(&long), &LastLines::default()).text;
    assert!(text.chars().count() < 310 && text.ends_with(" ..."), "{text}");
    assert_eq!(of(&lines("a\0b\u{7}\n\0\0\n"), &LastLines::default()).text, "ab");
}
