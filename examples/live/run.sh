#!/usr/bin/env bash
# A log that grows, followed by `tail -F` into a window: the rows of a minute come when the minute is over, not when the input ends.
# To be repeatable, the log is written a minute at a time, and nothing more is written before the rows of the minute are there.
set -euo pipefail
cd "$(dirname "$0")"
command -v leat > /dev/null || leat() { ../../bin/leat "$@"; }

work=$(mktemp -d)
trap 'kill "$tail" 2> /dev/null || true; rm -rf "$work"' EXIT
log=$work/access.ndjson rows=$work/rows.ndjson
: > "$log"; : > "$rows"; mkfifo "$work/pipe"

tail -n +1 -F "$log" > "$work/pipe" 2> /dev/null & tail=$!
leat window 1m --delay 5s < "$work/pipe" | leat agg 'count() as n, max(ms) as slowest by host' > "$rows" & stages=$!

shown=0
wait_for_rows() {   # prints what has come, once it is $1 lines in all
  for _ in $(seq 200); do [ "$(wc -l < "$rows")" -ge "$1" ] && break; sleep 0.05; done
  tail -n +$((shown + 1)) "$rows"
  shown=$(wc -l < "$rows")
}
echo '# 12:00 is written; its end has not been seen yet, so there is no row'
cat minute-0.ndjson >> "$log"; sleep 0.3; wait_for_rows 0
echo '# 12:01 is written: its first record 5 s past the minute closes 12:00'
cat minute-1.ndjson >> "$log"; wait_for_rows 2
echo '# 12:02 is written, and closes 12:01'
cat minute-2.ndjson >> "$log"; wait_for_rows 4
echo '# the log ends: what is open is closed'
kill "$tail"; wait "$stages"; wait_for_rows 6
