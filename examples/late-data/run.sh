#!/usr/bin/env bash
# Five ways to deal with records that come too late, and one with a clock that runs ahead.
set -euo pipefail
cd "$(dirname "$0")"
command -v leat > /dev/null || leat() { ../../bin/leat "$@"; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
count='count() as n by host'

echo '# keep them aside: a delay of 1 s is too short, and two records are late'
leat window 1m --delay 1s --late "$work/late.ndjson" -Q access.ndjson | leat agg "$count"
echo '# these are the late ones, with the window that they missed'
leat filter true "$work/late.ndjson"
echo '# and these rows are what would have to be added'
leat agg 'count() as n by window_start, window_end, host' -Q "$work/late.ndjson"
echo '# never have them: nothing is late when W waits for the end'
leat window 1m --delay inf access.ndjson | leat agg "$count" | tee "$work/whole"
echo '# wait longer for them: each row comes once, an hour later'
leat window 1m --delay 1s --lateness 1h access.ndjson | leat agg "$count" > "$work/lateness"
cmp "$work/whole" "$work/lateness" && echo 'the same rows'
echo '# correct with them: each row as soon as its minute has begun, then what late records change'
leat window 1m --delay 1s --lateness 1h access.ndjson | leat agg --emit changes "$count" | tee "$work/changes"
leat dedup -k 'after.window_start, after.host' --keep last "$work/changes" | leat map '{ ...after }' | leat sort -k 'window_start, host' > "$work/folded"
leat sort -k 'window_start, host' "$work/whole" | cmp - "$work/folded" && echo 'folded, the same rows'
echo '# survive a broken clock: a record of 2031 would close every window; it is put aside'
sed '3r broken-clock.ndjson' access.ndjson | leat window 1m --delay 1m --max-ahead 1h --bad "$work/clock.ndjson" -Q | leat agg "$count" > "$work/ahead"
cmp "$work/whole" "$work/ahead" && echo 'the same rows'
leat map '{line, raw}' "$work/clock.ndjson"
