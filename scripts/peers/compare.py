"""Times the engines and their peers side by side on one core and writes a Markdown report. Started by bench-peers.

Every round runs each contender once, one after the other, so that what disturbs the machine disturbs all of them;
the report holds medians over rounds.
"""
import argparse
import datetime
import json
import os
import platform
import statistics
import subprocess
import sys
import textwrap
from pathlib import Path

HERE = Path(__file__).parent
MODELS = ["modulation", "spatial", "dale"]
PRODUCTS = ["forward", "backward", "weights"]


def run(command, core):
    environment = dict(os.environ, OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")
    command = ["taskset", "-c", core, *map(str, command)]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"error: {' '.join(command)} ended with exit code {done.returncode} (its message is above)")
    return json.loads(done.stdout.strip().splitlines()[-1])


def processor():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor() or "unknown processor"


def bound(gigaflop, rates):
    """Seconds of a batch's products alone: a third of its operations each, forward, backward, for the weights."""
    return sum(gigaflop / 3 / rates[product] for product in PRODUCTS)


def report(arguments, times, versions, gigaflop, threads, limits):
    middle = {key: statistics.median(values) for key, values in times.items()}
    contenders = ["eager", "jax", "torch", "fused"]
    lines = [
        "# The engines and their peers",
        "",
        f"{datetime.date.today()}, {processor()}, {os.cpu_count()} cores, {platform.system()} {platform.release().split('-')[0]},"
        f" Python {platform.python_version()}; written by `scripts/bench-peers` at commit {arguments.commit}.",
        f"One thread, pinned to core {arguments.core}; medians over {arguments.rounds} rounds (in brackets the range), each of"
        f" a median over batches; networks of the default size. Load average when it began: {arguments.load:.2f}.",
        "",
        "## Seconds per training batch",
        "",
        "| network | " + " | ".join(versions[name] for name in contenders) + " | eager / fused | JAX / fused |",
        "|---|" + "--:|" * (len(contenders) + 2),
    ]
    for model in MODELS:
        cells = []
        for name in contenders:
            values = times[name, model]
            cells.append(f"{middle[name, model]:.4f} ({min(values):.4f} to {max(values):.4f})")
        fused = middle["fused", model]
        ratios = f"{middle['eager', model] / fused:.1f} | {middle['jax', model] / fused:.1f}"
        lines.append(f"| {model} | " + " | ".join(cells) + f" | {ratios} |")
    one, two = statistics.median(threads[1]), statistics.median(threads[2])
    fused = middle["fused", "modulation"]
    rates = {name: {key: max(value[key] for value in values) for key in PRODUCTS} for name, values in limits.items()}
    peak = max(value.get("registers", 0) for values in limits.values() for value in values)
    lines += [
        "",
        f"Two threads on two cores, `modulation`: {two:.4f} s a batch, {one / two:.2f} times as fast as one thread ({one:.4f} s) in the same rounds.",
        "",
        "## The products alone",
        "",
        f"A batch of `modulation` is {gigaflop:.2f} GFLOP of matrix products: the gates of one step ([400 x 104] times [104 x 32]),"
        " the way back through them, and the weights' gradients of all steps ([400 x 32000] times [32000 x 104]). Best rates:",
        "",
        "| GFLOP/s | gates | back | weights | a batch at these rates | of the fused engine's time |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for name, values in rates.items():
        seconds = bound(gigaflop, values)
        cells = " | ".join(f"{values[key]:.0f}" for key in PRODUCTS)
        lines.append(f"| {name} | {cells} | {seconds:.4f} s | {100 * seconds / fused:.0f} % |")
    seconds = gigaflop / peak
    lines += [
        f"| registers only | {peak:.0f} | {peak:.0f} | {peak:.0f} | {seconds:.4f} s | {100 * seconds / fused:.0f} % |",
        "",
        "The last line is what the core does when it multiplies and adds in registers and reads nothing"
        f" (`crates/model/examples/core_limits.rs`): no program does these products in less. At that limit, a batch would be"
        f" {middle['eager', 'modulation'] / seconds:.1f} times as fast as the eager loop"
        f" and {middle['jax', 'modulation'] / seconds:.1f} times as fast as JAX.",
        "",
    ]
    # Tables stay as they are.
    prose = [line if line.startswith("|") else textwrap.fill(line, 100, break_long_words=False) for line in lines]
    return "\n".join(prose)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--worker", required=True)
    parser.add_argument("--limits", required=True)
    parser.add_argument("--commit", required=True)
    parser.add_argument("--output", required=True, type=Path)
    parser.add_argument("--core", default="0")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    arguments.load = os.getloadavg()[0]
    times, versions, threads, limits = {}, {}, {1: [], 2: []}, {}
    gigaflop = None
    bench = [arguments.worker, "bench", "--json", "--model"]
    for number in range(arguments.rounds):
        for model in MODELS:
            print(f"    round {number + 1} of {arguments.rounds}: {model}", file=sys.stderr, flush=True)
            for name, program in [("eager", "eager_torch.py"), ("jax", "jax_scan.py")]:
                found = run([sys.executable, HERE / program, "--model", model, "--batches", 5], arguments.core)
                times.setdefault((name, model), []).append(found["seconds_per_batch"])
                versions[name] = f"{found['peer']} {found['version']}"
            for name, batches in [("torch", 5), ("fused", 25)]:
                found = run([*bench, model, "--engine", name, "--batches", batches], arguments.core)
                times.setdefault((name, model), []).append(found["seconds_per_batch"])
                versions[name] = f"engine {found['engine']}"
                if model == "modulation":
                    gigaflop = found["gflop_per_batch"]
        for count in threads if os.cpu_count() > 1 else []:
            command = [*bench, "modulation", "--engine", "fused", "--batches", 25, "--threads", count]
            threads[count].append(run(command, "0-1")["seconds_per_batch"])
        for command in [[sys.executable, HERE / "sgemm.py", "--library", "torch"],
                        [sys.executable, HERE / "sgemm.py", "--library", "numpy"], [arguments.limits]]:
            found = run(command, arguments.core)
            limits.setdefault(f"{found['library']} {found['version']}", []).append(found)
    text = report(arguments, times, versions, gigaflop, threads, limits)
    arguments.output.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
