"""svm.py NAME key=value"""
import sys, numpy as np, os
W = os.environ["WORK"]
import measures as lab
from sklearn.svm import SVC
from sklearn.linear_model import LogisticRegression
cfg = dict(inp="funL", copies="wide", ncopies=4, clip=0.0, C=1.0, gamma=1.0, model="svm", rank=0)
name = sys.argv[1]
for a in sys.argv[2:]:
    k, v = a.split("="); cfg[k] = type(cfg[k])(v)
c = type("C", (), cfg); preds = {}
for corp in lab.FOLDS:
    acc = {}
    for test in lab.FOLDS[corp]:
        tr = np.where(lab.four & (lab.corpus == corp) & (lab.speaker != test))[0]; te = np.where(lab.four & (lab.corpus == corp) & (lab.speaker == test))[0]
        vs = ["clean"] + [c.copies + str(i) for i in range(c.ncopies - 1)]
        X = np.concatenate([np.concatenate([lab.feats(v, c.inp)[i] for i in tr]) for v in vs]); Y = np.tile(lab.y[tr], len(vs))
        mu, sd = X.mean(0), X.std(0) + 1e-9
        if c.rank: qs = np.quantile(X, np.linspace(0, 1, 201), axis=0)
        def nz(u):
            z = (u - mu) / sd
            if c.rank:
                from scipy.stats import norm
                z = np.stack([norm.ppf(np.clip(np.interp(u[:, j], qs[:, j], np.linspace(0, 1, 201)), .01, .99)) for j in range(u.shape[1])], 1)
            return np.clip(z, -c.clip, c.clip) if c.clip else z
        m = SVC(C=c.C, gamma=c.gamma / X.shape[1], class_weight="balanced", probability=True, random_state=0) if c.model == "svm" else LogisticRegression(C=c.C, class_weight="balanced", max_iter=2000)
        m.fit(nz(X), Y)
        for k in ["clean"] + lab.SC:
            v = "clean" if k == "clean" else "scene_" + k
            Z = nz(np.concatenate([lab.feats(v, c.inp)[i] for i in te])); lp = np.log(m.predict_proba(Z) + 1e-6)
            a = acc.setdefault(k, ([], [])); a[0].append(lab.y[te]); a[1].append(lp)
    preds[corp] = {k: (np.concatenate(a), np.concatenate(b)) for k, (a, b) in acc.items()}
lab.report(name, preds)
os.makedirs(W + "/out", exist_ok=True)
np.savez(W + "/out/%s.npz" % name, **{"%s|%s|%s" % (cc, k, m): preds[cc][k][m == "lp"] for cc in preds for k in preds[cc] for m in ("y", "lp")})
