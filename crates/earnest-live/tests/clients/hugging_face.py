"""Hugging Face's own Python client (PyPI: huggingface_hub) against a started `earnest serve`, unchanged but for its address.

    python hugging_face.py http://127.0.0.1:8765 speech.wav expected.json [token]

`expected.json` is the object that `earnest predict --json speech.wav` prints. Prints a transcript; ends with 1 and a sentence if something differs.
"""

import json
import sys

from huggingface_hub import InferenceClient

base, path, expected = sys.argv[1:4]
token = sys.argv[4] if len(sys.argv) > 4 else None
expected = json.load(open(expected))
client = InferenceClient(model=f"{base}/predict", token=token)
for name, audio in (("a path", path), ("bytes", open(path, "rb").read())):
    answer = client.audio_classification(audio)
    print(f"{name}: {[(a.label, round(a.score, 4)) for a in answer]}")
    got = {a.label: a.score for a in answer}
    if got != expected["outputs"] or answer[0].label != expected["emotion"]:
        sys.exit(f"FAILED: {name}: {got}, not {expected}")
two = client.audio_classification(path, top_k=2)
if [a.label for a in two] != [a.label for a in answer[:2]]:
    sys.exit(f"FAILED: top_k=2 gives {two}")
print("Hugging Face's client heard what predict says, three times.")
