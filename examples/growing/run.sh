#!/usr/bin/env bash
# A log that is followed, and rows that grow every 5 s of event time. The log is written a minute at a time, and the next one when the rows of the last are there.
set -euo pipefail
cd "$(dirname "$0")"
command -v leat > /dev/null || leat() { ../../bin/leat "$@"; }

work=$(mktemp -d)
trap 'kill "$tail" 2> /dev/null || true; rm -rf "$work"' EXIT
log=$work/access.ndjson rows=$work/rows.ndjson
: > "$log"; : > "$rows"; mkfifo "$work/pipe"

tail -n +1 -F "$log" > "$work/pipe" 2> /dev/null & tail=$!
leat window 1m --delay 5s < "$work/pipe" | leat agg --every 5s 'count() as n by host' > "$rows" & stages=$!

shown=0
wait_for_rows() {   # prints what has come, once it is $1 lines in all
  for _ in $(seq 200); do [ "$(wc -l < "$rows")" -ge "$1" ] && break; sleep 0.05; done
  tail -n +$((shown + 1)) "$rows"
  shown=$(wc -l < "$rows")
}
echo '# 12:00 is written'
cat minute-0.ndjson >> "$log"; wait_for_rows 3
echo '# 12:01 is written'
cat minute-1.ndjson >> "$log"; wait_for_rows 7
echo '# 12:02 is written; what its last record changed is not said yet: event time has not reached the next fifth second'
cat minute-2.ndjson >> "$log"; wait_for_rows 8; sleep 0.2; wait_for_rows 0
echo '# the log ends: what is open is closed'
kill "$tail"; wait "$stages"; wait_for_rows 9
cat minute-*.ndjson | leat window 1m --delay 5s | leat agg --every 5s 'count() as n by host' | cmp - "$rows" && echo 'as a file, the same rows'
