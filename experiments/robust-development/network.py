"""net.py NAME key=value ...: one configuration over all dev folds; saves log-probabilities to $WORK/out/NAME.npz"""
import sys, os, time, numpy as np, torch, torch.nn as nn, torch.nn.functional as F
W = os.environ["WORK"]
import measures as lab
torch.set_num_threads(1)
cfg = dict(inp="mel", norm="segment", floor=0.0, clip=4.0, pool="msm", arch="crnn", width=96, gru=64, drop=0.4, lr=1e-3, wd=1e-2, epochs=40, batch=32, ema=0.98, smooth=0.1,
           cw=1, mix=0.0, mask=0, copies="wide", ncopies=6, pclean=0.2, seed=0, kl=0.0, corpora="emodb,nemo,emotale", crop=400, pooled=0, k=5, sub=500)
name = sys.argv[1]
for a in sys.argv[2:]:
    k, v = a.split("="); cfg[k] = type(cfg[k])(v)
c = type("C", (), cfg)
def inputs(variant):
    out = None
    for key in c.inp.split("+"):
        a = lab.feats(variant, key)
        out = a if out is None else [None if u is None else np.concatenate([u[:min(len(u), len(v))], v[:min(len(u), len(v))]], 1) for u, v in zip(out, a)]
    if c.floor > 0 and c.inp == "mel":
        q = []
        for u in out:
            if u is None: q.append(None); continue
            e = np.log(np.exp(u).sum(1)); t = np.percentile(e, 95) - c.floor * np.log(10) / 10 - np.log(u.shape[1])
            q.append(np.maximum(u, t))
        out = q
    if c.norm in ("segment", "segstd"):
        out = [None if u is None else u - u.mean(0) for u in out]
    if c.norm == "segstd":
        out = [None if u is None else u / (u.std(0) + 0.3) for u in out]
    return out
class Net(nn.Module):
    def __init__(s, d):
        super().__init__()
        w = c.width; s.c1 = nn.Conv1d(d, w, c.k, 2, c.k // 2); s.b1 = nn.BatchNorm1d(w); s.c2 = nn.Conv1d(w, w, c.k, 2, c.k // 2); s.b2 = nn.BatchNorm1d(w)
        if c.arch == "crnn": s.g = nn.GRU(w, c.gru, batch_first=True, bidirectional=True); h = 2 * c.gru
        else: s.c3 = nn.Conv1d(w, w, c.k, 1, c.k // 2); s.b3 = nn.BatchNorm1d(w); h = w
        s.o = nn.Linear(h * (3 if c.pool == "msm" else 1), 4); s.d = nn.Dropout(c.drop)
    def forward(s, x, n):
        m = (torch.arange(x.shape[1])[None] < n[:, None]).float()[:, None]
        x = x.transpose(1, 2)
        for cv, bn in ((s.c1, s.b1), (s.c2, s.b2)):
            x = F.relu(bn(cv(x))); m = m[:, :, ::2]; x = x * m
        if c.arch == "crnn":
            x = s.d(x); L = m.sum((1, 2)).long()
            p = nn.utils.rnn.pack_padded_sequence(x.transpose(1, 2), L, batch_first=True, enforce_sorted=False)
            x, _ = nn.utils.rnn.pad_packed_sequence(s.g(p)[0], batch_first=True, total_length=x.shape[2]); x = x.transpose(1, 2)
        else: x = F.relu(s.b3(s.c3(s.d(x))))
        k = m.sum(2).clamp(min=1); mu = (x * m).sum(2) / k
        if c.pool == "msm":
            sd = ((((x - mu[:, :, None]) ** 2) * m).sum(2) / k + 1e-4).sqrt(); mx = (x - (1 - m) * 1e4).amax(2); z = torch.cat([mu, sd, mx], 1)
        else: z = mu
        return s.o(s.d(z))
def batch(us, rng=None):
    if rng is not None: us = [u if len(u) <= c.crop else u[(o := rng.integers(len(u) - c.crop)):o + c.crop] for u in us]
    n = torch.tensor([len(u) for u in us]); x = torch.zeros(len(us), int(n.max()), us[0].shape[1])
    for i, u in enumerate(us): x[i, :len(u)] = torch.from_numpy(u)
    return x, n
variants = ["clean"] + ([c.copies + str(i) for i in range(c.ncopies)] if c.ncopies else [])
data = {v: inputs(v) for v in variants}
conds = ["clean"] + lab.SC
lab._cache.clear()
preds = {}; t0 = time.time()
for corp in c.corpora.split(","):
    acc = {k: ([], [], []) for k in conds}
    for fold, test in enumerate(lab.FOLDS[corp]):
        tr = np.where(lab.four & ((lab.corpus == corp) | (c.pooled == 1)) & ~((lab.speaker == test) & (lab.corpus == corp)))[0]
        te = np.where(lab.four & (lab.corpus == corp) & (lab.speaker == test))[0]
        rng = np.random.default_rng([c.seed, fold]); torch.manual_seed(c.seed * 10 + fold)
        A = np.concatenate([data[v][i] for v in variants[:3] for i in tr]); mu, sd = A.mean(0), A.std(0) + 1e-6; del A
        nz = lambda u: np.clip((u - mu) / sd, -c.clip, c.clip)
        N = {v: {i: nz(data[v][i]) for i in tr} for v in variants}
        net = Net(len(mu)); ema = {k: v.clone() for k, v in net.state_dict().items()}
        dec = [p for p in net.parameters() if p.ndim > 1]; nod = [p for p in net.parameters() if p.ndim <= 1]
        opt = torch.optim.AdamW([{"params": dec, "weight_decay": c.wd}, {"params": nod, "weight_decay": 0}], lr=c.lr)
        nb = min(c.sub, len(tr)) // c.batch; steps = c.epochs * nb; step = 0
        w = np.ones(4)
        if c.cw: k = np.bincount(lab.y[tr], minlength=4); w = len(tr) / 4 / k
        wt = torch.tensor(w, dtype=torch.float32)
        for ep in range(c.epochs):
            net.train(); order = rng.permutation(tr)[:c.sub]
            for b in range(nb):
                ids = order[b * c.batch:(b + 1) * c.batch]
                draw = lambda: [N["clean" if (len(variants) == 1 or rng.random() < c.pclean) else variants[1 + rng.integers(c.ncopies)]][i] for i in ids]
                us = draw(); yy = torch.tensor(lab.y[ids])
                if c.kl: us = us + draw(); yy = torch.cat([yy, yy])
                x, n = batch(us, rng)
                if c.mask:
                    for i in range(len(us)):
                        for _ in range(c.mask):
                            L = rng.integers(0, 30); o = rng.integers(0, max(1, int(n[i]) - L)); x[i, o:o + L] = 0
                            L = rng.integers(0, 9); o = rng.integers(0, x.shape[2] - L); x[i, :, o:o + L] = 0
                for g in opt.param_groups: g["lr"] = c.lr * min(1, (step + 1) / 50) * 0.5 * (1 + np.cos(np.pi * step / steps))
                if c.mix:
                    l = rng.beta(c.mix, c.mix); pm = torch.from_numpy(rng.permutation(len(us))); x = l * x + (1 - l) * x[pm]; n2 = torch.maximum(n, n[pm]) if l < .99 else n
                    o = net(x, n2); loss = l * F.cross_entropy(o, yy, wt, label_smoothing=c.smooth) + (1 - l) * F.cross_entropy(o, yy[pm], wt, label_smoothing=c.smooth)
                else:
                    o = net(x, n); loss = F.cross_entropy(o, yy, wt, label_smoothing=c.smooth)
                if c.kl:
                    h = len(ids); p, q = F.log_softmax(o[:h], 1), F.log_softmax(o[h:], 1)
                    loss = loss + c.kl * min(1, ep / 5) * 0.5 * (F.kl_div(p, q, log_target=True, reduction="batchmean") + F.kl_div(q, p, log_target=True, reduction="batchmean"))
                opt.zero_grad(); loss.backward(); torch.nn.utils.clip_grad_norm_(net.parameters(), 5.0); opt.step(); step += 1
                d = min(c.ema, (1 + step) / (10 + step))
                for k, v in net.state_dict().items():
                    if v.dtype.is_floating_point: ema[k].mul_(d).add_(v, alpha=1 - d)
                    else: ema[k].copy_(v)
        net.load_state_dict(ema); net.eval()
        with torch.no_grad():
            for k in conds:
                for ear in ([""] if k == "clean" else ["", "_ear0", "_ear1"]):
                    v = "clean" if k == "clean" else "scene_" + k + ear
                    try: data_v = CACHE[v]
                    except NameError: CACHE = {}; data_v = CACHE[v] = inputs(v)
                    except KeyError:
                        try: data_v = CACHE[v] = inputs(v)
                        except FileNotFoundError: continue
                    lp = F.log_softmax(net(*batch([nz(data_v[i]) for i in te])), 1).numpy()
                    if ear == "": acc[k][0].append(lab.y[te]); acc[k][1].append(lp)
                    else: acc[k][2].append(lp)
        lab._cache.clear()
    preds[corp] = {k: (np.concatenate(a), np.concatenate(b)) for k, (a, b, _) in acc.items() if a}
    n = {k: len(v[2]) for k, v in acc.items()}
    preds.setdefault("ears", {})[corp] = {k: (preds[corp][k][0], np.concatenate([np.logaddexp.reduce(np.stack(acc[k][2][i:i + 2]), 0) - np.log(2) if 0 else np.mean(np.stack(acc[k][2][i:i + 2]), 0) for i in range(0, n[k], 2)]) if n[k] else preds[corp][k][1]) for k in preds[corp]}
ears = preds.pop("ears")
lab.report(name, preds); lab.report(name + " (ears)", ears)
os.makedirs(W + "/out", exist_ok=True)
np.savez(W + "/out/%s.npz" % name, **{"%s|%s|%s" % (cc, k, m): p[cc][k][m == "lp"] for p, sfx in ((preds, ""),) for cc in p for k in p[cc] for m in ("y", "lp")},
         **{"%s|%s|ears" % (cc, k): ears[cc][k][1] for cc in ears for k in ears[cc]})
print(name, round(time.time() - t0), "s")
