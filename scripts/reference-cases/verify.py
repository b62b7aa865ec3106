"""verify.py --code DIR FOLDER...: every X.in replayed, against X.out."""
import argparse, glob, os, time
import numpy as np
import published_runner as pr, torch
ap = argparse.ArgumentParser(); ap.add_argument("--code", required=True); ap.add_argument("folders", nargs="+")
ap.add_argument("--double", action="store_true"); a = ap.parse_args()
code = pr.load_code(a.code)
for d in a.folders:
    for p in sorted(glob.glob(os.path.join(d, "*.in.safetensors"))):
        meta, ins = pr.read_case(p); m2, want = pr.read_case(p.replace(".in.", ".out."))
        t0 = time.time()
        info = {}
        got = pr.replay(code, meta, ins, torch.float64 if a.double else torch.float32, info)
        assert meta == m2, (p, "metadata differ")
        assert set(got) == set(want), (p, set(got) ^ set(want))
        rel = {}
        for k in want:
            g = np.asarray(got[k], dtype=np.float64); w = want[k].astype(np.float64)
            assert g.shape == w.shape, (p, k, g.shape, w.shape)
            e = np.abs(g - w)
            if k == "metric.normals": e = np.minimum(e, np.abs(g + w).max(1, keepdims=True))
            s = np.abs(w).max()
            rel[k] = (e.max() / max(1, s), e.max() / s if s else e.max())
        wk = max(rel, key=lambda k: rel[k][0]); ws = max(rel, key=lambda k: rel[k][1])
        print(f"{os.path.basename(p)[:-15]:34s} max|a-b|/max(1,|b|) {rel[wk][0]:.1e} ({wk})  max|a-b|/max|b| {rel[ws][1]:.1e} ({ws})  {time.time()-t0:.1f}s", flush=True)
        if meta["mode"] == "test": print("    ", {k: f"{rel[k][0]:.1e}" for k in rel if "metric" in k})
