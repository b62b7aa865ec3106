"""A training that logs a row an epoch, as training libraries do. It knows nothing of gainsweep."""
import csv
import math
import sys
from pathlib import Path


def main(depth, rate, folder):
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "metrics.csv", "w", newline="") as file:
        log = csv.DictWriter(file, ["epoch", "train_loss", "val_accuracy"])
        log.writeheader()
        for epoch in range(10):
            loss = math.exp(-rate * epoch) / depth
            # The best epoch is not the last: it overfits.
            accuracy = 1 - loss - 0.01 * max(0, epoch - 6)
            log.writerow({"epoch": epoch, "train_loss": round(loss, 6), "val_accuracy": round(accuracy, 6)})
            file.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]), sys.argv[3])
