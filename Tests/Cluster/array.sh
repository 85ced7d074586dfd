#!/bin/bash
# A job array without a cluster: twenty shards of an archive, two at a time, in environments as Slurm makes them. Three are killed at
# random moments (KILL, USR1 and TERM in turn) and started again; then the merged table must be that of one run, byte for byte.
#
#   Tests/Cluster/array.sh WEFT ARCHIVE [SHARDS] [SEED] [OPTION of weft extract …]
set -eu
weft=$(realpath "$1")
archive=$(realpath "$2")
shards=${3:-20}
RANDOM=${4:-1}
shift $(($# < 4 ? $# : 4))
options=("$@")
here=$(mktemp -d "${TMPDIR:-/tmp}/weft-array.XXXXXX")
trap 'rm -rf "$here"' EXIT
cd "$here"

task() {  # as the task of an array that runs weft in its place, so that the signal is weft's
    export SLURM_ARRAY_TASK_ID=$1 SLURM_ARRAY_TASK_COUNT=$shards SLURM_ARRAY_TASK_MIN=1 SLURM_ARRAY_TASK_MAX=$shards
    exec "$weft" extract "$archive" --shard slurm --resume --output "$(printf 'part-%04d.csv' "$1")" --jobs 1 \
        --log log.jsonl --quiet "${options[@]}"
}

# Long enough to be hit while they work: those with the most cases.
"$weft" extract "$archive" --quiet "${options[@]}" --output one.csv
signals=(KILL USR1 TERM)
killed=0
kept=0
for ((i = 1; i <= shards; i++)); do
    (task "$i") &
    first=$!
    if [ "$killed" -lt 3 ] && [ $((RANDOM % 3)) -eq 0 ]; then
        signal=${signals[$killed]}
        # Not before it has done a case, where it has several.
        for ((wait = 0; wait < 200 + RANDOM % 200; wait++)); do
            [ -s "$(printf 'part-%04d.csv.partial' "$i")" ] || ! kill -0 $first 2>/dev/null && break
            sleep 0.01
        done
        if kill -"$signal" $first 2>/dev/null; then
            status=0
            wait $first 2>/dev/null || status=$?
            journal=$(printf 'part-%04d.csv.partial' "$i")
            rows=0
            if [ -f "$journal" ]; then rows=$(($(wc -l <"$journal") - 1)); fi
            echo "shard $i: $signal, exit status $status, $rows row(s) kept"
            [ "$rows" -le 0 ] || kept=$((kept + 1))
            killed=$((killed + 1))
            (task "$i") &
            first=$!
        fi
    fi
    wait $first
done

"$weft" merge part-*.csv --output all.csv
cmp one.csv all.csv
left=$(find . -name '.*.part' -o -name '*.partial' | wc -l)
cases=$(wc -l <log.jsonl)
echo "$shards shards, $killed killed ($kept with rows that were taken over): $(wc -c <all.csv) bytes as of one run;" \
    "$left file(s) left over, $cases lines in the log"
[ "$left" -eq 0 ] && [ "$killed" -eq 3 ]
