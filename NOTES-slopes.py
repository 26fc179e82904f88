import numpy as np
def zigzag(y,thr):
    """extremes with hysteresis: alternating list of (i,'P'/'v')"""
    out=[]; 
    hi=lo=0; state=0
    for i in range(1,len(y)):
        if state>=0:
            pass
        if state==0:
            if y[i]>y[hi]: hi=i
            if y[i]<y[lo]: lo=i
            if y[i]-y[lo]>=thr: 
                if lo>0: out.append((lo,'v'))
                state=1; hi=i
            elif y[hi]-y[i]>=thr:
                if hi>0: out.append((hi,'P'))
                state=-1; lo=i
        elif state==1:
            if y[i]>y[hi]: hi=i
            elif y[hi]-y[i]>=thr: out.append((hi,'P')); state=-1; lo=i
        else:
            if y[i]<y[lo]: lo=i
            elif y[i]-y[lo]>=thr: out.append((lo,'v')); state=1; hi=i
    return out
def slopes(y,ext,T=.01):
    """rise mean, std, fall mean, std"""
    n=len(y); up=[];down=[]
    y=np.asarray(y,float)
    if not ext:
        s=(y[-1]-y[0])/n
        if y[-1]>y[0]: return s,0,0,0
        if y[-1]<y[0]: return 0,0,s,0
        return 0,0,0,0
    pi=0
    for i,k in ext:
        s=(y[i]-y[pi])/((i-pi)*T)
        (up.append(s) if k=='P' else down.append(-s)); pi=i
    k=ext[-1][1]; lastu=lastd=0
    if n-1>pi:
        s=(y[-1]-y[pi])/((n-1-pi)*T)
        if k=='v': up.append(s); lastu=1
        else: down.append(s); lastd=1
    def ms(a,l):
        if not a: return 0.,0.
        m=np.mean(a); d=(np.array(a)-m)**2
        if l: d=d[:-1]
        return m,np.sqrt(d.sum()/len(a))
    return (*ms(up,lastu),*ms(down,lastd))
def local(y):
    out=[]
    for i in range(1,len(y)-1):
        if y[i]>y[i-1] and y[i]>y[i+1]: out.append((i,'P'))
        elif y[i]<y[i-1] and y[i]<y[i+1]: out.append((i,'v'))
    return out
def relevant(y,thr,loc=local):
    acc=[]; last=y[0]; 
    for i,k in loc(y):
        if acc and acc[-1][1]==k:
            if (y[i]>y[acc[-1][0]])==(k=='P') and y[i]!=y[acc[-1][0]]: acc[-1]=(i,k)
        else:
            base=y[acc[-1][0]] if acc else y[0]
            d=y[i]-base if k=='P' else base-y[i]
            if d>=thr: acc.append((i,k))
    return acc
def local2(y):
    out=[]
    for i in range(1,len(y)-2):
        if y[i]>y[i-1] and y[i]>y[i+1]: out.append((i,'P'))
        elif y[i]<y[i-1] and y[i]<y[i+1]: out.append((i,'v'))
    return out
def relevant2(y,thr,loc=local2,ratio=1.05):
    acc=[]; prev=y[0]
    for i,k in loc(y):
        if acc and acc[-1][1]==k:
            a=y[acc[-1][0]]
            if k=='P':
                if y[i]>a and (y[i]>ratio*a or y[i]-prev>=thr): acc[-1]=(i,k)
            elif y[i]<a: acc[-1]=(i,k)
        else:
            base=y[acc[-1][0]] if acc else y[0]
            d=y[i]-base if k=='P' else base-y[i]
            if d>=thr: acc.append((i,k))
        prev=y[i]
    return acc
def relevant4(y,thr,loc=local2,ratio=1.05,vmode=0):
    acc=[]; prev=y[0]; lastmax=y[0]; lastmin=y[0]
    for i,k in loc(y):
        if k=='P':
            if y[i]-prev>=thr:
                if acc and acc[-1][1]=='P': acc[-1]=(i,k)
                else: acc.append((i,k))
                lastmax=y[i]
            elif acc and acc[-1][1]=='P' and y[i]-lastmin>=thr and y[i]>ratio*lastmax:
                acc[-1]=(i,k); lastmax=y[i]
            elif vmode==1 and acc and acc[-1][1]=='v' and y[i]-lastmin>=thr and y[i]>ratio*lastmax and len(acc)>1:
                acc.pop(); acc[-1]=(i,k); lastmax=y[i]
        else:
            if prev-y[i]>=thr:
                if acc and acc[-1][1]=='v':
                    if y[i]<y[acc[-1][0]]: acc[-1]=(i,k)
                else: acc.append((i,k))
                lastmin=y[i]
            elif acc and acc[-1][1]=='v' and y[i]<y[acc[-1][0]]: acc[-1]=(i,k)
        prev=y[i]
    return acc
def relevant5(y,thr,loc=local2,ratio=1.05,a=0,b=0,c=0):
    acc=[]; prev=y[0]; lastmax=y[0]; lastmin=y[0]
    for i,k in loc(y):
        if k=='P':
            if acc and acc[-1][1]=='P':
                if y[i]>lastmax and (y[i]-prev>=thr or (y[i]-lastmin>=thr and y[i]>ratio*lastmax)):
                    acc[-1]=(i,k); lastmax=y[i]
            elif y[i]-prev>=thr or y[i]-lastmin>=thr:
                acc.append((i,k)); lastmax=y[i]
        else:
            if acc and acc[-1][1]=='v':
                if y[i]<y[acc[-1][0]]:
                    acc[-1]=(i,k)
                    if a==1 and prev-y[i]>=thr: lastmin=y[i]
            elif prev-y[i]>=thr or lastmax-y[i]>=thr:
                acc.append((i,k)); lastmin=y[i]
        prev=y[i]
    return acc
def relevant6(y,thr,loc=local2,ratio=1.05,o=()):
    acc=[]; prev=y[0]; lastmax=y[0]; lastmin=y[0]
    for i,k in loc(y):
        if k=='P':
            if y[i]-prev>=thr:
                if acc and acc[-1][1]=='P':
                    if y[i]>lastmax: acc[-1]=(i,k); lastmax=y[i]
                else: acc.append((i,k)); lastmax=y[i]
            elif y[i]-lastmin>=thr and y[i]>ratio*lastmax:
                if acc and acc[-1][1]=='v' and len(acc)>1: acc.pop()
                if acc and acc[-1][1]=='P': acc[-1]=(i,k); lastmax=y[i]
                elif 'new' in o: acc.append((i,k)); lastmax=y[i]
        else:
            if (prev-y[i]>=thr or 'lm' in o) and lastmax-y[i]>=thr:
                if acc and acc[-1][1]=='v':
                    if y[i]<y[acc[-1][0]]: acc[-1]=(i,k)
                    if prev-y[i]>=thr: lastmin=y[i]
                else: acc.append((i,k)); lastmin=y[i]
            elif acc and acc[-1][1]=='v' and y[i]<y[acc[-1][0]]: acc[-1]=(i,k)
        prev=y[i]
    return acc
def relevant7(y,thr,loc=local2,ratio=1.05,o=()):
    acc=[]; prev=y[0]; lastmax=y[0]; lastmin=y[0]
    for i,k in loc(y):
        if k=='P':
            if acc and acc[-1][1]=='P':
                if y[i]>lastmax and (y[i]-prev>=thr or (y[i]-lastmin>=thr and y[i]>ratio*lastmax)):
                    acc[-1]=(i,k); lastmax=y[i]
            elif y[i]-prev>=thr:
                acc.append((i,k)); lastmax=y[i]
            elif y[i]-lastmin>=thr:
                if len(acc)>1 and y[i]>ratio*lastmax:
                    acc.pop(); acc[-1]=(i,k)
                else: acc.append((i,k))
                lastmax=y[i]
        else:
            if acc and acc[-1][1]=='v':
                if y[i]<y[acc[-1][0]]:
                    acc[-1]=(i,k)
                    if prev-y[i]>=thr: lastmin=y[i]
            elif lastmax-y[i]>=thr:
                acc.append((i,k)); lastmin=y[i]
        prev=y[i]
    return acc
def relevant8(y,thr,loc=local2,ratio=1.05,o=()):
    acc=[]; prev=y[0]; lastmax=y[0]; lastmin=y[0]
    for i,k in loc(y):
        if k=='P':
            if acc and acc[-1][1]=='P':
                if y[i]>lastmax and (y[i]-prev>=thr or (y[i]-lastmin>=thr and y[i]>ratio*lastmax)):
                    acc[-1]=(i,k); lastmax=y[i]
            elif y[i]-prev>=thr:
                acc.append((i,k)); lastmax=y[i]
            elif y[i]-lastmin>=thr:
                if len(acc)>1 and y[i]>ratio*lastmax:
                    acc.pop(); acc[-1]=(i,k)
                    lastmax=y[i]
                elif 'new' in o or len(acc)<=1: acc.append((i,k)); lastmax=y[i]
        else:
            if acc and acc[-1][1]=='v':
                if y[i]<y[acc[-1][0]]:
                    acc[-1]=(i,k)
                    if prev-y[i]>=thr: lastmin=y[i]
            elif lastmax-y[i]>=thr:
                acc.append((i,k)); lastmin=y[i]
        prev=y[i]
    return acc
def relevant9(y,thr,loc=local2,ratio=1.05,o=()):
    acc=[]; lastmax=y[0]; lastmin=y[0]; strong=True; lp=lv=0
    for i,k in loc(y):
        if k=='P':
            prev=min(y[lp:i+1]) ; A=y[i]-prev>=thr; B=y[i]-lastmin>=thr
            if acc and acc[-1][1]=='P':
                if A and (y[i]>lastmax or 'low' in o):
                    if y[i]>y[acc[-1][0]] or 'lowpos' in o: acc[-1]=(i,k)
                    lastmax=y[i]
                elif B and y[i]>ratio*lastmax: acc[-1]=(i,k); lastmax=y[i]
            elif A: acc.append((i,k)); lastmax=y[i]
            elif B:
                if len(acc)>1 and y[i]>ratio*lastmax:
                    acc.pop(); acc[-1]=(i,k); lastmax=y[i]
                elif strong: acc.append((i,k)); lastmax=y[i]
            lp=i
        else:
            prev=max(y[lv:i+1]); A=prev-y[i]>=thr
            if acc and acc[-1][1]=='v':
                if y[i]<y[acc[-1][0]]:
                    acc[-1]=(i,k)
                    if A: lastmin=y[i]; strong=True
            elif lastmax-y[i]>=thr:
                acc.append((i,k)); 
                if A or 'stale' not in o: lastmin=y[i]
                strong=A
            lv=i
    return acc
def relevant10(y,thr,loc=local2,ratio=1.05,o=()):
    acc=[]; lastmax=y[0]; lastmin=y[0]; strong=False; lp=lv=0
    for i,k in loc(y):
        if k=='P':
            prev=min(y[lp:i+1]) ; A=y[i]-prev>=thr; B=y[i]-lastmin>=thr
            if not acc:
                if (A or strong) and B: acc.append((i,k)); lastmax=y[i]; strong=False
            elif acc[-1][1]=='P':
                if A and y[i]>lastmax:
                    if y[i]>y[acc[-1][0]]: acc[-1]=(i,k)
                    lastmax=y[i]; strong=False
                elif A and lastmax-y[i]>=thr: lastmax=y[i]; strong=False
                elif B and (y[i]>ratio*lastmax or (strong and y[i]>lastmax)):
                    if y[i]>y[acc[-1][0]]: acc[-1]=(i,k)
                    lastmax=y[i]; strong=False
            elif A: acc.append((i,k)); lastmax=y[i]; strong=False
            elif B:
                if len(acc)>1 and y[i]>ratio*lastmax:
                    acc.pop(); acc[-1]=(i,k); lastmax=y[i]; strong=False
                elif strong: acc.append((i,k)); lastmax=y[i]; strong=False
            lp=i
        else:
            prev=max(y[lv:i+1]); A=prev-y[i]>=thr; B=lastmax-y[i]>=thr
            if acc and acc[-1][1]=='v':
                if y[i]<y[acc[-1][0]]:
                    acc[-1]=(i,k)
                    if A: lastmin=y[i]; strong=True
                elif A and y[i]-lastmin>=thr and 'vlow' in o: lastmin=y[i]; strong=True
            elif B and not (not acc and not A and 'fv' in o):
                acc.append((i,k)); 
                lastmin=y[i]
                strong=A
            elif A: lastmin=y[i]; strong=True
            lv=i
    return acc
def local3(y):
    out=[]
    for i in range(2,len(y)-2):
        if y[i]>y[i-1] and y[i]>y[i+1]: out.append((i,'P'))
        elif y[i]<y[i-1] and y[i]<y[i+1]: out.append((i,'v'))
    return out
def relevant11(y,thr,loc=local3,ratio=1.05,o=()):
    acc=[]; lastmax=y[0]; lastmin=y[0]; strong=False; rp=rv=y[0]
    for i,k in loc(y):
        if k=='P':
            A=y[i]-rv>=thr; B=y[i]-lastmin>=thr
            if acc and acc[-1][1]=='P':
                if A and y[i]>lastmax:
                    if y[i]>y[acc[-1][0]]: acc[-1]=(i,k)
                    lastmax=y[i]; strong=False
                elif lastmax-y[i]>=thr: lastmax=y[i]; strong=False
                elif B and (y[i]>ratio*lastmax or (strong and y[i]>lastmax)):
                    if y[i]>y[acc[-1][0]]: acc[-1]=(i,k)
                    lastmax=y[i]; strong=False
            elif A: acc.append((i,k)); lastmax=y[i]; strong=False
            elif B:
                if len(acc)>1 and y[i]>ratio*lastmax:
                    acc.pop(); acc[-1]=(i,k); lastmax=y[i]; strong=False
                elif strong: acc.append((i,k)); lastmax=y[i]; strong=False
            rp=y[i]
        else:
            A=rp-y[i]>=thr; B=lastmax-y[i]>=thr
            if acc and acc[-1][1]=='v':
                if y[i]<y[acc[-1][0]]:
                    acc[-1]=(i,k)
                    if A: lastmin=y[i]; strong=True
                elif y[i]-lastmin>=thr: lastmin=y[i]; strong=True
            elif B and not (not acc and not A and 'fv' in o):
                acc.append((i,k)); 
                lastmin=y[i]
                strong=A
            elif A: lastmin=y[i]; strong=True
            rv=y[i]
    return acc
def relevant12(y,thr,loc=local3,ratio=1.05,o=()):
    acc=[]; lastmax=y[0]; lastmin=y[0]; strong=False; prev=y[0]
    for i,k in loc(y):
        A=abs(y[i]-prev)>=thr
        if k=='P':
            B=y[i]-lastmin>=thr
            if 'babs' in o: B=abs(y[i]-lastmin)>=thr
            if acc and acc[-1][1]=='P':
                if A:
                    if y[i]>y[acc[-1][0]]: acc[-1]=(i,k)
                    lastmax=y[i]; strong=False
                elif B and (y[i]>ratio*lastmax or (strong and y[i]>lastmax)):
                    if y[i]>y[acc[-1][0]]: acc[-1]=(i,k)
                    lastmax=y[i]; strong=False
            elif A: acc.append((i,k)); lastmax=y[i]; strong=False
            elif B:
                if len(acc)>1 and y[i]>ratio*lastmax:
                    acc.pop(); acc[-1]=(i,k); lastmax=y[i]; strong=False
                elif strong: acc.append((i,k)); lastmax=y[i]; strong=False
        else:
            B=lastmax-y[i]>=thr
            if 'babs' in o: B=abs(y[i]-lastmax)>=thr
            if acc and acc[-1][1]=='v':
                if y[i]<y[acc[-1][0]]: acc[-1]=(i,k)
                if A: lastmin=y[i]; strong=True
            elif B:
                acc.append((i,k)); lastmin=y[i]; strong=A
            elif A: 
                lastmin=y[i]; strong=True
        prev=y[i]
    return acc
def relevant13(y,thr,loc=local3,ratio=1.05,o=()):
    acc=[]; lastmax=y[0]; lastmin=y[0]; strong=False; prev=y[0]
    for i,k in loc(y):
        A=abs(y[i]-prev)>=thr
        if k=='P':
            B=y[i]-lastmin>=thr
            if 'babs' in o: B=abs(y[i]-lastmin)>=thr
            if acc and acc[-1][1]=='P':
                if A:
                    if y[i]>y[acc[-1][0]]: acc[-1]=(i,k)
                    lastmax=y[i]; strong=False
                elif B and (y[i]>ratio*lastmax or (strong and y[i]>lastmax)):
                    if y[i]>y[acc[-1][0]]: acc[-1]=(i,k)
                    lastmax=y[i]; strong=False
            elif A: acc.append((i,k)); lastmax=y[i]; strong=False
            elif B:
                if y[i]>ratio*lastmax:
                    if len(acc)>1: acc.pop(); acc[-1]=(i,k)
                    else: acc.append((i,k))
                    lastmax=y[i]; strong=False
                elif strong: acc.append((i,k)); lastmax=y[i]; strong=False
        else:
            B=lastmax-y[i]>=thr
            if 'babs' in o: B=abs(y[i]-lastmax)>=thr
            if acc and acc[-1][1]=='v':
                if y[i]<y[acc[-1][0]]: acc[-1]=(i,k)
                if A: lastmin=y[i]; strong=True
            elif B:
                acc.append((i,k)); lastmin=y[i]; strong=A
            elif A: 
                lastmin=y[i]; strong=True
        prev=y[i]
    return acc
