#!/usr/bin/env bash
# Scenes of a corpus, and the experiment of robust.toml in them: experiments/robust.sh CORPUS NOISES ROOMS RUN
# Stopped at any time, the same command goes on. On two cores: EmoDB about an hour, of which scenes are ten minutes.
set -euo pipefail
corpus=$(realpath "${1:?name the folder of the corpus}")
noises=$(realpath "${2:?name the folder of noises}")
rooms=$(realpath "${3:?name the folder of room responses}")
run=$(realpath -m "${4:?name the folder of the run}")
recipe=$(realpath "$(dirname "$0")/robust.toml")
place=$(dirname "$run")
mkdir -p "$place/scenes"
cd "$place"
for robot in icub nao pepper random:{1..5} random:{7..21}; do
    earnest scene simulate "$corpus" "scenes/${robot/:/-}" --robot "$robot" --seed 1
done
earnest run "$recipe" --corpus "$corpus" --noise "$noises" --rooms "$rooms" --out "$run"
