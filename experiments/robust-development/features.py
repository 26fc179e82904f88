"""Features of a variant: prep.py NAME   (clean, paperN, wideN, scene_NAME)"""
import csv, sys, os, time
W = os.environ["WORK"]
import numpy as np, soundfile as sf, earnest
from concurrent.futures import ThreadPoolExecutor
name = sys.argv[1]
D = os.environ["EARNEST_DATA"]
rows = list(csv.DictReader(open(W + "/all.csv")))
fes = {"mel": earnest.FrontEnd('name = "logmel"\nbands = 40'), "lld": earnest.FrontEnd("lld32"), "fun": earnest.FrontEnd("functionals")}
aug = None; folder = None
if name.startswith("paper") or name.startswith("wide"):
    kind = name.rstrip("0123456789"); epoch = int(name[len(kind):])
    aug = earnest.Augment("paper" if kind == "paper" else os.path.join(os.path.dirname(os.path.abspath(__file__)), "wide.toml"), seed=1, noises=[D + "/noise/esc50"], rooms=[D + "/rir/openair"])
if name.startswith("scene_"):
    folder = W + "/scenes/" + name[6:]
    dev = {r["path"] for r in csv.DictReader(open(W + "/dev.csv"))}
def level(x):  # active speech to -20 dB: 95th percentile of 25 ms frames
    n = 400; m = len(x) // 160 * 160
    f = np.lib.stride_tricks.sliding_window_view(x, n)[::160] if len(x) >= n else x[None]
    l = 10 * np.log10((f.astype(np.float64) ** 2).mean(1) + 1e-12)
    return (x * 10 ** ((-20 - np.percentile(l, 95)) / 20)).astype(np.float32)
def one(i):
    r = rows[i]
    if folder:
        if r["path"] not in dev: return None
        p = folder + "/" + dev_path[r["path"]]
        x, sr = sf.read(p, dtype="float32", always_2d=True)
        chans = [x.mean(1)] + [np.ascontiguousarray(x[:, c]) for c in range(min(2, x.shape[1]))]
    else:
        x, sr = sf.read(r["path"], dtype="float32")
        if aug is not None: x = aug(x, sr, key=r["path"], epoch=epoch); sr = 16000
        chans = [x]
    out = []
    for x in chans:
        y = level(x)
        out.append({"mel": fes["mel"].extract(y, sr).astype(np.float16), "lld": fes["lld"].extract(x, sr), "lldL": fes["lld"].extract(y, sr),
                    "fun": fes["fun"].extract(x, sr), "funL": fes["fun"].extract(y, sr)})
    return out
if folder:
    dev_path = {}
    found = {}
    for root, _, fs in os.walk(folder):
        for f in fs:
            if f.endswith((".wav", ".flac")): found.setdefault(os.path.splitext(f)[0], []).append(os.path.relpath(os.path.join(root, f), folder))
    for p in dev:
        b = os.path.splitext(os.path.basename(p))[0]
        c = [q for q in found.get(b, [])]
        assert len(c) == 1, (p, c)
        dev_path[p] = c[0]
t = time.time()
with ThreadPoolExecutor(2) as ex: out = list(ex.map(one, range(len(rows))))
for k in range(3 if folder else 1):
    d = {}
    for key in ["mel", "lld", "lldL", "fun", "funL"]:
        parts = [o[k][key] for o in out if o is not None]
        d[key] = np.concatenate(parts)
        d[key + "_n"] = np.array([len(o[k][key]) if o is not None else -1 for o in out])
    np.savez(W + "/feat/%s%s.npz" % (name, "" if k == 0 else "_ear%d" % (k - 1)), **d)
print(name, round(time.time() - t), "s")
