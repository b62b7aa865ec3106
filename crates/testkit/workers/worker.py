"""A worker for tests: a parameter, `behave`, says how it ends.

It keeps the small contract: `train --params FILE --out DIR`, an exit code, and metrics.csv where it succeeds.
`steps` and `pause` (seconds a step) make it slow; asked to stop, it writes how far it is and exits 75; asked a
second time, it exits at once. `trace` in its metrics is right only if every step was made once, in order. `memory` (MiB) is what it
takes, for some seconds; without the file `needs` it fails.
"""

import argparse
import json
import os
import signal
import sys
import time
import tomllib

arguments = argparse.ArgumentParser()
arguments.add_argument("command", choices=["train"])
arguments.add_argument("--params", required=True)
arguments.add_argument("--out", required=True)
arguments = arguments.parse_args()
with open(arguments.params, "rb") as file:
    parameters = tomllib.load(file)


def path(name):
    return os.path.join(arguments.out, name)


def write(name, text):
    with open(path(name) + ".new", "w") as file:
        file.write(text)
    os.replace(path(name) + ".new", path(name))


# How often it was started: one letter each, for the tests.
with open(path("starts"), "a") as file:
    file.write("x")

asked = []


def stop(number, frame):
    # A batch system signals every process, and the planner forwards the signal: soon after the first it is the same request.
    if asked and time.monotonic() - asked[0] > 1:
        os._exit(75)
    asked.append(time.monotonic())


signal.signal(signal.SIGTERM, stop)
signal.signal(signal.SIGUSR1, stop)

begun, trace = 0, 1
if os.path.exists(path("step")):
    begun, trace = (int(word) for word in open(path("step")).read().split())
with open(path("begun"), "a") as file:
    file.write(f"{begun}\n")
if "needs" in parameters and not os.path.exists(parameters["needs"]):
    raise FileNotFoundError("what it needs is not there")
if "memory" in parameters:
    taken = bytearray(parameters["memory"] << 20)
    for place in range(0, len(taken), 4096):
        taken[place] = 1
    time.sleep(3)
steps = parameters.get("steps", 1)
for step in range(begun, steps):
    if asked:
        write("step", f"{step} {trace}")
        print(f"stopped at step {step}", file=sys.stderr)
        sys.exit(75)
    rate = 1 / max(parameters.get("pause", 0), 1e-3)
    record = {"format": 1, "batch": step, "batches": steps, "loss": 1 / (1 + step), "batches_per_second": rate}
    write("progress.json", json.dumps(record))
    time.sleep(parameters.get("pause", 0))
    trace = (trace * 6364136223846793005 + step) % 2**64

behave = parameters.get("behave", "good")
print("about to", behave, file=sys.stderr)
if behave == "fail":
    raise ValueError("the weights are wrong")
if behave == "silent":
    os.close(2)
    os._exit(1)
if behave == "diverge":
    print("loss not finite at batch 512", file=sys.stderr)
    sys.exit(3)
if behave == "usage":
    print("unknown parameter `x`", file=sys.stderr)
    sys.exit(2)
if behave == "stop":
    sys.exit(75)
if behave == "crash":
    os.kill(os.getpid(), signal.SIGKILL)
if behave == "forget":
    sys.exit(0)
if behave == "empty":
    write("metrics.csv", "clarity\n")
    sys.exit(0)
if behave == "child":
    # A child that outlives the worker and keeps its outputs open.
    if os.fork() == 0:
        time.sleep(3)
        os._exit(0)

x, seed = float(parameters.get("x", 1)), int(parameters.get("seed", 1))
with open(path("history.csv"), "w") as file:
    file.write("batch,loss\n0,1.50\n1,0.7")
    if behave != "torn":
        file.write("5\n")
with open(path("contexts.csv"), "w") as file:
    onsets = parameters.get("onsets", False)
    file.write("context,clarity" + (",error_onset_50,error_onset_100\n" if onsets else "\n"))
    for context, of_context in enumerate((1 / x, 0.5 / x)):
        file.write(f"{context},{of_context:.17g}" + (",0.5,0.25\n" if onsets else "\n"))
# No line break at the end, as people write it.
of_steps = (",trace", f",{trace:016x}") if "steps" in parameters else ("", "")
clarity = (0.9 + 0.01 * seed) / x
write("metrics.csv", f"clarity,seed,note{of_steps[0]}\n{clarity:.20f},{seed},\"a, b\"{of_steps[1]}")
