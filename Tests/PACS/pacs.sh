#!/bin/bash
# The node of samples/pacs between senders and an archive, Debian's Orthanc, all on ports and in folders of their own.
#
#   Tests/PACS/pacs.sh WEFT        what `make pacs-test` runs; about half a minute
#
# Nothing waits for a fixed time: every step polls for what it expects, up to a bound, and says what it proved. On a failure
# the logs follow.
set -euo pipefail
weft=$(realpath "$1")
repository=$(realpath "$(dirname "$0")/../..")
here=$(mktemp -d "${TMPDIR:-/tmp}/weft-pacs.XXXXXX")
cd "$here"
spool="$here/the spool"
declare -A running=()

finish() {
    local status=$?
    touch "$here/go-on"
    for name in "${!running[@]}"; do kill -KILL -- "-${running[$name]}" 2>/dev/null || :; done
    wait 2>/dev/null || :
    [ $status -eq 0 ] || tail -n 40 ./*.log "$spool/receive.log" 2>/dev/null || :
    rm -rf "$here"
    exit $status
}
trap finish EXIT

proved() { echo "ok: $*"; }
failure() {
    echo "FAILED: $*"
    exit 1
}

# until_so SECONDS WHAT COMMAND…
until_so() {
    local end=$((SECONDS + $1)) what=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $end ] || failure "not within its time: $what"
        sleep 0.1
    done
}

# start NAME COMMAND…: in a process group of its own, so that a kill takes all of it, as systemd's does.
start() {
    local name=$1
    shift
    setsid "$@" >>"$name.log" 2>&1 &
    running[$name]=$!
}
kill_hard() {
    kill -KILL -- "-${running[$1]}"
    wait "${running[$1]}" 2>/dev/null || :
    unset "running[$1]"
}
stop_gently() {
    local status=0
    kill -TERM "${running[$1]}"
    until_so 20 "$1 ends when asked to" is_gone "${running[$1]}"
    wait "${running[$1]}" || status=$?
    unset "running[$1]"
    [ $status -eq 0 ] || failure "$1 ended with status $status"
}
is_gone() { ! kill -0 "$1"; }

# MARK: the archive and the node
# Four ports that are free: all are held until all are known.
read -r port archive_port http_port full_port < <(perl -MIO::Socket::INET -e '
    @held = map { IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => 0, Listen => 1) } 1 .. 4;
    print join(" ", map { $_->sockport } @held), "\n"')
cat >orthanc.json <<JSON
{"Name": "Archive", "StorageDirectory": "$here/archive", "IndexDirectory": "$here/archive", "Plugins": [],
 "HttpPort": $http_port, "RemoteAccessAllowed": false, "DicomPort": $archive_port, "DicomAet": "ARCHIVE",
 "DicomCheckCalledAet": true, "OverwriteInstances": true}
JSON
start_archive() {
    start archive Orthanc orthanc.json
    until_so 30 'Orthanc answers' curl -sf "http://127.0.0.1:$http_port/system"
    until_so 30 'Orthanc speaks DICOM' echoscu -aec ARCHIVE 127.0.0.1 "$archive_port"
}

# weft, which can be held in the middle of a study, and find the disk full.
cat >slow-weft <<SH
#!/bin/sh
if [ "\$1 \$2" = 'extract objects' ] && [ -e '$here/hold' ]; then
    touch '$here/held'
    until [ -e '$here/go-on' ]; do sleep 0.1; done
fi
if [ "\$1 \$2" = 'extract objects' ] && [ -e '$here/no-room' ]; then exit 73; fi
exec '$weft' "\$@"
SH
chmod +x slow-weft
configure() {
    sed -e "s|^address = .*|address = 127.0.0.1|; s|^port = .*|port = $1|; s|^spool = .*|spool = $2|" \
        -e "s|^caller = PLANNING.*|caller = PLANNING@127.0.0.1|; s|^caller = PACS.*|caller = ELSEWHERE@192.0.2.20|" \
        -e "s|^archive_ae_title = .*|archive_ae_title = ARCHIVE|; s|^archive_host = .*|archive_host = 127.0.0.1|" \
        -e "s|^archive_port = .*|archive_port = $archive_port|; s|^weft = .*|weft = $here/slow-weft|" \
        -e "s|^settings = .*|settings = $repository/samples/pacs/extract.yaml|; s|^free_megabytes = .*|free_megabytes = $3|" \
        -e 's|^quiet_seconds = .*|quiet_seconds = 1|; s|^retry_seconds = .*|retry_seconds = 1|' \
        "$repository/samples/pacs/node.conf"
}
configure "$port" "$spool" 1 >node.conf
node() { "$repository/samples/pacs/weft-node" -c node.conf "$@"; }
start_node() { for task in "$@"; do start "$task" "$repository/samples/pacs/weft-node" -c node.conf "$task"; done; }

start_archive
start_node receive work deliver
until_so 20 'the node listens' echoscu -aet PLANNING -aec WEFT 127.0.0.1 "$port"
proved 'the node answers C-ECHO of a caller that it knows'

# MARK: what is sent
# send FILES…, as the planning system; said.txt has what storescu said
send() { storescu -aet PLANNING -aec WEFT -R 127.0.0.1 "$port" "$@" >said.txt 2>&1; }
value() { dcmdump -q +L -s +P "$1" "$2" | sed -n 's/^[^[]*\[\([^]]*\)\].*/\1/p' | head -n 1; }
study_of() { value 0020,000d "$(find "$1" -name '*.dcm' | head -n 1)"; }
# A scan moved to a study of its own; its references go by series and frame of reference and still hold.
as_study() { find "$1" -name '*.dcm' -exec dcmodify -q -nb -m "(0020,000d)=$2" {} + 2>/dev/null; }

cp -r "$repository/samples/ct-lesion" first
first=$(study_of first)

# MARK: what has come
reports_of() {
    curl -sf "http://127.0.0.1:$http_port/tools/find" \
        -d "{\"Level\": \"Instance\", \"Query\": {\"StudyInstanceUID\": \"$1\", \"Modality\": \"SR\"}}" |
        grep -oE '[0-9a-f]{8}(-[0-9a-f]{8}){4}' || :
}
has_reports() { [ "$(reports_of "$1" | wc -l)" -eq "$2" ]; }
fetch() { curl -sf "http://127.0.0.1:$http_port/instances/$1/file" -o "$2"; }
is_aside() { [ -s "$spool/failed/$1/reason.txt" ]; }
has_no_uid() { grep 'Study Instance UID' "$spool"/failed/no-uid-*/reason.txt; }
is_done() { [ -e "$spool/studies/$1/done" ]; }
logged() { grep -q -- "$2" "$1.log"; }
times_logged() { [ "$(grep -c -- "$2" "$1.log")" -ge "$3" ]; }

# MARK: who may call
if storescu -aet STRANGER -aec WEFT 127.0.0.1 "$port" first/ct/IM001.dcm >said.txt 2>&1; then
    failure 'a stranger could send'
fi
grep -qi 'calling AE title not recognized' said.txt || failure "a stranger was not told why: $(cat said.txt)"
if storescu -aet ELSEWHERE -aec WEFT 127.0.0.1 "$port" first/ct/IM001.dcm >said.txt 2>&1; then
    failure 'a known title at another address could send'
fi
if storescu -aet PLANNING -aec OTHER 127.0.0.1 "$port" first/ct/IM001.dcm >said.txt 2>&1; then
    failure 'a call for another node was taken'
fi
grep -qi 'called AE title not recognized' said.txt || failure "a wrong called title was not told: $(cat said.txt)"
until_so 5 'the refusal is logged' logged receive 'STRANGER at 127.0.0.1: refused'
[ -z "$(find "$spool/incoming" "$spool/queue" "$spool/studies" "$spool/failed" -mindepth 1)" ] || failure 'something of a refused caller is there'
proved 'unknown callers are refused when they call: by title, by address, by the title that they ask for; nothing is stored'

{ printf 'GET / HTTP/1.0\r\n\r\n' >"/dev/tcp/127.0.0.1/$port"; } 2>/dev/null || :
until_so 5 'noise is logged' logged receive 'no association request'
send first/ct/IM001.dcm || failure "noise stopped the node: $(cat said.txt)"
"$weft" extract first --families stat -q -o first.csv --sr first-sr 2>/dev/null
if send first-sr/*.dcm; then failure 'a structured report was taken as an image'; fi
grep -qi 'presentation context' said.txt || failure "not refused for its class: $(cat said.txt)"
proved 'noise on the port does no harm; objects that are no image and no region are refused'

configure "$full_port" "$here/full" 999999999 >full.conf
start full "$repository/samples/pacs/weft-node" -c full.conf receive
until_so 20 'the second node listens' logged full 'listens on'
if storescu -aet PLANNING -aec WEFT 127.0.0.1 "$full_port" first/ct/IM001.dcm >said.txt 2>&1; then
    failure 'something was taken without space for it'
fi
grep -qi 'local limit exceeded' said.txt || failure "the full disk was not told: $(cat said.txt)"
stop_gently full
proved 'with too little space left a caller is asked to try later'

# MARK: a study
send first/ct/IM00*.dcm || failure "images were refused: $(cat said.txt)"
send first/ct/IM01*.dcm first/ct/IM02*.dcm || failure "images were refused: $(cat said.txt)"
send first/seg.dcm || failure "the segmentation was refused: $(cat said.txt)"
until_so 30 'the report of the study' has_reports "$first" 1
until_so 5 'the study is done' is_done "$first"
fetch "$(reports_of "$first")" one.dcm
[ "$(value 0010,0020 one.dcm)" = "$(value 0010,0020 first/seg.dcm)" ] || failure 'the report is of another patient'
dsrdump one.dcm >one.txt 2>/dev/null || failure 'DCMTK cannot read the report'
grep -q 'Necrotic core' one.txt || failure 'the report lacks a region of the segmentation'
proved 'a study in several associations: its report is in the archive, with the patient of the images'

send first/rtstruct.dcm || failure "the contours were refused: $(cat said.txt)"
until_so 30 'the second report' has_reports "$first" 2
for instance in $(reports_of "$first"); do
    fetch "$instance" some.dcm
    [ "$(value 0008,0018 some.dcm)" = "$(value 0008,0018 one.dcm)" ] || cp some.dcm two.dcm
done
[ "$(value 0020,000e one.dcm)" = "$(value 0020,000e two.dcm)" ] || failure 'the second report is in another series'
dcmdump -q +L +P 0040,a360 two.dcm | grep "$(value 0008,0018 one.dcm)" >/dev/null ||
    failure 'the second report does not name the first'
dsrdump two.dcm 2>/dev/null | grep 'Lesion rim' >/dev/null || failure 'the second report lacks a region of the contours'
[ "$(value 0020,0013 two.dcm)" = 2 ] || failure 'the second report is not number 2'
proved 'contours that come later: measured again, the new report names the one that it follows'

until_so 5 'the study is done' is_done "$first"
taken=$(grep -c "$first: the archive has taken" deliver.log)
send first/ct/*.dcm first/seg.dcm first/rtstruct.dcm || failure "a copy was refused: $(cat said.txt)"
until_so 30 'the copy is measured' times_logged deliver "$first: the archive has taken" $((taken + 1))
has_reports "$first" 2 || failure 'a copy of the study made another report'
proved 'the study sent again: the same report, one object in the archive'

# MARK: what fails
bare=1.2.826.0.1.3680043.8.498.1
cp -r first bare && rm bare/*.dcm && as_study bare "$bare"
send bare/ct/*.dcm || failure "images were refused: $(cat said.txt)"
until_so 30 'the study without a region is kept aside' is_aside "$bare"
grep -q '^no region' "$spool/failed/$bare/reason.txt" || failure "$(cat "$spool/failed/$bare/reason.txt")"
proved 'a study without a region is kept aside and says so'

gap=1.2.826.0.1.3680043.8.498.2
cp -r first gap && as_study gap "$gap" && mv gap/ct/IM005.dcm missing.dcm
send gap/ct/*.dcm gap/rtstruct.dcm || failure "images were refused: $(cat said.txt)"
until_so 30 'the study with a gap is kept aside' is_aside "$gap"
grep -q 'a slice is missing' "$spool/failed/$gap/reason.txt" || failure "$(cat "$spool/failed/$gap/reason.txt")"
[ -s "$spool/failed/$gap/table.jsonl" ] || failure 'the table is not beside the reason'
node status | grep "$gap: 3 region(s) could not be measured" >/dev/null || failure "$(node status)"
send missing.dcm || failure "the slice was refused: $(cat said.txt)"
until_so 30 'the study with its gap filled' has_reports "$gap" 1
if is_aside "$gap"; then failure 'still kept aside'; fi
proved 'a study that fails is kept aside with its reason and table; with the missing slice it is measured'

partly=1.2.826.0.1.3680043.8.498.6
cp -r first partly && as_study partly "$partly" && rm partly/ct/IM012.dcm
send partly/ct/*.dcm partly/rtstruct.dcm || failure "images were refused: $(cat said.txt)"
until_so 30 'the study of which a region fails is kept aside' is_aside "$partly"
until_so 30 'the report of its other regions' has_reports "$partly" 1
fetch "$(reports_of "$partly")" part.dcm
[ "$(value 0040,a491 part.dcm)" = PARTIAL ] || failure 'the report of a part does not say so'
proved 'of a study that fails in part the report of the rest is delivered, marked as partial'

# shellcheck disable=SC2016
cp first/ct/IM001.dcm hostile.dcm && dcmodify -q -nb -m '(0020,000d)=../../x$(touch y)' hostile.dcm 2>/dev/null
send hostile.dcm || failure "refused: $(cat said.txt)"
until_so 30 'the study with a hostile UID is kept aside' has_no_uid
proved 'a Study Instance UID that is none becomes no name of a folder'

# MARK: what is interrupted
kill_hard archive
second=1.2.826.0.1.3680043.8.498.3
cp -r first second && as_study second "$second"
send second/ct/*.dcm second/seg.dcm || failure "refused: $(cat said.txt)"
until_so 30 'the report waits' logged deliver 'the archive does not answer; 1 parcel'
until_so 5 'the study is done without the archive' is_done "$second"
kill_hard deliver
tries=$(grep -c 'the archive does not answer' deliver.log)
start_node deliver
until_so 30 'a new sender finds it' times_logged deliver 'the archive does not answer; 1 parcel' $((tries + 1))
# An archive that takes images alone.
start narrow storescp --config-file "$repository/samples/pacs/storescp.cfg" Node --output-directory "$here" "$archive_port"
until_so 30 'the archive refuses' logged deliver "$second: the archive refused"
kill_hard narrow
start_archive
until_so 60 'the report is delivered later' has_reports "$second" 1
proved 'with the archive down, or refusing, reports are kept, over a restart, and delivered when it is back'

touch hold
for number in 4 5; do cp -r first "at-once-$number" && as_study "at-once-$number" "1.2.826.0.1.3680043.8.498.$number"; done
fourth=1.2.826.0.1.3680043.8.498.4 fifth=1.2.826.0.1.3680043.8.498.5
storescu -aet PLANNING -aec WEFT -R 127.0.0.1 "$port" at-once-4/ct/*.dcm at-once-4/*.dcm >said-4.txt 2>&1 &
sender=$!
send at-once-5/ct/*.dcm at-once-5/*.dcm || failure "refused: $(cat said.txt)"
wait $sender || failure "refused: $(cat said-4.txt)"
until_so 30 'one of two is being measured' test -e held
kill_hard work
send at-once-5/seg.dcm || failure "refused while the worker is dead: $(cat said.txt)"
rm hold
start_node work
until_so 60 'the first of two' has_reports "$fourth" 1
until_so 60 'the second of two' has_reports "$fifth" 1
until_so 10 'nothing is left over' test -z "$(ls -A "$spool/incoming")"
proved 'two studies at once, the worker killed in the middle: both reports are there after its restart'

kill_hard receive
start_node receive
until_so 20 'the node listens again' echoscu -aet PLANNING -aec WEFT 127.0.0.1 "$port"
node retry "$bare" >/dev/null
until_so 30 'the study is tried again' times_logged work "$bare: kept aside" 2
proved 'retry measures a study again; a killed receiver starts again'

taken=$(grep -c "$second: the archive has taken" deliver.log)
touch no-room
node retry "$second" >/dev/null
until_so 30 'weft finds the disk full' logged work "$second: weft could not write"
rm no-room
until_so 30 'the study is measured later' times_logged deliver "$second: the archive has taken" $((taken + 1))
has_reports "$second" 1 || failure 'the same study has another report now'
proved 'a full disk is no fault of the study: it is tried again'

# MARK: what is left
for task in receive work deliver; do stop_gently $task; done
! grep -l -e "$(value 0010,0010 first/seg.dcm)" -e "$(value 0010,0020 first/seg.dcm)" receive.log work.log deliver.log ||
    failure 'a log has the name or the ID of the patient'
[ -z "$(find "$spool/incoming" "$spool/queue" "$spool/outbox" -mindepth 1)" ] || failure 'something is left on its way'
proved "all three end when asked to; no log names the patient; ${SECONDS} s"
