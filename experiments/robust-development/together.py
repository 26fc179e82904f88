import sys, numpy as np; import measures as lab
import os
W = os.environ["WORK"]
# ens.py a[:w[:T]] b ...
parts=[p.split(":") for p in sys.argv[1:]]
Z=[(np.load(W + "/out/%s.npz"%p[0]), float(p[1]) if len(p)>1 else 1.0, p[2] if len(p)>2 else "lp") for p in parts]
preds={}
for c in ("emodb","nemo","emotale"):
    preds[c]={}
    for k in ["clean"]+lab.SC:
        y=Z[0][0]["%s|%s|y"%(c,k)]; s=0
        for z,w,m in Z:
            assert (z["%s|%s|y"%(c,k)]==y).all()
            lp=z["%s|%s|%s"%(c,k,m)]; s=s+w*lp
        preds[c][k]=(y, s-np.logaddexp.reduce(s,1,keepdims=True))
lab.report("ens "+" ".join(sys.argv[1:]), preds)
