"""Submits trivial jobs with submitit to the cluster of SLURM_CONF and waits for all: seconds, as one JSON object."""
import argparse
import json
import tempfile
import time

import submitit


def trivial(number):
    return number


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--cells", type=int, default=1000)
    arguments = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        executor = submitit.SlurmExecutor(folder)
        executor.update_parameters(time=5, mem="200M", cpus_per_task=1, array_parallelism=arguments.cells)
        begin = time.perf_counter()
        jobs = executor.map_array(trivial, range(arguments.cells))
        submitted = time.perf_counter() - begin
        results = [job.result() for job in jobs]
        seconds = time.perf_counter() - begin
        assert results == list(range(arguments.cells))
    print(json.dumps({"tool": f"submitit {submitit.__version__}", "submit": submitted, "done": seconds}))


if __name__ == "__main__":
    main()
