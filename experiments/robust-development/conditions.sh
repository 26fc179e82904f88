# a manifest of the dev utterances, whose recordings become the scenes
rm -rf $WORK/corpus; mkdir -p $WORK/corpus; python3 - <<'P'
import csv, os, shutil
rows=list(csv.DictReader(open(os.environ["WORK"]+"/dev.csv")))
w=csv.writer(open(os.environ["WORK"]+"/corpus/manifest.csv","w")); w.writerow(["path","speaker","emotion"])
for r in rows: 
    b=os.path.basename(r["path"]); os.path.lexists(os.environ["WORK"]+"/corpus/"+b) or os.symlink(r["path"], os.environ["WORK"]+"/corpus/"+b); w.writerow([b, r["speaker"], r["emotion"]])
P
for s in nao random:1001 random:1002 random:1003 random:1004 random:1005 random:1006 random:1007 random:1008 random:1009 random:1010; do
  o=$WORK/scenes/$(echo $s | tr : _); [ -d $o ] && continue
  earnest scene simulate $WORK/corpus $o --layout manifest --robot $s --seed 1 || { echo FAILED $s; }
done; date
