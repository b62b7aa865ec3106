"""Drive the published Runner with explicit random inputs. Nothing of the model is written again here: every step is
`Runner.train` / `Runner.test` of the published model_base.py; only its sources of randomness are fed from tensors, and the
hard-coded 500 of `test` becomes a variable (one textual substitution, asserted to hit exactly once)."""
import contextlib, importlib.util, io, json, os, sys, types, warnings
os.environ.setdefault("MPLBACKEND", "Agg")
import numpy as np
import torch
from safetensors import safe_open

torch.set_num_threads(1)
CLASSES = dict(unmixing="UnmixingModel", modulation="ModulationNet", spatial="SpatialNet", dale="DaleRateNet",
               direct="DirectDemixNet")


def load_code(code_dir):
    """The published modules; `mb.FREEZE_STEPS` stands for the hard-coded 500."""
    sys.path.insert(0, code_dir)
    import data_maker, analyses
    path = os.path.join(code_dir, "model_base.py")
    text = open(path, encoding="utf-8").read()
    assert text.count("j < 500") == 1
    mb = types.ModuleType("model_base")
    mb.__file__ = path
    mb.FREEZE_STEPS = 500
    exec(compile(text.replace("j < 500", "j < FREEZE_STEPS"), path, "exec"), mb.__dict__)
    return types.SimpleNamespace(mb=mb, dm=data_maker, an=analyses)


def read_case(path):
    with safe_open(path, "np") as f:
        return f.metadata(), {k: f.get_tensor(k) for k in f.keys()}


def write_case(path, meta, tensors):
    """safetensors, by hand: the package writes the metadata in a random order, this one is the same bytes every time."""
    head, data = {"__metadata__": dict(sorted(meta.items()))}, b""
    for k in sorted(tensors):
        v = np.ascontiguousarray(tensors[k], dtype="<f4")
        head[k] = {"dtype": "F32", "shape": list(np.shape(tensors[k])), "data_offsets": [len(data), len(data) + v.nbytes]}
        data += v.tobytes()
    h = json.dumps(head, separators=(",", ":")).encode()
    h += b" " * (-len(h) % 8)
    with open(path, "wb") as f:
        f.write(len(h).to_bytes(8, "little") + h + data)


def construct(code, params):
    p = dict(params)
    cls = getattr(code.mb, CLASSES[p.pop("model")])
    s, h = p.pop("signal_dim"), p.pop("hidden_dim")
    return cls(s, h, s * s, **p)


def learned_and_fixed(code, params, model):
    """(param.*, const.*) of a model, as the golden cases split them."""
    params_ = {"param." + k: v.detach().numpy() for k, v in model.state_dict().items()}
    const = {}
    for name in ("w0", "Wro", "Wm", "wx", "w_inh"):
        if hasattr(model, name) and "param." + name not in params_:
            const["const." + name] = getattr(model, name).detach().numpy()
    return params_, const


def build(code, params, tensors, dtype):
    model = construct(code, params)
    t = lambda a: torch.from_numpy(np.array(a)).to(dtype)
    model.load_state_dict({k[6:]: t(v) for k, v in tensors.items() if k.startswith("param.")}, strict=True)
    model = model.to(dtype)
    for k, v in tensors.items():
        if k.startswith("const."):
            name = k[6:]
            assert not isinstance(getattr(model, name), torch.nn.Parameter), k
            assert tuple(getattr(model, name).shape) == v.shape, (k, getattr(model, name).shape, v.shape)
            setattr(model, name, t(v))
    return model


@contextlib.contextmanager
def fed(normals, randints=None):
    """torch.normal gives `normals` one after another (shape checked); np.random.randint gives `randints`."""
    normals, randints = iter(normals), iter(randints or [])
    real_normal, real_randint = torch.normal, np.random.randint
    def normal(mean, std, size):
        v = next(normals)
        assert tuple(v.shape) == tuple(size), (v.shape, size)
        return v
    def randint(low, high, size):
        return np.full(size, next(randints))
    torch.normal, np.random.randint = normal, randint
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
        assert next(normals, None) is None, "noise left over"
    finally:
        torch.normal, np.random.randint = real_normal, real_randint


def inverse(mixing):
    return torch.from_numpy(np.linalg.pinv(mixing).reshape(mixing.shape[0], -1).copy())


def train_with(code, model, dtype, sources, mixing, noise, p0, lr, clip, lam):
    """sources [K,T,S], mixing [K,B,S,S], noise [K,T,B,S]. Runner.train over K batches."""
    K, T, S = sources.shape
    B = mixing.shape[1]
    t = lambda a: torch.from_numpy(np.ascontiguousarray(a)).to(dtype)
    opt = torch.optim.Adam(model.parameters(), lr=lr)
    runner = code.mb.Runner(model, torch.nn.SmoothL1Loss(), opt, None, batch_size=B)
    data = [(t(mixing[k]), inverse(mixing[k]).to(dtype)) for k in range(K)]
    normals = [] if p0 is None else [t(p0)[:, None, :]]
    normals += [t(noise[k, i])[:, None, :] for k in range(K) for i in range(T)]
    # longer than T: the published code slices at randint; as long as T: it rolls by randint
    starts = [k * T for k in range(K)] if K > 1 else [0]
    signals = sources.reshape(K * T, S).astype(np.float64 if dtype == torch.float64 else np.float32)
    with fed(normals, starts):
        return runner.train(signals, data, nt=T, max_grad_value=clip, lambda_reg=lam, save_weight_loss=1)


def replay(code, meta, tensors, dtype=torch.float32, info=None):
    """All tensors of X.out for X.in."""
    torch.set_default_dtype(dtype)
    try:
        return _replay(code, meta, tensors, dtype, info if info is not None else {})
    finally:
        torch.set_default_dtype(torch.float32)


def _replay(code, meta, tensors, dtype, info):
    params = json.loads(meta["params"])
    kind, mode = params["model"], meta["mode"]
    model = build(code, params, tensors, dtype)
    get = lambda n: tensors.get("in." + n)
    out = {}
    if mode in ("forward", "train"):
        lam = float(meta["lambda_reg"])
        trace = []
        model.register_forward_hook(lambda m, a, o: trace.append((a, o)))
        grads = []
        real_clip = torch.nn.utils.clip_grad_value_
        def clip(ps, v):
            grads.append([p.grad.clone() for p in model.parameters()])
            real_clip(ps, v)
        torch.nn.utils.clip_grad_value_ = clip
        try:
            if mode == "forward":
                store = train_with(code, model, dtype, get("sources")[None], get("mixing")[None], get("noise")[None],
                                   get("p0"), 1e-3, float("inf"), lam)
            else:
                store = train_with(code, model, dtype, get("sources"), get("mixing"), get("noise"), get("p0"),
                                   float(meta["learning_rate"]), float(meta["max_grad_value"]), lam)
        finally:
            torch.nn.utils.clip_grad_value_ = real_clip
        src = get("sources").reshape(-1, params["signal_dim"])
        y = np.stack([o[1][:, 0].detach().numpy() for _, o in trace])
        info["frac_err_over_1"] = float((np.abs(y - src[:, None, :]) > 1).mean())
        info["y_max"] = float(np.abs(y).max())
        if mode == "train":
            v = float(meta["max_grad_value"])
            info["clipped"] = [round(float(np.mean(np.concatenate([(g.abs() > v).numpy().ravel() for g in gs]))), 3)
                               for gs in grads]
            out["loss"] = store["loss"]
            out.update({"param." + k: v.detach().numpy() for k, v in model.state_dict().items()})
            return out
        names = {"unmixing": ("w",), "modulation": ("w",), "spatial": ("m", "z"), "dale": ("m", "p", "z_L", "z_H"),
                 "direct": ()}[kind]
        stack = lambda f: np.stack([f(a, o).detach().numpy() for a, o in trace])
        out["out.x"] = stack(lambda a, o: a[0][:, 0])
        out["out.y"] = y
        out["out.net_out"] = stack(lambda a, o: o[3][:, 0])
        out["out.h"] = stack(lambda a, o: o[2][0][0])
        out["out.c"] = stack(lambda a, o: o[2][1][0])
        for i, n in enumerate(names):
            out["out." + n] = stack(lambda a, o: o[0][i][:, 0])
        out["loss"] = store["loss"]
        reg = torch.zeros(1)
        for a, o in trace:
            reg += o[3].detach().abs().sum()
        out["reg"] = reg.numpy()
        out.update({"grad." + k: g.numpy() for (k, _), g in zip(model.named_parameters(), grads[0])})
        if kind == "dale":
            info["z_L_off"] = float((out["out.z_L"] == 0).mean()); info["z_H_off"] = float((out["out.z_H"] == 0).mean())
        return out
    assert mode == "test"
    n_sample, contexts = int(meta["n_sample"]), int(meta["contexts"])
    freeze = int(meta["freeze_fb_after"]) if "freeze_fb_after" in meta else None
    def test(mixing, noise, freeze):
        t = lambda a: torch.from_numpy(np.ascontiguousarray(a)).to(dtype)
        runner = code.mb.Runner(model, torch.nn.SmoothL1Loss(), None, None, batch_size=1)
        data = [(t(mixing[k:k + 1]), inverse(mixing[k:k + 1]).to(dtype)) for k in range(len(mixing))]
        normals = [t(get("p0"))[:, None, :]] if kind == "dale" else []
        normals += [t(n)[None, None, :] for n in noise]
        code.mb.FREEZE_STEPS = int(meta.get("freeze_steps", 500))
        with fed(normals), torch.no_grad():      # (the published test keeps the autograd graph of the whole run)
            return runner.test(get("sources").astype(np.float64 if dtype == torch.float64 else np.float32), data,
                               nt=n_sample, freeze_fb_after=freeze)
    st = test(get("mixing"), get("noise"), freeze)
    info["store"] = st
    info["frac_err_over_1"] = float((np.abs(st["y"] - st["s"]) > 1).mean())
    plain_frozen = freeze is not None and kind != "dale"
    out["out.y"] = st["y"]
    if not plain_frozen:
        out["out.x"] = st["x"]
    if kind in ("unmixing", "modulation"):
        out["out.w"] = st["w"]
    if kind in ("spatial", "dale"):
        out["out.m_every20"], out["out.z_every20"] = st["m"][::20], st["z"][::20]
    if kind == "dale":
        out["out.p_every20"] = st["p"][::20]
    pops = ["x", "y"] + (["z"] if kind in ("spatial", "dale") else [])
    if not plain_frozen:
        for pop in pops:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")   # units that are constant: 0/0, ignored by nanmean
                perf, _ = code.an.get_signal_clarity(st["s"], st[pop], {"n_sample": n_sample}, n_test=contexts)
            out["metric.clarity." + pop] = perf
    if freeze is None:
        out["metric.mean_abs_error_y"] = np.array([np.mean(np.abs(st["y"] - st["s"]))])
        if n_sample == 1000 and contexts > 1:     # the published decoder hard-codes 1000 (see NOTES)
            for pop in pops:
                out["metric.r2." + pop] = code.an.linear_source_decoding(st[pop], st["s"], contexts // 2, n_sample=n_sample)
    if get("pca_mixing") is not None:
        from sklearn.decomposition import PCA
        pca = PCA(n_components=3, whiten=True)
        pca.fit(test(get("pca_mixing"), get("pca_noise"), None)["z"])
        pcs = pca.transform(st["z"])
        subs = np.array([st["y"][:, 0], st["y"][:, 1], pcs[:, 0]]).T
        n = [code.an.get_normal_vector(subs[a:a + 500]) for a in (500, 1000, 1500)]
        out["metric.explained_variance_ratio"] = pca.explained_variance_ratio_
        out["metric.normals"] = np.stack(n)
        out["metric.angle_frozen_deg"] = np.array([code.an.compute_angle(n[0], n[1])])
        out["metric.angle_unfrozen_deg"] = np.array([code.an.compute_angle(n[0], n[2])])
    return out
