"""make_extra.py --code DIR --out DIR: sources_extra.safetensors (every 10th sample) and analyses_extra.safetensors."""
import argparse, os, warnings
import numpy as np
import published_runner as pr
from sklearn.decomposition import PCA
ap = argparse.ArgumentParser(); ap.add_argument("--code", required=True); ap.add_argument("--out", required=True); a = ap.parse_args()
code = pr.load_code(os.path.abspath(a.code)); dm, an = code.dm, code.an
src = {"sines_base90_1_1.4_2.3": dm.gen_sines(dur=0.5, freqs_rel=[1, 1.4, 2.3], base_freq=90),
       "chords_base70": dm.gen_chords(dur=1, freqs_rel=[1.2, 2.2, 1.0, 1.45], base_freq=70),
       "ica_base55": dm.gen_ica_style(dur=1, freqs_rel=[1.3, 0.7, 1.1], base_freq=55)}
pr.write_case(os.path.join(a.out, "sources_extra.safetensors"), tensors={k: v[::10] for k, v in src.items()},
          meta={"note": "every 10th sample; columns are sources; 8000 Hz; sines 0.5 s 90 Hz x (1, 1.4, 2.3); chords 1 s 70 Hz x (1.2,2.2 | 1.0,1.45); "
                            "ica 1 s 55 Hz, freqs_rel (1.3 sawtooth, 0.7 box, 1.1 sine), columns sine, box, sawtooth"})
for k, v in src.items(): print(k, v.shape, v.dtype, "zeros per column", (v == 0).sum(0))
t = np.arange(0, 1, 1 / 8000)
b = np.abs(np.sin(2 * np.pi * 55 * 0.7 * t)); print("box: smallest |sin| after t=0:", np.sort(b)[:4])
m = np.mod(2 * np.pi * 55 * 1.3 * t, 2 * np.pi); print("sawtooth: nearest to its jump:", np.sort(np.minimum(m, 2 * np.pi - m))[:4])
t = np.arange(0, 2, 1 / 8000); b = np.abs(np.sin(2 * np.pi * 100 * 0.8 * t)); print("default box: samples with |sin| < 1e-9:", (b < 1e-9).sum())
m = np.mod(2 * np.pi * 100 * 1.4 * t, 2 * np.pi); print("default sawtooth: samples within 1e-9 of the jump:", (np.minimum(m, 2 * np.pi - m) < 1e-9).sum())

# analyses on explicit arrays: 4 contexts of 40 steps, 6 units, unit 5 constant
rng = np.random.default_rng(5)
n, C = 40, 4
s3 = dm.gen_ica_style(dur=0.5, base_freq=410.)[7:7 + n * C]
s = dm.gen_chords(dur=0.5, base_freq=330.)[11:11 + n * C]
def pop(s, N):
    z = np.concatenate([s[k * n:(k + 1) * n] @ rng.normal(0, 1, (s.shape[1], N)) * rng.uniform(0.5, 2, N) for k in range(C)])
    return (z + rng.normal(0, 0.3, z.shape)).astype(np.float32)
z, z3 = pop(s, 6), pop(s3, 5)
z_const = z.copy(); z_const[:, 5] = 0.25
y = (s + 0.3 * rng.normal(size=s.shape)).astype(np.float32)
T = {"in.s": s, "in.s3": s3, "in.y": y, "in.z": z, "in.z_const": z_const, "in.z3": z3}
p = {"n_sample": n}
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    for name, (ss, zz) in dict(z=(s, z), z_const=(s, z_const), z3=(s3, z3), y=(s, y)).items():
        T["metric.clarity." + name], T["metric.correlations." + name] = an.get_signal_clarity(ss, zz, p, n_test=C)
T["metric.r2_as_published.z"] = an.linear_source_decoding(z, s, 2, n_sample=n)           # fitted on rows [:2000], i.e. all 160
text = open(os.path.join(a.code, "analyses.py")).read(); assert text.count("n_mix_train * 1000") == 2
ns = {}; exec(text.replace("n_mix_train * 1000", "n_mix_train * n_sample"), ns)
T["metric.r2.z"] = ns["linear_source_decoding"](z, s, 2, n_sample=n)                     # fitted on contexts 0 and 1
T["metric.r2.z3"] = ns["linear_source_decoding"](z3, s3, 2, n_sample=n)
T["metric.r2.y"] = ns["linear_source_decoding"](y, s, 2, n_sample=n)
for name in ("r2.z", "r2.z3", "r2.y"):
    k = {"r2.z": (z, s), "r2.z3": (z3, s3), "r2.y": (y, s)}[name]
    d = ns["linear_source_decoding"](k[0].astype(float), k[1].astype(float), 2, n_sample=n)
    print(name, T["metric." + name], "double differs", np.abs(d - T["metric." + name]).max())
pca = PCA(n_components=3, whiten=True).fit(z)
T["metric.explained_variance_ratio"] = pca.explained_variance_ratio_
T["metric.explained_variance"] = pca.explained_variance_
T["metric.components"] = pca.components_
T["metric.whitened"] = pca.transform(z)
subs = np.array([y[:, 0], y[:, 1], T["metric.whitened"][:, 0]]).T
nv = [an.get_normal_vector(subs[i * n:(i + 1) * n]) for i in range(3)]
T["metric.normals"] = np.stack(nv)
T["metric.angles_deg"] = np.array([an.compute_angle(nv[0], nv[1]), an.compute_angle(nv[0], nv[2]), an.compute_angle(nv[1], -nv[2])])
print("solver", pca._fit_svd_solver, "clarity", {k: v for k, v in T.items() if "clarity" in k})
pr.write_case(os.path.join(a.out, "analyses_extra.safetensors"), tensors=T,
          meta={"n_sample": str(n), "contexts": str(C), "note": "normals: planes of (in.y[:,0], in.y[:,1], whitened PC1 of in.z) in "
                    "contexts 0, 1, 2; angles: (0,1), (0,2), (1,-2); r2: fitted on contexts 0 and 1, scored on 2 and 3"})
