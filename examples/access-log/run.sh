#!/usr/bin/env bash
# Requests a minute and host: three programs joined by pipes. A row appears when event time has passed the end of its minute.
# Rows are NDJSON in a pipe or a file, a table on a terminal (or with TABLE=1).
set -euo pipefail
cd "$(dirname "$0")"
command -v leat > /dev/null || leat() { ../../bin/leat "$@"; }

table() { leat map '{ minute: slice(window_start, 11, 16), host, requests: n, errors, "p95 ms": round(p95, 1) }' | leat to table; }
rows() {
  leat watermark --time ts --delay 5s access.ndjson |
    leat window 1m |
    leat agg 'count() as n, count(status >= 500) as errors, p95(ms) as p95 by host'
}
if [ -t 1 ] || [ "${TABLE:-}" = 1 ]; then rows | table; else rows; fi
