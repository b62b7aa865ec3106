"""make_cases.py --code DIR --out DIR [--out-mid DIR]: more golden cases, made by running the published code in DIR.

Writes X.in.safetensors first, reads it back and makes X.out.safetensors from it alone (float32, one thread). Each case is also run
in double precision; a case whose float32 and double results differ by more than 4e-6 (max|a-b|/max(1,max|b|)) is refused."""
import argparse, json, os, sys, zlib
import numpy as np
import torch
import published_runner as pr

ap = argparse.ArgumentParser()
ap.add_argument("--code", required=True); ap.add_argument("--out", required=True)
ap.add_argument("--out-mid", help="folder of the two mid-size cases (default OUT/../cases_mid)")
ap.add_argument("--only")
args = ap.parse_args()
mid_dir = args.out_mid or os.path.join(os.path.dirname(os.path.abspath(args.out)), "cases_mid")
code = pr.load_code(os.path.abspath(args.code))
for d in (args.out, mid_dir): os.makedirs(d, exist_ok=True)


# ---- parameters, keys in the order of the published golden cases -----------------------------------------------------------------
def base(S, H, inp, noise=0.001): return dict(signal_dim=S, hidden_dim=H, input_to_net=inp, mix_noise=noise)
def unmixing(S, H, inp, **k): return {**base(S, H, inp, **k), "model": "unmixing"}
def direct(S, H, inp="xy", **k): return {**base(S, H, inp, **k), "model": "direct"}
def modulation(S, H, inp, tau, add, w0_var=0.001, **k):
    return {**base(S, H, inp, **k), "model": "modulation", "tau": tau, "add": add, "w0_var": w0_var}
def spatial(S, H, inp, tau, Nz, Nm, width, base_=False, ro=False, **k):
    return {**base(S, H, inp, **k), "model": "spatial", "tau": tau, "Nz": Nz, "Nm": Nm, "mod_width": width,
            "learn_baseline": base_, "learn_ro": ro}
def dale(S, H, inp, tau, Nz, NzL, Nm, width, inh, target, learn="", **k):
    assert set(learn.split()) <= {"base", "wx", "ro"}
    return {**base(S, H, inp, **k), "model": "dale", "tau": tau, "Nz": Nz, "NzL": NzL, "Nm": Nm, "mod_width": width,
            "inh_frac": inh, "mod_target": target, "learn_baseline": "base" in learn, "learn_wx": "wx" in learn,
            "learn_ro": "ro" in learn}


# ---- the cases -------------------------------------------------------------------------------------------------------------------
# forward: (name, params, T, B, lambda, options)
# options: amp (scale of the sources), gain (scale of the readout of the LSTM), p0 (normal | strong), flip (signs of w0), mats
F = [
    ("unmixing_y", unmixing(2, 5, "y"), 11, 2, 0.0, dict(amp=1.6, gain=4)),
    ("unmixing_four_sources", unmixing(4, 6, "xy"), 8, 2, 0.001, dict(gain=4)),
    ("unmixing_one_trial_y3", unmixing(3, 3, "y"), 8, 1, 1.0, dict(gain=4, mats="random")),
    ("modulation_mult_tau1_x_w0", modulation(2, 4, "x", 1, 0, 0.5), 14, 3, 0.0, dict(gain=4)),
    ("modulation_mult_tau3_xy_w0", modulation(2, 8, "xy", 3, 0, 0.5), 16, 2, 1.0, dict(gain=3)),
    ("modulation_mult_tau7_5_y_w0", modulation(2, 6, "y", 7.5, 0, 0.5), 20, 2, 0.001, dict(gain=6)),
    ("modulation_add_tau1_y_w0", modulation(2, 5, "y", 1, 1, 0.5), 13, 2, 0.001, dict(gain=4)),
    ("modulation_add_tau3_x_w0", modulation(2, 3, "x", 3, 1, 0.5), 11, 5, 0.0, dict(amp=2.0, gain=3)),
    ("modulation_add_tau7_5_xy_w0", modulation(2, 12, "xy", 7.5, 1, 0.5), 12, 1, 0.0, dict(gain=6, mats="scale_both")),
    ("modulation_three_mult", modulation(3, 6, "xy", 3, 0, 0.5, noise=0.05), 12, 2, 0.0, dict(gain=4)),
    ("modulation_three_add_y", modulation(3, 4, "y", 7.5, 1, 0.5), 10, 3, 0.001, dict(gain=4)),
    ("spatial_box_remainder_x", spatial(2, 5, "x", 3, 11, 3, 0), 14, 2, 0.0, dict(gain=4)),
    ("spatial_box_more_signals", spatial(2, 4, "xy", 5, 3, 4, 0, True, False), 8, 2, 0.001, dict(gain=4)),
    ("spatial_one_signal_width1", spatial(2, 6, "xy", 1, 9, 1, 1, True, False), 12, 2, 0.001, dict(gain=4)),
    ("spatial_more_signals_width005", spatial(2, 5, "y", 3, 5, 7, 0.05, False, True), 15, 2, 0.0, dict(gain=6)),
    ("spatial_three_width5", spatial(3, 6, "y", 7.5, 8, 3, 5, True, True), 12, 2, 0.0, dict(gain=4)),
    ("spatial_width9_99", spatial(2, 4, "xy", 2.5, 10, 4, 9.99), 10, 4, 1.0, dict(gain=2, mats="interpolate_both")),
    ("spatial_width10", spatial(2, 8, "x", 3, 6, 2, 10, True, False), 12, 2, 0.0, dict(gain=4, noise=0.02)),
    ("spatial_width30", spatial(2, 3, "xy", 1, 7, 5, 30, False, True), 25, 1, 0.0, dict(gain=4)),
    ("dale_t0_none_x_noinh", dale(2, 5, "x", 1, 8, 5, 1, 0.2, 0, 0), 12, 2, 0.0, dict(gain=6)),
    ("dale_t0_wx_y_one", dale(2, 4, "y", 50, 6, 7, 1, 1, 1, 0, "wx"), 14, 2, 0.001, dict(gain=20, p0="strong")),
    ("dale_t0_baserow_xy", dale(2, 6, "xy", 1, 9, 4, 5, 0.05, 0.5, 0, "base ro"), 8, 2, 0.0, dict(gain=6, flip=True)),
    ("dale_t1_basewx_x_noinh", dale(2, 3, "x", 5, 7, 6, 2, 0, 0, 1, "base wx"), 12, 2, 0.0, dict(gain=6, flip=True, p0="strong")),
    ("dale_t1_ro_xy_tau50", dale(2, 5, "xy", 50, 8, 6, 5, 5, 1, 1, "ro"), 12, 2, 0.0, dict(gain=20)),
    ("dale_t1_all_y", dale(2, 4, "y", 2.5, 5, 5, 5, 30, 0.25, 1, "base wx ro"), 12, 1, 1.0, dict(gain=4, flip=True)),
    ("dale_t2_base_x", dale(2, 6, "x", 1, 6, 5, 3, 9.99, 1, 2, "base"), 12, 2, 0.001, dict(gain=6, flip=True)),
    ("dale_t2_wxro_xy_strong", dale(2, 5, "xy", 5, 7, 6, 1, 0.2, 0.5, 2, "wx ro"), 10, 3, 0.0, dict(gain=6, p0="strong")),
    ("dale_t2_none_y_tau50", dale(2, 4, "y", 50, 8, 4, 5, 0, 1, 2), 13, 2, 0.0, dict(gain=20, amp=1.5)),
    ("dale_three_all", dale(3, 5, "xy", 1, 6, 5, 2, 0.2, 0.5, 0, "base wx ro"), 10, 2, 1e-05, dict(gain=6)),
    ("direct_three_y", direct(3, 6, "y"), 14, 3, 0.001, dict(gain=4)),
]
# train: (name, params, T, B, batches, lr, clip, lambda, options)
T = [
    ("train_unmixing_clipped", unmixing(3, 5, "y"), 10, 3, 5, 0.05, 0.01, 0.0, dict(gain=4)),
    ("train_modulation_add", modulation(2, 4, "xy", 7.5, 1, 0.5), 12, 2, 4, 0.05, 1.0, 0.001, dict(gain=4)),
    ("train_spatial_box", spatial(2, 5, "y", 3, 7, 2, 0, True, True), 12, 2, 3, 0.001, 1.0, 1.0, dict(gain=4)),
    ("train_dale_excitation", dale(2, 4, "xy", 5, 6, 5, 2, 0.2, 0.5, 1, "base wx"), 10, 3, 5, 0.05, 0.1, 0.0, dict(gain=6)),
    ("train_dale_inhibition", dale(2, 5, "x", 1, 5, 6, 5, 1, 1, 2, "base wx ro"), 10, 2, 4, 0.001, 0.01, 1e-05, dict(gain=6, p0="strong")),
    ("train_direct", direct(2, 5, "y"), 12, 4, 3, 0.05, 0.5, 0.0, dict(gain=4)),
]
# test: (name, params, n_sample, contexts, source, source length, freeze, options)
E = [
    ("test_unmixing", unmixing(2, 6, "y"), 40, 4, "chords", 57, None, dict(gain=4)),
    ("test_modulation_three", modulation(3, 4, "xy", 3, 1, 0.5), 40, 4, "ica", 100, None, dict(gain=3)),
    ("test_spatial_silent", spatial(2, 6, "xy", 5, 11, 3, 0), 40, 4, "sines", 130, None, dict(gain=4)),
    ("test_spatial_three", spatial(3, 5, "xy", 7.5, 8, 2, 0.2), 40, 4, "ica", 71, None, dict(gain=4)),
    ("test_dale", dale(2, 6, "xy", 5, 9, 6, 3, 0.2, 0.5, 0), 40, 4, "sines", 57, None, dict(gain=10, p0="test")),
    ("test_dale_inhibition", dale(2, 5, "y", 7.5, 8, 5, 5, 5, 1, 2), 40, 4, "chords", 90, None, dict(gain=10, p0="test")),
    ("test_direct", direct(2, 5), 40, 4, "sines", 100, None, dict(gain=4)),
    ("frozen_spatial", spatial(2, 6, "xy", 5, 10, 4, 0.2), 40, 4, "chords", 57, (1, 20), dict(gain=4)),
    ("frozen_spatial_second", spatial(2, 5, "x", 3, 6, 3, 10), 40, 4, "sines", 111, (2, 20), dict(gain=4)),
    ("frozen_dale", dale(2, 6, "xy", 5, 8, 6, 3, 0.2, 0.5, 0), 40, 4, "sines", 57, (1, 20), dict(gain=10, p0="test")),
    ("frozen_dale_excitation", dale(2, 5, "xy", 50, 7, 5, 2, 0, 0.5, 1), 40, 4, "chords", 75, (1, 20), dict(gain=20, p0="test")),
]
M = [
    ("mid_spatial", spatial(2, 50, "xy", 100, 60, 4, 0.2, True, False), 200, 8, 1e-05, dict(gain=6)),
    ("mid_dale", dale(2, 50, "xy", 100, 60, 40, 4, 0.2, 0.5, 0, "base wx ro"), 200, 8, 1e-05, dict(gain=6)),
]


# ---- inputs ----------------------------------------------------------------------------------------------------------------------
def source(kind, S, n, rng):
    """Excerpts of the published generators, at a base frequency that gives a few cycles in a short run."""
    dm = code.dm
    if kind == "sines": s = dm.gen_sines(dur=0.5, freqs_rel=[1, 1.8, 2.7, 0.6][:S], base_freq=float(rng.uniform(250, 700)))
    elif kind == "chords": s = dm.gen_chords(dur=0.5, base_freq=float(rng.uniform(250, 700)))
    else: s = dm.gen_ica_style(dur=0.5, base_freq=float(rng.uniform(250, 700)))
    assert s.shape[1] == S
    i = int(rng.integers(0, len(s) - n))
    return s[i:i + n].astype(np.float32)

def mixing(n, S, kind="random_norm"):
    mats, _ = code.dm.gen_mixing_mats(n, mat_size=(S, S), mix_type=kind, det_threshold=0.2 if S == 2 else 0.05 if S == 3 else 0.02)
    return np.stack([m.numpy() for m in mats]).astype(np.float32)

def weights(params, o):
    model = pr.construct(code, params)
    param, const = pr.learned_and_fixed(code, params, model)
    t = {k: np.array(v) for k, v in {**param, **const}.items()}
    for k in ("param.hidden2out.weight", "param.hidden2out.bias"):
        t[k] *= np.float32(o.get("gain", 1))
    if o.get("flip"):      # learned baseline weights may have crossed zero: the published forward takes |w0|
        w = t["param.w0"]
        w[np.random.uniform(size=w.shape) < 0.3] *= -1
        w[0, 0] = 0.0
    return t

def p0(params, B, kind):
    shape = (B, params["Nz"])
    if kind == "strong":   # anything is allowed as a start: off, full, beyond the sigmoid's range, negative
        return np.random.choice([0.0, 1.0, 1.7, 0.02, -0.4], size=shape).astype(np.float32)
    return np.random.normal(0.5, 0.1 if kind == "test" else 0.01, size=shape).astype(np.float32)

def inputs(what, row, seed):
    rng = np.random.default_rng(seed); np.random.seed(seed % 2**32); torch.manual_seed(seed)
    params = row[1]; S = params["signal_dim"]; o = row[-1]
    sd = params["mix_noise"] if params["model"] != "dale" else 0.001    # DaleRateNet never sees mix_noise: always 0.001
    t = weights(params, o)
    meta = {"params": json.dumps(params)}
    kind = "ica" if S == 3 else "sines" if S == 4 else ["sines", "chords"][seed % 2]
    amp = np.float32(o.get("amp", 1))
    if what == "forward":
        _, _, T_, B, lam, _ = row
        meta.update(mode="forward", lambda_reg=str(float(lam)), T=str(T_), B=str(B))
        t["in.sources"] = source(kind, S, T_, rng) * amp
        t["in.mixing"] = mixing(B, S, o.get("mats", "random_norm"))
        t["in.noise"] = rng.normal(0, o.get("noise", sd), (T_, B, S))
    elif what == "train":
        _, _, T_, B, K, lr, clip, lam, _ = row
        meta.update(mode="train", lambda_reg=str(float(lam)), T=str(T_), B=str(B), batches=str(K), learning_rate=str(float(lr)),
                    max_grad_value=str(float(clip)))
        t["in.sources"] = np.stack([source(kind, S, T_, rng) for _ in range(K)]) * amp
        t["in.mixing"] = np.stack([mixing(B, S) for _ in range(K)])
        t["in.noise"] = rng.normal(0, sd, (K, T_, B, S))
    else:
        _, _, n, C, src, length, freeze, _ = row
        meta.update(mode="test", contexts=str(C), n_sample=str(n), sources=src)
        if freeze: meta.update(freeze_fb_after=str(freeze[0]), freeze_steps=str(freeze[1]))
        t["in.sources"] = source(src, S, length, rng)
        t["in.mixing"] = mixing(C, S)
        t["in.noise"] = rng.normal(0, sd, (C * n, S))
        B = 1
    if params["model"] == "dale":
        t["in.p0"] = p0(params, B, o.get("p0", "normal"))
    return meta, t

def worst(a, b):
    w = (0.0, "")
    for k in a:
        x, y = np.asarray(a[k], np.float64), np.asarray(b[k], np.float64)
        assert x.shape == y.shape, k
        if not (np.isfinite(x).all() and np.isfinite(y).all()): return (float("inf"), k + " not finite")
        if x.size: w = max(w, (float(np.abs(x - y).max() / max(1, np.abs(y).max())), k))
    return w

def dull(name, what, out, info):
    """A case that would pass whatever the code did."""
    if name == "spatial_box_more_signals": return None          # silent by construction: that is its point
    if info.get("z_H_off", 0) > 0.85: return f"z_H off {info['z_H_off']:.2f}"
    grads = {k: float(np.abs(v).max()) for k, v in out.items() if k.startswith("grad.")}
    if grads:
        k = min(grads, key=grads.get); info["least_grad"] = (k[5:], float(f"{grads[k]:.1e}"))
        if grads[k] < 2e-3: return f"{k} at most {grads[k]:.1e}"
    if what == "test":
        y = out["out.y"].reshape(-1, 40, out["out.y"].shape[1])
        if y.std(1).min() < 0.02: return f"y hardly moves: {y.std(1).min():.1e}"
    return None

def make(what, row, folder):
    name = row[0]
    if args.only and args.only not in name: return
    for attempt in range(60):
        meta, t = inputs(what, row, zlib.crc32(name.encode()) + attempt)
        pin, pout = (os.path.join(folder, f"{name}.{x}.safetensors") for x in ("in", "out"))
        pr.write_case(pin, meta, t)
        meta, t = pr.read_case(pin)
        info = {}
        out = pr.replay(code, meta, t, torch.float32, info)
        w = worst(out, pr.replay(code, meta, t, torch.float64))
        why = f"double differs {w[0]:.1e} ({w[1]})" if not w[0] < 4e-6 else dull(name, what, out, info)
        if not why: break
        print(f"  {name}: seed {attempt} refused, {why}")
    else:
        raise SystemExit(name + ": no seed good")
    pr.write_case(pout, meta, out)
    info.pop("store", None)
    zero = [k for k, v in out.items() if not np.any(v)]
    print(f"{name:32s} double {w[0]:.0e}; {os.path.getsize(pin) + os.path.getsize(pout):6d} B; "
          + "; ".join(f"{k} {v if isinstance(v, (list, tuple)) else round(v, 3)}" for k, v in info.items())
          + (f"; all zero: {zero}" if zero else ""), flush=True)

for row in F: make("forward", row, args.out)
for row in T: make("train", row, args.out)
for row in E: make("test", row, args.out)
for row in M: make("forward", row, mid_dir)
for d in (args.out, mid_dir):
    print(d, sum(os.path.getsize(os.path.join(d, f)) for f in os.listdir(d)), "bytes,", len(os.listdir(d)) // 2, "cases")
