"""Builds the recordings on which voice activity detection is measured: recordings.py OUT --earnest PROGRAM --data FOLDER

OUT/CONDITION/SPEAKER.wav are the recordings (16 kHz, mono, 16 bits), OUT/labels.npz says of each window of 512 samples whether it is
speech, OUT/utterances.csv where each utterance is, OUT/alone/KIND/*.wav are noises without speech. They hold real speech: keep them out of
the repository.
"""
import argparse
import csv
import json
import pathlib
import re
import subprocess
import tempfile

import numpy as np
import soundfile

RATE, WINDOW = 16000, 512
ROBOTS = ["icub", "nao", "pepper"]
PAUSE_S = 1.5
VOICES = {"laughing", "crying_baby", "coughing", "sneezing", "breathing", "snoring"}  # sounds of people's mouths: no false alarms


def decibels(power):
    return 10 * np.log10(np.maximum(power, 1e-12))


def gain(db):
    return 10 ** (db / 20)


def level(samples):
    """RMS, dB re full scale."""
    return float(decibels(np.mean(np.square(samples))))


def windows(samples):
    return samples[: len(samples) // WINDOW * WINDOW].reshape(-1, WINDOW)


def read(path):
    samples, rate = soundfile.read(path, dtype="float64")
    if rate != RATE:  # ESC-50 comes at 44.1 kHz: by a transform, which is exact for what is within the band
        length = round(len(samples) * RATE / rate)
        spectrum = np.fft.rfft(samples)
        kept = np.zeros(length // 2 + 1, complex)
        n = min(len(kept), len(spectrum))
        kept[:n] = spectrum[:n]
        samples = np.fft.irfft(kept, length) * (length / len(samples))
    return samples


def write(path, samples):
    path.parent.mkdir(parents=True, exist_ok=True)
    steps = np.clip(np.round(samples * 32768), -32768, 32767).astype(np.int16)
    soundfile.write(path, steps, RATE, subtype="PCM_16")


def floor_like(samples, length, random):
    """Noise with the mean spectrum of a file's softest tenth of windows."""
    frames = windows(samples)
    soft = frames[np.argsort(np.mean(frames**2, axis=1))[: max(3, len(frames) // 10)]]
    hann = np.sqrt(8 / 3) * np.sin(np.pi * (np.arange(WINDOW) + 0.5) / WINDOW) ** 2
    magnitude = np.sqrt(np.mean(np.abs(np.fft.rfft(soft * hann)) ** 2, axis=0) / WINDOW)
    white = np.fft.rfft(random.standard_normal(length))
    at = np.linspace(0, WINDOW // 2, len(white))
    white *= np.interp(at, np.arange(WINDOW // 2 + 1), magnitude)
    white[0] = 0
    return np.fft.irfft(white, length)


def pieced(parts, fade=160):
    """Parts one after the other, faded into each other over 10 ms before each seam; as long as all of them."""
    out = np.concatenate(parts)
    at, ramp = 0, np.linspace(0, 1, fade)
    for before, after in zip(parts, parts[1:]):
        at += len(before)
        out[at - fade : at] = before[-fade:] * (1 - ramp) + after[:fade][::-1] * ramp
    return out


def spoken(recording, start, end):
    """The windows of an utterance that are speech: within 35 dB of its 95th percentile, gaps of up to 3 windows (96 ms) filled."""
    levels = decibels(np.mean(windows(recording) ** 2, axis=1))
    first, last = start // WINDOW, -(-end // WINDOW)
    own = levels[first:last]
    speech = np.flatnonzero(own >= np.percentile(own, 95) - 35)
    filled = np.zeros(len(levels), bool)
    for a, b in zip(speech, list(speech[1:]) + [speech[-1]]):
        filled[first + a : first + (b if b - a <= 4 else a) + 1] = True
    return filled


def labelled(speech, dead):
    """1 speech, 0 none, -1 not scored: a window either side of a boundary, and so many windows after speech ends."""
    label = speech.astype(int)
    for edge in np.flatnonzero(np.diff(speech.astype(int))) + 1:
        label[max(0, edge - 1) : edge + 1] = -1
        if speech[edge - 1]:
            after = label[edge : edge + dead]
            after[after == 0] = -1
    return label


def toml_without(text, keep):
    """A laboratory without events, and of its machines only those of these kinds."""
    blocks = re.split(r"(?m)^(?=\[)", text)
    kinds = ("fan", "motor", "hum", "event")
    return "".join(b for b in blocks if not any(b.startswith(f"[[{k}]]") and k not in keep for k in kinds))


def rendered(earnest, corpus, out, robot):
    command = [earnest, "--threads", "1", "scene", "simulate", corpus, out, "--robot", robot, "--seed", "1"]
    subprocess.run([str(c) for c in command], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def of_corpus(folder, names, sound):
    folder.mkdir(parents=True)
    for name in names:
        write(folder / f"{name}.wav", sound(name))
    lines = ["path,speaker,emotion"] + [f"{name}.wav,s{name},neutral" for name in names]
    (folder / "manifest.csv").write_text("\n".join(lines) + "\n")
    return folder / "manifest.csv"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--earnest", required=True, help="the built program")
    parser.add_argument("--data", type=pathlib.Path, required=True, help="has emodb/wav and noise/esc50")
    parser.add_argument("--each", type=int, default=6, help="utterances of each speaker")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    out, random = arguments.out, np.random.default_rng(arguments.seed)

    # The clean recordings: one for each speaker, six utterances between pauses of the file's own noise floor.
    files = sorted((arguments.data / "emodb/wav").glob("*.wav"))
    clean, speech, places = {}, {}, []
    for speaker in sorted({f.name[:2] for f in files}):
        chosen = random.choice([f for f in files if f.name[:2] == speaker], arguments.each, replace=False)
        half, parts, at = int(PAUSE_S * RATE / 2), [], 0
        for i, path in enumerate(chosen):
            samples = read(path)
            before = 2 * half if i == 0 else half
            after = 2 * half if i == arguments.each - 1 else half
            parts += [floor_like(samples, before, random), samples, floor_like(samples, after, random)]
            places.append((speaker, path.name, at + before, at + before + len(samples)))
            at += before + len(samples) + after
        clean[speaker] = pieced(parts)
        own = [spoken(clean[speaker], a, b) for s, _, a, b in places if s == speaker]
        speech[speaker] = np.any(own, axis=0)
    names = list(clean)
    out.mkdir(parents=True, exist_ok=True)
    labels = {}
    for name in names:
        labels[f"dry-{name}"] = labelled(speech[name], 0)
        labels[f"room-{name}"] = labelled(speech[name], 10)  # 10 windows: 0.32 s of reverberation
    np.savez(out / "labels.npz", **labels)
    with open(out / "utterances.csv", "w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["speaker", "file", "start", "end"])
        for name, path, start, end in places:
            own = np.flatnonzero(speech[name][start // WINDOW : -(-end // WINDOW)]) + start // WINDOW
            table.writerow([name, path, f"{own[0] * WINDOW / RATE:.3f}", f"{(own[-1] + 1) * WINDOW / RATE:.3f}"])

    def condition(kind, sound):
        for name in names:
            write(out / kind / f"{name}.wav", sound(name))
        print(kind, flush=True)

    condition("clean", lambda n: clean[n])
    for softer in (20, 40, 50):
        condition(f"clean-{softer}dB", lambda n: clean[n] * gain(-softer))

    # ESC-50 clips of no voice, each at the same level, one after the other; speech active level against RMS.
    rows = list(csv.DictReader(open(next((arguments.data / "noise/esc50/meta").glob("*.csv")))))
    clips = [arguments.data / "noise/esc50/audio" / r["filename"] for r in rows if r["category"] not in VOICES]
    clips = [clips[i] for i in random.permutation(len(clips))]
    unit = lambda x: x * gain(-level(x))
    take = iter(clips)

    def among_clips(name):
        noise = np.concatenate([unit(read(next(take))) for _ in range(len(clean[name]) // (5 * RATE) + 1)])
        active = level(windows(clean[name])[speech[name][: len(clean[name]) // WINDOW]])
        return clean[name] + unit(noise[: len(clean[name])]) * gain(active)

    condition("esc50-0", among_clips)

    # The robots. What is heard of a scene is the mean of both ears, as `earnest predict` hears it.
    mean = lambda ears: ears.mean(axis=1)
    chosen, alone = {}, out / "alone"
    with tempfile.TemporaryDirectory(dir=out) as work:
        work = pathlib.Path(work)
        talk = of_corpus(work / "talk", names, lambda n: clean[n])
        hush = of_corpus(work / "hush", names, lambda n: 0 * clean[n])
        for robot in ROBOTS:
            rendered(arguments.earnest, talk, work / robot, robot)
            heard = {n: soundfile.read(work / robot / f"{n}.wav")[0] for n in names}
            condition(f"{robot}-scene", lambda n: mean(heard[n]))
            snr = [json.loads(line)["snr_db"] for line in open(work / robot / "scene.jsonl")]
            text = subprocess.run([arguments.earnest, "scene", "robot", robot], check=True, capture_output=True, text=True).stdout
            text = re.sub(r"bits = 16", "bits = 24", text)
            still = re.sub(r"self_noise_db_spl = \S+", "self_noise_db_spl = 0.0", text)
            parts = {}
            for part, toml, corpus in [
                ("speech", toml_without(still, ()), talk),
                ("ego", toml_without(text, ("fan", "motor", "hum")), hush),
                ("fan", toml_without(text, ("fan",)), hush),
            ]:
                file = work / f"{robot}-{part}.toml"
                file.write_text(toml)
                rendered(arguments.earnest, corpus, work / f"{robot}-{part}", file)
                parts[part] = {n: soundfile.read(work / f"{robot}-{part}" / f"{n}.wav")[0] for n in names}
            won = []
            for part, snrs in [("ego", (6, 0, -6)), ("fan", (0,))]:
                for wanted in snrs:

                    def mixed(n):
                        talked, noise = parts["speech"][n], parts[part][n]
                        frames = talked[: len(talked) // WINDOW * WINDOW].reshape(-1, WINDOW, 2)
                        active = frames[speech[n][: len(frames)]]
                        scaled = noise * gain(level(active) - level(noise) - wanted)
                        both = mean(scaled)
                        won.append(level(mean(active.reshape(-1, 2))) - level(both) - wanted)
                        return mean(talked) + both

                    condition(f"{robot}-{part}{wanted:+d}" if wanted else f"{robot}-{part}-0", mixed)
            chosen[robot] = {"scene_snr_db": float(np.median(snr)), "mean_of_ears_adds_db": float(np.mean(won))}
            chosen[robot]["speech_dbfs"] = float(np.mean([level(windows(mean(parts["speech"][n]))[speech[n][: len(clean[n]) // WINDOW]]) for n in names]))
            chosen[robot]["ego_dbfs"] = float(np.mean([level(mean(parts["ego"][n])) for n in names]))
            for soft in (-30, -50, -70):  # the robot's noise without speech, at these levels
                for n in names[:3]:
                    noise = mean(parts["ego"][n])
                    write(alone / f"ego{soft}" / f"{robot}-{n}.wav", noise * gain(soft - level(noise)))
    for clip in clips:
        write(alone / "esc50" / clip.name, read(clip))
        write(alone / "esc50-30dB" / clip.name, read(clip) * gain(-30))
    dither = random.integers(-1, 2, 60 * RATE) / 32768
    write(alone / "one-bit" / "dither.wav", dither)
    for soft in (-30, -60):
        write(alone / f"white{soft}" / "white.wav", random.standard_normal(60 * RATE) * gain(soft))
    (out / "levels.json").write_text(json.dumps(chosen, indent=1) + "\n")
    print(json.dumps(chosen, indent=1))


main()
