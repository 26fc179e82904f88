"""Makes one recording of some minutes that somebody speaks in with four emotions: five_minutes.py OUT --emodb FOLDER

OUT/five-minutes.wav has EmoDB's utterances of angry, happy, neutral and sad (all speakers, in an order drawn at random) between pauses of .8 to
3 s, in soft noise of a fan throughout. OUT/five-minutes.csv says where each truly is: file,start,end,emotion,source (seconds; `source` is the file
in EmoDB). OUT/cut/NUMBER.wav are the same utterances, noise and all, cut by hand. They hold real speech: keep them out of the repository.
"""
import argparse
import csv
import pathlib

import numpy as np
import soundfile

RATE, WINDOW = 16000, 512
EMOTIONS = {"W": "angry", "F": "happy", "N": "neutral", "T": "sad"}


def power(samples):
    return np.mean(np.square(samples))


def fan(length, random, rpm=4800, blades=7):
    """Noise of power f^-0.8 above 60 Hz, and tones of the blades (560 Hz and harmonics, ever 6 dB softer) that drift by half a percent."""
    spectrum = np.fft.rfft(random.standard_normal(length))
    hz = np.fft.rfftfreq(length, 1 / RATE)
    spectrum *= np.where(hz > 60, np.maximum(hz, 60) ** -0.4, 0)
    noise = np.fft.irfft(spectrum, length)
    noise /= np.sqrt(power(noise))
    seconds = np.arange(length) / RATE
    knots = np.arange(int(seconds[-1]) + 2)
    drift = np.interp(seconds, knots, random.uniform(-0.005, 0.005, len(knots)))
    phase = 2 * np.pi * np.cumsum(rpm / 60 * blades * (1 + drift)) / RATE
    tones = sum(0.5**k * np.sin((k + 1) * phase) for k in range(4))
    noise += tones / np.sqrt(power(tones)) * 10 ** (-10 / 20)
    return noise / np.sqrt(power(noise))


def active(samples):
    """The windows that are speech: the first, the one after the last, and their mean power. As in recordings.py, within 35 dB."""
    levels = np.mean(samples[: len(samples) // WINDOW * WINDOW].reshape(-1, WINDOW) ** 2, axis=1)
    on = np.flatnonzero(levels >= np.percentile(levels, 95) * 10**-3.5)
    return on[0], on[-1] + 1, np.mean(levels[on])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--emodb", type=pathlib.Path, required=True, help="the folder of EmoDB that has wav/")
    parser.add_argument("--snr", type=float, default=15, help="speech active level against the fan's RMS, dB [15]")
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    random = np.random.default_rng(arguments.seed)
    (arguments.out / "cut").mkdir(parents=True, exist_ok=True)

    of = {e: [f for f in sorted((arguments.emodb / "wav").glob("*.wav")) if f.name[5] == e] for e in EMOTIONS}
    of = {e: [files[i] for i in random.permutation(len(files))] for e, files in of.items()}
    left = round(arguments.minutes * 60 * RATE)
    chosen, order = [], []
    while all(of.values()):
        order = order or list(random.permutation(list(EMOTIONS)))  # as many of each
        path, pause = of[order.pop()].pop(), round(random.uniform(0.8, 3) * RATE)
        samples = soundfile.read(path)[0]
        left -= pause + len(samples)
        if left < RATE:  # the last pause
            left += pause + len(samples)
            break
        chosen.append((path, samples, pause))
    whole = np.zeros(sum(len(s) + p for _, s, p in chosen) + left)
    at, truth, powers = 0, [], []
    for path, samples, pause in chosen:
        at += pause
        first, end, own = active(samples)
        truth.append((at + first * WINDOW, at + min(end * WINDOW, len(samples)), path))
        powers.append(own)
        faded = samples.copy()
        ramp = np.linspace(0, 1, 160)
        faded[:160] *= ramp
        faded[-160:] *= ramp[::-1]
        whole[at : at + len(samples)] = faded
        at += len(samples)
    whole += fan(len(whole), random) * np.sqrt(np.mean(powers)) * 10 ** (-arguments.snr / 20)
    whole *= min(1, 0.99 / np.abs(whole).max())
    soundfile.write(arguments.out / "five-minutes.wav", whole, RATE, subtype="PCM_16")
    with open(arguments.out / "five-minutes.csv", "w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["file", "start", "end", "emotion", "source"])
        for i, (start, end, path) in enumerate(truth):
            cut = f"cut/{i:03}.wav"
            table.writerow([cut, f"{start / RATE:.3f}", f"{end / RATE:.3f}", EMOTIONS[path.name[5]], path.name])
            soundfile.write(arguments.out / cut, whole[start:end], RATE, subtype="PCM_16")
    print(f"{len(whole) / RATE:.1f} s, {len(truth)} utterances, {arguments.snr:g} dB")


main()
