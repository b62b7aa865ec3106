"""Networks between gainsweep and PyTorch, checked from the Python side; tests/all/python.rs runs it.

    check_networks.py EXAMPLES CASES IMPORT WORKER FOLDER
"""

import json
import subprocess
import sys
import types
from pathlib import Path

import torch
from safetensors import safe_open

EXAMPLES, CASES, IMPORT, WORKER, FOLDER = map(Path, sys.argv[1:])
sys.path.insert(0, str(EXAMPLES))
import network as example  # noqa: E402  (docs/examples/python/network.py)

TARGETS = ["both", "excitation", "inhibition"]


def read(path):
    with safe_open(path, "pt") as file:
        return file.metadata(), {name: file.get_tensor(name) for name in file.keys()}


def ours(published):
    """The parameters that the example needs, from the published code's names."""
    return {"model": published["model"], "number_of_sources": published["signal_dim"],
            "tau": float(published.get("tau", 1)), "additive": bool(published.get("add", 0)),
            "modulator_input": published.get("input_to_net", "xy"),
            "modulation_target": TARGETS[published.get("mod_target", 0)]}


def weights_of(tensors):
    return {name.split(".", 1)[1]: value for name, value in tensors.items() if name.startswith(("param.", "const."))}


def outputs_are_those_of_the_published_code():
    checked = 0
    for path in sorted(CASES.glob("*/*.in.safetensors")):
        metadata, given = read(path)
        if metadata["mode"] != "forward":
            continue
        _, expected = read(Path(str(path).replace(".in.", ".out.")))
        net = example.Network(weights_of(given), ours(json.loads(metadata["params"])))
        stimuli = torch.einsum("bij,tj->tbi", given["in.mixing"], given["in.sources"]) + given["in.noise"]
        state = net.start(stimuli.shape[1])
        if "in.p0" in given:
            state["p"] = given["in.p0"]
        with torch.no_grad():
            found = net.run(stimuli, state)
        scale = max(1.0, expected["out.y"].abs().max().item())
        difference = (found - expected["out.y"]).abs().max().item()
        assert difference <= 2e-5 * scale, (path.name, difference)
        checked += 1
    assert checked >= 30, checked


def tested(path, *more):
    done = subprocess.run([WORKER, "test", "--model", path, "--json", "--contexts", "3", "--samples", "40", *more],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def a_network_made_in_python_is_read_and_comes_back():
    (FOLDER / "spatial.toml").write_text(
        'model = "spatial"\nhidden_units = 5\npopulation_units = 8\nbatches = 2\nsamples_per_context = 20\n'
        "trials_per_batch = 2\n")
    trained = FOLDER / "trained"
    subprocess.run([WORKER, "train", "--params", FOLDER / "spatial.toml", "--out", trained], check=True,
                   capture_output=True)
    weights, parameters = example.load(trained / "model.safetensors")
    back = FOLDER / "back.safetensors"
    example.save(back, weights, {**parameters, "modulation_width": 0.2})
    assert tested(back) == tested(trained / "model.safetensors")
    again, _ = example.load(back)
    assert all(torch.equal(weights[name], again[name]) for name in weights) and len(again) == len(weights)
    # Trained further in PyTorch: recorded in the file.
    weights["hidden2out.bias"] = weights["hidden2out.bias"] + 1
    example.save(back, weights, parameters)
    assert tested(back) != tested(trained / "model.safetensors")


def published_like(name, path, weights, **settings):
    """A network saved whole, as the published code saves its own, by classes of the same names."""
    module = sys.modules.setdefault("model_base", types.ModuleType("model_base"))
    kind = getattr(module, name, None) or type(name, (torch.nn.Module,), {"__module__": "model_base"})
    setattr(module, name, kind)
    net = kind()
    gates, inputs = weights["rec_net.weight_ih_l0"].shape
    net.rec_net = torch.nn.LSTM(inputs, gates // 4, batch_first=True)
    net.hidden2out = torch.nn.Linear(gates // 4, len(weights["hidden2out.bias"]))
    learned = {key: value for key, value in weights.items() if "." in key}
    net.load_state_dict(learned)
    for key, value in weights.items():
        if "." not in key:
            setattr(net, key, torch.nn.Parameter(value) if settings.get(f"learn_{key}") else value)
    for key, value in settings.items():
        setattr(net, key, value)
    if name == "DaleRateNet":
        net.rectify, net.sigmoid = torch.nn.ReLU(), torch.nn.Sigmoid()
    torch.save(net, path)


def convert(source, target):
    return subprocess.run([sys.executable, IMPORT, source, target], capture_output=True, text=True)


def published_files_are_imported():
    rng = torch.Generator().manual_seed(1)
    draw = lambda *shape: 0.3 * torch.randn(*shape, generator=rng)
    lstm = lambda outputs: {"rec_net.weight_ih_l0": draw(20, 4), "rec_net.weight_hh_l0": draw(20, 5),
                            "rec_net.bias_ih_l0": draw(20), "rec_net.bias_hh_l0": draw(20),
                            "hidden2out.weight": draw(outputs, 5), "hidden2out.bias": draw(outputs)}
    ring = torch.arange(12, dtype=torch.float64) * 2 * torch.pi / 12
    kernel = torch.stack([torch.exp((torch.cos(ring - 2 * torch.pi * j / 3) - 1) / 0.35) for j in range(3)], 1).float()
    common = dict(signal_dim=2, hidden_dim=5, input_to_net="xy", mix_noise=0.001)
    population = dict(common, Nz=12, Nm=3, tau=20, learn_baseline=False, learn_ro=False)
    cases = {
        "ModulationNet": ({**lstm(4), "w0": draw(2, 2)}, dict(common, tau=1, add=0)),
        "SpatialNet": ({**lstm(3), "w0": draw(12, 2), "Wro": draw(2, 12), "Wm": kernel}, population),
        "DaleRateNet": ({**lstm(3), "w0": draw(12, 6), "Wro": draw(2, 12), "Wm": kernel, "wx": draw(6, 2),
                         "w_inh": draw(12, 3).abs() @ draw(3, 6).abs()},
                        dict(population, NzL=6, mod_target=1, learn_wx=True, learn_wro=False)),
    }
    for name, (weights, settings) in cases.items():
        source, target = FOLDER / f"{name}.pt", FOLDER / f"{name}.safetensors"
        published_like(name, source, weights, **settings)
        done = convert(source, target)
        assert done.returncode == 0, done.stderr
        metadata, found = read(target)
        said = json.loads(metadata["params"])
        assert sorted(found) == sorted(weights), (name, sorted(found))
        assert all(torch.equal(found[key].data, weights[key]) for key in weights), name
        assert said["hidden_dim"] == 5 and said["model"] == example_name(name)
        if "Wm" in weights:
            assert abs(said["mod_width"] - 0.35) < 1e-4, said
        if name == "DaleRateNet":
            assert said["inh_frac"] == 0.5 and said["mod_target"] == 1, said
        assert 0 <= tested(target)["metrics"]["clarity"] <= 1
    # Nothing else is run: a file that names other code is refused.
    import os
    class Evil:
        def __reduce__(self):
            return (os.mkdir, (str(FOLDER / "evil"),))
    torch.save(Evil(), FOLDER / "evil.pt")
    (FOLDER / "noise.pt").write_bytes(b"no network")
    for bad in ["evil.pt", "noise.pt", "absent.pt"]:
        done = convert(FOLDER / bad, FOLDER / "bad.safetensors")
        assert done.returncode == 1 and "error: " in done.stderr and "Traceback" not in done.stderr, done.stderr
    assert not (FOLDER / "evil").exists() and not (FOLDER / "bad.safetensors").exists()


def example_name(name):
    return {"ModulationNet": "modulation", "SpatialNet": "spatial", "DaleRateNet": "dale"}[name]


for check in [outputs_are_those_of_the_published_code, a_network_made_in_python_is_read_and_comes_back,
              published_files_are_imported]:
    check()
    print(check.__name__.replace("_", " "), "ok")
