#!/bin/bash
# A Slurm of one node (Debian's slurm-wlm and munge, run from a temporary folder, on ports of its own) runs samples/cluster/submit.sh:
# an array of shards of which three are requeued at random moments while they run, and the merge job behind it. The merged table must
# be that of one run, byte for byte. Needs root, as slurmd does.
#
#   Tests/Cluster/slurm.sh WEFT ARCHIVE [SHARDS] [SEED] [OPTION of weft extract …]
set -eu
weft=$(realpath "$1")
archive=$(realpath "$2")
shards=${3:-20}
RANDOM=${4:-1}
shift $(($# < 4 ? $# : 4))
options=("$@")
repository=$(realpath "$(dirname "$0")/../..")
here=$(mktemp -d "${TMPDIR:-/tmp}/weft-slurm.XXXXXX")
node=$(hostname -s)
services=()
end() {
    for service in "${services[@]}"; do kill "$service" 2>/dev/null || true; done
    wait 2>/dev/null || true
    rm -rf "$here"
}
trap end EXIT
cd "$here"
mkdir state spool bin
chmod 755 .
ln -s "$weft" bin/weft
export PATH=$here/bin:$PATH SLURM_CONF=$here/slurm.conf

dd if=/dev/urandom of=munge.key bs=128 count=1 status=none
chmod 400 munge.key
munged --foreground --force --socket="$here/munge.sock" --key-file="$here/munge.key" --pid-file="$here/munged.pid" \
    --log-file="$here/munged.log" --seed-file="$here/munged.seed" >munged.out 2>&1 &
services+=($!)

# A requeued job waits until its old credential has expired.
cat >slurm.conf <<CONF
ClusterName=weft
SlurmctldHost=$node(127.0.0.1)
SlurmctldPort=16817
SlurmdPort=16818
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$here/munge.sock,cred_expire=5
StateSaveLocation=$here/state
SlurmdSpoolDir=$here/spool
SlurmctldPidFile=$here/slurmctld.pid
SlurmdPidFile=$here/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SchedulerParameters=sched_interval=2,bf_interval=2
ReturnToService=2
KillWait=5
MailProg=/bin/true
NodeName=$node NodeAddr=127.0.0.1 CPUs=2 RealMemory=16000 State=UNKNOWN
PartitionName=all Nodes=$node Default=YES MaxTime=INFINITE State=UP
CONF
printf 'CgroupPlugin=cgroup/v1\nCgroupAutomount=no\n' >cgroup.conf
slurmctld -D -c >slurmctld.log 2>&1 &
services+=($!)
slurmd -D -N "$node" >slurmd.log 2>&1 &
services+=($!)

await() {  # SECONDS COMMAND…: until it succeeds
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        if [ $SECONDS -ge $end ]; then
            echo "waited in vain for: $*" >&2
            tail -n 5 munged.out slurmctld.log slurmd.log >&2
            return 1
        fi
        sleep 0.2
    done
}
await 30 scontrol ping
isIdle() { sinfo -h -o %T | grep -qE 'idle|mixed'; }
await 30 isIdle

weft extract "$archive" --quiet "${options[@]}" --output one.csv
read -r array merge <<<"$("$repository/samples/cluster/submit.sh" "$archive" all.csv "$shards" "${options[@]}")"
echo "array $array, merge $merge on $(slurmctld -V)"

requeued=()
isOver() { [ -z "$(squeue -h -j "$array,$merge" 2>/dev/null)" ]; }
end=$((SECONDS + 420))
until isOver; do
    [ $SECONDS -lt $end ] || { squeue; tail -n 5 slurmctld.log slurmd.log; exit 1; }
    if [ ${#requeued[@]} -lt 3 ] && [ $((RANDOM % 4)) -eq 0 ]; then
        mapfile -t running < <(squeue -h -t R -j "$array" -o %i)
        if [ ${#running[@]} -gt 0 ]; then
            task=${running[RANDOM % ${#running[@]}]}
            # One that has just ended cannot be requeued.
            if scontrol requeue "$task" 2>/dev/null; then requeued+=("$task"); fi
        fi
    fi
    sleep 0.3
done

cmp one.csv all.csv
echo "$shards shards, requeued: ${requeued[*]}; all.csv is one.csv: $(wc -c <all.csv) bytes, $(wc -l <all.csv.parts/log.jsonl)" \
    "lines in the log"
cat all.csv.parts/merge.log
[ ${#requeued[@]} -eq 3 ]
