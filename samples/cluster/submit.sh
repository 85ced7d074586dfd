#!/bin/bash
# The features of an archive, on Slurm: an array of shards, and a job behind it that puts their tables together.
#
#   submit.sh ARCHIVE TABLE.csv SHARDS [OPTION of weft extract …]
#   submit.sh /data/archive features.csv 200 --settings settings.yaml --modality CT
#
# Shards go to TABLE.csv.parts/, which all nodes must see, with a log of all cases. A shard that is killed or requeued goes on where
# it was. After other failures call it again: what is finished is taken over.
set -eu
[ $# -ge 3 ] || { sed -n 2,8p "$0" >&2; exit 64; }
archive=$(realpath "$1")
table=$(realpath -m "$2")
shards=$3
shift 3
here=$(dirname "$(realpath "$0")")
parts=$table.parts
mkdir -p "$parts"

array=$(sbatch --parsable --array="1-$shards" --output="$parts/%a.log" \
    "$here/extract.sbatch" "$parts" "$archive" "$@")
merge=$(sbatch --parsable --job-name=weft-merge --dependency="afterok:$array" --kill-on-invalid-dep=yes --time=00:30:00 \
    --output="$parts/merge.log" --wrap "weft merge '$parts'/part-*.csv --output '$table' --force")
echo "$array $merge"
