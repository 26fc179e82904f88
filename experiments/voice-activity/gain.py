"""What stands in front of the network: gain controls and high-passes, tried with ONNX Runtime on many recordings at once.

gain.py FOLDER NETWORK.onnx FIRST|SECOND|ALL < TRIALS > RESULTS: a trial is a line of JSON, a result the same line with what was measured. Half of
the speakers is `FIRST`, to choose by, the other `SECOND`. Keys of a trial, all of them optional:

target, decay, highest, lowest, initial: the gain of a window is clamp(target - L, lowest, highest) dB, where L is the larger of the window's
  level and the L before it less `decay`; it begins as `initial`. gate: L changes only after windows of at least this probability.
floor: also keeps the softest window of the last 4 s (8 blocks of 16 windows) below this level, dB, after the gain.
cell: bounds of the LSTM's cells after each window. leak: its cells are multiplied by this after each window. rest: it forgets after so many windows
  in a row below .1. long: a condition's recordings are heard as one long one.
fixed: a gain, dB, instead. cut, order: a high-pass (Hz, 1 or 2) before all of it. alone: noises without speech are measured too.
table: the tables of measure.py instead of a line. above, below, mean: as there.
"""
import json
import pathlib
import sys

import numpy as np
import onnxruntime
import soundfile

from measure import ALONE, CONDITIONS, Truth, alone_measures, averaged, frame_measures, segment_measures, tables


def high_passed(samples, cut, order):
    """A Butterworth high-pass by bilinear transform, applied by its frequency response (which is causal: the end is padded)."""
    size = 1 << int(np.ceil(np.log2(len(samples) + 8192)))
    k = np.tan(np.pi * cut / 16000)
    z = np.exp(-2j * np.pi * np.arange(size // 2 + 1) / size)
    if order == 1:
        response = (1 - z) / ((1 + k) + (k - 1) * z)
    else:
        response = (1 - z) ** 2 / ((1 + 2**0.5 * k + k * k) + 2 * (k * k - 1) * z + (1 - 2**0.5 * k + k * k) * z * z)
    return np.fft.irfft(np.fft.rfft(samples, size) * response, size)[: len(samples)]


class Gain:
    """The gains of so many recordings, window by window, in dB."""

    def __init__(self, trial, recordings):
        self.trial, self.window = trial, 0
        self.tracked = np.full(recordings, float(trial.get("initial", -30)))
        self.softest = np.full((8, recordings), np.inf)

    def of(self, own):
        """The gain of windows of these levels."""
        trial = self.trial
        if "target" not in trial:
            return np.full(len(own), float(trial.get("fixed", 0)))
        if "gate" not in trial:
            self.tracked = np.maximum(own, self.tracked - trial["decay"])
        gain = trial["target"] - self.tracked
        if "floor" in trial:
            block = self.window // 16 % 8
            self.softest[block] = np.minimum(own, self.softest[block]) if self.window % 16 else own
            gain = np.minimum(gain, np.maximum(trial["floor"] - self.softest.min(axis=0), 0))
        self.window += 1
        return np.clip(gain, trial.get("lowest", 0), trial.get("highest", 40))

    def learn(self, own, probability):
        """What the network said of them."""
        if "gate" in self.trial:
            speech = probability >= self.trial["gate"]
            self.tracked = np.where(speech, np.maximum(own, self.tracked - self.trial["decay"]), self.tracked)


class Network:
    def __init__(self, path):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(path, options)

    @staticmethod
    def mended(state, probability, quiet, trial):
        """The state (output, cell) that the next window begins with; `quiet` counts windows without speech."""
        state = state.copy()
        if "cell" in trial:
            state[1] = np.clip(state[1], -trial["cell"], trial["cell"])
        if "leak" in trial:
            state[1] *= trial["leak"]
        if "rest" in trial:
            quiet[:] = np.where(probability < 0.1, quiet + 1, 0)
            state[:, quiet >= trial["rest"]] = 0
            quiet[quiet >= trial["rest"]] = 0
        return state

    def hear(self, recordings, trial):
        """Probabilities of recordings of any lengths."""
        if "cut" in trial:
            recordings = [high_passed(r, trial["cut"], trial.get("order", 1)) for r in recordings]
        lengths = [len(r) // 512 for r in recordings]
        out = [np.empty(n) for n in lengths]
        of_a_length = np.argsort(lengths, kind="stable")
        for at in range(0, len(recordings), 100):
            some = of_a_length[at : at + 100]
            most = max(lengths[i] for i in some)
            sound = np.zeros((len(some), 64 + 512 * most), np.float32)
            for row, i in enumerate(some):
                sound[row, 64 : 64 + 512 * lengths[i]] = recordings[i][: 512 * lengths[i]]
            power = np.mean(np.square(sound[:, 64:].reshape(len(some), most, 512), dtype=np.float64), axis=2)
            levels = 10 * np.log10(np.maximum(power, 1e-12))
            control = Gain(trial, len(some))
            state, quiet = np.zeros((2, len(some), 128), np.float32), np.zeros(len(some), int)
            rate = np.array(16000, dtype=np.int64)
            for w in range(most):
                # The 64 samples before the window get its gain too: no step within what the network hears.
                gain = (10 ** (control.of(levels[:, w]) / 20)).astype(np.float32)
                heard = sound[:, 512 * w : 512 * w + 576] * gain[:, None]
                p, state = self.session.run(None, {"input": heard, "state": state, "sr": rate})
                control.learn(levels[:, w], p[:, 0])
                state = self.mended(state, p[:, 0], quiet, trial)
                for row, i in enumerate(some):
                    if w < lengths[i]:
                        out[i][w] = p[row, 0]
        return out


def main():
    folder, half = pathlib.Path(sys.argv[1]), sys.argv[3]
    network, truth = Network(sys.argv[2]), Truth(folder)
    speakers = {"FIRST": truth.speakers[0::2], "SECOND": truth.speakers[1::2], "ALL": truth.speakers}[half]
    read = lambda path: soundfile.read(path, dtype="float64")[0]
    spoken = [(c, s) for c in CONDITIONS for s in speakers]
    recordings = [read(folder / c / f"{s}.wav") for c, s in spoken]
    noises = [(k, f) for k in ALONE for f in sorted((folder / "alone" / k).glob("*.wav"))]
    for line in sys.stdin:
        trial = json.loads(line)
        thresholds = trial.get("above", 0.5), trial.get("below", 0.35)
        heard, alone = {c: {} for c in CONDITIONS}, {}
        if "long" in trial:
            whole = lambda r: r[: len(r) // 512 * 512]
            rows = [[whole(r) for (of, _), r in zip(spoken, recordings) if of == c] for c in CONDITIONS]
            long = network.hear([np.concatenate(row) for row in rows], trial)
            found = [part for p, row in zip(long, rows) for part in np.split(p, np.cumsum([len(r) // 512 for r in row])[:-1])]
        else:
            found = network.hear(recordings, trial)
        for (c, s), p in zip(spoken, found):
            heard[c][s] = averaged(p, trial.get("mean", 1))
        if "alone" in trial:
            for (k, f), p in zip(noises, network.hear([read(f) for _, f in noises], trial)):
                alone.setdefault(k, {})[f.stem] = averaged(p, trial.get("mean", 1))
        if "keep" in trial:
            kept = {f"{c}/{s}": p for c, own in heard.items() for s, p in own.items()}
            np.savez(trial["keep"], **kept, **{f"alone/{k}/{n}": p for k, own in alone.items() for n, p in own.items()})
        if "table" in trial:
            print(f"`{line.strip()}`, speakers {', '.join(speakers)}\n")
            tables(truth, heard, alone, *thresholds)
            continue
        by = {c: frame_measures(truth, c, h, *thresholds) | segment_measures(truth, h, *thresholds) for c, h in heard.items()}
        trial["mean_of_conditions"] = {k: round(float(np.mean([m[k] for m in by.values()])), 4) for k in by["clean"]}
        trial["hits5"] = {c: round(float(m["hits5"]), 3) for c, m in by.items()}
        trial["hits"] = {c: round(float(m["hits"]), 3) for c, m in by.items()}
        if alone:
            trial["alone"] = {k: {n: round(float(v), 4) for n, v in alone_measures(a, *thresholds).items()} for k, a in alone.items()}
        print(json.dumps(trial), flush=True)


if __name__ == "__main__":
    main()
