"""Sends trivial calls through dask-jobqueue's workers to the cluster of SLURM_CONF and waits for all, as one JSON object.

Its workers are jobs that stay: 16 of one processor, and the calls are its own tasks, not Slurm's.
"""
import argparse
import json
import tempfile
import time

import dask_jobqueue
from dask.distributed import Client


def trivial(number):
    return number


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--cells", type=int, default=1000)
    arguments = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        begin = time.perf_counter()
        with dask_jobqueue.SLURMCluster(
            cores=1, processes=1, memory="400MB", walltime="00:10:00", log_directory=folder,
            local_directory=folder, job_extra_directives=["--chdir=" + folder],
        ) as cluster, Client(cluster) as client:
            cluster.scale(jobs=16)
            futures = client.map(trivial, range(arguments.cells), pure=False)
            submitted = time.perf_counter() - begin
            assert client.gather(futures) == list(range(arguments.cells))
            seconds = time.perf_counter() - begin
    print(json.dumps({"tool": f"dask-jobqueue {dask_jobqueue.__version__}, 16 workers", "submit": submitted, "done": seconds}))


if __name__ == "__main__":
    main()
