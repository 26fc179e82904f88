"""From a recording to an answer, and to 88 functionals, with numpy only: python first.py speech.wav"""

import sys

import earnest

recording = sys.argv[1]
answer = earnest.Model.load().predict(recording)
print(answer)
smile = earnest.FrontEnd("functionals")
row = smile.extract_file(recording)[0]
print(f"{len(row)} functionals; {smile.columns[10]} = {row[10]:.4f}")
