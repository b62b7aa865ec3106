"""JAX, `lax.scan` under `jit`, of the weight-modulation, spatial or Dale network: one training batch, timed.

The whole update (stimuli, loss, gradient, clipping, Adam) is one compiled function on one thread. Prints one JSON
object with the median seconds of a batch, compilation not counted.
"""
import argparse
import json
import os
import statistics
import time

os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ["JAX_PLATFORMS"] = "cpu"

import jax
import jax.numpy as jnp

STEPS, TRIALS, HIDDEN, UNITS, LOWER, SIGNALS = 1000, 32, 100, 100, 40, 4


def weights(model, key):
    keys = iter(jax.random.split(key, 16))
    uniform = lambda *shape: jax.random.uniform(next(keys), shape, minval=-0.1, maxval=0.1)
    normal = lambda mean, deviation, *shape: mean + deviation * jax.random.normal(next(keys), shape)
    learned = {
        "input": uniform(4, 4 * HIDDEN), "hidden": uniform(HIDDEN, 4 * HIDDEN), "bias": uniform(4 * HIDDEN),
        "readout": uniform(HIDDEN, SIGNALS), "readout_bias": uniform(SIGNALS),
    }
    if model == "modulation":
        return learned, {"baseline": normal(1.0, 0.001, 2, 2)}
    angle = jnp.arange(UNITS) * 2 * jnp.pi / UNITS
    kernel = jnp.exp(jnp.cos(angle[:, None] - jnp.arange(SIGNALS) * 2 * jnp.pi / SIGNALS) / 0.2)
    fixed = {"kernel": (kernel / kernel.max(0)).T}
    if model == "spatial":
        return learned, fixed | {"baseline": normal(0, 0.5, 2, UNITS), "out": normal(0, 0.5, UNITS, 2)}
    fixed["inhibition"] = jnp.abs(normal(1.0, 0.3, LOWER, UNITS)) * 20 / UNITS
    return learned | {
        "out": normal(0, 0.5, UNITS, 2), "lower": normal(0, 0.5, 2, LOWER),
        "excitation": jnp.abs(normal(1.0, 0.5, LOWER, UNITS)) * 20 / UNITS,
    }, fixed


def start(model):
    lstm = (jnp.zeros((TRIALS, HIDDEN)), jnp.zeros((TRIALS, HIDDEN)))
    if model == "modulation":
        return lstm + (jnp.zeros((TRIALS, 2, 2)),)
    if model == "spatial":
        return lstm + (jnp.zeros((TRIALS, UNITS)),)
    return lstm + (jnp.zeros((TRIALS, SIGNALS)), jnp.full((TRIALS, UNITS), 0.5))


def make_update(model):
    tau = 1.0 if model == "modulation" else 100.0
    strength = 1e-5 if model == "dale" else 0.0

    def loss(learned, fixed, state, stimuli, targets):
        w = learned | fixed

        def step(state, x):
            hidden, cell, *modulation = state
            if model == "modulation":
                y = jnp.einsum("bij,bj->bi", modulation[0], x)
            elif model == "spatial":
                y = (modulation[0] * (x @ w["baseline"])) @ w["out"]
            else:
                lower = jax.nn.relu(x @ w["lower"])
                drive = lower @ jnp.abs(w["excitation"]) - lower @ w["inhibition"]
                y = (modulation[1] * jax.nn.relu(drive)) @ w["out"]
            gates = jnp.concatenate((x, y), 1) @ w["input"] + hidden @ w["hidden"] + w["bias"]
            i, f, g, o = jnp.split(gates, 4, 1)
            cell = jax.nn.sigmoid(f) * cell + jax.nn.sigmoid(i) * jnp.tanh(g)
            hidden = jax.nn.sigmoid(o) * jnp.tanh(cell)
            signal = hidden @ w["readout"] + w["readout_bias"]
            m = modulation[0]
            if model == "modulation":
                new = (m + (w["baseline"] * signal.reshape(-1, 2, 2) - m) / tau,)
            elif model == "spatial":
                new = (m + (signal @ w["kernel"] - m) / tau,)
            else:
                m = m + (signal - m) / tau
                new = (m, 1 - jax.nn.sigmoid(m @ w["kernel"]))
            return (hidden, cell) + new, (y, signal)

        state, (outputs, feedback) = jax.lax.scan(step, state, stimuli)
        difference = jnp.abs(outputs - targets[:, None, :])
        value = jnp.where(difference < 1, 0.5 * difference**2, difference - 0.5).sum() / (TRIALS * 2)
        return value + strength * jnp.abs(feedback).sum(), state

    @jax.jit
    def update(learned, fixed, moments, count, state, key):
        keys = jax.random.split(key, 3)
        sources = jnp.sin(jax.random.uniform(keys[0], (2,)) * 6 + jnp.arange(STEPS)[:, None] * jnp.array([0.08, 0.14]))
        mixing = jax.random.uniform(keys[1], (TRIALS, 2, 2))
        mixing = mixing / mixing.sum(2, keepdims=True)
        stimuli = jnp.einsum("bij,tj->tbi", mixing, sources)
        stimuli = stimuli + 0.001 * jax.random.normal(keys[2], (STEPS, TRIALS, 2))
        (value, state), gradient = jax.value_and_grad(loss, has_aux=True)(learned, fixed, state, stimuli, sources)
        gradient = jax.tree.map(lambda g: jnp.clip(g, -1, 1), gradient)
        first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, moments[0], gradient)
        second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, moments[1], gradient)
        count = count + 1
        move = lambda p, m, v: p - 1e-3 * (m / (1 - 0.9**count)) / (jnp.sqrt(v / (1 - 0.999**count)) + 1e-8)
        return jax.tree.map(move, learned, first, second), (first, second), count, state, value

    return update


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--model", default="modulation", choices=["modulation", "spatial", "dale"])
    arguments.add_argument("--batches", type=int, default=5)
    arguments = arguments.parse_args()
    learned, fixed = weights(arguments.model, jax.random.key(1))
    zeros = jax.tree.map(jnp.zeros_like, learned)
    moments, count, state = (zeros, zeros), jnp.array(0.0), start(arguments.model)
    update = make_update(arguments.model)
    seconds = []
    for batch in range(arguments.batches + 1):
        begin = time.perf_counter()
        learned, moments, count, state, value = update(learned, fixed, moments, count, state, jax.random.key(batch))
        value.block_until_ready()
        if batch > 0:
            seconds.append(time.perf_counter() - begin)
    print(json.dumps({
        "peer": "JAX, lax.scan under jit", "version": jax.__version__, "model": arguments.model,
        "seconds_per_batch": statistics.median(seconds), "batches": arguments.batches,
    }))


if __name__ == "__main__":
    main()
