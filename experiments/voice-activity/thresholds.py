"""Other thresholds and means over windows, from probabilities that a trial of gain.py kept: thresholds.py FOLDER KEPT.npz FIRST|SECOND"""
import pathlib
import sys

import numpy as np

from measure import CONDITIONS, Truth, averaged, frame_measures, segment_measures, table

TRIED = [(0.5, 0.35, 1), (0.5, 0.2, 1), (0.4, 0.25, 1), (0.3, 0.2, 1), (0.3, 0.15, 1), (0.3, 0.1, 1), (0.2, 0.1, 1), (0.15, 0.08, 1)]
TRIED += [(0.5, 0.35, 3), (0.3, 0.15, 3), (0.3, 0.15, 5), (0.2, 0.1, 3), (0.2, 0.1, 5)]

truth, kept = Truth(pathlib.Path(sys.argv[1])), np.load(sys.argv[2])
speakers = {"FIRST": truth.speakers[0::2], "SECOND": truth.speakers[1::2]}[sys.argv[3]]
rows = []
for above, below, windows in TRIED:
    frames, stretches = {}, {}
    for c in CONDITIONS:
        heard = {s: averaged(kept[f"{c}/{s}"], windows) for s in speakers}
        frames[c] = frame_measures(truth, c, heard, above, below)
        stretches[c] = segment_measures(truth, heard, above, below)
    mean = lambda of, key: np.mean([m[key] for m in of.values()])
    rows.append(
        [f"{above} / {below}", windows, f"{mean(frames, 'auc'):.3f}"]
        + [f"{100 * mean(frames, k):.1f}" for k in ("hits5", "hits", "false")]
        + [f"{100 * mean(stretches, k):.1f}" for k in ("found", "missed")]
        + [f"{mean(stretches, 'false_segments'):.2f}", f"{100 * stretches['clean']['found']:.0f}"]
        + [f"{100 * stretches['esc50-0']['found']:.0f}", f"{stretches['esc50-0']['false_segments']:.1f}"]
    )
head = ["begins / lasts", "windows", "AUC", "hits at 5 %, %", "hits, %", "false alarms, %", "found whole, %", "missed, %", "false segments a minute"]
table(head + ["clean: found whole, %", "ESC-50: found whole, %", "ESC-50: false segments a minute"], rows)
