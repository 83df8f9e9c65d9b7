#!/usr/bin/env bash
# A program that knows nothing of leat inside a managed stream, and one pass with several outputs.
set -euo pipefail
cd "$(dirname "$0")"
command -v leat > /dev/null || leat() { ../../bin/leat "$@"; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

echo '# sed mends a field between the windows and their aggregation'
leat window 1m --delay 5s access.ndjson | leat wrap -- sed 's/"host":"web-0*/"host":"web-/' | leat agg 'count() as n by host'
echo '# errors to one file, slow requests to another, the rest by the minute'
leat window 1m --delay 5s access.ndjson |
  leat split --when 'status >= 500' "$work/errors.ndjson" --when 'ms > 100' "$work/slow.ndjson" |
  leat agg 'count() as n'
for file in errors slow; do echo "# $file"; leat map '{ host, status, ms }' "$work/$file.ndjson"; done
