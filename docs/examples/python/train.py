"""Ridge regression on made-up data: a worker of 30 lines. Called as: train.py train --params FILE --out DIR"""

import csv
import pathlib
import random
import sys
import tomllib


def main(command, params, out):
    assert command == "train"
    p = tomllib.loads(params.read_text())
    try:
        alpha, samples, seed = float(p["alpha"]), int(p["samples"]), int(p["seed"])
        if alpha < 0 or samples < 2:
            raise ValueError("alpha must be at least 0 and samples at least 2")
    except (KeyError, ValueError) as error:
        print(f"train.py: {error!r}", file=sys.stderr)
        return 2  # bad parameters: trying again is no use
    draw = random.Random(seed)  # everything random comes from the seed
    xs = [draw.gauss(0, 1) for _ in range(samples)]
    ys = [2 * x + draw.gauss(0, 0.5) for x in xs]
    # minimise the sum of (y - w x)^2 + alpha w^2
    weight = sum(x * y for x, y in zip(xs, ys)) / (sum(x * x for x in xs) + alpha)
    error = sum((y - weight * x) ** 2 for x, y in zip(xs, ys)) / samples
    with open(out / "metrics.csv", "w", newline="") as file:
        csv.writer(file).writerows([["weight", "error"], [weight, error]])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], pathlib.Path(sys.argv[3]), pathlib.Path(sys.argv[5])))
