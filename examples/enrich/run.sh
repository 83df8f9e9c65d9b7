#!/usr/bin/env bash
# Failed requests of customers with a gold plan, from a log that is followed; users are a table, as NDJSON or as CSV.
set -euo pipefail
cd "$(dirname "$0")"
command -v leat > /dev/null || leat() { ../../bin/leat "$@"; }

work=$(mktemp -d)
trap 'kill "$tail" 2> /dev/null || true; rm -rf "$work"' EXIT
mkfifo "$work/pipe"; : > "$work/rows.ndjson"

echo '# the log is followed; the row is there while it goes on'
tail -n +1 -F access.ndjson > "$work/pipe" 2> /dev/null & tail=$!
leat join --left -1 user.id -2 id --table users.ndjson < "$work/pipe" | leat filter 'plan == "gold" && status >= 500' > "$work/rows.ndjson" & stages=$!
for _ in $(seq 200); do [ "$(wc -l < "$work/rows.ndjson")" -ge 2 ] && break; sleep 0.05; done
cat "$work/rows.ndjson"
kill "$tail"; wait "$stages"

echo '# the table as CSV; a request without a user stays'
leat join --left -1 user.id -2 id --table <(leat from csv --types id=number users.csv) < access.ndjson
echo '# without --types nothing matches, and the summary says why'
leat join -1 user.id -2 id --table <(leat from csv users.csv) < access.ndjson 2>&1
