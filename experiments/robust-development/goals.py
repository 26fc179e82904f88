"""goals.py CORPUS=RUN[,RUN] ...: the table of goals of docs/robust.md from finished runs, one for each seed of a corpus.
Macro F of each condition over all test speakers of a corpus, the mean over seeds; then the mean over corpora. Paired over
speakers: of each the mean over seeds and conditions of its own macro F (CCC), signs flipped exactly."""
import csv, glob, itertools, json, os, sys
import numpy as np

CLASSES = ["angry", "happy", "neutral", "sad"]


def macro_f(pairs):
    fs = []
    for k in CLASSES:
        truth = sum(t == k for t, _ in pairs)
        if truth:
            hit = sum(t == k and a == k for t, a in pairs)
            fs.append(2 * hit / (truth + sum(a == k for _, a in pairs)))
    return float(np.mean(fs))


def recall(pairs):
    return float(np.mean([np.mean([a == k for t, a in pairs if t == k]) for k in CLASSES if any(t == k for t, _ in pairs)]))


def ccc(pairs):
    t, a = np.array(pairs, float).T
    return float(2 * np.cov(t, a, bias=True)[0, 1] / (t.var() + a.var() + (t.mean() - a.mean()) ** 2))


def read(run):
    """{(task, recipe): {condition: [(id, speaker, truth, answer)]}}; of values truth and answer by scale"""
    out = {}
    for path in glob.glob(run + "/units/*/predictions.csv"):
        folder = os.path.dirname(path)
        if not os.path.exists(folder + "/done"):
            continue
        unit = json.load(open(folder + "/unit.json"))
        name = unit["recipe"].get("name") or unit["recipe"]["architecture"]["kind"]
        for row in csv.DictReader(open(path)):
            if unit["task"] == "categorical":
                both = row["truth"], row["answer"]
            else:
                both = tuple({s: float(row[p + s]) for s in ("arousal", "valence")} for p in ("true_", ""))
            out.setdefault((unit["task"], name), {}).setdefault(row["condition"], []).append((row["id"], row["speaker"], *both))
    return out


def group(condition):
    for begin, name in (("random", "random"), ("room", "measured"), ("clean", "clean")):
        if condition.startswith(begin):
            return name
    return "lab"


def flip(differences):
    d = np.array(differences)
    signs = np.array(list(itertools.product([1, -1], repeat=len(d))))
    return float(np.mean(np.abs(signs @ d) >= abs(d.sum()) - 1e-12))


def main():
    runs = {a.split("=")[0]: [read(r) for r in a.split("=")[1].split(",")] for a in sys.argv[1:]}
    recipes = sorted({n for rs in runs.values() for r in rs for t, n in r if t == "categorical"}, key=lambda n: n != "robust")
    by_speaker, table = {}, {}
    for recipe in recipes:
        line = {}
        for corpus, seeds in runs.items():
            of = {}
            for seed in seeds:
                for condition, rows in seed.get(("categorical", recipe), {}).items():
                    of.setdefault(condition, []).append(macro_f([r[2:] for r in rows]))
                    for speaker in {r[1] for r in rows}:
                        own = [r[2:] for r in rows if r[1] == speaker]
                        kind = "clean" if condition == "clean" else "robot"
                        by_speaker.setdefault((recipe, kind), {}).setdefault((corpus, speaker), []).append(macro_f(own))
            if of:
                line[corpus] = {c: float(np.mean(fs)) for c, fs in of.items()}
        table[recipe] = line
    print("| recipe | clean | robot | share | lab | measured | random: median | 10th percentile | / clean |", "|---|" + "---:|" * 8, sep="\n")
    mean = lambda xs: float(np.mean(list(xs)))
    for recipe, line in table.items():
        clean = mean(f["clean"] for f in line.values())
        robot = mean(mean(x for c, x in f.items() if c != "clean") for f in line.values())
        of = lambda g: mean(mean(x for c, x in f.items() if group(c) == g) for f in line.values())
        robots = [mean(f[c] for f in line.values()) for c in next(iter(line.values())) if group(c) == "random"]
        p10 = float(np.percentile(robots, 10))
        each = ", ".join("%s %.3f / %.3f" % (c, f["clean"], mean(x for k, x in f.items() if k != "clean")) for c, f in line.items())
        numbers = (clean, robot, robot / clean, of("lab"), of("measured"), np.median(robots), p10, p10 / clean)
        print(f"| {recipe} ({each}) | " + " | ".join(f"{x:.3f}" for x in numbers) + " |")
    for kind in ("robot", "clean"):
        for rival in recipes[1:]:
            a, b = by_speaker[("robust", kind)], by_speaker[(rival, kind)]
            speakers = sorted(set(a) & set(b))
            d = [np.mean(a[s]) - np.mean(b[s]) for s in speakers]
            print(f"* {kind}, robust minus {rival}, mean over {len(speakers)} speakers: {np.mean(d):+.3f}, p = {flip(d):.4f}")
    for corpus, seeds in runs.items():
        names = sorted({n for s in seeds for t, n in s if t == "dimensional"}, key=lambda n: n != "robust")
        for recipe in names:
            for scale in ("arousal", "valence"):
                of = {}
                for seed in seeds:
                    for condition, rows in seed.get(("dimensional", recipe), {}).items():
                        pairs = [(r[2][scale], r[3][scale]) for r in rows]
                        of.setdefault("clean" if condition == "clean" else "robot", []).append(ccc(pairs))
                print(f"* {corpus} {scale} {recipe}: CCC clean {np.mean(of['clean']):.3f}, robot {np.mean(of['robot']):.3f}")


if __name__ == "__main__":
    main()
