#!/usr/bin/env bash
# The same pipeline as a pipe of processes, as one process, and as processes that leat run looks after: the same bytes.
set -euo pipefail
cd "$(dirname "$0")"
bin=$(cd ../../bin 2> /dev/null && pwd || true)
command -v leat > /dev/null || leat() { "$bin/leat" "$@"; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

echo '# as a pipe'
leat window 1m --delay 5s access.ndjson | leat agg 'count() as n, p95(ms) as p95 by host' | tee "$work/pipe"
echo '# in one process'
leat run "window 1m --delay 5s | agg 'count() as n, p95(ms) as p95 by host'" access.ndjson > "$work/fused"
cmp "$work/pipe" "$work/fused" && echo 'the same bytes'
leat run --no-fuse "window 1m --delay 5s | agg 'count() as n, p95(ms) as p95 by host'" access.ndjson | cmp - "$work/pipe" && echo 'as processes: the same bytes'

echo '# its plan'
leat explain "window 1m --delay 5s access.ndjson | filter 'status >= 500' | agg 'count() as n, p95(ms) as p95 by host'" | sed -n '/^optimised/,/^$/p'

echo '# jq in the middle, a branch by tee, a file at the end: several processes, one exit status'
cat > "$work/errors.leat" <<'END'
cat access.ndjson |                       # leat's cat
  jq -c 'select(.ms != null)' |           # a program of the system
  window 1m --delay 5s |
  tee >(agg 'count() as n' > all.ndjson) |
  filter 'status >= 500' |
  agg 'count() as errors by host' > errors.ndjson
END
cp access.ndjson "$work"
cd "$work"
leat run -f errors.leat
for file in all errors; do echo "# $file"; cat "$file.ndjson"; done
