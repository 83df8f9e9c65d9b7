#!/usr/bin/env bash
# Three tools in a pipe are killed with -9 again and again, each time another one of them; the same line is run again until it comes through.
set -euo pipefail
cd "$(dirname "$0")"
leat=$(command -v leat || true)
[ -x "$leat" ] || leat=$PWD/../../bin/leat

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
log=$PWD/access.ndjson
cd "$work"
count='count() as n, p95(ms) as p95 by host'
export LEAT_CHECKPOINT=state
pipeline() {
  "$leat" from --time ts --delay 5s --checkpoint-every 20ms "$@" slow.ndjson | "$leat" filter 'status != 404' | "$leat" window 1m | "$leat" agg "$count" >> per-minute.ndjson
}

: > slow.ndjson
for i in 1 2 3; do
  sed -n "$((i * 40 - 39)),$((i * 40))p" "$log" >> slow.ndjson          # some more lines have come
  pipeline --follow 2> messages &
  sleep 0.7
  tool=$(printf '%s\n' from filter window agg | sed -n "${i}p")
  pkill -9 -P $! -f " $tool" || true                                     # one of them is killed, ...
  sleep 0.1
  pkill -9 -P $! || true                                                 # ... and what would notice it only with the next line
  wait $! || true
done
pipeline --drain                                                        # nothing more will come
cat per-minute.ndjson
unset LEAT_CHECKPOINT
"$leat" filter 'status != 404' slow.ndjson | "$leat" window 1m --delay 5s | "$leat" agg "$count" | cmp - per-minute.ndjson && echo 'byte for byte what one run without a fault prints'
