#!/usr/bin/env bash
# A log that grows, is rotated and compressed; runs as cron would start them, and the last run of all. Nothing is missing, nothing is doubled.
set -euo pipefail
cd "$(dirname "$0")"
command -v leat > /dev/null || leat() { ../../bin/leat "$@"; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
log=$PWD/access.ndjson script=$PWD/errors.leat
lines() { sed -n "$1,$2p" "$log"; }
leat=$(command -v leat || true)
[ -x "$leat" ] || leat=$PWD/../../bin/leat
cd "$work"
every5() { "$leat" run --checkpoint state -f "$script" "$@"; echo "$(wc -l < errors.ndjson) rows so far"; }

mkdir logs
lines 1 30 >> logs/access.ndjson
every5
lines 31 60 >> logs/access.ndjson
lines 61 61 | head -c 20 >> logs/access.ndjson                  # the writer is in the middle of a line
every5
lines 61 61 | tail -c +21 >> logs/access.ndjson
lines 62 80 >> logs/access.ndjson
mv logs/access.ndjson logs/access.ndjson.1                      # rotated, with lines in it that no run has seen
lines 81 95 >> logs/access.ndjson
every5
gzip logs/access.ndjson.1                                       # and compressed
lines 96 110 >> logs/access.ndjson
every5
every5                                                          # nothing is new
lines 111 999 >> logs/access.ndjson
every5 --drain                                                  # the last run of all: what is open is final
cat errors.ndjson
mkdir whole; cd whole; mkdir logs; cp "$log" logs
"$leat" run -f "$script"
cmp errors.ndjson ../errors.ndjson && echo 'byte for byte what one run over all of it writes'
