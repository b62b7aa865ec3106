"""A trained network of gainsweep in PyTorch: read, run, and written back.

    python network.py MODEL.safetensors            how well it unmixes chords in 20 fresh contexts

Needs torch, numpy and safetensors.
"""

import json
import sys
import tomllib

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import save_file


def load(path):
    """Weights by the names of the published code's state dict, and all parameters."""
    with safe_open(path, "pt") as file:
        weights = {name: file.get_tensor(name) for name in file.keys()}
        return weights, tomllib.loads(json.loads(file.metadata()["gainsweep"])["parameters"])


def save(path, weights, parameters):
    """A file that `gainsweep-worker test --model` reads. Parameters that are left out have their defaults."""
    lines = [f"{name} = {str(value).lower() if isinstance(value, (bool, float)) else repr(value)}"
             for name, value in parameters.items()]
    tensors = {name: weight.detach().float().contiguous() for name, weight in weights.items()}
    text = "\n".join(lines).replace("'", '"') + "\n"
    save_file(tensors, path, metadata={"gainsweep": json.dumps({"parameters": text})})


class Network(torch.nn.Module):
    """One step of a network of gainsweep, for B trials at a time; the equations are those of the paper (4-14)."""

    def __init__(self, weights, parameters):
        super().__init__()
        self.weights, self.parameters = weights, parameters
        gates, inputs = weights["rec_net.weight_ih_l0"].shape
        self.lstm = torch.nn.LSTM(inputs, gates // 4)
        self.lstm.load_state_dict({name.removeprefix("rec_net."): weights[name]
                                   for name in weights if name.startswith("rec_net.")})
        self.readout = torch.nn.Linear(gates // 4, len(weights["hidden2out.bias"]))
        self.readout.load_state_dict({"weight": weights["hidden2out.weight"], "bias": weights["hidden2out.bias"]})

    def start(self, trials, gain=0.5):
        """The state before the first step: all zero, but for the gain of the Dale network."""
        model, weights = self.parameters["model"], self.weights
        hidden = self.lstm.hidden_size
        state = {"h": torch.zeros(1, trials, hidden), "c": torch.zeros(1, trials, hidden)}
        signals = int(self.parameters["number_of_sources"])
        if model in ("unmixing", "modulation"):
            state["w"] = torch.zeros(trials, signals, signals)
        if model == "spatial":
            state["m"] = torch.zeros(trials, len(weights["Wm"]))
        if model == "dale":
            state["m"] = torch.zeros(trials, weights["Wm"].shape[1])
            state["p"] = torch.full((trials, len(weights["Wm"])), gain)
        return state

    def step(self, x, state):
        """Stimuli x [B, S] and a state give outputs y [B, S] and the next state."""
        model, w, state = self.parameters["model"], self.weights, dict(state)
        tau = float(self.parameters.get("tau", 1))
        if model in ("unmixing", "modulation"):
            y = torch.einsum("bij,bj->bi", state["w"], x)
        elif model == "spatial":
            state["z"] = state["m"] * (x @ w["w0"].T)
            y = state["z"] @ w["Wro"].T
        elif model == "dale":
            lower = torch.relu(x @ w["wx"].T)
            excitation, inhibition = lower @ w["w0"].abs().T, lower @ w["w_inh"].T
            target = self.parameters["modulation_target"]
            gain = state["p"]
            if target == "both":
                higher = gain * torch.relu(excitation - inhibition)
            elif target == "excitation":
                higher = torch.relu(gain * excitation - inhibition)
            else:
                higher = torch.relu(excitation - gain * inhibition)
            state["z_L"], state["z_H"] = lower, higher
            y = higher @ w["Wro"].T
        seen = {"xy": lambda: torch.cat([x, y], 1), "x": lambda: x, "y": lambda: y}
        inputs = x if model == "direct" else seen[self.parameters["modulator_input"]]()
        output, (state["h"], state["c"]) = self.lstm(inputs[None], (state["h"], state["c"]))
        feedback = self.readout(output[0])
        if model == "direct":
            return feedback, state
        if model == "unmixing":
            state["w"] = feedback.view_as(state["w"])
        elif model == "modulation":
            new = feedback.view_as(state["w"])
            new = w["w0"] + new if self.parameters["additive"] else w["w0"] * new
            state["w"] = state["w"] + (new - state["w"]) / tau
        elif model == "spatial":
            state["m"] = state["m"] + (feedback @ w["Wm"].T - state["m"]) / tau
        else:
            state["m"] = state["m"] + (feedback - state["m"]) / tau
            state["p"] = 1 - torch.sigmoid(state["m"] @ w["Wm"].T)
        return y, state

    def run(self, x, state=None):
        """Stimuli x [T, B, S] give outputs [T, B, S]."""
        state, outputs = state or self.start(x.shape[1]), []
        for now in x:
            y, state = self.step(now, state)
            outputs.append(y)
        return torch.stack(outputs)


def chords(samples, rate=8000):
    """The paper's two sources [samples, 2]."""
    time = np.arange(samples) / rate
    pairs = [(100, 125), (150, 210)]
    sources = np.stack([sum(np.sin(2 * np.pi * f * time) for f in pair) for pair in pairs], 1)
    return sources / np.abs(sources).max(0)


def clarity(sources, outputs):
    """Mean over outputs of | |r_1j| - |r_2j| | (paper, eq. 19)."""
    r = np.abs(np.corrcoef(sources.T, outputs.T)[:2, 2:])
    return np.abs(r[0] - r[1]).mean()


def main(path, contexts=20, samples=1000):
    network = Network(*load(path))
    draw = np.random.default_rng(1)
    mixing = []
    while len(mixing) < contexts:
        a = draw.uniform(size=(2, 2))
        a /= a.sum(1, keepdims=True)
        if abs(np.linalg.det(a)) > 0.2:
            mixing.append(a)
    length = contexts * samples
    sources = np.tile(chords(16000), (length // 16000 + 1, 1))[:length]
    stimuli = np.concatenate([sources[i * samples:(i + 1) * samples] @ a.T for i, a in enumerate(mixing)])
    stimuli += 0.001 * draw.normal(size=stimuli.shape)
    with torch.no_grad():
        outputs = network.run(torch.tensor(stimuli[:, None], dtype=torch.float32))[:, 0].numpy()
    pieces = [slice(i * samples, (i + 1) * samples) for i in range(contexts)]
    print(f"clarity {np.mean([clarity(sources[piece], outputs[piece]) for piece in pieces]):.3f}")


if __name__ == "__main__":
    main(sys.argv[1])
