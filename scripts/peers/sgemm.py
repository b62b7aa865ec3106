"""Rates of a library's sgemm at the products of the default weight-modulation network, on one thread.

`--library torch` (MKL or OpenBLAS, as PyTorch was built) or `numpy` (OpenBLAS). Prints one JSON object with GFLOP/s, the
best of several tries: the gates' product of one step, the one back through it, and the weights' gradient of all steps.
"""
import argparse
import json
import os
import time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

STEPS, TRIALS, GATES, INPUTS = 1000, 32, 400, 104


def best_rate(multiply, operations, rounds, tries=15):
    multiply()
    best = float("inf")
    for _ in range(tries):
        start = time.perf_counter()
        for _ in range(rounds):
            multiply()
        best = min(best, (time.perf_counter() - start) / rounds)
    return operations / best * 1e-9


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--library", default="torch", choices=["torch", "numpy"])
    library = arguments.parse_args().library
    if library == "torch":
        import torch as package

        package.set_num_threads(1)
        draw, empty, multiply = package.randn, package.empty, package.mm
    else:
        import numpy as package

        draw = lambda *shape: package.random.default_rng(1).standard_normal(shape, dtype="float32")
        empty, multiply = lambda *shape: package.empty(shape, dtype="float32"), package.matmul

    def rate(rows, inner, columns, rounds):
        left, right, out = draw(rows, inner), draw(inner, columns), empty(rows, columns)
        return best_rate(lambda: multiply(left, right, out=out), 2 * rows * inner * columns, rounds)

    print(json.dumps({
        "library": f"sgemm of {library}", "version": package.__version__,
        "forward": rate(GATES, INPUTS, TRIALS, 500),
        "backward": rate(INPUTS, GATES, TRIALS, 500),
        "weights": rate(GATES, STEPS * TRIALS, INPUTS, 1),
    }))


if __name__ == "__main__":
    main()
