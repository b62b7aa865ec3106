"""A clean eager PyTorch loop of the weight-modulation, spatial or Dale network: one training batch, timed.

Written for speed as a careful person would write it in eager mode: stimuli and noise ahead of the loop, one stacked
loss, no bookkeeping. Prints one JSON object with the median seconds of a batch.
"""
import argparse
import json
import statistics
import time

import torch

STEPS, TRIALS, HIDDEN, UNITS, LOWER, SIGNALS = 1000, 32, 100, 100, 40, 4


class Network(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model
        self.tau = 1.0 if model == "modulation" else 100.0
        self.lstm = torch.nn.LSTMCell(4, HIDDEN)
        self.readout = torch.nn.Linear(HIDDEN, SIGNALS)
        learned = model == "dale"
        parameter = lambda value: torch.nn.Parameter(value, requires_grad=learned)
        if model == "modulation":
            self.baseline = parameter(torch.normal(1.0, 0.001, (2, 2)))
            return
        angle = torch.arange(UNITS) * 2 * torch.pi / UNITS
        centre = torch.arange(SIGNALS) * 2 * torch.pi / SIGNALS
        kernel = torch.exp(torch.cos(angle[:, None] - centre) / 0.2)
        self.kernel = (kernel / kernel.max(0).values).T.contiguous()
        self.out = parameter(torch.normal(0.0, 0.5, (UNITS, 2)))
        if model == "spatial":
            self.baseline = parameter(torch.normal(0.0, 0.5, (2, UNITS)))
        else:
            self.lower = parameter(torch.normal(0.0, 0.5, (2, LOWER)))
            self.excitation = parameter(torch.normal(1.0, 0.5, (LOWER, UNITS)).abs() * 20 / UNITS)
            self.inhibition = torch.normal(1.0, 0.3, (LOWER, UNITS)).abs() * 20 / UNITS

    def start(self):
        hidden = (torch.zeros(TRIALS, HIDDEN), torch.zeros(TRIALS, HIDDEN))
        if self.model == "modulation":
            return hidden, (torch.zeros(TRIALS, 2, 2),)
        if self.model == "spatial":
            return hidden, (torch.zeros(TRIALS, UNITS),)
        return hidden, (torch.zeros(TRIALS, SIGNALS), torch.full((TRIALS, UNITS), 0.5))

    def forward(self, stimuli, hidden, modulation):
        outputs, feedback = [], []
        excitation = self.excitation.abs() if self.model == "dale" else None
        for x in stimuli.unbind(0):
            if self.model == "modulation":
                y = torch.bmm(modulation[0], x.unsqueeze(2)).squeeze(2)
            elif self.model == "spatial":
                y = (modulation[0] * (x @ self.baseline)) @ self.out
            else:
                lower = torch.relu(x @ self.lower)
                y = (modulation[1] * torch.relu(lower @ excitation - lower @ self.inhibition)) @ self.out
            hidden = self.lstm(torch.cat((x, y), 1), hidden)
            signal = self.readout(hidden[0])
            if self.model == "modulation":
                w = modulation[0]
                modulation = (w + (self.baseline * signal.view(-1, 2, 2) - w) / self.tau,)
            elif self.model == "spatial":
                m = modulation[0]
                modulation = (m + (signal @ self.kernel - m) / self.tau,)
            else:
                m = modulation[0] + (signal - modulation[0]) / self.tau
                modulation = (m, 1 - torch.sigmoid(m @ self.kernel))
            outputs.append(y)
            feedback.append(signal)
        return torch.stack(outputs), torch.stack(feedback), hidden, modulation


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--model", default="modulation", choices=["modulation", "spatial", "dale"])
    arguments.add_argument("--batches", type=int, default=5)
    arguments = arguments.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(1)
    network = Network(arguments.model)
    learned = [weight for weight in network.parameters() if weight.requires_grad]
    optimiser = torch.optim.Adam(learned, lr=1e-3)
    strength = 1e-5 if arguments.model == "dale" else 0.0
    hidden, modulation = network.start()
    seconds = []
    for batch in range(arguments.batches + 1):
        start = time.perf_counter()
        sources = torch.sin(torch.rand(2) * 6 + torch.arange(STEPS)[:, None] * torch.tensor([0.08, 0.14]))
        mixing = torch.rand(TRIALS, 2, 2)
        mixing = mixing / mixing.sum(2, keepdim=True)
        stimuli = torch.einsum("bij,tj->tbi", mixing, sources) + 0.001 * torch.randn(STEPS, TRIALS, 2)
        outputs, feedback, hidden, modulation = network(stimuli, hidden, modulation)
        targets = sources.unsqueeze(1).expand_as(outputs)
        loss = torch.nn.functional.smooth_l1_loss(outputs, targets, reduction="sum") / (TRIALS * 2)
        if strength:
            loss = loss + strength * feedback.abs().sum()
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_value_(learned, 1.0)
        optimiser.step()
        hidden = tuple(value.detach() for value in hidden)
        modulation = tuple(value.detach() for value in modulation)
        if batch > 0:
            seconds.append(time.perf_counter() - start)
    print(json.dumps({
        "peer": "PyTorch, eager loop", "version": torch.__version__, "model": arguments.model,
        "seconds_per_batch": statistics.median(seconds), "batches": arguments.batches,
    }))


if __name__ == "__main__":
    main()
