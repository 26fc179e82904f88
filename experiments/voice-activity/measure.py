"""Measures voice activity detection: measure.py FOLDER -- COMMAND…

FOLDER is what recordings.py built. COMMAND gets names of WAV files and prints CSV, `file,window,probability`, for windows of 512 samples:
`measure.py FOLDER -- voice_activity silero`. Prints tables in Markdown. `--speakers 03,08` takes only these; `--above`, `--below`, `--mean`
are the thresholds and over how many windows probabilities are averaged.
"""
import argparse
import csv
import pathlib
import subprocess

import numpy as np

WINDOW_S = 512 / 16000
HANG_OVER, SHORTEST, PRE_ROLL, POST_ROLL = 16, 8, 6, 3  # windows
CONDITIONS = ["clean", "clean-20dB", "clean-40dB", "clean-50dB", "esc50-0"] + [
    f"{robot}-{kind}" for robot in ("icub", "nao", "pepper") for kind in ("scene", "ego+6", "ego-0", "ego-6", "fan-0")
]
ALONE = ["ego-30", "ego-50", "ego-70", "esc50", "esc50-30dB", "one-bit", "white-30", "white-60"]


class Truth:
    """What recordings.py says of the recordings."""

    def __init__(self, folder):
        self.labels = np.load(folder / "labels.npz")
        self.utterances = {}
        with open(folder / "utterances.csv") as file:
            for row in csv.DictReader(file):
                self.utterances.setdefault(row["speaker"], []).append((float(row["start"]), float(row["end"])))
        self.speakers = list(self.utterances)

    def of(self, condition, speaker):
        dry = condition.startswith(("clean", "esc50"))
        return self.labels[f"{'dry' if dry else 'room'}-{speaker}"]


def averaged(probability, windows):
    """The mean of this window's and the ones before it."""
    if windows == 1:
        return probability
    sums = np.cumsum(np.concatenate([np.zeros(windows), probability]))
    counts = np.minimum(np.arange(1, len(probability) + 1), windows)
    return (sums[windows:] - sums[:-windows]) / counts


def hysteresis(probability, above, below):
    """Windows of speech: from one of at least `above`, while at least `below`."""
    on, out = False, np.zeros(len(probability), bool)
    for i, p in enumerate(probability):
        on = p >= (below if on else above)
        out[i] = on
    return out


def segments(probability, above, below):
    """Start and end, in seconds, of the segments of speech."""
    found, start, last, speech, free = [], None, 0, 0, 0

    def close():
        if speech >= SHORTEST:
            found.append((start * WINDOW_S, (last + 1 + POST_ROLL) * WINDOW_S))
        return last + 1 + POST_ROLL

    for i, p in enumerate(probability):
        if start is None:
            if p >= above:
                start, last, speech = max(free, i - PRE_ROLL), i, 1
        elif p >= below:
            last, speech = i, speech + 1
        elif i - last >= HANG_OVER:
            free, start = close(), None
    if start is not None:
        close()
    return found


def auc(speech, other):
    """How probably a window of speech has more than one of no speech."""
    both = np.concatenate([speech, other])
    order = np.argsort(both, kind="stable")
    ranked = both[order]
    first = np.concatenate([[0], np.flatnonzero(np.diff(ranked)) + 1])
    counts = np.diff(np.concatenate([first, [len(both)]]))
    ranks = np.empty(len(both))
    ranks[order] = np.repeat(first + (counts + 1) / 2, counts)
    n = len(speech)
    return (ranks[:n].sum() - n * (n + 1) / 2) / (n * len(other))


def frame_measures(truth, condition, heard, above=0.5, below=0.35):
    """AUC, hits at 5 % false alarms and its threshold, hits and false alarms of the product's thresholds."""
    p, on, label = [], [], []
    for speaker, probability in heard.items():
        own = truth.of(condition, speaker)[: len(probability)]
        p.append(probability)
        on.append(hysteresis(probability, above, below))
        label.append(own)
    p, on, label = map(np.concatenate, (p, on, label))
    speech, other = p[label == 1], p[label == 0]
    threshold = np.quantile(other, 0.95, method="higher")
    return {
        "auc": auc(speech, other),
        "hits5": np.mean(speech > threshold),
        "threshold5": threshold,
        "hits": np.mean(on[label == 1]),
        "false": np.mean(on[label == 0]),
    }


def segment_measures(truth, heard, above=0.5, below=0.35):
    """Shares of utterances found as one segment and missed, and false segments in a minute."""
    found = missed = total = false = 0
    minutes = 0
    for speaker, probability in heard.items():
        stretches = segments(probability, above, below)
        minutes += len(probability) * WINDOW_S / 60
        common = lambda a, b: max(0, min(a[1], b[1]) - max(a[0], b[0]))
        utterances = truth.utterances[speaker]
        meets = lambda s, u: common(s, u) > 0.05 * (u[1] - u[0])
        for u in utterances:
            total += 1
            own = [s for s in stretches if meets(s, u)]
            missed += not own
            alone = len(own) == 1 and sum(meets(own[0], v) for v in utterances) == 1
            found += bool(alone and common(own[0], u) > 0.8 * (u[1] - u[0]))
        false += sum(not any(common(s, u) > 0 for u in utterances) for s in stretches)
    return {"found": found / total, "missed": missed / total, "false_segments": false / minutes}


def alone_measures(heard, above=0.5, below=0.35):
    """Shares of windows taken for speech where there is none: of all, and of each first second; false segments in a minute."""
    on = [hysteresis(p, above, below) for p in heard.values()]
    minutes = sum(len(p) for p in on) * WINDOW_S / 60
    return {
        "false": np.mean(np.concatenate(on)),
        "first": np.mean(np.concatenate([o[:31] for o in on])),
        "false_segments": sum(len(segments(p, above, below)) for p in heard.values()) / minutes,
    }


def heard_by(command, files):
    """Probabilities of each file."""
    out = {}
    files = [str(f) for f in files]
    for at in range(0, len(files), 100):
        some = files[at : at + 100]
        done = subprocess.run(command + some, check=True, capture_output=True, text=True).stdout
        for line in done.splitlines()[1:]:
            file, _, p = line.rsplit(",", 2)
            out.setdefault(file, []).append(float(p))
    return {pathlib.Path(f).stem: np.array(p) for f, p in out.items()}


def table(head, rows):
    print("| " + " | ".join(head) + " |")
    print("|---|" + "---:|" * (len(head) - 1))
    for row in rows:
        print("| " + " | ".join(str(c) for c in row) + " |")
    print()


def tables(truth, with_speech, alone, above=0.5, below=0.35):
    """Prints what there is to say of probabilities by condition and recording."""
    percent = lambda x: f"{100 * x:.1f}"
    rows, all_of = [], []
    for condition, heard in with_speech.items():
        f = frame_measures(truth, condition, heard, above, below)
        s = segment_measures(truth, heard, above, below)
        all_of.append([f["auc"], f["hits5"], f["threshold5"], f["hits"], f["false"], s["found"], s["missed"], s["false_segments"]])
        rows.append([condition])
    rows.append(["mean"])
    all_of.append(np.mean(all_of, axis=0))
    for row, (a, h5, t5, h, fa, found, missed, false) in zip(rows, all_of):
        row += [f"{a:.3f}", percent(h5), f"{t5:.2f}", percent(h), percent(fa), percent(found), percent(missed), f"{false:.1f}"]
    table(
        ["condition", "AUC", "hits at 5 % false alarms, %", "its threshold", "hits, %", "false alarms, %", "found whole, %", "missed, %", "false segments a minute"],
        rows,
    )
    rows = []
    for kind, heard in alone.items():
        m = alone_measures(heard, above, below)
        rows.append([kind, percent(m["false"]), percent(m["first"]), f"{m['false_segments']:.1f}"])
    table(["noise alone", "false alarms, %", "in the first second, %", "false segments a minute"], rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--speakers")
    parser.add_argument("--above", type=float, default=0.5)
    parser.add_argument("--below", type=float, default=0.35)
    parser.add_argument("--mean", type=int, default=1)
    parser.add_argument("command", nargs="+")
    arguments = parser.parse_args()
    truth = Truth(arguments.folder)
    speakers = arguments.speakers.split(",") if arguments.speakers else truth.speakers
    hear = lambda files: {n: averaged(p, arguments.mean) for n, p in heard_by(arguments.command, files).items()}
    with_speech = {c: hear([arguments.folder / c / f"{s}.wav" for s in speakers]) for c in CONDITIONS}
    alone = {k: hear(sorted((arguments.folder / "alone" / k).glob("*.wav"))) for k in ALONE}
    tables(truth, with_speech, alone, arguments.above, arguments.below)


if __name__ == "__main__":
    main()
