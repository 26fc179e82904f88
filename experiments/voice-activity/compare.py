"""Compares segments that were found with true ones: compare.py TRUE.csv SEGMENTS.csv [--cut PREDICTIONS.csv]

TRUE.csv is what five_minutes.py writes (file,start,end,emotion); SEGMENTS.csv what `earnest predict --segments` prints of the recording
(file,start,end,speech,emotion,reason and more); PREDICTIONS.csv what `earnest predict` prints of the utterances cut by hand.

found: a segment and the utterance have at least half of their union in common, and each is the other's only one. Of the others: merged where
the segment that has most of it also has most of another utterance; split where two segments or more have a tenth of it each; missed where segments
have less than half of it; else cut short or drawn out. A segment that has no utterance's tenth is false.
"""
import argparse
import collections
import csv
import os

YES = {"true", "yes", "1", "speech"}


def seconds(row):
    return float(row["start"]), float(row["end"])


def common(a, b):
    return max(0.0, min(a[1], b[1]) - max(a[0], b[0]))


def column(row, *names):
    for name in names:
        if name in row:
            return row[name]
    raise SystemExit(f"there is no column {' or '.join(names)}: there are {', '.join(row)}")


def judge(utterances, segments):
    """For each utterance what became of it, and the number of the segment that has most of it (or none)."""
    length = lambda a: a[1] - a[0]
    has = lambda s, u, share: common(s, u) >= share * length(u)
    judged = []
    for u in utterances:
        touching = [i for i, s in enumerate(segments) if has(s, u, 0.1)]
        best = max(touching, key=lambda i: common(segments[i], u), default=None)
        covered = sum(common(s, u) for s in segments) / length(u)
        if best is not None and common(segments[best], u) >= 0.5 * (length(segments[best]) + length(u) - common(segments[best], u)):
            what = "found"
        elif covered < 0.5:
            what = "missed"
        elif sum(has(segments[best], v, 0.5) for v in utterances) > 1:
            what = "merged"
        elif len(touching) > 1:
            what = "split"
        else:
            what = "cut short or drawn out"
        # Even where one segment has half of the union, another may have a tenth of the utterance.
        judged.append((what, best, len(touching)))
    false = sum(not any(has(s, u, 0.1) for u in utterances) and not any(common(s, u) >= 0.5 * length(s) for u in utterances) for s in segments)
    return judged, false


def share(right, of):
    return f"{right} of {of} ({right / of:.3f})" if of else "none"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("true")
    parser.add_argument("segments")
    parser.add_argument("--cut", help="what `earnest predict` prints of the utterances cut by hand")
    arguments = parser.parse_args()
    true = list(csv.DictReader(open(arguments.true)))
    segments = [r for r in csv.DictReader(open(arguments.segments)) if column(r, "speech").strip().lower() in YES]
    judged, false = judge([seconds(r) for r in true], [seconds(r) for r in segments])
    hours = max([seconds(r)[1] for r in true] + [seconds(r)[1] for r in segments]) / 3600
    counts = collections.Counter(what for what, _, _ in judged)

    print("| utterances | |\n|---|---:|\n| all | %d |" % len(true))
    for what in ("found", "missed", "split", "merged", "cut short or drawn out"):
        print(f"| {what} | {counts[what]} |")
    print(f"| found, but with a piece in a second segment | {sum(w == 'found' and n > 1 for w, _, n in judged)} |")
    print(f"\nSegments of speech: {len(segments)}, of which {sum(not r['emotion'] for r in segments)} have no answer; false: {false} ({false / hours / 60:.2f} a minute).")
    off = [(seconds(segments[i]), seconds(r)) for r, (what, i, _) in zip(true, judged) if what == "found"]
    if off:
        middle = lambda values: sorted(values)[len(values) // 2]
        print(f"Median of found ones: begins {1000 * middle([s[0] - u[0] for s, u in off]):+.0f} ms, ends {1000 * middle([s[1] - u[1] for s, u in off]):+.0f} ms beside the true ones.")

    answers = [segments[i]["emotion"] if i is not None and what == "found" else "" for what, i, _ in judged]
    right = lambda answers, rows: sum(a == r["emotion"] for a, r in zip(answers, rows))
    print(f"\nRight answers: {share(right(answers, true), len(true))} of all utterances", end="")
    of_found = [(a, r) for a, r in zip(answers, true) if a]
    print(f", {share(sum(a == r['emotion'] for a, r in of_found), len(of_found))} of those found and answered.")
    if not arguments.cut:
        return
    by_name = {os.path.basename(column(r, "file", "path")): column(r, "emotion", "answer", "label") for r in csv.DictReader(open(arguments.cut))}
    by_hand = [by_name.get(os.path.basename(r["file"]), "") for r in true]
    absent = sum(not a for a in by_hand)
    print(f"Cut by hand: {share(right(by_hand, true), len(true))}" + (f"; {absent} have no answer" if absent else "") + ".")
    both = [(a, b, r["emotion"]) for a, b, r in zip(answers, by_hand, true) if a and b]
    print(f"Of those with both answers: the same {share(sum(a == b for a, b, _ in both), len(both))}; right by segments {sum(a == t for a, _, t in both)}, cut by hand {sum(b == t for _, b, t in both)}.")


main()
