"""A training with flags that prints its result as JSON. It knows nothing of gainsweep."""
import argparse
import json
import random


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--lr", type=float, default=0.1)
    parser.add_argument("--optimizer", choices=["sgd", "adam"], default="sgd")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()

    random.seed(options.seed)
    x = random.uniform(1, 2)
    momentum = 0.9 if options.optimizer == "adam" else 0.0
    speed = 0.0
    for step in range(50):
        speed = momentum * speed - options.lr * 2 * x
        x += speed
        if step % 10 == 0:
            print(f"step {step}: {x * x:.6f}")
    print(json.dumps({"loss": x * x, "final": {"x": x}, "converged": abs(x) < 0.1}))


if __name__ == "__main__":
    main()
