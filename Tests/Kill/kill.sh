#!/bin/bash
# Kills weft at seeded moments, resumes it, and compares what comes out with an undisturbed run: the same bytes, and nothing
# left over.
#
#   Tests/Kill/kill.sh WEFT [KILLS] [SEED] [CASE…]      what `make kill` runs; 25 kills each, seed 1, all cases
#
# Cases: csv json jsonl long sr matrices pretrain finetune ablate. A series is one to three kills and the runs that
# resume.
set -u
weft=$(realpath "$1")
kills=${2:-25}
RANDOM=${3:-1}
shift $(($# < 3 ? $# : 3))
cases=${*:-csv json jsonl long sr matrices pretrain finetune ablate}
repository=$(realpath "$(dirname "$0")/../..")
here=$(mktemp -d "${TMPDIR:-/tmp}/weft-kill.XXXXXX")
trap 'rm -rf "$here"' EXIT
cd "$here" || exit 1
faults=0

# MARK: what is worked on
mkdir scans
for number in $(seq 10 15); do
    cp "$repository/samples/us-speckle/speckle.png" "scans/case$number.png"
    cp "$repository/samples/us-speckle/speckle_mask.png" "scans/case${number}_mask.png"
done
cp -r "$repository/samples/ct-lesion" scans/
"$weft" phantom texture-task --patients 4 --images-per-patient 3 --size 40 -o task >/dev/null
cat >tiny.yaml <<'YAML'
data: {minimumSize: 16, resize: 36, holdout: 0.25}
model: {name: vit-ti16, imageSize: 32, decoderWidth: 32, decoderDepth: 1, decoderHeads: 2}
loss: {pixelEpochs: 2, textureEpochs: 1, bins: 8, sharpness: 2.5}
optimiser: {batchSize: 4, rate: 1.0e-3, warmup: 1}
run: {checkpointEpochs: 1}
YAML
cat >plan.yaml <<'YAML'
archive: task/train
dataset: task/labels.csv
positive: dark-rough
pretrain:
  model: vit-ti16
  image-size: 32
  epochs: "1,1"
  warmup: 1
  batch-size: 4
  set: [data.minimumSize=16, loss.bins=8, loss.sharpness=2.5, model.decoderWidth=32, model.decoderDepth=1, model.decoderHeads=2]
finetune: {epochs: 2, batch-size: 8}
rows:
  - name: from scratch
    pretrain: none
    finetune: {model: vit-ti16, image-size: 32}
  - name: MSE
    pretrain: {epochs: "1,0"}
seeds: [0]
YAML

# begin CASE FOLDER: starts a run in a folder; again CASE FOLDER: goes on with it.
begin() {
    local extract=("$weft" extract scans --families stat --jobs 2 -q)
    case $1 in
    csv | json | jsonl) "${extract[@]}" -o "$2/t.$1" ;;
    long) "${extract[@]}" -o "$2/t.csv" --layout long ;;
    sr) "$weft" extract scans/ct-lesion --families stat --jobs 2 -q -o "$2/t.csv" --sr "$2/sr" ;;
    matrices) "${extract[@]}" --families stat,cm --aggregations 2D_avg -o "$2/t.csv" --matrices "$2/matrices" ;;
    pretrain) "$weft" pretrain task -o "$2/run" --settings tiny.yaml -q --jobs 2 ;;
    finetune) "$weft" finetune task/labels.csv --weights none --model vit-ti16 --image-size 32 --epochs 3 --batch-size 8 \
        -o "$2/run" -q --jobs 2 ;;
    ablate) "$weft" ablate plan.yaml -o "$2/ablation" --jobs 2 ;;
    esac
}

again() {
    local extract=("$weft" extract scans --families stat --jobs 2 -q --resume)
    case $1 in
    csv | json | jsonl) "${extract[@]}" -o "$2/t.$1" ;;
    long) "${extract[@]}" -o "$2/t.csv" --layout long ;;
    sr) "$weft" extract scans/ct-lesion --families stat --jobs 2 -q -o "$2/t.csv" --sr "$2/sr" --resume ;;
    matrices) "${extract[@]}" --families stat,cm --aggregations 2D_avg -o "$2/t.csv" --matrices "$2/matrices" ;;
    # One that is all done says so; one without a first checkpoint begins again.
    pretrain | finetune)
        [ -e "$2/run/report.html" ] || [ -e "$2/run/predictions.csv" ] && return 0
        if [ -e "$2/run/config.yaml" ]; then "$weft" "$1" --resume "$2/run" -q --jobs 2; else begin "$1" "$2"; fi ;;
    ablate) begin "$@" ;;
    esac
}

# The content of a folder by its bytes, without the folder's own name and with what is measured left out: rate and memory in the
# lines of a log, the rate's chart and the memory in a report. Of the log of an ablation's row, which tells each attempt, the name alone.
content() {
    local own="s,$1,RUN,g"
    (cd "$1" && find . -mindepth 1 -printf '%y %P\n' | LC_ALL=C sort | while read -r kind name; do
        case $kind:$name in
        f:*.jsonl) echo "$name $(sed -E 's/"(images_per_second|resident_mb)": [^,}]*//g' "$name" | sha256sum)" ;;
        f:*report.html)
            local measured='/aria-label="images a second"/d; s,memory then</th><td>[0-9]* MB,,'
            echo "$name $(sed "$measured; $own" "$name" | sha256sum)" ;;
        f:*config.yaml) echo "$name $(sed "$own" "$name" | sha256sum)" ;;
        f:*.log) echo "$name" ;;
        f:*) echo "$name $(sha256sum <"$name")" ;;
        *) echo "$kind $name" ;;
        esac
    done)
}

for case in $cases; do
    mkdir "whole-$case"
    start=$(date +%s%N)
    if ! begin "$case" "whole-$case" >/dev/null 2>first.log; then
        echo "$case: the undisturbed run failed: $(tail -n 1 first.log)"
        faults=$((faults + 1))
        continue
    fi
    milliseconds=$((($(date +%s%N) - start) / 1000000))
    done_kills=0 series=0 same=0
    while [ "$done_kills" -lt "$kills" ]; do
        series=$((series + 1))
        rm -rf killed && mkdir killed
        step=begin
        for _ in $(seq $((RANDOM % 3 + 1))); do
            [ "$done_kills" -lt "$kills" ] || break
            # A quarter of the kills near the end, where files get their names.
            share=$((RANDOM % 1000))
            [ $((RANDOM % 4)) -ne 0 ] || share=$((850 + RANDOM % 150))
            (set -m; $step "$case" killed >>said.log 2>&1 & echo $! >pid; wait $! 2>/dev/null) &
            waiter=$!
            sleep "$(printf '%d.%03d' $((milliseconds * share / 1000000)) $((milliseconds * share / 1000 % 1000)))"
            kill -KILL -- "-$(cat pid)" 2>/dev/null && done_kills=$((done_kills + 1))
            wait $waiter 2>/dev/null
            # A process that is being killed holds its lock until the kernel has taken it down.
            for _ in $(seq 100); do kill -0 -- "-$(cat pid)" 2>/dev/null || break; sleep 0.01; done
            step=again
        done
        again "$case" killed >last.log 2>&1
        status=$?
        if [ $status -eq 0 ] && diff <(content "whole-$case") <(content killed) >difference.log; then
            same=$((same + 1))
        else
            faults=$((faults + 1))
            echo "$case, series $series: exit $status, $(tail -n 1 last.log)"
            [ $status -ne 0 ] || head -n 10 difference.log
        fi
    done
    echo "$case: $done_kills kills in $series series, $same of them the same as the undisturbed run of $milliseconds ms"
done
[ $faults -eq 0 ] || { echo "$faults fault(s)"; exit 1; }
