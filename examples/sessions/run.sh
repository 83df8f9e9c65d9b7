#!/usr/bin/env bash
# Visits: 30 minutes of silence end one. Pages are counted per visit, in the order of their time, though the log is up to a minute out of order.
set -euo pipefail
cd "$(dirname "$0")"
command -v leat > /dev/null || leat() { ../../bin/leat "$@"; }

leat window session 30m --delay 1m visits.ndjson |
  leat agg 'count() as pages, first(path) as entry, last(path) as exit, sum(bytes) as bytes by user.id as user' |
  leat map '(time(window_end) - time(window_start)) / 60000 - 30 as minutes'
