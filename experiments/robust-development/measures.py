import csv, numpy as np
import os
W = os.environ["WORK"]
R = list(csv.DictReader(open(W + "/all.csv")))
C = ["angry", "happy", "neutral", "sad"]
corpus = np.array([r["corpus"] for r in R]); speaker = np.array([r["speaker"] for r in R]); sex = np.array([r["sex"] for r in R])
four = np.array([r["emotion"] in C for r in R])
y = np.array([C.index(r["emotion"]) if r["emotion"] in C else -1 for r in R])
FOLDS = {"emodb": ["03", "09", "13"], "nemo": ["EB0", "KD0", "SM0"], "emotale": ["001", "005", "013"]}
SC = ["nao"] + ["random_%d" % i for i in range(1001, 1011)]
_cache = {}
def feats(name, key):
    if (name, key) not in _cache:
        z = np.load(W + "/feat/%s.npz" % name); n = z[key + "_n"]; a = z[key].astype(np.float32); o = np.concatenate([[0], np.cumsum(np.maximum(n, 0))])
        _cache[(name, key)] = [a[o[i]:o[i + 1]] if n[i] >= 0 else None for i in range(len(n))]
    return _cache[(name, key)]
def f1(t, p):
    fs = []
    for k in range(4):
        tp = ((t == k) & (p == k)).sum(); d = (t == k).sum() + (p == k).sum()
        if (t == k).sum(): fs.append(2 * tp / d if d else 0.0)
    return float(np.mean(fs))
def report(name, preds):
    """preds[corpus][condition] = (truth, logp [n,4]) pooled over the three folds"""
    line = []; rob = []; cl = []; ratios = []; p10 = []
    for c in preds:
        f = {k: f1(t, lp.argmax(1)) for k, (t, lp) in preds[c].items()}
        r = [f[s] for s in f if s != "clean"]; cl.append(f["clean"]); rob.append(np.mean(r)); p10.append(np.percentile(r, 10) / f["clean"])
        ll = np.mean([-np.log(np.exp(lp)[np.arange(len(t)), t] + 1e-9).mean() for k, (t, lp) in preds[c].items() if k != "clean"])
        line.append("%s %.3f/%.3f nao %.3f ll %.2f" % (c, f["clean"], np.mean(r), f.get("nao", np.nan), ll))
    s = "%-28s clean %.3f robot %.3f ratio %.3f p10 %.3f | %s" % (name, np.mean(cl), np.mean(rob), np.mean(rob) / np.mean(cl), np.mean(p10), " | ".join(line))
    print(s, flush=True); open(W + "/results.txt", "a").write(s + "\n")
