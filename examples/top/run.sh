#!/usr/bin/env bash
# The largest responses of all, and the paths with most bytes of every minute.
set -euo pipefail
cd "$(dirname "$0")"
command -v leat > /dev/null || leat() { ../../bin/leat "$@"; }

echo '# of everything'
leat sort -k bytes:desc --top 10 access.ndjson
echo '# of every minute: the paths with most bytes'
leat window 1m --delay 5s access.ndjson | leat agg -m 'sum(bytes) as bytes by path' | leat sort -k bytes:desc --top 10
echo '# the largest of each host'
leat sort -k bytes:desc --top 1 --by host access.ndjson | leat map '{ host, path, bytes }'
