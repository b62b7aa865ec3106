"""A program of several processes that handles signals badly: its helpers ignore them and outlive it. It knows nothing
of gainsweep."""
import json
import signal
import subprocess
import sys
from multiprocessing import Pool


def part(number):
    return sum(i * number for i in range(1000))


def deaf():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)


if __name__ == "__main__":
    workers = int(sys.argv[1])
    # A helper that nobody ends.
    helper = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(3600)"
    subprocess.Popen([sys.executable, "-c", helper])
    pool = Pool(workers, initializer=deaf)
    total = sum(pool.map(part, range(workers * 2)))
    pool.close()
    pool.join()
    print(json.dumps({"total": total}))
