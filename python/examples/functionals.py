"""From a recording to a table of 88 functionals, as with opensmile: python functionals.py speech.wav"""

import sys

import earnest

smile = earnest.Smile(earnest.FeatureSet.eGeMAPSv02, earnest.FeatureLevel.Functionals)
table = smile.process_files(sys.argv[1:])
print(table.shape)
print(table.iloc[:, :4])
