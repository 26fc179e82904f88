"""rows of statistics from sequences: makes key 'stX' into cached feature files; usage stat.py"""
import numpy as np, sys, glob, os
W = os.environ["WORK"]
def seq(z,key):
    n=z[key+"_n"]; a=z[key].astype(np.float32); o=np.concatenate([[0],np.cumsum(np.maximum(n,0))]); return n,[a[o[i]:o[i+1]] for i in range(len(n))]
def st(u, seg):
    m=u.mean(0); s=u.std(0); q=np.percentile(u,[10,50,90],axis=0); d=np.abs(np.diff(u,axis=0)).mean(0) if len(u)>1 else 0*m
    if seg: return np.concatenate([s,q[0]-m,q[1]-m,q[2]-m,d])
    return np.concatenate([m,s,q[0],q[1],q[2],d])
for f in sorted(glob.glob(W + "/feat/*.npz")):
    b=os.path.basename(f)
    if "ear" in b or "paper" in b: continue
    z=dict(np.load(f))
    if "stboth" in z: continue
    for name,keys in {"stlldL":[("lldL",0)],"stmel":[("mel",0)],"stmelseg":[("mel",1)],"stboth":[("lldL",0),("mel",1)]}.items():
        rows=[]
        n=None
        for key,seg in keys:
            n,us=seq(z,key); rows.append([st(u,seg) if len(u) else None for u in us])
        ok=[i for i in range(len(n)) if n[i]>=0]
        z[name]=np.stack([np.concatenate([r[i] for r in rows]) for i in ok]).astype(np.float32); z[name+"_n"]=np.where(n>=0,1,-1)
    np.savez(f,**z); print(b,flush=True)
