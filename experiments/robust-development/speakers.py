"""all.csv: every utterance of the three corpora with the paper's four classes; dev.csv: the test utterances of the three dev folds a corpus."""
import csv, glob, os
W = os.environ["WORK"]
D = os.environ["EARNEST_DATA"]
E = {"W": "angry", "F": "happy", "T": "sad", "N": "neutral"}
FEMALE = {"08", "09", "13", "14", "16"}
rows = []
for p in sorted(glob.glob(D + "/emodb/wav/*.wav")):
    b = os.path.basename(p)
    if b[5] in E:
        rows.append(["emodb", p, b[:2], "f" if b[:2] in FEMALE else "m", E[b[5]], "", ""])
for r in csv.DictReader(open(D + "/nemo/manifest.csv")):
    if r["emotion"] in E.values():
        rows.append(["nemo", D + "/nemo/" + r["path"], r["speaker"], r["sex"].lower(), r["emotion"], "", ""])
for r in csv.DictReader(open(D + "/emotale/manifest.csv")):
    rows.append(["emotale", D + "/emotale/" + r["path"], r["speaker"], r["sex"].lower(), r["emotion"], r["arousal"], r["valence"]])
w = csv.writer(open(W + "/all.csv", "w")); w.writerow("corpus path speaker sex emotion arousal valence".split()); w.writerows(rows)
folds = {"emodb": ["03", "09", "13"], "nemo": ["EB0", "KD0", "SM0"], "emotale": ["001", "005", "013"]}
for c in folds:
    s = sorted({r[2] for r in rows if r[0] == c}); print(c, s, "dev", s[::2], "folds", folds[c], len([r for r in rows if r[0] == c]))
dev = [r for r in rows if r[2] in folds[r[0]]]
print(len(rows), len(dev))
w = csv.writer(open(W + "/dev.csv", "w")); w.writerow("path speaker emotion".split())
for r in dev: w.writerow([r[1], r[0] + "-" + r[2], r[4]])
