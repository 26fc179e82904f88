"""Mode `accurate` and openSMILE beside Praat on recordings.

    pip install opensmile==2.6.0 praat-parselmouth numpy pandas soundfile
    python praat.py earnest FOLDER_OF_WAV [FOLDER_OF_NOISE]

Praat (by parselmouth, as a black box) measures F0 by autocorrelation, formants by Burg's method
with a ceiling of 5500 Hz, HNR by cross-correlation, jitter and shimmer (local) over each file. It is
no truth, but the field's yardstick. F0 is also compared on the same files with noise at 6 dB SNR:
pink, and, where a folder of noises is given, one of them for each file; Praat's F0 of the clean
file is the reference then. Gross error: more than 20 % off where both are voiced.
"""

import pathlib
import subprocess
import sys
import tempfile
import warnings

import numpy as np
import opensmile
import pandas as pd
import parselmouth
import soundfile
from parselmouth.praat import call

warnings.simplefilter("ignore")
earnest, folder = sys.argv[1], pathlib.Path(sys.argv[2])
noises = sorted(pathlib.Path(sys.argv[3]).glob("**/*.wav")) if len(sys.argv) > 3 else []
files = sorted(folder.glob("*.wav"))
smile = opensmile.Smile(
    feature_set=opensmile.FeatureSet.eGeMAPS,
    feature_level=opensmile.FeatureLevel.LowLevelDescriptors,
)
F0 = "F0semitoneFrom27.5Hz_sma3nz"
FORMANTS = [f"F{i}frequency_sma3nz" for i in (1, 2, 3)]


def ours(folder, mode):
    """Our rows of all files in a folder, by file name."""
    with tempfile.TemporaryDirectory() as out:
        table = pathlib.Path(out) / "t.parquet"
        command = [earnest, "features", str(folder), "-o", str(table), "--mode", mode]
        subprocess.run(command, check=True, capture_output=True)
        rows = pd.read_parquet(table)
    return {pathlib.Path(name).name: part.reset_index(drop=True) for name, part in rows.groupby("file")}


def hertz(semitones):
    return np.where(semitones > 0, 27.5 * 2 ** (np.asarray(semitones) / 12), 0)


def praat(path, times):
    sound = parselmouth.Sound(str(path))
    pitch = sound.to_pitch_ac(time_step=0.01, pitch_floor=60, pitch_ceiling=600)
    formant = sound.to_formant_burg(time_step=0.005, max_number_of_formants=5, maximum_formant=5500)
    hnr = sound.to_harmonicity_cc(time_step=0.01, minimum_pitch=60)
    points = call(sound, "To PointProcess (periodic, cc)", 60, 600)
    return {
        "f0": np.nan_to_num([pitch.get_value_at_time(t) for t in times]),
        "formants": np.array([[formant.get_value_at_time(i, t) for t in times] for i in (1, 2, 3)]),
        "hnr": np.array([hnr.get_value(t) for t in times]),
        "jitter": call(points, "Get jitter (local)", 0, 0, 1e-4, 0.02, 1.3),
        "shimmer": call([sound, points], "Get shimmer (local_dB)", 0, 0, 1e-4, 0.02, 1.3, 1.6),
    }


def pitch_errors(f0, reference):
    """Gross errors among rows voiced in both, and rows whose voicing differs."""
    both = (f0 > 0) & (reference > 0)
    gross = np.abs(f0[both] / reference[both] - 1) > 0.2
    return gross.sum(), both.sum(), ((f0 > 0) != (reference > 0)).sum(), len(f0)


def report_pitch(name, parts):
    gross, both, voicing, rows = np.sum(parts, axis=0)
    print(f"  {name:<12} gross errors {100 * gross / both:.2f} % of {both}, voicing differs {100 * voicing / rows:.1f} %")


def with_noise(path, noise, snr_db, to):
    speech, rate = soundfile.read(path)
    noise = np.resize(noise, len(speech))
    scale = np.sqrt(np.mean(speech**2) / np.mean(noise**2) / 10 ** (snr_db / 10))
    mixed = speech + scale * noise
    mixed *= min(1, 0.99 / np.abs(mixed).max())
    soundfile.write(to, mixed, rate, subtype="PCM_16")


def smile_f0(path, count):
    # openSMILE's long frame begins at the row's start, as ours does: the same centre.
    samples, rate = soundfile.read(path, dtype="float32")
    return hertz(smile.process_signal(samples, rate)[F0].to_numpy()[:count])


print(f"{len(files)} files of {folder}")
accurate, original = ours(folder, "accurate"), ours(folder, "opensmile")
reference = {}
errors = {"accurate": [[], [], []], "opensmile": [[], [], []]}
hnr, jitter, shimmer, pitch = [], [], [], {"accurate": [], "openSMILE": []}
for path in files:
    a = accurate[path.name]
    o = original[path.name].iloc[: len(a)]
    times = a["start"].to_numpy() + 0.03
    p = reference[path.name] = praat(path, times)
    f0 = hertz(a[F0])
    pitch["accurate"].append(pitch_errors(f0, p["f0"]))
    pitch["openSMILE"].append(pitch_errors(smile_f0(path, len(a)), p["f0"]))
    voiced = (f0 > 0) & (p["f0"] > 0)
    for mode, rows in (("accurate", a), ("opensmile", o)):
        for i, column in enumerate(FORMANTS):
            values = rows[column].to_numpy()
            use = voiced & (values > 0) & np.isfinite(p["formants"][i])
            errors[mode][i].extend(np.abs(values - p["formants"][i])[use])
    use = voiced & (p["hnr"] > -10)  # below, Praat found no period
    hnr.append((a["HNRdBACF_sma3nz"].to_numpy()[use], o["HNRdBACF_sma3nz"].to_numpy()[use], p["hnr"][use]))
    for values, name in ((jitter, "jitterLocal_sma3nz"), (shimmer, "shimmerLocaldB_sma3nz")):
        kind = "jitter" if values is jitter else "shimmer"
        values.append((a[name][f0 > 0].mean(), o[name][f0 > 0].mean(), p[kind]))
print("F0 beside Praat, clean:")
for name, parts in pitch.items():
    report_pitch(name, parts)
print("formants beside Praat, voiced rows: median |difference| of F1, F2, F3 (Hz)")
for mode, e in errors.items():
    print(f"  {mode:<12}", "  ".join(f"{np.median(x):.0f}" for x in e))
a, o, p = (np.concatenate(x) for x in zip(*hnr))
print(f"HNR, rows: r with Praat {np.corrcoef(a, p)[0, 1]:.3f}, median difference {np.median(a - p):+.1f} dB;"
      f" openSMILE {np.corrcoef(o, p)[0, 1]:.3f}, {np.median(o - p):+.1f} dB")
for values, name in ((jitter, "jitter"), (shimmer, "shimmer")):
    v = np.array(values)
    v = v[np.isfinite(v).all(axis=1)]
    print(f"{name}, means of files: r with Praat {np.corrcoef(v[:, 0], v[:, 2])[0, 1]:.3f},"
          f" openSMILE {np.corrcoef(v[:, 1], v[:, 2])[0, 1]:.3f};"
          f" medians {np.median(v[:, 0]):.4f} (accurate) {np.median(v[:, 1]):.4f} (openSMILE) {np.median(v[:, 2]):.4f} (Praat)")

random = np.random.default_rng(1)
for kind in ["pink"] + (["recorded"] if noises else []):
    with tempfile.TemporaryDirectory() as out:
        out = pathlib.Path(out)
        for i, path in enumerate(files):
            if kind == "pink":
                spectrum = np.fft.rfft(random.standard_normal(1 << 18))
                noise = np.fft.irfft(spectrum / np.sqrt(np.arange(1, len(spectrum) + 1)))
            else:
                noise, rate = soundfile.read(noises[i % len(noises)])
                noise = noise if noise.ndim == 1 else noise[:, 0]
                loud = np.abs(noise) > 0
                noise = noise[loud.argmax() : len(loud) - loud[::-1].argmax()]
            with_noise(path, noise, 6, out / path.name)
        noisy = ours(out, "accurate")
        pitch = {"accurate": [], "openSMILE": []}
        for path in files:
            clean = reference[path.name]["f0"]
            pitch["accurate"].append(pitch_errors(hertz(noisy[path.name][F0]), clean))
            pitch["openSMILE"].append(pitch_errors(smile_f0(out / path.name, len(clean)), clean))
    print(f"F0 beside Praat's of the clean file, {kind} noise at 6 dB:")
    for name, parts in pitch.items():
        report_pitch(name, parts)
