#!/usr/bin/env bash
# Requests a minute and host: three programs joined by pipes. A row appears when event time has passed the end of its minute.
# Rows are NDJSON in a pipe or a file, a table on a terminal (or with TABLE=1).
set -euo pipefail
cd "$(dirname "$0")"
command -v leat > /dev/null || leat() { ../../bin/leat "$@"; }

table() {   # five fields of each record, in columns; plain awk
  leat map '{a: slice(window_start, 11, 16), b: host, c: n, d: errors, e: p95}' | awk -F'[:,}]' '
    BEGIN { printf "%-7s %-7s %9s %7s %8s\n", "minute", "host", "requests", "errors", "p95 ms" }
    { gsub(/"/, ""); printf "%-7s %-7s %9s %7s %8.1f\n", $2 ":" $3, $5, $7, $9, $11 }'
}
rows() {
  leat watermark --time ts --delay 5s access.ndjson |
    leat window 1m |
    leat agg 'count() as n, count(status >= 500) as errors, p95(ms) as p95 by host'
}
if [ -t 1 ] || [ "${TABLE:-}" = 1 ]; then rows | table; else rows; fi
